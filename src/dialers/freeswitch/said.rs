//! What a document says, by the names that the switch uses, whatever its format.
//!
//! Channel variables come first, by their names; then the newest profile of the caller, which has the number called and the
//! context; then everything else, by its place (`callflow.0.times.created_time`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::node::{Node, joined};
use super::posted::MAX_BYTES;
use super::values;

/// Values kept of one document.
const MAX_FIELDS: usize = 5_000;

/// A document of a call that ended.
#[derive(Debug, Default)]
pub struct Said {
    pub fields: BTreeMap<String, String>,
    /// Profiles of the caller, newest first. A transfer makes a new one; the last one has what was dialed at first.
    profiles: Vec<BTreeMap<String, String>>,
    /// Times of the newest profile.
    times: BTreeMap<String, String>,
    size: usize,
}

/// A document, read or passed over.
#[derive(Debug)]
pub enum Reading {
    Call(Said),
    /// An event that is no call's end.
    Other,
}

/// Finds what a document says. The error is a sentence.
pub fn read(document: &Node) -> Result<Reading, String> {
    match document.get("Event-Name") {
        Some(Node::Text(name)) if name == "CHANNEL_HANGUP_COMPLETE" => {
            Ok(Reading::Call(of_event(document)))
        }
        Some(_) => Ok(Reading::Other),
        None if document.get("variables").is_some() => Ok(Reading::Call(of_document(document))),
        None => Err("The document has no `variables`.".into()),
    }
}

fn of_document(document: &Node) -> Said {
    let mut said = Said::default();
    let variables = document.get("variables").map(Node::values);
    said.put_variables(variables.into_iter().flatten());
    let flows = flows(document);
    let profile = |flow: &&Node| texts(flow.get("caller_profile"));
    said.profiles = flows.iter().map(profile).collect();
    said.times = texts(flows.first().and_then(|flow| flow.get("times")));
    said.put_profile();
    if let Node::Object(members) = document {
        for (name, node) in members {
            if name != "variables" && name != "callflow" {
                node.each(name, &mut |place, text| said.put(place, text));
            }
        }
    }
    for (index, flow) in flows.iter().enumerate() {
        let place = format!("callflow.{index}");
        flow.each(&place, &mut |place, text| said.put(place, text));
    }
    said
}

/// One object, the key repeated, or a list, by the age of the switch: newest first in all.
fn flows(document: &Node) -> Vec<&Node> {
    let flows = document.all("callflow").map(|flow| match flow {
        Node::List(flows) => flows.as_slice(),
        flow => std::slice::from_ref(flow),
    });
    flows.flatten().collect()
}

/// Texts of an object by name.
fn texts(object: Option<&Node>) -> BTreeMap<String, String> {
    let values = object.map(Node::values).into_iter().flatten();
    values
        .map(|(name, texts)| (name.to_owned(), joined(&texts)))
        .collect()
}

/// A flat event: variables have a prefix, and the profile is in headers such as `Caller-Destination-Number`.
fn of_event(document: &Node) -> Said {
    const VARIABLE: &str = "variable_";
    let mut said = Said::default();
    let variable = |(name, values)| Some((str::strip_prefix(name, VARIABLE)?, values));
    said.put_variables(document.values().filter_map(variable));
    let headers = texts(Some(document));
    let of_profile = |(name, value): (&String, &String)| {
        let name = name.strip_prefix("Caller-")?.to_ascii_lowercase();
        Some((name.replace('-', "_"), value.clone()))
    };
    let profile: BTreeMap<String, String> = headers.iter().filter_map(of_profile).collect();
    let time = |(name, value): (&String, &String)| {
        Some((name.strip_prefix("channel_")?.to_owned(), value.clone()))
    };
    said.times = profile.iter().filter_map(time).collect();
    said.profiles = vec![profile];
    said.put_profile();
    for (name, value) in headers {
        if !name.starts_with(VARIABLE) {
            said.put(name, &value);
        }
    }
    said
}

impl Said {
    fn put_variables<'a>(&mut self, variables: impl Iterator<Item = (&'a str, Vec<String>)>) {
        let owned = variables.map(|(name, values)| (name.to_owned(), values));
        let mut variables: Vec<(String, Vec<String>)> = owned.collect();
        values::decode(&mut variables);
        for (name, values) in variables {
            self.put(name, &joined(&values));
        }
    }

    fn put_profile(&mut self) {
        for (name, value) in self.profiles.first().cloned().unwrap_or_default() {
            self.put(name, &value);
        }
    }

    /// Keeps a value unless its name has one, as long as there is room. No text of a database holds NUL.
    fn put(&mut self, name: String, value: &str) {
        let (name, value) = (name.replace('\0', ""), value.replace('\0', ""));
        let size = name.len() + value.len();
        let has_room = self.fields.len() < MAX_FIELDS && self.size + size <= MAX_BYTES;
        if has_room && !self.fields.contains_key(&name) {
            self.size += size;
            self.fields.insert(name, value);
        }
    }

    /// A value that says something.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.fields.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The first of these names that says something.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A value of the profile that the leg began with.
    pub fn at_first(&self, name: &str) -> Option<&str> {
        let value = self.profiles.last()?.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// An instant by its variables `start_uepoch` and `start_epoch`, of which 0 is never; else by the profile's time.
    pub fn instant(&self, name: &str, time: &str) -> Option<DateTime<Utc>> {
        let number = |text: Option<&str>| text?.parse::<i64>().ok();
        let micros = number(self.get(&format!("{name}_uepoch")));
        let seconds = || number(self.get(&format!("{name}_epoch")))?.checked_mul(1_000_000);
        let time = || number(self.times.get(time).map(String::as_str));
        sane(
            micros
                .filter(|micros| *micros != 0)
                .or_else(seconds)
                .or(micros)
                .or_else(time)?,
        )
    }
}

/// An instant of the years 1970 to 9999, but for 0.
fn sane(micros: i64) -> Option<DateTime<Utc>> {
    const END: i64 = 253_402_300_800_000_000;
    let is_sane = 0 < micros && micros < END;
    is_sane.then(|| DateTime::from_timestamp_micros(micros))?
}
