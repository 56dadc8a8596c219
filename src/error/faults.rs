//! Faults of a request, by field.
//!
//! Owns their order and how they are merged. Must not know the fields or the words.

use std::collections::BTreeMap;

use super::{Error, Result};

/// Faults by field, every field at once, in the order of their names.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Faults(BTreeMap<String, Vec<String>>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    /// Adds that these values of a field name nothing.
    pub fn add_missing<T: std::fmt::Display>(
        &mut self,
        field: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        values
            .into_iter()
            .for_each(|value| self.add(field, format!("{value} was not found.")));
    }

    /// Adds those faults to these.
    pub fn merge(&mut self, others: Self) {
        for (field, messages) in others.0 {
            self.0.entry(field).or_default().extend(messages);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields are at fault.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Every field with its messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }

    /// `value`, where nothing was at fault.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self)),
        }
    }
}
