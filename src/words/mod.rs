//! Languages of labels, and the Vietnamese words for what the code names in English.
//!
//! Owns two files of words: `vi.json`, keyed by the ids of the catalogue, and `values.json`, the values of closed sets and
//! hangup causes in both languages. Must not know what the ids stand for; tests hold that there are exactly those there are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language of labels and descriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    English,
    Vietnamese,
}

impl Language {
    pub const NAMES: &'static [&'static str] = &["en", "vi"];

    pub fn named(name: &str) -> Option<Self> {
        match name {
            "en" => Some(Self::English),
            "vi" => Some(Self::Vietnamese),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Vietnamese => "vi",
        }
    }
}

/// The words for one id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub label: String,
    /// Empty for keys and settings, whose label says it all.
    #[serde(default)]
    pub description: String,
}

/// Sets by name, values in their order: label and description of each in both languages, as JSON.
pub const VALUES: &str = include_str!("values.json");

static VIETNAMESE: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("vi.json")).unwrap_or_default() // infallible: a test reads it
});

/// The Vietnamese words for an id of the catalogue.
pub fn vietnamese(id: &str) -> Option<&'static Words> {
    VIETNAMESE.get(id)
}

/// All ids that have Vietnamese words, in ascending order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    VIETNAMESE.keys().map(String::as_str)
}
