//! Filters on calls, each declared once: its parameter, and the condition that it is.
//!
//! Parsing, statements and the OpenAPI document derive from the lists of filters ([`super::attempts`],
//! [`super::sales_calls`]). A filter that is not given is no part of a statement. Must not know the lists that use it.

use rust_decimal::Decimal;

use super::condition::{Argument, Condition};
use crate::analytics::{Members, Rarest};
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::ingest::phone;
use crate::input::{Kind, Parameter, Query};
use crate::time::{Bucket, Window};

#[derive(Debug)]
pub struct Filter {
    pub parameter: Parameter,
    pub meaning: Meaning,
}

/// The condition of a filter, with the holes of [`Condition`].
#[derive(Debug)]
pub enum Meaning {
    /// `:1` is the value.
    Value(&'static str),
    /// A condition for each value of the parameter's set, in its order; those of all given values must hold. Of a flag,
    /// the first is that of false.
    Each(&'static [&'static str]),
    /// `:1` is the phone in E.164 without its plus. A text that is no phone is no lead's.
    Phone(&'static str),
    /// `:1` is the value, `:2` to `:4` are the segments of the window: from, to, offset.
    Local(&'static str),
    /// `:1` and `:2` are the parts of the window that lie in the bucket: from, to.
    Bucket(&'static str),
    /// `:1` is the payload, and `:2` its rarest term, by which few leads are looked up. The rows are read for many.
    Payload {
        by_term: &'static str,
        by_rows: &'static str,
    },
}

/// The context of conditions, besides their values.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    pub window: Window,
    /// Country code of phones with a leading 0.
    pub country_code: u16,
    /// The rarest term of the payload that is asked for.
    pub rarest: Option<Rarest>,
}

/// A filter with its value as given.
#[derive(Debug, Clone)]
pub struct Given {
    filter: &'static Filter,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Integer(i64),
    Integers(Vec<i64>),
    Fraction(Decimal),
    Text(String),
    /// Names of a closed set, in its order.
    Names(Vec<&'static str>),
    Flag(bool),
    Bucket(Bucket),
    Payload(Members),
}

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.value == other.value
    }
}

impl Eq for Given {}

impl std::hash::Hash for Given {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.name(), &self.value).hash(state);
    }
}

impl Filter {
    pub const fn new(parameter: Parameter, meaning: Meaning) -> Self {
        Self { parameter, meaning }
    }

    /// A filter by a parameter of its own.
    pub const fn optional(
        name: &'static str,
        kind: Kind,
        about: &'static str,
        meaning: Meaning,
    ) -> Self {
        Self::new(Parameter::optional(name, kind, about), meaning)
    }

    /// Reads the filter, if it is given. Faults are recorded in the query.
    pub fn read(&'static self, query: &mut Query) -> Option<Given> {
        let parameter = &self.parameter;
        let value = match parameter.kind {
            _ if matches!(self.meaning, Meaning::Bucket(_)) => {
                let label = query.storable_text(parameter)?;
                let bucket = Bucket::named(&label);
                if bucket.is_none() {
                    query.fail(parameter.name, NO_BUCKET);
                }
                Value::Bucket(bucket?)
            }
            Kind::Id => Value::Integer(query.id(parameter)?),
            Kind::IdList { .. } => Value::Integers(query.id_list(parameter)?),
            Kind::Number { .. } => Value::Integer(query.number(parameter)?),
            Kind::Fraction => Value::Fraction(query.fraction(parameter)?),
            Kind::Choice(_) => Value::Names(vec![query.listed(parameter)?]),
            Kind::ChoiceList(_) => Value::Names(query.listed_all(parameter)?),
            Kind::Either => Value::Flag(query.either(parameter)?),
            Kind::Object => Value::Payload(payload(query, parameter)?),
            _ => Value::Text(query.storable_text(parameter)?),
        };
        Some(Given {
            filter: self,
            value,
        })
    }
}

const NO_BUCKET: &str =
    "must be a label such as 2026-06-28, 2026-06-28 09:00:00, 2026-W26 or 2026-06.";

/// The members of a JSON object; `None` without any.
fn payload(query: &mut Query, parameter: &Parameter) -> Option<Members> {
    match Members::parse(query.text(parameter)?) {
        Ok(members) => members,
        Err(faults) => {
            faults
                .into_iter()
                .for_each(|fault| query.fail(parameter.name, fault));
            None
        }
    }
}

impl Given {
    pub fn name(&self) -> &'static str {
        self.filter.parameter.plain()
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// The payload that is asked for, if the filter is by one.
    pub fn payload(&self) -> Option<&Members> {
        match &self.value {
            Value::Payload(members) => Some(members),
            _ => None,
        }
    }

    /// Heap memory in bytes.
    pub fn heap(&self) -> usize {
        match &self.value {
            Value::Integers(numbers) => size_of_val(numbers.as_slice()),
            Value::Text(text) => text.capacity(),
            Value::Names(names) => size_of_val(names.as_slice()),
            Value::Payload(members) => members.size(),
            Value::Integer(_) | Value::Fraction(_) | Value::Flag(_) | Value::Bucket(_) => 0,
        }
    }

    /// The filter and its value, for people.
    pub fn shown(&self) -> (&'static str, String) {
        let shown = match &self.value {
            Value::Integer(number) => number.to_string(),
            Value::Integers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                numbers.join(", ")
            }
            Value::Fraction(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Names(names) => names.join(", "),
            Value::Flag(flag) => flag.to_string(),
            Value::Bucket(bucket) => bucket.to_string(),
            Value::Payload(_) => "by payload".to_owned(), // personal data
        };
        (self.name(), shown)
    }

    /// Its conditions.
    pub fn conditions(&self, around: &Surroundings) -> Vec<Condition> {
        let one = |sql, arguments| vec![Condition { sql, arguments }];
        match self.filter.meaning {
            Meaning::Value(sql) => one(sql, vec![self.argument()]),
            Meaning::Each(conditions) => {
                let given = self.places().filter_map(|place| conditions.get(place));
                let condition = |sql: &&'static str| Condition {
                    sql,
                    arguments: Vec::new(),
                };
                given.map(condition).collect()
            }
            Meaning::Phone(sql) => one(sql, vec![self.phone(around.country_code)]),
            Meaning::Local(sql) => {
                let segments = around.window.segment_arrays();
                let arguments = vec![
                    self.argument(),
                    Argument::Instants(segments.from),
                    Argument::Instants(segments.to),
                    Argument::Offsets(segments.utc_offset),
                ];
                one(sql, arguments)
            }
            Meaning::Payload { by_term, by_rows } => match around.rarest {
                Some(Rarest { leads: 0, .. }) => one("false", Vec::new()),
                Some(Rarest { term, leads }) if leads < Rarest::MANY => {
                    one(by_term, vec![self.argument(), Argument::Integer(term)])
                }
                _ => one(by_rows, vec![self.argument()]),
            },
            Meaning::Bucket(sql) => {
                let parts = match &self.value {
                    Value::Bucket(bucket) => bucket.within(&around.window),
                    _ => Vec::new(),
                };
                let from = parts.iter().map(|part| part.from).collect();
                let to = parts.iter().map(|part| part.to).collect();
                one(sql, vec![Argument::Instants(from), Argument::Instants(to)])
            }
        }
    }

    /// Places of the given values in the parameter's set; false is 0 and true 1.
    fn places(&self) -> impl Iterator<Item = usize> {
        let set = match self.filter.parameter.kind {
            Kind::Choice(set) | Kind::ChoiceList(set) => set,
            _ => &["false", "true"],
        };
        let given = match &self.value {
            Value::Names(names) => names.clone(),
            Value::Flag(true) => vec!["true"],
            _ => vec!["false"],
        };
        (0..set.len()).filter(move |place| given.contains(&set[*place]))
    }

    fn phone(&self, country_code: u16) -> Argument {
        let Value::Text(text) = &self.value else {
            return self.argument();
        };
        let e164 = phone::e164(text, country_code);
        Argument::Text(e164.unwrap_or_else(|| text.clone()))
    }

    fn argument(&self) -> Argument {
        match self.value.clone() {
            Value::Integer(number) => Argument::Integer(number),
            Value::Integers(numbers) => Argument::Integers(numbers),
            Value::Fraction(number) => Argument::Fraction(number),
            Value::Text(text) => Argument::Text(text),
            Value::Names(names) => Argument::Texts(names.into_iter().map(str::to_owned).collect()),
            Value::Flag(flag) => Argument::Text(flag.to_string()),
            Value::Bucket(bucket) => Argument::Text(bucket.to_string()),
            Value::Payload(members) => Argument::Payload(members),
        }
    }
}

/// The rarest term of the payload among the filters. `None` without one.
pub async fn rarest<'a>(
    scope: &mut Scope,
    given: impl IntoIterator<Item = &'a Given>,
) -> Result<Option<Rarest>> {
    match given.into_iter().find_map(Given::payload) {
        Some(payload) => Rarest::find(scope, payload).await,
        None => Ok(None),
    }
}

/// A value that must not be below another one, both given.
pub fn check_order(given: &[Given], least: &str, most: &'static str, faults: &mut Faults) {
    let value = |name| given.iter().find(|given| given.name() == name);
    let is_below = match (value(least), value(most)) {
        (Some(least), Some(most)) => match (&least.value, &most.value) {
            (Value::Integer(least), Value::Integer(most)) => most < least,
            (Value::Fraction(least), Value::Fraction(most)) => most < least,
            _ => false,
        },
        _ => false,
    };
    if is_below {
        faults.add(most, format!("must not be below {least}."));
    }
}
