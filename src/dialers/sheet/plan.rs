//! A mapping laid on the columns of one sheet: rows in, fields of ingest lines out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use csv::StringRecord;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::dates::{Order, Proof, Proved};
use super::mapping::{AGENT, CAMPAIGN, IGNORE, Mapping, NAMED, OTHERS, PHONE, Source, key};
use super::rows::{Column, Sheet};
use super::values::{is_true, phone, value};
use crate::error::Faults;
use crate::ingest::Locale;
use crate::ingest::field::Type;
use crate::ingest::kind::Kind;
use crate::ingest::phone::e164;
use crate::time::instant::GivenInstant;

/// The number of an attempt, which sheets seldom have.
pub const NUMBER: &str = "attempt_number";
/// Fewest digits of a number outside the switch.
const MIN_OUTSIDE: usize = 7;

/// The fields of a row, with its number.
pub type Numbered = (u64, Map<String, Value>);

/// What a row becomes.
#[derive(Debug, PartialEq)]
pub enum Read {
    Line(Map<String, Value>),
    /// No call to report: left out by the mapping, or a call to an inside number.
    Ignored,
}

/// Fields with the places they are taken from.
pub struct Plan {
    pub kind: &'static Kind,
    locale: Locale,
    order: Option<Order>,
    fields: Vec<Placed>,
}

struct Placed {
    name: String,
    /// None for the fields that a kind has not.
    kind: Option<Type>,
    from: From,
    values: HashMap<String, Value>,
    others: Option<Value>,
}

enum From {
    Cells(Vec<usize>),
    Constant(Value),
}

impl Plan {
    /// The plan, and the faults of the mapping on this sheet: it names columns that are not there, or dates have no order.
    pub fn new(
        (kind, mapping): (&'static Kind, &Mapping),
        sheet: &Sheet,
        order: Option<Order>,
        locale: Locale,
    ) -> (Self, Faults) {
        let mut faults = Faults::default();
        let places: HashMap<String, usize> = sheet
            .columns
            .iter()
            .enumerate()
            .rev()
            .map(|(at, column)| (key(&column.name), at))
            .collect();
        let mut fields = Vec::new();
        for (name, source) in &mapping.columns {
            let from = match source {
                Source::Constant { constant } => From::Constant(constant.clone()),
                source => {
                    let mut cells = Vec::new();
                    for column in source.columns() {
                        match places.get(&key(column)) {
                            Some(at) => cells.push(*at),
                            None => faults.add(
                                format!("columns.{name}"),
                                format!("The sheet has no column {column}."),
                            ),
                        }
                    }
                    From::Cells(cells)
                }
            };
            let values = mapping.values.get(name);
            let values = values.into_iter().flatten();
            let values: HashMap<String, Value> = values
                .map(|(theirs, ours)| (theirs.trim().to_lowercase(), ours.clone()))
                .collect();
            fields.push(Placed {
                kind: kind.field(name).map(|at| kind.fields[at].kind),
                name: name.clone(),
                others: values.get(OTHERS).cloned(),
                from,
                values,
            });
        }
        let stated = order.or_else(|| mapping.date_format.as_deref().and_then(Order::of_format));
        let mut plan = Self {
            kind,
            locale,
            order: stated,
            fields,
        };
        if stated.is_none() {
            match plan.proved(&sheet.columns) {
                Ok(proved) => plan.order = proved,
                Err(fault) => faults.add("date_format", fault),
            }
        }
        (plan, faults)
    }

    /// The order of day and month, if dates need one.
    pub fn order(&self) -> Option<Order> {
        self.order
    }

    /// The order that the columns of instants prove together, or what they leave open.
    fn proved(&self, columns: &[Column]) -> Result<Option<Order>, String> {
        let instants = self
            .fields
            .iter()
            .filter(|field| field.kind.is_some_and(Type::is_instant));
        let places = instants.filter_map(|field| match &field.from {
            From::Cells(cells) => Some(cells),
            From::Constant(_) => None,
        });
        let places: Vec<usize> = places.flatten().copied().collect();
        let proofs = places.iter().filter_map(|at| Some(columns.get(*at)?.dates));
        let names = || {
            let open = places.iter().filter_map(|at| columns.get(*at));
            let open = open.filter(|column| column.dates.unordered > 0);
            let names: Vec<&str> = open.map(|column| column.name.as_str()).collect();
            names.join(", ")
        };
        match proofs.fold(Proof::default(), Proof::and).proved() {
            Proved::Order(order) => Ok(Some(order)),
            Proved::Needless => Ok(None),
            Proved::Open => Err(format!(
                "The dates of {} have no day over 12, so that day and month cannot be told apart: date_format must state \
                 their order, such as dd/mm/yyyy.",
                names()
            )),
            Proved::Mixed => Err(format!(
                "Some dates of {} have the day first and some the month: date_format must state their order.",
                names()
            )),
        }
    }

    /// Places of the columns that fields are taken from.
    pub fn used(&self) -> impl Iterator<Item = usize> {
        let cells = self.fields.iter().filter_map(|field| match &field.from {
            From::Cells(cells) => Some(cells.iter().copied()),
            From::Constant(_) => None,
        });
        cells.flatten()
    }

    /// The columns that a field is taken from, for people.
    pub fn columns_of(&self, field: &str, columns: &[Column]) -> Option<String> {
        let placed = |name: &str| self.fields.iter().find(|placed| placed.name == name);
        let of_name = || {
            let (_, name) = NAMED.iter().find(|(id, _)| *id == field)?;
            placed(name)
        };
        let placed = placed(field).or_else(of_name)?;
        let From::Cells(cells) = &placed.from else {
            return None;
        };
        let names = cells.iter().filter_map(|at| columns.get(*at));
        let names: Vec<&str> = names.map(|column| column.name.as_str()).collect();
        Some(names.join(" + ")).filter(|names| !names.is_empty())
    }

    /// True if rows name people, who have to be looked up.
    pub fn names_people(&self) -> bool {
        [PHONE, CAMPAIGN, AGENT].iter().any(|name| self.names(name))
    }

    /// True if rows have that name in place of an id.
    pub fn names(&self, name: &str) -> bool {
        self.kind.field(name).is_none() && self.fields.iter().any(|field| field.name == name)
    }

    /// True if rows are attempts whose numbers the sheet does not tell.
    pub fn lacks_numbers(&self) -> bool {
        let is_told = self.fields.iter().any(|field| field.name == NUMBER);
        self.kind.field(NUMBER).is_some() && !is_told
    }

    /// The fields of a row, whose cells stand behind its number.
    pub fn read(&self, cells: &StringRecord) -> Read {
        let mut line = Map::with_capacity(self.fields.len() + 3);
        line.insert("kind".into(), self.kind.name.into());
        for field in &self.fields {
            let Some(mut found) = self.value(field, cells) else {
                continue;
            };
            if field.name == IGNORE {
                if is_true(&found) {
                    return Read::Ignored;
                }
                continue;
            }
            if field.name == PHONE {
                let text = match found {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                let text = text.strip_prefix("tel:").unwrap_or(&text);
                if self.kind.field(PHONE).is_none() && is_inside(text) {
                    return Read::Ignored;
                }
                found = phone(text, self.locale.country_code).into();
            }
            line.insert(field.name.clone(), found);
        }
        self.complete(&mut line);
        Read::Line(line)
    }

    fn value(&self, field: &Placed, cells: &StringRecord) -> Option<Value> {
        let text = match &field.from {
            From::Constant(constant) => match constant {
                Value::Null => return None,
                Value::String(text) => Cow::Borrowed(text.as_str()),
                value => return Some(value.clone()),
            },
            From::Cells(places) => match *places.as_slice() {
                [at] => Cow::Borrowed(cells.get(at + 1).unwrap_or_default()),
                _ => {
                    let texts = places.iter().filter_map(|at| cells.get(at + 1));
                    let texts = texts.filter(|text| !text.is_empty());
                    Cow::Owned(texts.collect::<Vec<_>>().join(" "))
                }
            },
        };
        let known = if field.values.is_empty() {
            None
        } else {
            let known = field.values.get(&text.to_lowercase());
            known.or(field.others.as_ref().filter(|_| !text.is_empty()))
        };
        let text = match known {
            Some(Value::Null) => return None,
            Some(Value::String(ours)) => ours.as_str(),
            Some(ours) => return Some(ours.clone()),
            None => text.as_ref(),
        };
        if text.is_empty() {
            return None;
        }
        Some(match field.kind {
            Some(kind) => value(text, kind, self.order),
            None => text.into(),
        })
    }

    /// Adds what a call needs and sheets seldom have.
    fn complete(&self, line: &mut Map<String, Value>) {
        let key = self.kind.key().name;
        if self.kind.finished_by.is_none() {
            return;
        }
        if !line.contains_key(key) {
            line.insert(key.into(), self.id(line).into());
        }
        if self.kind.field(NUMBER).is_some() && !line.contains_key(NUMBER) {
            line.insert(NUMBER.into(), 1.into());
        }
    }

    /// An id of what the call is, the same in every sheet: who was called from where, when and how long.
    fn id(&self, line: &Map<String, Value>) -> String {
        const TOLD: [&str; 9] = [
            "started_at",
            "answered_at",
            "ended_at",
            PHONE,
            "lead_id",
            "caller_id",
            "cid",
            "billsec",
            "talk_sec",
        ];
        let mut digest = Sha256::new();
        digest.update(self.kind.name);
        for name in TOLD {
            let told = line.get(name).map(|value| self.canonical(name, value));
            digest.update([0]);
            digest.update(told.unwrap_or_default());
        }
        let mut id = String::from("sheet-");
        for byte in digest.finalize().iter().take(16) {
            let _ = write!(id, "{byte:02x}"); // infallible: a String takes everything
        }
        id
    }

    /// A value however it was written.
    fn canonical(&self, name: &str, value: &Value) -> String {
        let Value::String(text) = value else {
            return value.to_string();
        };
        let instant = name.ends_with("_at").then(|| GivenInstant::parse(text));
        if let Some(given) = instant.flatten() {
            return given.start(self.locale.zone).timestamp_millis().to_string();
        }
        let number = if [PHONE, "caller_id", "cid"].contains(&name) {
            e164(text, self.locale.country_code)
        } else {
            None
        };
        number.unwrap_or_else(|| text.clone())
    }
}

/// True for an extension: a number of a few digits.
fn is_inside(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_number = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || " *#-".contains(letter));
    is_number && digits < MIN_OUTSIDE
}
