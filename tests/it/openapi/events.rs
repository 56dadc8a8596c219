//! The requests that receivers of events get: one of the document for each event of the catalogue.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::committed;
use crate::support::TestApp;

fn document() -> Value {
    serde_json::from_str(committed()).expect("JSON")
}

#[tokio::test]
async fn every_event_is_a_request_whose_sample_matches_its_schema() {
    let test = TestApp::new().await;
    let document = document();
    let requests = document["webhooks"].as_object().expect("webhooks");
    let events = test.data("/api/webhooks/events").await;
    let events = events.as_array().expect("events");
    assert_eq!(requests.len(), events.len());
    for event in events {
        let name = event["name"].as_str().expect("a name");
        let request = &requests[name]["post"];
        assert_eq!(request["description"], event["description"], "{name}");
        assert_eq!(request["security"], json!([]), "{name}");
        let content = &request["requestBody"]["content"]["application/json"];
        assert_eq!(content["example"], event["sample"], "{name}");
        let schema = json!({"$ref": "#/schema", "schema": content["schema"], "components": document["components"]});
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        if let Err(error) = schema.validate(&event["sample"]) {
            panic!("{name}: {error} at {}", error.instance_path());
        }
        for (member, value) in [
            ("event", json!("no.such")),
            ("tenant_id", json!("x")),
            ("data", Value::Null),
        ] {
            let mut other = event["sample"].clone();
            other[member] = value;
            assert!(!schema.is_valid(&other), "{name} with another {member}");
        }
    }
}

#[test]
fn a_request_of_an_event_names_its_headers_and_has_an_id_of_its_own() {
    let document = document();
    let mut names = BTreeSet::new();
    for (event, item) in document["webhooks"].as_object().expect("webhooks") {
        let request = &item["post"];
        assert!(
            names.insert(request["operationId"].as_str().expect("an id")),
            "{event}"
        );
        assert!(
            request["responses"]["2XX"]["description"].is_string(),
            "{event}"
        );
        let headers = request["parameters"].as_array().expect("headers").iter();
        let headers: Vec<(&str, bool)> = headers
            .map(|header| {
                assert_eq!(header["in"], "header");
                let name = header["name"].as_str().expect("a name");
                (name, header["required"] == true)
            })
            .collect();
        assert_eq!(
            headers,
            [
                ("webhook-id", true),
                ("webhook-timestamp", true),
                ("webhook-signature", true),
                ("x-callboard-event", true),
                ("x-callboard-timestamp", true),
                ("x-callboard-delivery", true),
                ("x-callboard-signature", true),
                ("x-callboard-signature-old", false),
            ],
            "{event}"
        );
    }
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|item| item.as_object().expect("operations").values());
    for operation in operations {
        let name = operation["operationId"].as_str().expect("an id");
        assert!(!names.contains(name), "{name} twice");
    }
}
