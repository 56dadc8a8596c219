//! Bodies of mappings, and their faults.
//!
//! A PUT states the whole mapping: what it leaves out, or gives as null, takes its default.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::dates::Order;
use super::mapping::{Mapping, Source, fields};
use crate::error::{Faults, Result};
use crate::ingest::kind::{KINDS, Kind};
use crate::input::fault;
use crate::input::unknown::{self, short};
use crate::text::nfc;
use crate::time::Zone;
use crate::time::zone::UnknownZone;

/// Maximum size of a body in bytes.
pub const MAX_BODY: usize = 256 << 10;
/// Maximum length of the name of a column, and of a value, in code points.
const MAX_TEXT: usize = 255;
/// Maximum length of what a mapping is for.
const MAX_ABOUT: usize = 1_000;
/// Maximum number of columns that make one field.
const MAX_JOINED: usize = 4;
/// Maximum number of values of all fields.
pub const MAX_VALUES: usize = 2_000;

/// Members that clients set.
pub const SETTABLE: [&str; 6] = [
    "kind",
    "about",
    "timezone",
    "date_format",
    "columns",
    "values",
];
/// Members that are only shown.
const SHOWN: [&str; 3] = ["name", "created_at", "updated_at"];

/// Fault of a date format.
pub const FORMAT: &str = "must name dd, mm and yyyy (or yy) in their order, such as dd/mm/yyyy hh:mm:ss; AM/PM may \
                          follow.";

/// Reads a mapping. `shown`: the stored one, whose other members may be sent as they are. `Invalid` with every fault.
pub fn read(members: &Map<String, Value>, shown: Option<&Value>) -> Result<Mapping> {
    let mut faults = Faults::default();
    unknown::unsettable(members, (&SETTABLE, &SHOWN), shown, &mut faults);
    let wanted = mapping(members, &mut faults);
    faults.into_result(wanted)
}

fn mapping(members: &Map<String, Value>, faults: &mut Faults) -> Option<Mapping> {
    let member = |name: &str| members.get(name).filter(|value| !value.is_null());
    let kind = kind(member("kind"), faults);
    let about = optional(member("about"), "about", faults, |text| {
        bounded(text, MAX_ABOUT).map(drop)
    });
    let timezone = optional(member("timezone"), "timezone", faults, |text| {
        Zone::named(text)
            .map(drop)
            .ok_or_else(|| UnknownZone.to_string())
    });
    let date_format = optional(member("date_format"), "date_format", faults, |text| {
        Order::of_format(text)
            .map(drop)
            .ok_or_else(|| FORMAT.to_owned())
    });
    let columns = object(member("columns"), "columns", faults);
    let values = object(member("values"), "values", faults);
    if columns.is_some_and(Map::is_empty) {
        faults.add("columns", fault::of_field("columns", fault::REQUIRED));
    }
    let kind = kind?;
    let columns = columns?
        .iter()
        .filter_map(|(field, value)| column(kind, field, value, faults));
    let columns: BTreeMap<String, Source> = columns.collect();
    let values = values.map(|values| all_values(kind, values, faults));
    Some(Mapping {
        kind: kind.name.to_owned(),
        about: about?,
        timezone: timezone?,
        date_format: date_format?,
        columns,
        values: values.unwrap_or_default(),
    })
}

fn kind(value: Option<&Value>, faults: &mut Faults) -> Option<&'static Kind> {
    let Some(value) = value else {
        faults.add("kind", fault::of_field("kind", fault::REQUIRED));
        return None;
    };
    let found = value.as_str().and_then(Kind::named);
    if found.is_none() {
        let names = KINDS.iter().map(|kind| kind.name);
        faults.add("kind", fault::of_field("kind", &fault::one_of(names)));
    }
    found
}

/// A text that may be left out. `None` with a fault.
fn optional(
    value: Option<&Value>,
    name: &str,
    faults: &mut Faults,
    check: impl FnOnce(&str) -> Result<(), String>,
) -> Option<Option<String>> {
    let checked = match value {
        None => return Some(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Some(None),
        Some(Value::String(text)) => check(text.trim()).map(|()| text.trim().to_owned()),
        Some(_) => Err(fault::STRING.to_owned()),
    };
    match checked {
        Ok(text) => Some(Some(text)),
        Err(rest) => {
            faults.add(name, fault::of_field(name, &rest));
            None
        }
    }
}

/// An object, required where it is `columns`.
fn object<'a>(
    value: Option<&'a Value>,
    name: &str,
    faults: &mut Faults,
) -> Option<&'a Map<String, Value>> {
    match value {
        Some(Value::Object(members)) => return Some(members),
        Some(_) => faults.add(name, fault::of_field(name, fault::OBJECT)),
        None if name == "columns" => faults.add(name, fault::of_field(name, fault::REQUIRED)),
        None => {}
    }
    None
}

/// The source of a field, or faults.
fn column(
    kind: &'static Kind,
    field: &str,
    value: &Value,
    faults: &mut Faults,
) -> Option<(String, Source)> {
    let place = format!("columns.{}", short(field));
    if !fields(kind).any(|name| name == field) {
        faults.add(&place, format!("is no field of {}.", kind.name));
        return None;
    }
    match source(value) {
        Ok(source) => source.map(|source| (field.to_owned(), source)),
        Err(fault) => {
            faults.add(place, fault);
            None
        }
    }
}

/// None for null, which is as if left out.
fn source(value: &Value) -> Result<Option<Source>, String> {
    const EXPECTED: &str =
        "must be the name of a column, a list of up to 4 of them, or {\"constant\": value}.";
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(name) => Source::Column(text(name)?),
        Value::Array(names) if (1..=MAX_JOINED).contains(&names.len()) => {
            let names = names.iter().map(|name| name.as_str().ok_or(EXPECTED));
            let names = names.map(|name| text(name?));
            Source::Columns(names.collect::<Result<_, String>>()?)
        }
        Value::Object(members) if members.len() == 1 => {
            let constant = members.get("constant").ok_or(EXPECTED)?;
            Source::Constant {
                constant: simple(constant)?,
            }
        }
        _ => return Err(EXPECTED.into()),
    }))
}

fn text(text: &str) -> Result<String, String> {
    let text = nfc(text.trim());
    if text.is_empty() {
        return Err("must not be blank.".into());
    }
    bounded(&text, MAX_TEXT)
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    if text.contains('\0') {
        return Err(fault::NUL.into());
    }
    if text.chars().count() > most {
        return Err(fault::longer_than(most));
    }
    Ok(text.to_owned())
}

/// A text, a number, a flag or null.
fn simple(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) => Ok(Value::String(bounded(&nfc(text), MAX_TEXT)?)),
        Value::Array(_) | Value::Object(_) => {
            Err("must be a text, a number, true, false or null.".into())
        }
        value => Ok(value.clone()),
    }
}

type Values = BTreeMap<String, BTreeMap<String, Value>>;

fn all_values(kind: &'static Kind, given: &Map<String, Value>, faults: &mut Faults) -> Values {
    let mut all = Values::new();
    let mut room = MAX_VALUES;
    for (field, values) in given {
        let place = format!("values.{}", short(field));
        if !fields(kind).any(|name| name == field) {
            faults.add(place, format!("is no field of {}.", kind.name));
            continue;
        }
        match values {
            Value::Null => {}
            Value::Object(values) if values.len() > room => {
                faults.add("values", fault::more_than(MAX_VALUES));
                return all;
            }
            Value::Object(values) => {
                room -= values.len();
                let own = values
                    .iter()
                    .filter_map(|(theirs, ours)| value(&place, theirs, ours, faults));
                all.insert(field.clone(), own.collect());
            }
            _ => faults.add(place, fault::OBJECT),
        }
    }
    all
}

fn value(place: &str, theirs: &str, ours: &Value, faults: &mut Faults) -> Option<(String, Value)> {
    let read =
        bounded(&nfc(theirs.trim()), MAX_TEXT).and_then(|theirs| Ok((theirs, simple(ours)?)));
    match read {
        Ok(read) => Some(read),
        Err(fault) => {
            faults.add(format!("{place}.{}", short(theirs)), fault);
            None
        }
    }
}
