//! Final pass over the OpenAPI document: names, references and required properties, as client generators expect them.
//!
//! Owns the rules that hold for every schema. Must not know any schema by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::bounds::bound;

const SCHEMAS: &str = "/components/schemas";
const PREFIX: &str = "#/components/schemas/";

/// Parts of an operation that clients send.
const SENT: [&str; 2] = ["parameters", BODY];
const BODY: &str = "requestBody";

/// Requests of clients.
const OPERATIONS: &str = "paths";
/// Requests of the server.
pub const WEBHOOKS: &str = "webhooks";

/// Brings the document into its final form.
pub fn finish(document: &mut Value) {
    rename(document, &envelope);
    refer(document);
    let answered = roots(document, OPERATIONS, "responses").chain(roots(document, WEBHOOKS, BODY));
    let answered = reached(document, answered);
    let sent = SENT
        .iter()
        .flat_map(|part| roots(document, OPERATIONS, part));
    let sent = reached(document, sent);
    let used = reached(document, [OPERATIONS, WEBHOOKS].map(|of| &document[of]));
    if let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) {
        schemas.retain(|name, _| used.contains(name));
        schemas.sort_keys();
        let answers = schemas
            .iter_mut()
            .filter(|(name, _)| answered.contains(*name));
        answers.for_each(|(_, schema)| require_nullable(schema));
        let requests = schemas.iter_mut().filter(|(name, _)| sent.contains(*name));
        requests.for_each(|(_, schema)| bound(schema));
    }
    for operation in operations(document) {
        for part in SENT {
            operation.get_mut(part).into_iter().for_each(bound);
        }
        // Explicit, so that a requirement of the whole document would never apply to open operations.
        operation.entry("security").or_insert_with(|| json!([]));
    }
}

/// The schema name of `autocall_kpis`: `AutocallKpis`.
pub fn pascal(words: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words
        .split('_')
        .filter(|word| !word.is_empty())
        .map(capital)
        .collect()
}

/// The name of an envelope: `MeResponse` and `MePage` for the generator's `Data_Me` and `Page_Me`.
fn envelope(name: &str) -> Option<String> {
    let envelopes = [("Data_", "Response"), ("Page_", "Page")];
    envelopes
        .into_iter()
        .find_map(|(prefix, suffix)| Some(format!("{}{suffix}", name.strip_prefix(prefix)?)))
}

/// Renames schemas and every reference to them.
fn rename(value: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
    fn references(value: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
        match value {
            Value::String(text) => {
                if let Some(name) = text.strip_prefix(PREFIX).and_then(new) {
                    *text = format!("{PREFIX}{name}");
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| references(item, new)),
            Value::Object(members) => members
                .values_mut()
                .for_each(|member| references(member, new)),
            _ => {}
        }
    }
    references(value, new);
    if let Some(schemas) = value.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) {
        let renamed = std::mem::take(schemas)
            .into_iter()
            .map(|(name, schema)| (new(&name).unwrap_or(name), schema));
        *schemas = renamed.collect();
    }
}

/// Replaces inlined copies of named schemas, which generic types leave, by references.
fn refer(document: &mut Value) {
    let has_parts = |schema: &Value| {
        ["properties", "oneOf", "allOf", "enum"]
            .iter()
            .any(|part| !schema[part].is_null())
    };
    let schemas = document
        .pointer(SCHEMAS)
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let named: BTreeMap<String, String> = schemas
        .filter(|(_, schema)| has_parts(schema))
        .map(|(name, schema)| (schema.to_string(), name.clone()))
        .collect();
    let within = |value: &mut Value| match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| put_references(member, &named)),
        value => put_references(value, &named),
    };
    for of in [OPERATIONS, WEBHOOKS] {
        within(&mut document[of]);
    }
    let schemas = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut);
    schemas
        .into_iter()
        .flat_map(Map::values_mut)
        .for_each(within);
}

fn put_references(value: &mut Value, named: &BTreeMap<String, String>) {
    if let Some(name) = named.get(&value.to_string()) {
        *value = json!({"$ref": format!("{PREFIX}{name}")});
        return;
    }
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| put_references(item, named)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| put_references(member, named)),
        _ => {}
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document[OPERATIONS]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut);
    paths
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
}

/// That part of all of these operations.
fn roots<'a>(document: &'a Value, of: &str, part: &str) -> impl Iterator<Item = &'a Value> {
    let paths = document[of].as_object().into_iter().flat_map(Map::values);
    paths
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(move |operation| operation.get(part))
}

/// Names of the schemas referenced by those parts, directly or indirectly.
fn reached<'a>(
    document: &'a Value,
    parts: impl IntoIterator<Item = &'a Value>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut parts: Vec<&Value> = parts.into_iter().collect();
    while let Some(part) = parts.pop() {
        match part {
            Value::String(text) => {
                if let Some(name) = text.strip_prefix(PREFIX)
                    && found.insert(name.to_owned())
                {
                    parts.extend(
                        document
                            .pointer(SCHEMAS)
                            .and_then(|schemas| schemas.get(name)),
                    );
                }
            }
            Value::Array(items) => parts.extend(items),
            Value::Object(members) => parts.extend(members.values()),
            _ => {}
        }
    }
    found
}

/// Makes every nullable property required: responses have all their fields, and an optional one is never null.
fn require_nullable(schema: &mut Value) {
    for part in ["allOf", "oneOf"] {
        schema
            .get_mut(part)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(require_nullable);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let is_required = |name: &String| {
        schema["required"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(name)))
    };
    let required = properties
        .iter()
        .filter(|(name, property)| is_required(name) || may_be_null(property));
    let required: Vec<String> = required.map(|(name, _)| name.clone()).collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let types = &schema["type"];
    is_null(types)
        || types
            .as_array()
            .is_some_and(|types| types.iter().any(is_null))
        || schema["oneOf"]
            .as_array()
            .is_some_and(|any| any.iter().any(may_be_null))
}
