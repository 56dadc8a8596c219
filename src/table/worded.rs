//! Tables in another language: titles by the catalogue's ids, values of closed sets by their labels.
//!
//! Owns which column has the values of which set. Free text, numbers and dates stay as they are. Must not know reports.

use std::borrow::Cow;

use super::{Cell, Column, Format, Table, Weekday};
use crate::words::{Language, Words, ids, vietnamese};

/// Ends of the names of columns that a comparison adds, with the words behind their titles.
const ADDED: [(&str, &str); 3] = [
    ("_previous", "previous"),
    ("_change_pct", "change, %"),
    ("_change_points", "change, points"),
];

/// The table in a language. `of`: the id of its report, such as `telesales.dashboard`.
pub fn worded(mut table: Table, of: &str, language: Language) -> Table {
    table.language = language;
    if language == Language::English {
        return table;
    }
    let sets: Vec<Option<&str>> = table.columns.iter().map(|it| set_of(of, it)).collect();
    for row in &mut table.rows {
        put(row, &sets, language);
    }
    let columns = columns(&table.columns, (of, table.name), language);
    table.columns = Cow::Owned(columns);
    table
}

/// Columns with their titles in a language. `of` and `table`: ids of the report and of its table.
pub fn columns(columns: &[Column], (of, table): (&str, &str), language: Language) -> Vec<Column> {
    let column = |column: &Column| {
        let title = title(column, (of, table), language);
        Column {
            title: title.map_or_else(|| column.title.clone(), Cow::Owned),
            ..column.clone()
        }
    };
    columns.iter().map(column).collect()
}

/// The title of a column in a language. `None` in English, or without words for it.
fn title(column: &Column, (of, table): (&str, &str), language: Language) -> Option<String> {
    if language == Language::English {
        return None;
    }
    let base = |name: &str, english: &str| {
        let ids = [format!("{of}.{table}.{name}"), format!("{of}.{name}")];
        let words = ids.iter().find_map(|id| vietnamese(id));
        let words = words.or_else(|| inside(of, name));
        let label = words.map(|words| words.label.as_str());
        label.or_else(|| language.phrase(english))
    };
    for (end, words) in ADDED {
        let english = column.title.strip_suffix(')');
        let english = english.and_then(|title| title.strip_suffix(words));
        let english = english.and_then(|title| title.strip_suffix(" ("));
        if let (Some(name), Some(english)) = (column.name.strip_suffix(end), english) {
            let added = language.tell(words);
            return Some(format!("{} ({added})", base(name, english)?));
        }
    }
    base(&column.name, &column.title).map(str::to_owned)
}

/// The words for a member of an object in the report's answer, if only one has that name.
fn inside(of: &str, name: &str) -> Option<&'static Words> {
    let inner = |id: &&str| {
        let id = id.strip_prefix(of).and_then(|id| id.strip_prefix('.'));
        let names = id.and_then(|id| id.strip_suffix(name));
        names.is_some_and(|names| names.ends_with('.'))
    };
    let mut ids = ids().filter(inner);
    let only = ids.next().filter(|_| ids.next().is_none());
    only.and_then(vietnamese)
}

/// The closed set whose values a column has.
pub fn set_of(of: &str, column: &Column) -> Option<&'static str> {
    let is_autocall = of.starts_with("autocall.");
    Some(match column.name.as_ref() {
        "result" if is_autocall => "attempt_result",
        "result" => "call_result",
        "transfer" => "transfer",
        "category" => "disposition_category",
        "carrier" => "carrier",
        "cli_type" => "caller_id_type",
        "pool_status" => "pool_status",
        "health_status" => "caller_id_health",
        "stage" if is_autocall => "autocall_stage",
        "stage" if of.starts_with("telesales.") => "telesales_stage",
        "stage" => "lead_stage",
        "status" if of == "analytics.status_distribution" => "lead_stage",
        _ => return None,
    })
}

/// Puts the values of closed sets into words. `sets`: that of each column.
fn put(row: &mut [Cell], sets: &[Option<&str>], language: Language) {
    for (cell, set) in row.iter_mut().zip(sets) {
        if let (Cell::Text(text), Some(set)) = (&*cell, set)
            && let Some(label) = language.value(set, text)
        {
            *cell = Cell::Text(label.to_owned());
        }
    }
}

/// Columns named by their titles, for a header that people read.
pub fn named_by_titles(columns: Vec<Column>) -> Vec<Column> {
    let named = |column: Column| Column {
        name: column.title.clone(),
        ..column
    };
    columns.into_iter().map(named).collect()
}

/// The table with columns named by their titles, and days of the week by their names: what a CSV for people has.
pub fn titled(mut table: Table) -> Table {
    let language = table.language;
    let is_day = |column: &Column| column.format == Format::Weekday;
    let days: Vec<bool> = table.columns.iter().map(is_day).collect();
    for row in &mut table.rows {
        for (cell, _) in row.iter_mut().zip(&days).filter(|(_, is_day)| **is_day) {
            if let Cell::Integer(day) = cell
                && let Some(name) = Weekday::name(*day, language)
            {
                *cell = Cell::Text(name.to_owned());
            }
        }
    }
    table.columns = Cow::Owned(named_by_titles(table.columns.into_owned()));
    table
}
