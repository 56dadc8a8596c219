//! `x-callboard`: whether a member of an answer is a measure, a key or a setting, and of a measure what it is.
//!
//! Taken from the catalogue of figures. The members around the figures are told here.

use serde_json::{Value, json};

use crate::analytics::query;
use crate::catalogue;

const MARK: &str = "x-callboard";

/// Members around the figures of an earlier window.
const AROUND_EARLIER: [&str; 2] = ["from", "to"];

/// Members around the rows of a question.
const AROUND_ROWS: [&str; 4] = [query::QUERY_TYPE, "total", query::PAGE, query::PAGE_SIZE];

/// Marks the members of the answers of all reports and questions.
pub fn add(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    let Some(schemas) = schemas.and_then(Value::as_object_mut) else {
        return;
    };
    for (name, members) in catalogue::marks() {
        let Some(schema) = schemas.get_mut(&name) else {
            continue;
        };
        for (member, mark) in members {
            let place = if member == "*" {
                schema.get_mut("additionalProperties")
            } else {
                property(schema, member)
            };
            if let Some(place) = place {
                place[MARK] = mark;
            }
        }
    }
    for (name, schema) in schemas.iter_mut() {
        let settings: &[&str] = match name.as_str() {
            page if page.starts_with("Analytics") && page.ends_with("Page") => &AROUND_ROWS,
            earlier if earlier.ends_with("Comparison") => &AROUND_EARLIER,
            _ => &[],
        };
        for member in settings {
            if let Some(place) = property(schema, member) {
                place[MARK] = json!({"is": "setting"});
            }
        }
    }
}

/// A property of a schema, or of one of its parts.
fn property<'a>(schema: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    if schema["properties"].get(name).is_some() {
        return schema["properties"].get_mut(name);
    }
    let parts = schema.get_mut("allOf")?.as_array_mut()?;
    parts.iter_mut().find_map(|part| property(part, name))
}
