//! The OpenAPI document: current, served, and true to what the server answers.

use serde_json::Value;

use crate::support::TestApp;

fn committed() -> &'static str {
    include_str!("../../openapi/openapi.json")
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let generated = serde_json::to_string_pretty(&callboard::http::openapi::generate()).expect("JSON");
    assert!(committed().trim_end() == generated, "run: cargo run -- openapi > openapi/openapi.json");
}

#[test]
fn the_committed_table_of_ingest_fields_is_the_generated_one() {
    let generated = callboard::ingest::document::markdown();
    assert!(include_str!("../../docs/ingest.md") == generated, "run: cargo run -- fields > docs/ingest.md");
}

#[tokio::test]
async fn the_document_is_served_and_is_3_1() {
    let test = TestApp::new().await;
    let served = test.ok("/openapi.json").await.json();
    assert!(served["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    assert_eq!(served, serde_json::from_str::<Value>(committed()).expect("JSON"));
}

#[test]
fn every_operation_is_described_and_every_field_says_what_it_means() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{path} {status}");
                for (name, header) in response["headers"].as_object().into_iter().flatten() {
                    assert!(header["description"].is_string(), "{path} {status} {name}");
                }
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path} {}", parameter["name"]);
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let alternatives = property["oneOf"].as_array().into_iter().flatten();
            let described =
                std::iter::once(property).chain(alternatives).any(|schema| schema["description"].is_string());
            assert!(described || name.starts_with("Data_"), "{name}.{field}");
        }
    }
}

/// What lies beyond them is refused, so whoever reads the document has to know.
#[test]
fn every_integer_that_a_client_sends_has_its_bounds() {
    fn look(document: &Value, place: &str, part: &Value, seen: &mut usize) {
        if let Some(name) = part["$ref"].as_str() {
            let pointed = document.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{place}: {name}"));
            return look(document, place, pointed, seen);
        }
        if part["type"] == "integer" {
            *seen += 1;
            let bounded = part["minimum"].is_i64() && part["maximum"].is_i64();
            assert!(bounded || part["format"] == "int64", "{place}: {part}");
        }
        let members = part["properties"].as_object().into_iter().flatten().map(|(_, schema)| schema);
        let alternatives =
            ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|of| part[of].as_array().into_iter().flatten());
        let items =
            ["items", "additionalProperties"].into_iter().map(|of| &part[of]).filter(|schema| schema.is_object());
        members.chain(alternatives).chain(items).for_each(|schema| look(document, place, schema, seen));
    }
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                look(&document, path, &parameter["schema"], &mut seen);
            }
            for content in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                look(&document, path, &content.1["schema"], &mut seen);
            }
        }
    }
    assert!(seen > 50, "{seen} integers were seen");
}

/// Every example is a body that its own schema takes.
#[test]
fn examples_fit_their_schemas() {
    let document: Value = serde_json::from_str(committed()).expect("JSON");
    let mut examples = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            let bodies = [&operation["requestBody"], &operation["responses"]["200"]];
            for content in bodies.map(|body| &body["content"]["application/json"]) {
                let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
                let shown: Vec<&Value> = content.get("example").into_iter().chain(named).collect();
                if shown.is_empty() {
                    continue;
                }
                let schema = serde_json::json!({"$ref": "#/schema", "schema": content["schema"], "components": document["components"]});
                let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{path}: {error}"));
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
