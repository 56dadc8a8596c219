//! The value of the payload filter: members that a lead's payload must have.
//!
//! Owns their canonical form, which is compared, hashed and sent to the database. They are personal data: `Debug` hides
//! them. Must not know which values are allowed.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::text::nfc;

/// A JSON object as text: members sorted by name, texts in the normal form of stored payloads, numbers digit for digit. 1
/// and 1.0 differ here, although they match the same leads.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Members(Box<RawValue>);

impl Members {
    /// From members whose values are strings, numbers or booleans.
    pub fn new(members: &BTreeMap<String, Box<RawValue>>) -> serde_json::Result<Self> {
        let normal = members.iter().map(|(name, value)| {
            let text = serde_json::from_str::<String>(value.get()).ok();
            let value = text.map_or_else(|| Ok(value.clone()), |text| to_raw_value(&nfc(&text)))?;
            Ok((nfc(name), value))
        });
        to_raw_value(&normal.collect::<serde_json::Result<BTreeMap<_, _>>>()?).map(Self)
    }

    /// Length of the text in bytes.
    pub fn size(&self) -> usize {
        self.0.get().len()
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Members {}

impl Hash for Members {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.get().hash(state);
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}
