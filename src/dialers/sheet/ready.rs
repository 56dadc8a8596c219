//! Mappings for what people export, which come with the program (`deploy/mappings`).

use serde_json::{Map, Value};

use super::mapping::Mapping;
use super::request;
use crate::error::{Error, Result};

macro_rules! ready {
    ($($name:literal),* $(,)?) => {
        /// Names and texts.
        const ALL: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../deploy/mappings/", $name, ".json")))),*
        ];
    };
}

ready!(
    "3cx-cdr",
    "aircall-calls",
    "freepbx-cdr",
    "fusionpbx-xml-cdr",
    "genesys-interactions",
    "issabel-cdr",
    "twilio-calls",
    "vicidial-export",
);

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The mapping of that name.
pub fn named(name: &str) -> Option<Result<Mapping>> {
    let (_, text) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(of_json(text))
}

/// A mapping as a request states it. `Invalid` with every fault.
pub fn of_json(text: &str) -> Result<Mapping> {
    let members: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| Error::invalid("map", format!("is not a JSON object: {error}.")))?;
    request::read(&members, None)
}
