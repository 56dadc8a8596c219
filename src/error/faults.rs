//! Faults of a request, by field.
//!
//! Owns their order and merging. Must not know fields or texts.

use std::collections::BTreeMap;

use super::{Error, Result};

/// Faults of all fields, sorted by field name.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Faults(BTreeMap<String, Vec<String>>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    /// Adds a fault for each value of a field that was not found.
    pub fn add_missing<T: std::fmt::Display>(
        &mut self,
        field: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        values
            .into_iter()
            .for_each(|value| self.add(field, format!("{value} was not found.")));
    }

    /// Adds the faults of another set, except those that are there already.
    pub fn merge(&mut self, others: Self) {
        for (field, messages) in others.0 {
            let own = self.0.entry(field).or_default();
            for message in messages {
                if !own.contains(&message) {
                    own.push(message);
                }
            }
        }
    }

    /// The same faults, of fields with other names.
    pub fn renamed(self, rename: impl Fn(String) -> String) -> Self {
        let fields = self.0.into_iter();
        Self(fields.map(|(field, of)| (rename(field), of)).collect())
    }

    /// A result of further checks, with these faults besides its own.
    pub fn combine<T>(self, result: Result<T>) -> Result<T> {
        match result {
            Err(Error::Invalid(mut faults)) => {
                faults.merge(self);
                Err(Error::Invalid(faults))
            }
            Ok(_) if !self.is_empty() => Err(Error::Invalid(self)),
            result => result,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of fields with faults.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All fields with their messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }

    /// Returns `value` if there are no faults.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self)),
        }
    }
}
