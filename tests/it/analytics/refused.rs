//! Refused queries: 400 for a wrong shape, 422 for invalid values, and every fault named by its
//! path.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::TestApp;

async fn post(test: &TestApp, kind: Option<&str>, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = test.post("/analytics").body(body);
    let request = if let Some(kind) = kind {
        request.header("content-type", kind)
    } else {
        request
    };
    let answer = test.send(request).await;
    (answer.status.as_u16(), answer.json())
}

/// The reported paths.
fn places(body: &Value) -> Vec<&str> {
    body["errors"]
        .as_object()
        .map(|errors| errors.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

#[tokio::test]
async fn wrong_shapes_are_400_and_invalid_values_are_422() {
    let test = TestApp::new().await;
    let of = |filters: &str| format!(r#"{{"query_type":"call_count","filters":{filters}}}"#);
    let with = |more: &str| format!(r#"{{"query_type":"call_count",{more}}}"#);
    for (body, status, expected) in [
        // Bodies of the wrong shape.
        ("{}".into(), 400, &["query_type"][..]),
        (r#"{"query_type":null}"#.into(), 400, &["query_type"]),
        (r#"{"query_type":""}"#.into(), 400, &["query_type"]),
        (
            r#"{"query_type":"call_counts"}"#.into(),
            400,
            &["query_type"],
        ),
        (
            r#"{"query_type":"Call_Count"}"#.into(),
            400,
            &["query_type"],
        ),
        (r#"{"query_type":7}"#.into(), 400, &["query_type"]),
        ("[]".into(), 400, &["body"]),
        ("7".into(), 400, &["body"]),
        ("null".into(), 400, &["body"]),
        (of("[]"), 400, &["filters"]),
        (of("\"all\""), 400, &["filters"]),
        (of(r#"{"agent_id":"x"}"#), 400, &["filters.agent_id"]),
        (of(r#"{"Template_id":null}"#), 400, &["filters.Template_id"]),
        (of(r#"{"template_id":7}"#), 400, &["filters.template_id"]),
        (
            of(r#"{"merchant_id":["mer_1"]}"#),
            400,
            &["filters.merchant_id"],
        ),
        (of(r#"{"reseller_id":true}"#), 400, &["filters.reseller_id"]),
        (of(r#"{"date_from":20250101}"#), 400, &["filters.date_from"]),
        (of(r#"{"date_to":{}}"#), 400, &["filters.date_to"]),
        (
            of(r#"{"min_duration":"10"}"#),
            400,
            &["filters.min_duration"],
        ),
        (of(r#"{"min_duration":""}"#), 400, &["filters.min_duration"]),
        (
            of(r#"{"min_duration":10.5}"#),
            400,
            &["filters.min_duration"],
        ),
        (
            of(r#"{"max_duration":false}"#),
            400,
            &["filters.max_duration"],
        ),
        (
            of(r#"{"sentiment_min":"0.5"}"#),
            400,
            &["filters.sentiment_min"],
        ),
        (
            of(r#"{"sentiment_max":[1]}"#),
            400,
            &["filters.sentiment_max"],
        ),
        (
            of(r#"{"payload_filters":"city"}"#),
            400,
            &["filters.payload_filters"],
        ),
        (
            of(r#"{"payload_filters":[]}"#),
            400,
            &["filters.payload_filters"],
        ),
        (
            of(r#"{"payload_filters":{"city":null}}"#),
            400,
            &["filters.payload_filters.city"],
        ),
        (
            of(r#"{"payload_filters":{"city":["Hanoi"],"a.b":{}}}"#),
            400,
            &[
                "filters.payload_filters.a.b",
                "filters.payload_filters.city",
            ],
        ),
        (
            of(r#"{"template_id":"\ud800"}"#),
            400,
            &["filters.template_id"],
        ),
        (with(r#""granularity":1"#), 400, &["granularity"]),
        (with(r#""timezone":["UTC"]"#), 400, &["timezone"]),
        (with(r#""page":"1""#), 400, &["page"]),
        (with(r#""page":1.5"#), 400, &["page"]),
        (with(r#""page_size":{}"#), 400, &["page_size"]),
        // Invalid values.
        (with(r#""granularity":"year""#), 422, &["granularity"]),
        (with(r#""timezone":"Mars/Olympus""#), 422, &["timezone"]),
        (with(r#""page":0"#), 422, &["page"]),
        (with(r#""page":-1"#), 422, &["page"]),
        (with(r#""page":1e30"#), 422, &["page"]),
        (with(r#""page":1e99999"#), 422, &["page"]),
        (with(r#""page_size":0"#), 422, &["page_size"]),
        (with(r#""page_size":1001"#), 422, &["page_size"]),
        (
            of(r#"{"date_from":"yesterday"}"#),
            422,
            &["filters.date_from"],
        ),
        (of(r#"{"date_to":"2025-02-30"}"#), 422, &["filters.date_to"]),
        (
            of(r#"{"date_from":"2025-02-02","date_to":"2025-02-01"}"#),
            422,
            &["filters.date_to"],
        ),
        (
            of(r#"{"date_from":"2025-02-01T00:00:00.000001Z","date_to":"2025-02-01T00:00:00Z"}"#),
            422,
            &["filters.date_to"],
        ),
        (of(r#"{"min_duration":-1}"#), 422, &["filters.min_duration"]),
        (
            of(r#"{"max_duration":2147483648}"#),
            422,
            &["filters.max_duration"],
        ),
        (
            of(r#"{"min_duration":11,"max_duration":10}"#),
            422,
            &["filters.max_duration"],
        ),
        (
            of(r#"{"sentiment_min":-0.1}"#),
            422,
            &["filters.sentiment_min"],
        ),
        (
            of(r#"{"sentiment_max":1.0000001}"#),
            422,
            &["filters.sentiment_max"],
        ),
        (
            of(r#"{"sentiment_min":0.6,"sentiment_max":0.5}"#),
            422,
            &["filters.sentiment_max"],
        ),
        (
            of(r#"{"template_id":"a\u0000"}"#),
            422,
            &["filters.template_id"],
        ),
        (
            of(r#"{"payload_filters":{"city":"\u0000","n":1e999}}"#),
            422,
            &["filters.payload_filters.city", "filters.payload_filters.n"],
        ),
        (
            of(r#"{"payload_filters":{"\u0000":1}}"#),
            422,
            &["filters.payload_filters.\0"],
        ),
    ] {
        let (answered, refusal) = post(&test, Some("application/json"), body.clone()).await;
        assert_eq!(
            (answered, places(&refusal)),
            (status, expected.to_vec()),
            "{body}: {refusal}"
        );
        let message = if status == 400 {
            "Malformed request body"
        } else {
            "The given data was invalid."
        };
        assert_eq!(refusal["message"], message, "{body}");
    }
}

#[tokio::test]
async fn all_faults_are_reported_and_shape_faults_take_precedence() {
    let test = TestApp::new().await;
    let mut body = json!({"query_type": "calls_over_time", "granularity": "year", "timezone": "Mars", "page": 0, "page_size": 5000,
        "filters": {"date_from": "x", "date_to": "y", "min_duration": -1, "max_duration": -2, "sentiment_min": 2, "sentiment_max": 3}});
    let mut expected = vec![
        "filters.date_from",
        "filters.date_to",
        "filters.max_duration",
        "filters.min_duration",
        "filters.sentiment_max",
        "filters.sentiment_min",
        "granularity",
        "page",
        "page_size",
        "timezone",
    ];
    let refusal = test.ask(&body).await;
    assert_eq!(
        (refusal.status, places(&refusal.json())),
        (StatusCode::UNPROCESSABLE_ENTITY, expected.clone())
    );
    body["filters"]["merchant"] = "mer_1".into();
    body["query_type"] = Value::Null;
    let refusal = test.ask(&body).await;
    expected.push("filters.merchant");
    expected.push("query_type");
    expected.sort_unstable();
    assert_eq!(
        (refusal.status, places(&refusal.json())),
        (StatusCode::BAD_REQUEST, expected)
    );
}

#[tokio::test]
async fn malformed_oversized_and_mistyped_bodies_are_refused() {
    let test = TestApp::new().await;
    let good = r#"{"query_type":"call_count"}"#;
    let nested = format!(
        r#"{{"query_type":"call_count","x":{}}}"#,
        "[".repeat(20_000)
    );
    for body in [
        "",
        "{",
        "{\"query_type\":}",
        "query_type=call_count",
        "{}{}",
        "\u{feff}{}",
        &nested,
    ] {
        let (status, refusal) = post(&test, Some("application/json"), body.to_owned()).await;
        assert_eq!(
            (status, refusal),
            (400, json!({"message": "Malformed request body"})),
            "{body:.40}"
        );
    }
    let (status, refusal) = post(&test, Some("application/json"), vec![0xff, 0xfe]).await;
    assert_eq!(
        (status, refusal),
        (400, json!({"message": "Malformed request body"}))
    );
    for kind in [
        None,
        Some("application/json"),
        Some("Application/JSON; charset=utf-8"),
    ] {
        assert_eq!(post(&test, kind, good).await.0, 200, "{kind:?}");
    }
    for kind in [
        Some("text/plain"),
        Some("application/x-ndjson"),
        Some("application/x-www-form-urlencoded"),
        Some("json"),
    ] {
        let (status, refusal) = post(&test, kind, good).await;
        assert_eq!(
            (status, refusal),
            (415, json!({"message": "Unsupported media type"})),
            "{kind:?}"
        );
    }
    let long = format!(
        r#"{{"query_type":"call_count","x":"{}"}}"#,
        "x".repeat(64 << 10)
    );
    let (status, refusal) = post(&test, Some("application/json"), long).await;
    assert_eq!(
        (status, refusal),
        (413, json!({"message": "Payload too large"}))
    );
}

#[tokio::test]
async fn null_and_unknown_members_are_treated_as_absent() {
    let test = TestApp::new().await;
    let body = json!({"query_type": "call_count", "granularity": null, "timezone": "", "page": null, "page_size": null, "colour": "red",
        "filters": {"template_id": null, "merchant_id": "", "date_from": "", "date_to": null, "min_duration": null, "payload_filters": {}}});
    let plain = test.ask(&json!({"query_type": "call_count"})).await;
    assert_eq!(
        plain.text(),
        r#"{"query_type":"call_count","data":[{"count":0}],"total":1,"page":1,"page_size":50}"#
    );
    assert_eq!(test.ask(&body).await.text(), plain.text());
    let whole = json!({"query_type": "call_count", "filters": null, "page": 1.0, "page_size": 5e1});
    assert_eq!(
        test.ask(&whole).await.text(),
        plain.text(),
        "1.0 and 5e1 are integers"
    );
}

#[tokio::test]
async fn a_window_of_too_many_buckets_is_refused() {
    let test = TestApp::new().await;
    let ask = async |from: &str, to: &str, granularity: &str| {
        let filters = json!({"date_from": from, "date_to": to});
        test.ask(&json!({"query_type": "calls_over_time", "filters": filters, "granularity": granularity})).await
    };
    for (from, to, granularity, total) in [
        ("2015-01-01", "2026-05-29T16:00:00Z", "hour", 100_000),
        ("2026-01-01", "2026-01-01", "hour", 24),
        ("1800-01-01", "2073-10-15", "day", 100_000),
        ("0001-01-01", "1917-07-15", "week", 100_000),
        ("0001-01-01", "8333-12-31", "month", 99_996),
    ] {
        assert_eq!(
            ask(from, to, granularity).await.json()["total"],
            total,
            "{from} {to} {granularity}"
        );
    }
    for (from, to, granularity) in [
        ("2015-01-01", "2026-05-29T16:00:01Z", "hour"),
        ("1800-01-01", "2073-10-16", "day"),
        ("0001-01-01", "9999-12-31", "month"),
        ("0001-01-01", "9999-12-31", "hour"),
    ] {
        let refusal = ask(from, to, granularity).await;
        let expected = json!({"message": "The given data was invalid.",
            "errors": {"granularity": ["The window has more than 100,000 buckets."]}});
        assert_eq!(
            (refusal.status.as_u16(), refusal.json()),
            (422, expected),
            "{from} {to} {granularity}"
        );
    }
}
