//! Fields of one line.
//!
//! Owns the memory for lines with unknown fields: beyond the line itself it does not grow with
//! their number. Must not know what a field means.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::kind::KINDS;

/// Maximum number of unknown fields reported by name, and of characters of each name.
pub const MAX_UNKNOWN: usize = 20;
pub const MAX_NAME: usize = 100;

/// Field names of all kinds.
static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let fields = KINDS.iter().flat_map(|kind| kind.fields);
    fields.map(|field| field.name).chain(["kind"]).collect()
});

/// A JSON object: its values by name, for names that any kind has. The last value of a repeated
/// name counts.
pub struct Fields<'a> {
    known: HashMap<&'static str, &'a RawValue>,
    unknown: Unknown,
}

impl<'a> Fields<'a> {
    /// JSON text of a value.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.known.get(name).map(|value| value.get())
    }

    /// Returns the first unknown names in order, and the number of further ones.
    pub fn unknown(&self, is_field: impl Fn(&str) -> bool) -> (BTreeSet<String>, u64) {
        let mut unknown = self.unknown.clone();
        let of_others = |name: &&&str| **name != "kind" && !is_field(name);
        for name in self.known.keys().filter(of_others) {
            unknown.add(name);
        }
        (unknown.names, unknown.more)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields {
            known: HashMap::new(),
            unknown: Unknown::default(),
        };
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            match NAMES.get(name.as_str()) {
                Some(name) => drop(fields.known.insert(name, value)),
                None => fields.unknown.add(&name),
            }
        }
        Ok(fields)
    }
}

/// The first names in order, and the number of further ones.
#[derive(Clone, Default)]
struct Unknown {
    names: BTreeSet<String>,
    more: u64,
}

impl Unknown {
    fn add(&mut self, name: &str) {
        self.names.insert(name.chars().take(MAX_NAME).collect());
        if self.names.len() > MAX_UNKNOWN {
            self.names.pop_last();
            self.more += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_for_unknown_fields_is_bounded() {
        let many: String = (0..100_000)
            .rev()
            .map(|number| format!(",\"x{number:06}\":1"))
            .collect();
        let long = "y".repeat(100_000);
        let line = format!("{{\"kind\":\"team\",\"{long}\":1,\"id\":7,\"id\":8{many}}}");
        let fields: Fields<'_> = serde_json::from_str(&line).unwrap();
        assert!(fields.known.len() <= NAMES.len());
        assert_eq!(fields.unknown.names.len(), MAX_UNKNOWN);
        assert!(
            fields
                .unknown
                .names
                .iter()
                .all(|name| name.len() <= MAX_NAME)
        );
        assert_eq!(fields.get("id"), Some("8"));
        let (names, more) = fields.unknown(|name| name == "id");
        let first: Vec<_> = (0..MAX_UNKNOWN)
            .map(|number| format!("x{number:06}"))
            .collect();
        assert!(names.iter().eq(&first), "{names:?}");
        assert_eq!(more, 100_001 - 20);
    }

    #[test]
    fn a_field_of_another_kind_is_unknown() {
        let fields: Fields<'_> = serde_json::from_str(r#"{"id":1,"talk_sec":2,"zz":3}"#).unwrap();
        let (names, more) = fields.unknown(|name| name == "id");
        assert!(names.iter().eq(["talk_sec", "zz"]), "{names:?}");
        assert_eq!(more, 0);
    }
}
