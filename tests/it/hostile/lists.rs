//! Spellings of lists in a query.

use callboard::reports;
use reqwest::StatusCode;
use serde_json::json;

use super::{faults, target, with_campaigns};

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
        "window" => ("today", "yesterday"),
        "until" => ("now", "later"),
        "compare" => ("2026-05-01..2026-05-02", "2026-05-01..2026-05-03"),
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
        // The route's required parameters without the one spelled differently, and without what it replaces.
        let required = |but: &str| -> String {
            let required = [
                ("date_from", "2026-06-01"),
                ("date_to", "2026-06-02"),
                ("campaign_ids", "1"),
            ];
            required
                .iter()
                .filter(|(name, _)| *name != but && !(but == "window" && name.starts_with("date")))
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
            // Texts can hold commas, and several are a list only if they are spelled as one.
            let is_list_of_texts = name == "source";
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
                } else if is_list_of_texts && spelled.contains("[]") {
                    assert_eq!(answer.status, StatusCode::OK, "{path} {spelled}");
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
