//! Invalid input: always a 4xx that names the field, never a 500.

use calamine::Reader;
use callboard::reports;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::with_one_of_each;
use crate::support::TestApp;

/// Valid values of every required parameter, to be overridden by invalid ones.
fn target(path: &str, extra: &str) -> String {
    let path = path.replace("{id}", "1");
    let good = "date_from=2026-06-01&date_to=2026-06-02&campaign_ids=1";
    format!("{path}?{good}&{extra}")
}

async fn with_campaigns() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "team", "id": 1, "name": "T"}),
    ])
    .await;
    test
}

fn faults(body: &Value) -> Vec<&str> {
    assert_eq!(body["message"], "The given data was invalid.", "{body}");
    body["errors"]
        .as_object()
        .expect("errors")
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn invalid_report_parameters_are_422_naming_the_field() {
    let test = with_campaigns().await;
    let many = (0..10_000)
        .map(|id| id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let mut tried = 0;
    for report in reports::ALL {
        for parameter in report.parameters() {
            let field = parameter.name.trim_end_matches("[]");
            let mut bad = vec![
                "%00",
                "';drop table tenants;--",
                "%F0%9F%92%A9",
                "99999999999999999999999999",
                "1e9",
                "[object Object]",
                "2026-13-45",
                "-",
            ];
            match parameter.name {
                "agent_ids[]" | "campaign_ids" => bad.push(&many),
                "timezone" => bad.extend([
                    "Mars/Olympus",
                    "+07:00",
                    "../../etc/passwd",
                    "Asia/Ho_Chi_Minh%00",
                ]),
                _ => {}
            }
            for value in bad {
                let good = test.get(&target(&report.path(), "")).await;
                assert_eq!(
                    good.status,
                    StatusCode::OK,
                    "{}: {}",
                    report.path(),
                    good.text()
                );
                let path = target(&report.path(), &format!("{field}={value}"));
                let answer = test.get(&path).await;
                assert_eq!(
                    answer.status,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "{path}: {}",
                    answer.text()
                );
                assert_eq!(faults(&answer.json()), [field], "{path}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} tried");
}

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
    let (mut tried, mut closed) = (0, 0);
    for body in json_bodies() {
        let path = body.path.replace("{id}", "1");
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

#[tokio::test]
async fn all_invalid_parameters_are_reported_at_once() {
    let test = with_campaigns().await;
    let answer = test.get("/api/telesales/reports/time-series?date_from=x&group_by=year&timezone=Mars&campaign_id=a&team_id=b&agent_ids=c&fill_gaps=maybe&format=pdf").await;
    assert_eq!(
        faults(&answer.json()),
        [
            "agent_ids",
            "campaign_id",
            "date_from",
            "date_to",
            "fill_gaps",
            "format",
            "group_by",
            "team_id",
            "timezone"
        ]
    );
    let answer = test
        .get("/api/autocall/campaigns/1/reports/trend?from=x&to=y&timezone=z&granularity=week")
        .await;
    assert_eq!(
        faults(&answer.json()),
        ["from", "granularity", "timezone", "to"]
    );
}

#[tokio::test]
async fn windows_are_validated_as_given() {
    let test = with_campaigns().await;
    let kpis = |window: &str| format!("/api/autocall/campaigns/1/reports/kpis?{window}");
    let dashboard = |window: &str| format!("/api/telesales/reports/dashboard?{window}");
    for (path, expected) in [
        (kpis("from=2026-06-02&to=2026-06-01"), Some("to")),
        (
            kpis("from=2026-06-02T00:00:00&to=2026-06-01T23:59:59"),
            Some("to"),
        ),
        (
            kpis("from=2026-06-01T00:00:00&to=2026-06-01T00:00:00"),
            None,
        ),
        (kpis("from=2026-06-01T12:00:00&to=2026-06-01"), None),
        (kpis("from=2099-01-01"), None),
        (kpis("to=1999-01-01"), None),
        (kpis("from=0001-01-01&to=9999-12-31"), None),
        (kpis("from=0000-01-01"), Some("from")),
        (kpis("from=2026-06-01T00:00:00 07:00&to="), None),
        (kpis("from=2026-06-01T00:00:00+07:00"), None),
        (dashboard("date_from=2026-01-01&date_to=2026-04-01"), None),
        (
            dashboard("date_from=2026-01-01&date_to=2026-04-02"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=2026-01-01T00:00:00&date_to=2026-04-01T00:00:00"),
            None,
        ),
        (
            dashboard("date_from=2026-01-01T00:00:00&date_to=2026-04-01T00:00:00.000001"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=2026-06-02&date_to=2026-06-01"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=0001-01-01&date_to=9999-12-31"),
            Some("date_to"),
        ),
        (dashboard("date_to=2026-06-01"), Some("date_from")),
    ] {
        let answer = test.get(&path).await;
        match expected {
            Some(field) => assert_eq!(faults(&answer.json()), [field], "{path}"),
            None => assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text()),
        }
    }
    let over = test
        .get(&dashboard("date_from=2026-01-01&date_to=2026-12-31"))
        .await;
    let expected = r#"{"message":"The given data was invalid.","errors":{"date_to":["The date_from..date_to range may not exceed 90 days."]}}"#;
    assert_eq!(over.text(), expected);
}

#[tokio::test]
async fn ids_in_a_query_must_belong_to_the_tenant() {
    let test = with_campaigns().await;
    let neighbour = test.account(2).await;
    test.ingest_as(
        &neighbour,
        &[
            json!({"kind": "telesales_campaign", "id": 9, "name": "C"}),
            json!({"kind": "autocall_campaign", "id": 9, "name": "C"}),
            json!({"kind": "agent", "id": 9, "name": "A", "username": "a"}),
            json!({"kind": "team", "id": 9, "name": "T"}),
        ],
    )
    .await;
    for report in reports::ALL {
        for parameter in report.parameters() {
            let name = parameter.name.trim_end_matches("[]");
            if !["campaign_id", "team_id", "agent_ids", "campaign_ids"].contains(&name) {
                continue;
            }
            for id in ["9", "77", "-1", "1,9"] {
                if id.contains(',') && !name.ends_with('s') {
                    continue;
                }
                let path = target(&report.path(), &format!("{name}={id}"));
                let answer = test.get(&path).await;
                let unknown: Vec<String> = id
                    .split(',')
                    .filter(|id| *id != "1")
                    .map(|id| format!("{id} was not found."))
                    .collect();
                assert_eq!(
                    (answer.status, answer.json()),
                    (
                        StatusCode::NOT_FOUND,
                        json!({"message": "Resource not found", "errors": {name: unknown}})
                    ),
                    "{path}"
                );
                let also_bad = format!("{path}&timezone=Mars");
                assert_eq!(
                    test.get(&also_bad).await.status,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "422 comes before 404: {also_bad}"
                );
            }
        }
    }
}

#[tokio::test]
async fn unknown_agent_list_spellings_are_refused() {
    let test = with_campaigns().await;
    for report in reports::ALL {
        for spelling in [
            "agent_ids[a]=1",
            "agent_ids.1=1",
            "agent_ids%5B%5D%5B%5D=1",
            "agent_ids_in=1",
            "agent_ids{}=1",
        ] {
            let path = target(&report.path(), spelling);
            assert_eq!(
                faults(&test.get(&path).await.json()),
                ["agent_ids"],
                "{path}"
            );
        }
    }
    for spelling in [
        "agent_ids[]=1",
        "agent_ids%5B0%5D=1",
        "agent_ids=1,1",
        "agent_ids[]=1&agent_ids[7]=1",
    ] {
        test.ok(&target("/api/telesales/reports/dashboard", spelling))
            .await;
    }
}

/// Two valid values of each kind of parameter.
fn values(name: &str) -> (&'static str, &'static str) {
    match name {
        "from" | "to" | "date_from" | "date_to" => ("2026-06-01", "2026-06-02"),
        "timezone" => ("UTC", "Asia/Tokyo"),
        "granularity" | "group_by" => ("day", "hour"),
        "fill_gaps" => ("true", "false"),
        "metric" => ("answer_rate_pct", "avg_duration_sec"),
        "format" => ("json", "csv"),
        _ => ("1", "2"),
    }
}

#[tokio::test]
async fn array_spellings_are_accepted_or_422_naming_the_field() {
    let test = with_campaigns().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 2, "name": "C"}),
        json!({"kind": "agent", "id": 2, "name": "A", "username": "b"}),
    ])
    .await;
    let mut paths: Vec<(String, Vec<&str>)> = Vec::new();
    for report in reports::ALL {
        paths.push((
            report.path().replace("{id}", "1"),
            report.parameters().map(|of| of.plain()).collect(),
        ));
    }
    for path in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
        paths.push((path.into(), vec!["q", "status", "page", "per_page"]));
    }
    paths.push((
        "/api/autocall/campaigns/1/reports/export".into(),
        vec!["page", "per_page"],
    ));
    for (path, names) in paths {
        // The route's required parameters without the one spelled differently.
        let required = |but: &str| -> String {
            let required = [
                ("date_from", "2026-06-01"),
                ("date_to", "2026-06-02"),
                ("campaign_ids", "1"),
            ];
            required
                .iter()
                .filter(|(name, _)| *name != but)
                .map(|(name, value)| format!("{name}={value}&"))
                .collect()
        };
        for name in names {
            let (one, other) = if name == "status" {
                ("active", "paused")
            } else {
                values(name)
            };
            let is_list = name.ends_with("_ids");
            let ask =
                async |rest: String| test.get(&format!("{path}?{}{rest}", required(name))).await;
            let plain = ask(format!("{name}={one}")).await;
            assert_eq!(
                plain.status,
                StatusCode::OK,
                "{path} {name}: {}",
                plain.text()
            );
            for spelled in [
                format!("{name}[]={one}"),
                format!("{name}%5B0%5D={one}"),
                format!("{name}={one}&{name}={one}"),
            ] {
                let answer = ask(spelled.clone()).await;
                assert_eq!(
                    (answer.status, answer.json()),
                    (StatusCode::OK, plain.json()),
                    "{path} {spelled}"
                );
            }
            for spelled in [
                format!("{name}={one}&{name}={other}"),
                format!("{name}[]={one}&{name}[]={other}"),
            ] {
                let answer = ask(spelled.clone()).await;
                if is_list {
                    let together = ask(format!("{name}={one},{other}")).await;
                    assert_eq!(
                        (answer.status, answer.json()),
                        (StatusCode::OK, together.json()),
                        "{path} {spelled}"
                    );
                } else {
                    assert_eq!(faults(&answer.json()), [name], "{path} {spelled}");
                }
            }
            for spelled in [
                format!("{name}[a]={one}"),
                format!("{name}[][]={one}"),
                format!("{name}.0={one}"),
                format!("{name}{{}}={one}"),
            ] {
                assert_eq!(
                    faults(&ask(spelled.clone()).await.json()),
                    [name],
                    "{path} {spelled}"
                );
            }
        }
    }
    let refused = test
        .send(
            test.post("/api/ingest?timezone[]=UTC&atomic[a]=1")
                .header("content-type", "application/x-ndjson")
                .body("{}"),
        )
        .await;
    assert_eq!(faults(&refused.json()), ["atomic"]);
}

#[tokio::test]
async fn only_exportable_reports_have_export_routes() {
    let test = with_campaigns().await;
    for report in reports::ALL {
        let csv = test.get(&target(&report.path(), "format=csv")).await;
        let export = test
            .request(
                Method::GET,
                &target(&report.export_path(), ""),
                Some(&test.token),
            )
            .await;
        match (report.about.files, report.path().contains("telesales")) {
            (true, _) => {
                assert!(csv.header("content-type").starts_with("text/csv"));
                assert_eq!(
                    export.header("content-type"),
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                );
                let name = format!(
                    "attachment; filename=\"{}_2026-06-01_2026-06-02.xlsx\"",
                    report.about.name
                );
                assert_eq!(export.header("content-disposition"), name);
                let json = test
                    .get(&target(&report.export_path(), "format=json"))
                    .await;
                assert_eq!(faults(&json.json()), ["format"]);
            }
            (false, true) => {
                assert_eq!(faults(&csv.json()), ["format"], "{}", report.path());
                assert_eq!(export.status, StatusCode::NOT_FOUND);
            }
            (false, false) => {
                assert_eq!(
                    csv.header("content-type"),
                    "application/json",
                    "unknown parameters are ignored"
                )
            }
        }
    }
}

/// Texts that spreadsheets cannot read or would run as formulas, and instants they cannot
/// represent, are written whole.
#[tokio::test]
async fn files_hold_any_stored_text_and_instant() {
    let test = with_campaigns().await;
    let long = "x".repeat(255);
    let names = [
        "=HYPERLINK(\"http://x\")",
        "@SUM(1)",
        "-1+1",
        "\u{1}\u{8}ctrl",
        "a\r\nb,\"c\"",
        "_x0041_",
        long.as_str(),
        "💩",
    ];
    let mut lines =
        vec![json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"})];
    for (id, name) in (1_234_567_890_123_456_780_i64..).zip(names) {
        lines.push(json!({"kind": "agent", "id": id, "name": name, "username": name}));
        lines.push(json!({"kind": "telesales_call", "uuid": id.to_string(), "campaign_id": 1, "lead_id": 1, "agent_id": id, "started_at": "2026-06-01T10:00:00Z"}));
        lines.push(json!({"kind": "caller_id", "cid": format!("c{id}"), "display_name": name, "carrier": "other", "cli_type": "mobile", "cooldown_until": "0001-01-02T00:00:00Z"}));
    }
    test.ingest(&lines).await;
    for report in ["agent-performance", "caller-id-health"] {
        for format in ["csv", "xlsx"] {
            let file = test
                .ok(&format!(
                    "/api/telesales/reports/{report}/export?date_from=2026-06-01&date_to=2026-06-02&format={format}"
                ))
                .await;
            if format == "csv" {
                assert!(
                    file.text().contains("'=HYPERLINK")
                        && file.text().contains("'@SUM(1)")
                        && file.text().contains("'-1+1")
                );
            }
        }
    }
    let xlsx = test.ok("/api/telesales/reports/agent-performance/export?date_from=2026-06-01&date_to=2026-06-02").await;
    let mut workbook: calamine::Xlsx<_> =
        calamine::Xlsx::new(std::io::Cursor::new(xlsx.bytes)).expect("a workbook");
    let sheet = workbook
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("a range");
    let shown: Vec<String> = sheet.rows().skip(1).map(|row| row[1].to_string()).collect();
    let ids: Vec<String> = sheet.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(
        (ids.len(), ids[7].as_str()),
        (names.len(), "1234567890123456787"),
        "an id is kept digit for digit"
    );
    for (shown, name) in shown.iter().zip(names) {
        let kept = if name.len() > 32_767 {
            &name[..32_767]
        } else {
            name
        };
        assert_eq!(shown.replace("\r\n", "\n"), kept.replace("\r\n", "\n"));
    }
}
