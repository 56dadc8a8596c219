//! One document in every encoding that a module may post it in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard::dialers::freeswitch::document;
use callboard::dialers::leg::Leg;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{leg, real};
use crate::support::switch::url_encoded;

const FORM: &str = "application/x-www-form-urlencoded";
const BASE64: &str = "application/x-www-form-base64-encoded";

/// Bodies of a document with their media types: bare, in forms, and as files that could not be posted.
fn bodies(text: &str) -> Vec<(&'static str, String)> {
    let (encoded, base64) = (url_encoded(text), STANDARD.encode(text));
    vec![
        ("application/json", text.to_owned()),
        ("", text.to_owned()),
        (FORM, text.to_owned()),
        (FORM, format!("cdr={encoded}")),
        (BASE64, format!("cdr={base64}")),
        ("", format!("{encoded}\n")),
        ("", format!("{base64}\n")),
    ]
}

#[test]
fn a_body_says_the_same_in_every_encoding() {
    for (name, body) in real() {
        let text = String::from_utf8(body).expect("text");
        let legs = bodies(&text);
        let legs: Vec<Leg> = legs
            .iter()
            .map(|(media, body)| leg(document(media, None, body.as_bytes())))
            .collect();
        assert!(legs.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
}

/// The document as JSON with its variables changed. Its last callflow is the only one where the key is repeated.
fn changed(text: &str, change: impl Fn(&str) -> String) -> Value {
    let mut json: Value = serde_json::from_str(&text.replace(":nan", ":null")).expect("JSON");
    let variables = json["variables"].as_object_mut().expect("variables");
    for (_, value) in variables {
        *value = Value::from(change(value.as_str().expect("a text")));
    }
    json
}

fn element(name: &str, attributes: &Value, inner: &str) -> String {
    let text = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let attributes = attributes.as_object().into_iter().flatten();
    let attributes: String = attributes
        .filter_map(|(name, value)| Some(format!(" {name}=\"{}\"", text(value.as_str()?))))
        .collect();
    format!("<{name}{attributes}>{inner}</{name}>")
}

fn elements(object: &Value) -> String {
    let members = object.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| {
            let text = value.as_str()?.replace('&', "&amp;").replace('<', "&lt;");
            Some(element(name, &Value::Null, &text))
        })
        .collect()
}

/// The document as mod_xml_cdr writes it: values encoded, an element an item of a list.
fn xml(plain: &Value) -> String {
    let variables = plain["variables"].as_object().expect("variables").iter();
    let variables: String = variables
        .map(|(name, value)| {
            let value = value.as_str().expect("a text");
            let items = value.strip_prefix("ARRAY::").unwrap_or(value).split("|:");
            let items = items.map(|item| element(name, &Value::Null, &url_encoded(item)));
            items.collect::<String>()
        })
        .collect();
    let flows = match &plain["callflow"] {
        Value::Array(flows) => flows.clone(),
        flow => vec![flow.clone()],
    };
    let flows = flows.iter().map(|flow| {
        let profile = element(
            "caller_profile",
            &Value::Null,
            &elements(&flow["caller_profile"]),
        );
        let times = element("times", &Value::Null, &elements(&flow["times"]));
        element("callflow", flow, &format!("{profile}{times}"))
    });
    let applications = plain["app_log"]["applications"]
        .as_array()
        .into_iter()
        .flatten();
    let applications: String = applications
        .map(|app| element("application", app, ""))
        .collect();
    let inner = format!(
        "\n  {}<variables>{variables}</variables><app_log>{applications}</app_log>{}",
        element(
            "channel_data",
            &Value::Null,
            &elements(&plain["channel_data"])
        ),
        flows.collect::<String>(),
    );
    format!(
        "<?xml version=\"1.0\"?>\n{}\n",
        element("cdr", plain, &inner)
    )
}

/// A leg without what only one of the formats says.
fn common(mut leg: Leg) -> Leg {
    let is_common = |name: &str| {
        let is_own = !name.contains(".originat") && !name.contains("extension.");
        let flow = name.starts_with("callflow.") && name.matches('.').count() == 3 && is_own;
        let others = ["channel_data.", "app_log.applications."];
        !name.contains('.') || flow || others.iter().any(|place| name.starts_with(place))
    };
    leg.fields
        .retain(|name, value| is_common(name) && !value.is_empty());
    leg
}

#[test]
fn json_and_xml_say_the_same_encoded_or_not() {
    for (name, body) in real() {
        if name.starts_with("event") {
            continue;
        }
        let text = String::from_utf8(body).expect("text");
        let is_plain = ["02", "03", "04", "05", "06", "07"].contains(&&name[..2]);
        let decoded = |value: &str| match is_plain {
            true => value.to_owned(),
            false => percent_decode_str(value).decode_utf8_lossy().into_owned(),
        };
        let plain = changed(&text, decoded);
        let encoded = changed(&plain.to_string(), url_encoded);
        let wanted = leg(document(
            "application/json",
            None,
            plain.to_string().as_bytes(),
        ));
        let original = leg(document("application/json", None, text.as_bytes()));
        if !["02", "03", "04"].contains(&&name[..2]) {
            assert_eq!(common(original.clone()), common(wanted.clone()), "{name}");
        }
        let facts = |leg: &Leg| Leg {
            fields: Default::default(),
            ..leg.clone()
        };
        assert_eq!(facts(&original), facts(&wanted), "{name}");
        for (media, body) in bodies(&encoded.to_string()) {
            assert_eq!(
                leg(document(media, None, body.as_bytes())),
                wanted,
                "{name} {media}"
            );
        }
        let xml = xml(&plain);
        let plaintext = ("application/x-www-form-plaintext", format!("cdr={xml}"));
        for (media, body) in bodies(&xml)
            .into_iter()
            .chain([("text/xml", xml.clone()), plaintext])
        {
            if media != "application/json" {
                let found = common(leg(document(media, None, body.as_bytes())));
                assert_eq!(found, common(wanted.clone()), "{name} {media}");
            }
        }
    }
}
