//! Expected cells: figures of the JSON reports, and attempts read by SQL.

use serde_json::{Value, json};

use crate::support::{TENANT, TestApp};

pub const WINDOW: &str = "from=2026-06-01&to=2026-06-07";

/// A JSON value as a CSV cell.
pub fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => return other.to_string(),
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text
    }
}

/// A figure of a report as a cell: numbers, also those that JSON gives as text.
pub fn figure(value: &Value) -> String {
    let number = value
        .as_str()
        .filter(|text| text.starts_with('-') && text.parse::<f64>().is_ok());
    number.map_or_else(|| cell(value), str::to_owned)
}

/// JSON objects as CSV rows: the keys, then the values, without nested objects and lists.
pub fn rows(objects: &[Value], columns: &[&str]) -> Vec<Vec<String>> {
    let header = columns.iter().map(ToString::to_string).collect();
    let row = |object: &Value| columns.iter().map(|name| figure(&object[*name])).collect();
    std::iter::once(header)
        .chain(objects.iter().map(row))
        .collect()
}

pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

/// Every table of a report type by name, from its JSON.
pub async fn tables(test: &TestApp, report_type: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let report = async |name: &str| {
        test.data(&format!(
            "/api/autocall/campaigns/1/reports/{name}?{WINDOW}"
        ))
        .await
    };
    let named = |name: &str, rows| vec![(name.to_owned(), rows)];
    match report_type {
        "kpis" => {
            let mut kpis = report("kpis").await;
            let distribution = kpis["dtmf_distribution"].take();
            let keys: Vec<Value> = distribution
                .as_object()
                .expect("keys")
                .iter()
                .map(|(digit, count)| json!({"digit": digit, "count": count}))
                .collect();
            // Local time with its offset.
            assert_eq!(kpis["computed_at"], "2026-06-30T08:00:00+00:00");
            kpis["computed_at"] = "2026-06-30T15:00:00+07:00".into();
            let columns = [
                "total_leads",
                "dialed",
                "answered",
                "no_answer",
                "busy",
                "failed",
                "abandoned",
                "answer_rate_pct",
                "avg_call_duration_sec",
                "total_talk_time_sec",
                "transfer_to_queue_count",
                "transfer_success_rate_pct",
                "computed_at",
            ];
            [
                named("kpis", rows(&[kpis], &columns)),
                named("dtmf_distribution", rows(&keys, &["digit", "count"])),
            ]
            .concat()
        }
        "trend" => named(
            "trend",
            rows(
                &list(&report("trend").await),
                &[
                    "bucket",
                    "dialed",
                    "answered",
                    "answer_rate_pct",
                    "avg_duration_sec",
                    "transfer_count",
                ],
            ),
        ),
        "hangup" => named(
            "hangup",
            rows(
                &list(&report("hangup").await["by_hangup_cause"]),
                &["hangup_cause", "count", "pct"],
            ),
        ),
        "heatmap" => named(
            "heatmap",
            rows(
                &list(&report("heatmap").await),
                &[
                    "day_of_week",
                    "hour",
                    "dialed",
                    "answered",
                    "answer_rate_pct",
                ],
            ),
        ),
        "dtmf" => {
            let dtmf = report("dtmf").await;
            let (digits, paths) = (list(&dtmf["by_digit"]), list(&dtmf["by_script_path"]));
            let totals = rows(
                &[dtmf],
                &[
                    "total_answered",
                    "with_dtmf_input",
                    "no_input",
                    "no_input_rate_pct",
                ],
            );
            [
                named("dtmf", totals),
                named(
                    "by_digit",
                    rows(&digits, &["digit", "count", "pct", "label"]),
                ),
                named("by_script_path", rows(&paths, &["path", "count"])),
            ]
            .concat()
        }
        "funnel" => named(
            "funnel",
            rows(
                &list(&report("funnel").await),
                &["stage", "count", "drop_rate_pct"],
            ),
        ),
        _ => {
            let mut all = Vec::new();
            for part in ["kpis", "trend", "hangup", "heatmap", "dtmf", "funnel"] {
                all.extend(Box::pin(tables(test, part)).await);
            }
            all
        }
    }
}

/// The expected CSV row of every attempt of the window, read by SQL.
pub async fn attempts(test: &TestApp) -> Vec<Vec<String>> {
    let sql = r#"
        select jsonb_build_array(a.uuid, a.campaign_id, a.lead_id, a.attempt_number, local(a.started_at), local(a.answered_at), local(a.ended_at),
            a.result, a.hangup_cause, a.billsec, a.dtmf, array_to_string(a.script_path, ' -> '), a.transfer, a.agent_id, a.agent_disposition,
            a.caller_id, a.provider, a.outcome, trim_scale(a.sentiment), l.phone_as_sent, l.external_ref)
        from autocall_attempts a join autocall_leads l on l.tenant_id = a.tenant_id and l.id = a.lead_id
        where a.tenant_id = 1 and a.campaign_id = 1 and a.started_at >= '2026-05-31 17:00:00Z' and a.started_at < '2026-06-07 17:00:00Z'
        order by a.started_at, a.uuid"#;
    let local = |column: &str| {
        format!(
            r#"to_char(date_trunc('second', a.{column}) at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD"T"HH24:MI:SS"{}"')"#,
            if column == "answered_at" {
                "+07:06:30"
            } else {
                "+07:00"
            }
        )
    };
    let sql = ["started_at", "answered_at", "ended_at"]
        .iter()
        .fold(sql.to_owned(), |sql, column| {
            sql.replace(&format!("local(a.{column})"), &local(column))
        });
    test.query(TENANT, &sql)
        .await
        .iter()
        .map(|row| list(row).iter().map(cell).collect())
        .collect()
}
