//! Every text field at its maximum length and one beyond.

use callboard::ingest::field::{Field, Type};
use callboard::ingest::kind::{KINDS, Kind};
use callboard::input::composite::MAX_JSON;
use serde_json::{Value, json};

use super::{fields, one_of_each_kind, rows, send, team};
use crate::support::{TestApp, body};

/// A text of that many code points, of one byte and of several.
fn letters(count: usize) -> String {
    "aễ🦀".chars().cycle().take(count).collect()
}

/// A JSON text of that many bytes between `open` and `close`.
fn padded(open: &str, close: &str, bytes: usize) -> Value {
    let text = format!(
        "{open}{}{close}",
        "x".repeat(bytes - open.len() - close.len())
    );
    serde_json::from_str(&text).expect("JSON")
}

/// Values of the maximum length with their stored form, and values beyond it.
fn at_the_limit(kind: Type) -> (Vec<(Value, Value)>, Vec<Value>) {
    let as_sent = |values: Vec<Value>| {
        values
            .into_iter()
            .map(|value| (value.clone(), value))
            .collect::<Vec<_>>()
    };
    match kind {
        Type::Key { max } | Type::Text { max } | Type::IntegerOrText { max } => {
            let decomposed = "e\u{301}".repeat(max);
            let mut good = as_sent(vec![letters(max).into()]);
            good.push((
                format!(" \u{a0}{}\n", letters(max)).into(),
                letters(max).into(),
            ));
            good.push((decomposed.into(), "é".repeat(max).into()));
            (
                good,
                vec![letters(max + 1).into(), "\u{958}".repeat(max).into()],
            )
        }
        Type::Token { max } => {
            let mut good = as_sent(vec![letters(max).into(), "e\u{301}".repeat(max / 2).into()]);
            good.push((format!("\t{} ", letters(max)).into(), letters(max).into()));
            (
                good,
                vec![
                    letters(max + 1).into(),
                    "e\u{301}".repeat(max / 2 + 1).into(),
                ],
            )
        }
        Type::Keys { max } => (
            as_sent(vec!["0#*9".repeat(max / 4).into()]),
            vec!["1".repeat(max + 1).into()],
        ),
        Type::Steps { most, max } => {
            let good = vec![json!(vec!["s"; most]), json!([letters(max), letters(max)])];
            (
                as_sent(good),
                vec![json!(vec!["s"; most + 1]), json!(["s", letters(max + 1)])],
            )
        }
        Type::Object => {
            let of = |bytes| padded("{\"x\":\"", "\"}", bytes);
            (as_sent(vec![of(MAX_JSON)]), vec![of(MAX_JSON + 1)])
        }
        Type::Actions => {
            let action =
                |label: String| json!([{"digit": "1", "label": label, "action_type": "queue"}]);
            let of = |bytes: usize| {
                let open = r#"[{"digit":"1","label":"L","action_type":"queue","more":["#;
                let close = "0]}]";
                serde_json::from_str(&format!(
                    "{open}{}{close}",
                    "0,".repeat((bytes - open.len() - close.len()) / 2)
                ))
                .expect("JSON")
            };
            let (fits, long): (Value, Value) = (of(MAX_JSON), of(MAX_JSON + 2));
            assert!((MAX_JSON - 1..=MAX_JSON).contains(&fits.to_string().len()));
            (
                as_sent(vec![action(letters(255)), fits]),
                vec![action(letters(256)), long],
            )
        }
        _ => (Vec::new(), Vec::new()),
    }
}

fn with(kind: &Kind, field: &Field, value: &Value) -> Value {
    let mut line = one_of_each_kind()
        .into_iter()
        .find(|line| line["kind"] == kind.name)
        .expect("a line of each kind");
    line[field.name] = value.clone();
    line
}

#[tokio::test]
async fn texts_are_stored_at_their_maximum_length_and_refused_beyond() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    let mut tried = 0;
    for kind in KINDS {
        for field in kind.fields {
            let (good, bad) = at_the_limit(field.kind);
            let place = format!("{}.{}", kind.name, field.name);
            for (sent, kept) in good {
                test.ingest(&[with(kind, field, &sent)]).await;
                let stored = rows(&test, kind.table).await;
                assert!(
                    stored.iter().any(|row| row[field.name] == kept),
                    "{place}: {kept}"
                );
            }
            for value in bad {
                let reported = send(&test, "", body(&[team(1), with(kind, field, &value)]))
                    .await
                    .json();
                assert_eq!(reported["data"]["rejected"], 1, "{place}: {value}");
                assert_eq!(
                    fields(&reported["data"]["errors"][0]["errors"]),
                    [field.name],
                    "{place}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "{tried} were tried");
}

/// A new unbounded text type must be added here.
#[test]
fn every_text_field_has_a_maximum_length() {
    for field in KINDS.iter().flat_map(|kind| kind.fields) {
        let is_short = matches!(
            field.kind,
            Type::Id
                | Type::Enum(_)
                | Type::Integer { .. }
                | Type::Size
                | Type::Flag
                | Type::Moment
                | Type::End
                | Type::Started
                | Type::Reference(_)
                | Type::Code(_)
                | Type::Phone
                | Type::Color
                | Type::Fraction
                | Type::Percent
        );
        assert!(
            is_short == at_the_limit(field.kind).1.is_empty(),
            "{}",
            field.name
        );
    }
}
