//! Fields that a template can name, by report: the columns of its files.

use crate::calls::LISTS;
use crate::files::template::prefix;
use crate::input::COMPARE;
use crate::reports::{self, Definition};
use crate::table::{Column, Format, compared};
use crate::words::Language;

/// A column of a report's files.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name in templates: that of the column, behind that of its table unless it is the report's first.
    pub name: String,
    pub format: Format,
}

/// Ids of all reports with files, in the order of the contract: `telesales.dashboard`, `autocall.attempts`.
pub fn reports() -> impl Iterator<Item = String> {
    let reports = with_files().map(Definition::id);
    let lists = LISTS.iter().map(|(report, _)| (*report).to_owned());
    reports.chain(lists)
}

fn with_files() -> impl Iterator<Item = &'static Definition> {
    let reports = reports::ALL.iter();
    reports.filter(|report| report.route().files || report.export().is_some())
}

/// The fields of a report, those of comparisons included. `None` if there is no such report with files.
pub fn of(report: &str) -> Option<Vec<Field>> {
    if let Some((_, columns)) = LISTS.iter().find(|(name, _)| *name == report) {
        return Some(fields("", columns(), false).collect());
    }
    let found = with_files().find(|found| found.id() == report)?;
    let is_compared = found.parameters().any(|known| known.name == COMPARE.name);
    let tables = found.tables().iter().enumerate();
    let tables = tables.flat_map(|(at, (table, columns))| {
        let prefix = prefix(at, table);
        fields(&prefix, columns, is_compared).collect::<Vec<_>>()
    });
    Some(tables.collect())
}

fn fields(prefix: &str, columns: &[Column], is_compared: bool) -> impl Iterator<Item = Field> {
    let field = move |column: &Column| Field {
        name: format!("{prefix}{}", column.name),
        format: column.format,
    };
    columns.iter().flat_map(move |column| {
        let added = compared::added(column, Language::English).filter(|_| is_compared);
        let added = added.into_iter().flatten().map(|added| field(&added));
        std::iter::once(field(column))
            .chain(added)
            .collect::<Vec<_>>()
    })
}
