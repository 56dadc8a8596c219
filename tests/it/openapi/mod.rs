//! The OpenAPI document: current, served, and in agreement with responses.

mod events;

use serde_json::Value;

use crate::support::TestApp;

fn committed() -> &'static str {
    include_str!("../../../openapi/openapi.json")
}

#[test]
fn the_committed_document_is_current() {
    let generated =
        serde_json::to_string_pretty(&callboard::http::openapi::generate()).expect("JSON");
    assert!(
        committed().trim_end() == generated,
        "run: cargo run -- openapi > openapi/openapi.json"
    );
}

#[test]
fn the_committed_ingest_field_table_is_current() {
    let generated = callboard::ingest::document::markdown();
    assert!(
        include_str!("../../../docs/ingest.md") == generated,
        "run: cargo run -- fields > docs/ingest.md"
    );
}

#[tokio::test]
async fn the_document_is_served_as_openapi_3_1() {
    let test = TestApp::new().await;
    let served = test.ok("/openapi.json").await.json();
    assert!(
        served["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    assert_eq!(
        served,
        serde_json::from_str::<Value>(committed()).expect("JSON")
    );
}

#[test]
fn every_operation_and_field_has_a_description() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(
                    response["description"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty()),
                    "{path} {status}"
                );
                for (name, header) in response["headers"].as_object().into_iter().flatten() {
                    assert!(header["description"].is_string(), "{path} {status} {name}");
                }
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(
                    parameter["description"].is_string(),
                    "{path} {}",
                    parameter["name"]
                );
            }
        }
    }
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
    {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let alternatives = property["oneOf"].as_array().into_iter().flatten();
            let described = std::iter::once(property)
                .chain(alternatives)
                .any(|schema| schema["description"].is_string());
            assert!(described || name.ends_with("Response"), "{name}.{field}");
        }
    }
}

/// Values beyond the bounds are refused, so the document must state them.
#[test]
fn every_request_integer_has_bounds() {
    fn look(document: &Value, place: &str, part: &Value, seen: &mut usize) {
        if let Some(name) = part["$ref"].as_str() {
            let pointed = document
                .pointer(name.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{place}: {name}"));
            return look(document, place, pointed, seen);
        }
        let kinds = part["type"]
            .as_array()
            .map_or(std::slice::from_ref(&part["type"]), Vec::as_slice);
        if kinds.iter().any(|kind| kind == "integer") {
            *seen += 1;
            let bounded = part["minimum"].is_i64() && part["maximum"].is_i64();
            assert!(bounded, "{place}: {part}");
        }
        let members = part["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, schema)| schema);
        let alternatives = ["oneOf", "anyOf", "allOf"]
            .into_iter()
            .flat_map(|of| part[of].as_array().into_iter().flatten());
        let items = ["items", "additionalProperties"]
            .into_iter()
            .map(|of| &part[of])
            .filter(|schema| schema.is_object());
        members
            .chain(alternatives)
            .chain(items)
            .for_each(|schema| look(document, place, schema, seen));
    }
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                look(&document, path, &parameter["schema"], &mut seen);
            }
            for content in operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten()
            {
                look(&document, path, &content.1["schema"], &mut seen);
            }
        }
    }
    assert!(seen > 50, "{seen} integers were seen");
}

/// Every example must validate against its schema.
#[test]
fn examples_match_their_schemas() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut examples = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            let bodies = [&operation["requestBody"], &operation["responses"]["200"]];
            for content in bodies.map(|body| &body["content"]["application/json"]) {
                let named = content["examples"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, example)| &example["value"]);
                let shown: Vec<&Value> = content.get("example").into_iter().chain(named).collect();
                if shown.is_empty() {
                    continue;
                }
                let schema = serde_json::json!({"$ref": "#/schema", "schema": content["schema"], "components": document["components"]});
                let validator = jsonschema::validator_for(&schema)
                    .unwrap_or_else(|error| panic!("{path}: {error}"));
                for example in shown {
                    examples += 1;
                    if let Err(error) = validator.validate(example) {
                        panic!("{path}: {error} at {}", error.instance_path());
                    }
                }
            }
        }
    }
    assert!(examples > callboard::reports::ALL.len() - 1 + 2 * callboard::analytics::ALL.len());
}

/// Every schema part of the document with its path, without examples, which only resemble parts.
fn parts<'a>(place: String, part: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match part {
        Value::Object(members) => {
            found.push((place.clone(), part));
            let members = members
                .iter()
                .filter(|(name, _)| !["example", "examples", "mapping"].contains(&name.as_str()));
            members.for_each(|(name, member)| parts(format!("{place}/{name}"), member, found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| parts(format!("{place}/{at}"), item, found));
        }
        _ => {}
    }
}

/// Client generators name inline schemas themselves, with a new name after every change.
#[test]
fn every_schema_is_named_and_used() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut all = Vec::new();
    parts(String::new(), &document, &mut all);
    let mut used = std::collections::BTreeSet::new();
    for (place, part) in &all {
        if let Some(name) = part["$ref"].as_str() {
            assert!(
                document.pointer(name.trim_start_matches('#')).is_some(),
                "{place}: {name}"
            );
            used.insert(name.rsplit_once('/').expect("a path").1);
        }
        let is_named = place
            .strip_prefix("/components/schemas/")
            .is_some_and(|name| !name.contains('/'));
        let is_part = place.contains("/allOf/"); // added by a flattened field
        assert!(
            is_named || is_part || part["properties"].is_null() || place.ends_with("/properties"),
            "{place}"
        );
        let alternatives = part["oneOf"].as_array().into_iter().flatten();
        let several = alternatives.filter(|one| one["type"] != "null").count() > 1;
        assert!(is_named || !several || part["oneOf"].is_null(), "{place}");
    }
    for name in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .keys()
    {
        assert!(used.contains(name.as_str()), "{name} is not used");
        assert!(
            name.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "{name}"
        );
    }
}

/// A field is either required and nullable, or optional and never null.
#[test]
fn no_response_field_is_both_optional_and_nullable() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut answers: Vec<&Value> = Vec::new();
    for (_, item) in document["webhooks"].as_object().expect("webhooks") {
        answers.push(&item["post"]["requestBody"]);
    }
    for (_, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            answers.extend(
                operation["responses"]
                    .as_object()
                    .expect("responses")
                    .values(),
            );
        }
    }
    let (mut seen, mut fields) = (std::collections::BTreeSet::new(), 0);
    while let Some(answer) = answers.pop() {
        let mut all = Vec::new();
        parts(String::new(), answer, &mut all);
        for (place, part) in all {
            if let Some(name) = part["$ref"].as_str()
                && seen.insert(name)
            {
                answers.push(
                    document
                        .pointer(name.trim_start_matches('#'))
                        .expect("a schema"),
                );
            }
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                fields += 1;
                let is_required = part["required"]
                    .as_array()
                    .is_some_and(|all| all.contains(&name.as_str().into()));
                let may_be_null = property["type"]
                    .as_array()
                    .is_some_and(|types| types.contains(&"null".into()))
                    || property["oneOf"]
                        .as_array()
                        .is_some_and(|any| any.iter().any(|one| one["type"] == "null"));
                assert!(is_required || !may_be_null, "{place} {name}: {part}");
            }
        }
    }
    assert!(fields > 200, "{fields} fields were seen");
}

#[test]
fn every_operation_has_an_id_a_tag_and_its_permission() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let tags = document["tags"].as_array().expect("tags");
    assert!(tags.iter().all(|tag| tag["description"].is_string()));
    assert_eq!(document["servers"][0]["url"], "/");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            let name = operation["operationId"].as_str().expect("a name");
            let is_snake = name
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_');
            assert!(
                is_snake && !["get", "post", "list", "login", "document"].contains(&name),
                "{path}: {name}"
            );
            assert!(names.insert(name), "{name} twice");
            assert!(
                tags.iter().any(|tag| tag["name"] == operation["tags"][0]),
                "{path}"
            );
            let is_open = path.starts_with("/api/public/")
                || ["/api/auth/login", "/api/auth/session"].contains(&path.as_str())
                || !path.starts_with("/a");
            let security = operation["security"]
                .as_array()
                .unwrap_or_else(|| panic!("{path} says nothing of tokens"));
            assert_eq!(security.is_empty(), is_open, "{path}");
        }
    }
}

/// JSON clients parse every response of an operation as JSON, so files have operations of their
/// own.
#[test]
fn a_response_is_either_json_or_a_file() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut files = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for response in operation["responses"]
                .as_object()
                .expect("responses")
                .values()
            {
                let kinds: Vec<&String> = response["content"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|it| it.0)
                    .collect();
                if kinds.iter().any(|kind| *kind != "application/json") {
                    files += 1;
                    assert!(
                        path.ends_with("/export")
                            || path.starts_with("/api/public/exports/")
                            || path == "/api/ingest/quarantine/{id}",
                        "{path}"
                    );
                    assert_eq!(*kinds[0], "application/octet-stream", "{path}");
                    for content in response["content"].as_object().expect("content").values() {
                        assert_eq!(
                            content["schema"],
                            serde_json::json!({"type": "string", "format": "binary"})
                        );
                    }
                }
            }
        }
    }
    assert!(files > 8, "{files} files were seen");
}

/// Variants are distinguished by one field, and each of its values selects one variant.
#[test]
fn variants_have_a_discriminator() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let schemas = &document["components"]["schemas"];
    for (name, field, values) in [
        ("AutocallExport", "status", 5),
        ("AnalyticsResponse", "query_type", 12),
    ] {
        let discriminator = &schemas[name]["discriminator"];
        assert_eq!(discriminator["propertyName"], field);
        let mapping = discriminator["mapping"].as_object().expect("a mapping");
        assert_eq!(mapping.len(), values, "{name}");
        for (value, target) in mapping {
            let form = document
                .pointer(target.as_str().expect("a path").trim_start_matches('#'))
                .expect("a schema");
            let field_schema = &form["properties"][field];
            let set = field_schema["$ref"].as_str().map(|set| {
                document
                    .pointer(set.trim_start_matches('#'))
                    .expect("a set")
            });
            let values = set.unwrap_or(field_schema)["enum"]
                .as_array()
                .expect("values");
            assert!(values.contains(&value.as_str().into()), "{name} {value}");
        }
    }
}
