//! JSON bodies: every member of every operation with values of other types.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::faults;
use crate::access::with_one_of_each;

/// A JSON body as the OpenAPI document describes it: its members, and true if there are no others.
struct Body {
    method: Method,
    path: String,
    members: Vec<(String, Value)>,
    is_closed: bool,
}

/// Bodies of all operations that take one object; `/api/ingest` takes many, and has tests of its own.
fn json_bodies() -> Vec<Body> {
    fn members(document: &Value, schema: &Value, found: &mut Vec<(String, Value)>) -> bool {
        if let Some(name) = schema["$ref"].as_str() {
            let pointed = document.pointer(name.trim_start_matches('#'));
            return members(document, pointed.expect("a schema"), found);
        }
        let variants = ["oneOf", "anyOf", "allOf"].into_iter();
        let variants = variants.flat_map(|of| schema[of].as_array().into_iter().flatten());
        let are_closed: Vec<bool> = variants
            .map(|variant| members(document, variant, found))
            .collect();
        let own = schema["properties"].as_object().into_iter().flatten();
        found.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
        schema["additionalProperties"] == false
            || (!are_closed.is_empty() && are_closed.into_iter().all(|is_closed| is_closed))
    }
    let document = callboard::http::openapi::generate();
    let mut bodies = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_null() || path == "/api/ingest" {
                continue;
            }
            let mut found = Vec::new();
            let is_closed = members(&document, schema, &mut found);
            bodies.push(Body {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                members: found,
                is_closed,
            });
        }
    }
    bodies
}

/// True if a schema allows that type.
fn allows(schema: &Value, name: &str) -> bool {
    let types = &schema["type"];
    types == name
        || types
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
}

#[tokio::test]
async fn invalid_members_of_every_json_body_are_refused_by_name() {
    let test = with_one_of_each().await;
    let order =
        json!({"report_type": "trend", "format": "csv", "from": "2026-06-01", "to": "2026-06-02"});
    let request = test.post("/api/autocall/campaigns/1/reports/export");
    let ordered = test.send(request.json(&order)).await;
    let ordered = ordered.json();
    let job = ordered["data"]["job_id"].as_str().expect("a job");
    let (mut tried, mut closed) = (0, 0);
    for body in json_bodies() {
        let path = body.path.replace("{id}", "1").replace("{name}", "1");
        let path = path.replace("{job_id}", job);
        let send = async |sent: Value| {
            let request = test.with_method(body.method.clone(), &path);
            test.send(request.json(&sent)).await
        };
        for (name, schema) in &body.members {
            let mut bad = vec![json!({"not": ["a", "value"]}), json!([[]])];
            if !allows(schema, "array") {
                bad.push(json!("\u{0}"));
            }
            for value in bad {
                let is_object =
                    value.is_object() && (allows(schema, "object") || schema["$ref"].is_string());
                if is_object {
                    continue;
                }
                let answer = send(json!({name: value})).await;
                let shown = format!("{} {path} {name} {value}: {}", body.method, answer.text());
                let is_refused = match path.as_str() {
                    "/analytics" => answer.status.is_client_error(),
                    _ => answer.status == StatusCode::UNPROCESSABLE_ENTITY,
                };
                assert!(is_refused, "{shown}");
                let errors = answer.json()["errors"].clone();
                let is_named = errors.as_object().is_some_and(|errors| {
                    errors
                        .keys()
                        .any(|field| field == name || field.starts_with(&format!("{name}.")))
                });
                assert!(is_named, "{shown}");
                tried += 1;
            }
        }
        if body.is_closed {
            closed += 1;
            let answer = send(json!({"no_such_member": 1})).await;
            assert!(
                faults(&answer.json()).contains(&"no_such_member"),
                "{path}: {}",
                answer.text()
            );
        }
    }
    assert!(tried > 80, "only {tried} tried");
    assert!(closed >= 4, "only {closed} closed bodies");
}
