//! A mapping: which column, columns or constant each field of a kind is taken from, and what their values mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ingest::kind::Kind;
use crate::text::folded;

/// Fields that calls have besides those of their kind: the number that was called in place of a lead's id, and names.
pub const PHONE: &str = "phone";
pub const CAMPAIGN: &str = "campaign";
pub const AGENT: &str = "agent";
/// Fields by id, and the names in place of which they are.
pub const NAMED: [(&str, &str); 3] = [
    ("lead_id", PHONE),
    ("campaign_id", CAMPAIGN),
    ("agent_id", AGENT),
];
/// A field of every kind: a row in which it is true is left out.
pub const IGNORE: &str = "ignore";

/// The value of `values` that stands for every other one.
pub const OTHERS: &str = "*";

/// How rows of a sheet become lines of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    pub kind: String,
    /// What it is for, and where its columns are documented.
    #[serde(default)]
    pub about: Option<String>,
    /// Zone of times without an offset; the account's if none.
    pub timezone: Option<String>,
    /// Order of day, month and year; told by the column if none.
    pub date_format: Option<String>,
    pub columns: BTreeMap<String, Source>,
    /// By field: their values, and ours.
    pub values: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Mapping {
    /// A mapping of no column.
    pub fn new(kind: &Kind) -> Self {
        Self {
            kind: kind.name.to_owned(),
            about: None,
            timezone: None,
            date_format: None,
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }
}

/// Fields of a kind whose names are names of columns, each with its column.
pub fn named<'a>(
    kind: &'static Kind,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    fields(kind).filter_map(move |field| {
        let mut columns = columns.clone();
        let column = columns.find(|column| key(column) == key(field));
        column.map(|column| (field, column))
    })
}

/// The name of a column for comparisons: without case, marks and punctuation.
pub fn key(name: &str) -> String {
    let plain = folded(name);
    let words = plain.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        name.trim().to_owned()
    } else {
        words.join(" ")
    }
}

/// The place that a field is taken from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    Column(String),
    /// Columns whose texts are joined by a blank, such as a date and a time.
    Columns(Vec<String>),
    Constant {
        constant: Value,
    },
}

impl Source {
    /// The columns it names.
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Column(column) => std::slice::from_ref(column),
            Self::Columns(columns) => columns,
            Self::Constant { .. } => &[],
        }
    }
}

/// True for calls, whose lead may be told by a phone.
pub fn is_call(kind: &Kind) -> bool {
    kind.finished_by.is_some()
}

/// Names of all fields that a mapping of a kind may have.
pub fn fields(kind: &'static Kind) -> impl Iterator<Item = &'static str> {
    let own = kind.fields.iter().map(|field| field.name);
    let of_calls: &[&str] = if is_call(kind) {
        &[PHONE, CAMPAIGN, AGENT]
    } else {
        &[]
    };
    own.chain(of_calls.iter().copied()).chain([IGNORE])
}
