//! Ranges of the integers that clients send.
//!
//! Owns the rule that every one of them states its bounds: the server reads 64 bits, and refuses more. Must not know any
//! schema by name.

use serde_json::{Value, json};

/// States the range of every integer in these schemas that has none of its own, also of those that may be a text or null.
/// Does not follow references.
pub fn bound(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(bound),
        Value::Object(parts) => {
            if parts.get("type").is_some_and(has_integers) {
                parts.entry("minimum").or_insert_with(|| json!(i64::MIN));
                parts.entry("maximum").or_insert_with(|| json!(i64::MAX));
            }
            parts.values_mut().for_each(bound);
        }
        _ => {}
    }
}

fn has_integers(kind: &Value) -> bool {
    kind == "integer"
        || kind
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(has_integers))
}
