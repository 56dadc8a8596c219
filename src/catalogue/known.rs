//! Values of closed sets, and hangup causes, in words.
//!
//! Owns no value: a test holds that each closed set has exactly the words there are in `words/values.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::entry::Text;
use crate::words::{Language, VALUES};

/// A value of a closed set, or a hangup cause.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MetricValue)]
pub struct Known {
    /// As answers have it.
    #[schema(example = "no_answer")]
    pub value: String,
    /// A few words.
    pub label: Text,
    /// Its meaning.
    pub description: Text,
}

/// All sets by name, each in its order: in one language if one is given.
pub fn values(language: Option<Language>) -> BTreeMap<&'static str, Vec<Known>> {
    static SETS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
        serde_json::from_str(VALUES).unwrap_or_default() // infallible: a test reads it
    });
    let set = |(name, values): (&'static String, &'static Value)| {
        let values = values.as_object().into_iter().flatten();
        let known = values.map(|(value, words)| Known {
            value: value.clone(),
            label: Text::read(&words["label"], language),
            description: Text::read(&words["description"], language),
        });
        (name.as_str(), known.collect())
    };
    SETS.iter().map(set).collect()
}
