//! The resource: what is stored is what is shown, every fault is told, and limits hold.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{DATES, PNG, TEMPLATES, agents, delete, faults, put, put_valid};
use crate::support::{TENANT, TestApp};

/// A template with only what is required.
fn small(report: &str, field: &str) -> Value {
    json!({"report": report, "columns": [{"field": field}]})
}

#[tokio::test]
async fn a_template_is_added_replaced_whole_listed_and_deleted() {
    let test = TestApp::new().await;
    let added = put(&test, "agents", &agents()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let shown = added.json()["data"].take();
    for (member, value) in agents().as_object().expect("members") {
        assert_eq!(&shown[member], value, "{member}");
    }
    assert_eq!(test.data(&format!("{TEMPLATES}/agents")).await, shown);

    // As it is shown it is no change; what a PUT leaves out takes its default.
    let again = put(&test, "agents", &shown).await;
    assert_eq!(
        (again.status, again.json()["data"].take()),
        (StatusCode::OK, shown)
    );
    let replaced = put(
        &test,
        "agents",
        &small("telesales.dashboard", "total_dials"),
    )
    .await;
    assert_eq!(replaced.status, StatusCode::OK);
    let replaced = replaced.json()["data"].take();
    let column = json!({"field": "total_dials", "label": null, "width": null, "format": null});
    for (member, value) in [
        ("name", json!("agents")),
        ("report", json!("telesales.dashboard")),
        ("title", Value::Null),
        ("columns", json!([column])),
        ("sort", json!([])),
        ("conditional", json!([])),
        ("logo", Value::Null),
        ("has_logo", json!(false)),
        ("about", json!(true)),
    ] {
        assert_eq!(replaced[member], value, "{member}");
    }

    put_valid(&test, "0-first", &agents()).await;
    let page = test.ok(&format!("{TEMPLATES}?per_page=1")).await.json();
    assert_eq!((&page["total"], &page["last_page"]), (&json!(2), &json!(2)));
    let first = &page["data"][0];
    assert_eq!(
        (&first["name"], &first["has_logo"]),
        (&json!("0-first"), &json!(true))
    );
    assert!(first.get("logo").is_none(), "lists have no logos");

    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(delete(&test, "agents").await.status, status);
    }
    let log = test.ok("/api/audit?per_page=200").await.json();
    let actions: Vec<&str> = log["data"]
        .as_array()
        .expect("entries")
        .iter()
        .rev()
        .filter_map(|entry| entry["action"].as_str())
        .filter(|action| action.starts_with("template."))
        .collect();
    assert_eq!(
        actions,
        [
            "template.created",
            "template.changed",
            "template.created",
            "template.deleted"
        ]
    );
}

#[tokio::test]
async fn every_fault_of_a_template_is_told() {
    let test = TestApp::new().await;
    let with = |member: &str, value: Value| {
        let mut body = small("telesales.agent-performance", "dials");
        body[member] = value;
        body
    };
    let column = |member: &str, value: Value| {
        let mut column = json!({"field": "dials"});
        column[member] = value;
        with("columns", json!([column]))
    };
    let condition = |field: &str, when: Value, fill: &str| {
        let mut body = with(
            "conditional",
            json!([{"field": field, "when": when, "fill": fill}]),
        );
        body["columns"] = json!([{"field": "dials"}, {"field": "name"}]);
        body
    };
    let large = "A".repeat(400_000);
    let not_a_picture = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"; // a GIF
    let cut = &PNG[..60];
    for (body, fields) in [
        (json!({}), &["columns", "report"][..]),
        (with("report", json!("telesales.abandon-rate")), &["report"]),
        (with("report", json!("autocall.full")), &["report"]),
        (with("report", json!(7)), &["report"]),
        (with("columns", json!([])), &["columns"]),
        (with("columns", json!("dials")), &["columns"]),
        (
            with("columns", json!(vec![json!({"field": "dials"}); 201])),
            &["columns"],
        ),
        (with("columns", json!([1, {}])), &["columns.0"]),
        (
            with("columns", json!([{"field": "dials"}, {"field": "dials"}])),
            &["columns.1.field"],
        ),
        (
            with("columns", json!([{"field": "dials_change_points"}])),
            &["columns.0.field"],
        ),
        (
            with(
                "columns",
                json!([{"field": "total_dials", "width": 0, "format": "abc", "label": "a\nb", "color": 1}]),
            ),
            &[
                "columns.0.color",
                "columns.0.field",
                "columns.0.format",
                "columns.0.label",
                "columns.0.width",
            ],
        ),
        (
            column("label", json!("x".repeat(256))),
            &["columns.0.label"],
        ),
        (column("width", json!(255.5)), &["columns.0.width"]),
        (column("width", json!("9")), &["columns.0.width"]),
        (column("format", json!("0 giây")), &["columns.0.format"]),
        (
            column("format", json!("0".repeat(101))),
            &["columns.0.format"],
        ),
        (with("title", json!("x".repeat(256))), &["title"]),
        (with("title", json!({})), &["title"]),
        (with("title", json!("Agents\n")), &["title"]),
        (with("about", json!("yes")), &["about"]),
        (
            with("sort", json!([{"field": "total_dials"}])),
            &["sort.0.field"],
        ),
        (
            with(
                "sort",
                json!([{"field": "dials"}, {"field": "dials", "desc": 1}]),
            ),
            &["sort.1.desc", "sort.1.field"],
        ),
        (
            with("conditional", json!([{}])),
            &[
                "conditional.0.field",
                "conditional.0.fill",
                "conditional.0.when",
            ],
        ),
        (
            condition("answers", json!({"<": 1}), "#000000"),
            &["conditional.0.field"],
        ),
        (
            condition("dials", json!({}), "#000000"),
            &["conditional.0.when"],
        ),
        (
            condition("dials", json!({"<": "1"}), "#000000"),
            &["conditional.0.when.<"],
        ),
        (
            condition("dials", json!({"<": 1e16}), "#000000"),
            &["conditional.0.when.<"],
        ),
        (
            condition("dials", json!({"<>": 1}), "#000000"),
            &["conditional.0.when.<>"],
        ),
        (
            condition("name", json!({"<": "a"}), "#000000"),
            &["conditional.0.when.<"],
        ),
        (
            condition("name", json!({"=": 1}), "#000000"),
            &["conditional.0.when.="],
        ),
        (
            condition("dials", json!({"<": 1}), "red"),
            &["conditional.0.fill"],
        ),
        (
            condition("dials", json!({"<": 1}), "#00000g"),
            &["conditional.0.fill"],
        ),
        (with("logo", json!("not base64!")), &["logo"]),
        (
            with("logo", json!("https://example.com/logo.png")),
            &["logo"],
        ),
        (with("logo", json!(not_a_picture)), &["logo"]),
        (with("logo", json!(cut)), &["logo"]),
        (with("logo", json!(large)), &["logo"]),
        (with("name", json!("other")), &["name"]),
        (with("colour", json!(1)), &["colour"]),
    ] {
        let answer = put(&test, "faulty", &body).await;
        let found = faults(&answer);
        let found: Vec<&String> = found.as_object().expect("faults").keys().collect();
        assert_eq!(found, fields, "{}", answer.text());
    }
    for name in ["A", "-a", "_", "a.b", "a%20b", "%C3%A9", &"a".repeat(64)] {
        let answer = put(&test, name, &agents()).await;
        assert!(faults(&answer).get("name").is_some(), "{name}");
        let path = format!("{TEMPLATES}/{name}");
        assert_eq!(
            test.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
    let none = test.ok(TEMPLATES).await.json();
    assert_eq!(none["total"], 0);
    let long = json!({"title": "x".repeat(1 << 20)});
    assert_eq!(
        put(&test, "large", &long).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn an_account_has_a_hundred_templates() {
    let test = TestApp::new().await;
    let body = small("telesales.calls", "uuid");
    for number in 0..100 {
        put_valid(&test, &format!("t{number}"), &body).await;
    }
    let refused = put(&test, "one-more", &body).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    // One that is there can be replaced, and one that goes makes room.
    put_valid(&test, "t7", &body).await;
    delete(&test, "t7").await;
    put_valid(&test, "one-more", &body).await;
}

#[tokio::test]
async fn who_may_have_the_report_may_use_a_template_and_who_manages_exports_may_change_it() {
    let test = TestApp::new().await;
    put_valid(&test, "agents", &agents()).await;
    let admin = test.token.clone();
    let other = test.account(2).await;
    let agent = test.user(TENANT, "agent", Role::Agent).await;
    let supervisor = test.user(TENANT, "supervisor", Role::Supervisor).await;
    let path = format!("{TEMPLATES}/agents");
    let file = format!("/api/telesales/reports/agent-performance/export?{DATES}&template=agents");
    for (token, reads, changes, downloads) in [
        (&admin, StatusCode::OK, StatusCode::OK, StatusCode::OK),
        (&supervisor, StatusCode::OK, StatusCode::OK, StatusCode::OK),
        (
            &agent,
            StatusCode::OK,
            StatusCode::FORBIDDEN,
            StatusCode::OK,
        ),
        // Of another account: its own of that name does not exist.
        (
            &other,
            StatusCode::NOT_FOUND,
            StatusCode::CREATED,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(
            test.request(Method::GET, &path, Some(token)).await.status,
            reads
        );
        assert_eq!(
            test.request(Method::GET, &file, Some(token)).await.status,
            downloads
        );
        let client = crate::support::Client::new(test.url.clone(), token.clone());
        assert_eq!(put(&client, "agents", &agents()).await.status, changes);
    }
}
