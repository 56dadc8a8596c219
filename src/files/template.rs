//! Templates: the columns of a file, their labels, widths and number formats, its order, its colors and its title.
//!
//! Owns how a template changes a table. Must not know where templates are kept, nor which columns a report has.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::table::look::{Fill, Look, Operand, Operator, Rule};
use crate::table::worded::{set_of, worded};
use crate::table::{Cell, Chart, Column, Format, Table, compared};
use crate::words::Language;

/// The layout of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub title: Option<String>,
    pub columns: Vec<TemplateColumn>,
    pub sort: Vec<TemplateSort>,
    pub conditional: Vec<TemplateConditional>,
    pub about: bool,
}

/// A column of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateColumn {
    /// A field of the report; of a table that is not its first, `table.field`.
    pub field: String,
    /// Its header; the report's own if null.
    pub label: Option<String>,
    /// Its width in characters; wide enough for its values if null.
    pub width: Option<f64>,
    /// Its Excel number format; the report's own if null.
    pub format: Option<String>,
}

/// A field by which rows are sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateSort {
    /// A field of the report.
    pub field: String,
    /// Largest first.
    pub desc: bool,
}

/// A color of cells for which all conditions hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateConditional {
    /// A column of the template.
    pub field: String,
    /// Values by operator: `<`, `<=`, `=`, `!=`, `>=`, `>`.
    #[schema(value_type = Object)]
    pub when: BTreeMap<String, serde_json::Value>,
    /// Color of the cell: `#RRGGBB`.
    pub fill: String,
}

/// A template with its picture, ready to be applied.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub template: Template,
    /// PNG or JPEG.
    pub logo: Option<Vec<u8>>,
}

/// The tables of a report as its file has them: sorted and laid out by a template if there is one, in a language. `of`: the
/// id of the report. Without a template all of them, otherwise those of which it names a column.
pub fn dressed(
    tables: Vec<Table>,
    of: &str,
    language: Language,
    template: Option<&Template>,
) -> Vec<Table> {
    let dress = |(at, mut table): (usize, Table)| {
        let Some(template) = template else {
            return Some(worded(table, of, language));
        };
        let prefix = prefix(at, table.name);
        template.sort_rows(&mut table, &prefix);
        template.lay_out(worded(table, of, language), of, &prefix)
    };
    tables.into_iter().enumerate().filter_map(dress).collect()
}

/// Prefix of the fields of a report's table, by its place.
pub fn prefix(at: usize, table: &str) -> String {
    if at == 0 {
        String::new()
    } else {
        format!("{table}.")
    }
}

/// The name of the column in a table whose fields have that prefix. `None` if it is in another table.
fn own<'a>(field: &'a str, prefix: &str) -> Option<&'a str> {
    let name = field.strip_prefix(prefix)?;
    (!name.contains('.')).then_some(name)
}

impl Template {
    /// Sorts rows by their values, texts by bytes; rows without a value come last, equal ones stay in their order.
    fn sort_rows(&self, table: &mut Table, prefix: &str) {
        let by = |sort: &TemplateSort| Some((table.column(own(&sort.field, prefix)?)?, sort.desc));
        let by: Vec<(usize, bool)> = self.sort.iter().filter_map(by).collect();
        if by.is_empty() {
            return;
        }
        table.rows.sort_by(|one, other| {
            let each = by
                .iter()
                .map(|&(at, desc)| order(&one[at], &other[at], desc));
            each.fold(Ordering::Equal, Ordering::then)
        });
    }

    /// The table with the template's columns; `None` if it has none of them. A column that only a comparison has is empty
    /// without one, so that the layout does not depend on the request.
    pub fn lay_out(&self, table: Table, of: &str, prefix: &str) -> Option<Table> {
        let language = table.language;
        let chosen = self.columns.iter();
        let chosen = chosen.filter_map(|chosen| Some((chosen, own(&chosen.field, prefix)?)));
        let places: Vec<Option<usize>> =
            chosen.clone().map(|(_, name)| table.column(name)).collect();
        let (mut columns, mut looks) = (Vec::new(), Vec::new());
        for ((chosen, name), place) in chosen.zip(&places) {
            let column = match place {
                Some(place) => table.columns[*place].clone(),
                None => missing(&table, name),
            };
            let fills = self.conditional.iter();
            let fills = fills.filter(|it| it.field == chosen.field);
            let set = set_of(of, &column);
            looks.push(Look {
                width: chosen.width,
                format: chosen.format.clone(),
                fills: fills.filter_map(|it| it.fill(set, language)).collect(),
            });
            let label = chosen.label.clone().map(Cow::Owned);
            columns.push(Column {
                title: label.unwrap_or_else(|| column.title.clone()),
                ..column
            });
        }
        if columns.is_empty() {
            return None;
        }
        let pick = |row: Vec<Cell>| -> Vec<Cell> {
            let cell = |place: &Option<usize>| place.map_or(Cell::Empty, |at| row[at].clone());
            places.iter().map(cell).collect()
        };
        Some(Table {
            name: table.name,
            chart: table.chart.filter(|chart| is_whole(*chart, &columns)),
            rows: table.rows.into_iter().map(pick).collect(),
            columns: Cow::Owned(columns),
            language,
            looks,
        })
    }
}

/// The column of a field that a table does not have: one that a comparison adds.
fn missing(table: &Table, name: &str) -> Column {
    let mut added = table.columns.iter().flat_map(|column| {
        compared::added(column, table.language)
            .into_iter()
            .flatten()
    });
    added.find(|column| column.name == name).unwrap_or(Column {
        name: Cow::Owned(name.to_owned()),
        title: Cow::Owned(name.to_owned()),
        format: Format::Text,
    })
}

/// True if a chart has the columns that it draws. Totals are adjacent ones.
fn is_whole(chart: Chart, columns: &[Column]) -> bool {
    let place = |name: &str| columns.iter().position(|column| column.name == name);
    match chart {
        Chart::Line { over, values } | Chart::Bars { over, values } => {
            place(over).is_some() && values.iter().all(|value| place(value).is_some())
        }
        Chart::Totals { values } => {
            let places: Option<Vec<usize>> = values.iter().map(|value| place(value)).collect();
            let is_row = |places: &Vec<usize>| places.windows(2).all(|two| two[1] == two[0] + 1);
            places.as_ref().is_some_and(is_row)
        }
        Chart::Week { day, hour, values } => {
            let all = [day, hour].into_iter().chain(values.iter().copied());
            all.map(place).all(|place| place.is_some())
        }
    }
}

impl TemplateConditional {
    /// The color with its rules. `set`: the closed set of the column, whose values the file has in words.
    fn fill(&self, set: Option<&str>, language: Language) -> Option<Fill> {
        let rule = |(operator, value): (&String, &serde_json::Value)| {
            let operand = match value {
                serde_json::Value::String(text) => {
                    let label = set.and_then(|set| language.value(set, text));
                    Operand::Text(label.unwrap_or(text).to_owned())
                }
                value => Operand::Number(value.as_f64()?),
            };
            Some(Rule {
                operator: Operator::named(operator)?,
                operand,
            })
        };
        let color = self.fill.strip_prefix('#')?;
        Some(Fill {
            rules: self.when.iter().map(rule).collect::<Option<_>>()?,
            color: u32::from_str_radix(color, 16).ok()?,
        })
    }
}

/// The order of two cells; an empty one is last in both directions.
fn order(one: &Cell, other: &Cell, desc: bool) -> Ordering {
    let empty = |cell: &Cell| *cell == Cell::Empty;
    let ascending = match (one, other) {
        _ if empty(one) || empty(other) => return empty(one).cmp(&empty(other)),
        (Cell::Text(one), Cell::Text(other)) => one.cmp(other),
        (Cell::Flag(one), Cell::Flag(other)) => one.cmp(other),
        (Cell::Instant(one), Cell::Instant(other)) => one.cmp(other),
        (Cell::Bucket(one), Cell::Bucket(other)) => one.number.cmp(&other.number),
        _ => compared::number(one).cmp(&compared::number(other)),
    };
    if desc { ascending.reverse() } else { ascending }
}
