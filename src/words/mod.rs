//! Languages of labels, and the Vietnamese words for what the code names in English.
//!
//! Owns three files of words: `vi.json`, keyed by the ids of the catalogue; `values.json`, the values of closed sets and
//! hangup causes in both languages; and `phrases.json`, keyed by English texts of files. Must not know what the ids stand
//! for; tests hold that there are exactly those there are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A language of labels and descriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "vi")]
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

    /// An English text of files in this language; as it is where there are no words for it.
    pub fn tell(self, english: &'static str) -> &'static str {
        self.phrase(english).unwrap_or(english)
    }

    /// The words of this language for an English text of files. `None` in English, or if there are none.
    pub fn phrase(self, english: &str) -> Option<&'static str> {
        match self {
            Self::English => None,
            Self::Vietnamese => PHRASES.get(english).map(String::as_str),
        }
    }

    /// The label of a value of a closed set. `None` in English, whose files have the values themselves, or if there is none.
    pub fn value(self, set: &str, value: &str) -> Option<&'static str> {
        match self {
            Self::English => None,
            Self::Vietnamese => SETS[set][value]["label"][self.name()].as_str(),
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

static SETS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(VALUES).unwrap_or_default() // infallible: a test reads it
});

static PHRASES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("phrases.json")).unwrap_or_default() // infallible: a test reads it
});

/// The Vietnamese words for an id of the catalogue.
pub fn vietnamese(id: &str) -> Option<&'static Words> {
    VIETNAMESE.get(id)
}

/// All ids that have Vietnamese words, in ascending order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    VIETNAMESE.keys().map(String::as_str)
}
