//! Omitted fields: reset to their defaults, or kept.

use callboard::ingest::kind::Kind;
use serde_json::{Value, json};

use super::{TABLES, one_of_each_kind, rows};
use crate::support::TestApp;

/// A line of each kind in the order of [`TABLES`], with every field.
fn full_lines() -> Vec<Value> {
    vec![
        json!({"kind": "team", "id": 1, "name": "Team"}),
        json!({"kind": "agent", "id": 1, "name": "Agent", "username": "agent", "team_id": 1}),
        json!({"kind": "disposition", "code": "sale", "label": "Sold", "category": "callback", "color": "#10B981",
            "is_conversion": true}),
        json!({"kind": "caller_id", "cid": "0900", "display_name": "Line", "carrier": "other", "cli_type": "fixed_02x",
            "pool_status": "cooldown", "cooldown_until": "2026-07-01T00:00:00Z", "daily_cap": 7}),
        json!({"kind": "voice", "id": "v1", "name": "Voice", "language": "vi-VN", "gender": "female", "tier": "A",
            "status": "inactive"}),
        json!({"kind": "media_file", "id": 1, "name": "File", "url": "https://example.com/a.wav", "duration_sec": 12,
            "file_size": 9_000_000_000_i64, "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "autocall_script", "id": 1, "name": "Script", "template_text": "Hello", "template_id": "t1",
            "voice_id": "v1", "tts_tier": "A", "max_repeat_per_attempt": 5, "status": "draft", "dtmf_actions": [
                {"digit": "#", "label": "Yes", "action_type": "queue", "target_queue_name": "sales", "more": [1, null]}]}),
        json!({"kind": "autocall_campaign", "id": 1, "name": "Campaign", "description": "For all", "script_id": 1,
            "caller_id_group_id": "north", "max_retries": 0, "retry_interval_minutes": 43_200, "retry_only_when": "any",
            "max_concurrent": 200, "originate_timeout": 180, "write_to_main_cdr": true,
            "start_at": "2026-06-01T00:00:00Z", "end_at": "2026-06-09T00:00:00Z", "status": "paused",
            "started_at": "2026-06-01T00:00:00Z", "completed_at": "2026-06-08T00:00:00Z", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0912345678", "external_ref": "crm-1",
            "payload": {"tier": "gold"}, "status": "dnc", "created_at": "2026-05-02T00:00:00Z"}),
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": 1, "attempt_number": 3,
            "started_at": "2026-06-01T00:00:00Z", "answered_at": "2026-06-01T00:00:05Z",
            "ended_at": "2026-06-01T00:00:09Z", "result": "answered", "hangup_cause": "NORMAL_CLEARING", "billsec": 4,
            "dtmf": "0*#1", "script_path": ["intro", "a, \"b\" \\ {c}", "", "NULL"], "transfer": "queued", "agent_id": 1,
            "agent_disposition": "sold", "caller_id": "1900", "provider": "trunk", "outcome": "won", "sentiment": 0.25}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "Campaign", "status": "draft",
            "abandon_rate_limit_pct": 2.5, "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "+12025550123", "source": "web",
            "full_name": "Nguyễn Văn A", "payload": {"a": {"b": [1.5, true, null]}},
            "created_at": "2026-05-02T00:00:00Z"}),
        json!({"kind": "telesales_call", "uuid": "c", "campaign_id": 1, "lead_id": 1, "agent_id": 1, "cid": "0900",
            "started_at": "2026-06-01T00:00:00Z", "answered_at": "2026-06-01T00:00:05Z",
            "ended_at": "2026-06-01T00:00:09Z", "result": "abandoned", "talk_sec": 4, "wrap_sec": 5,
            "hangup_cause": "NORMAL_CLEARING", "disposition": "sale"}),
    ]
}

/// The database row expected from a line.
fn row_of(line: &Value) -> Value {
    let mut row = line.clone();
    let fields = row.as_object_mut().expect("an object");
    fields.remove("kind");
    for (name, value) in fields.iter_mut() {
        if name.ends_with("_at") || name == "cooldown_until" {
            *value = value
                .as_str()
                .expect("a time")
                .replace('Z', "+00:00")
                .into();
        }
    }
    if let Some(sent) = fields.get("phone").cloned() {
        let phone = sent.as_str().expect("a number");
        let e164 = phone
            .strip_prefix('+')
            .map_or_else(|| format!("84{}", &phone[1..]), Into::into);
        fields.insert("phone".into(), e164.into());
        fields.insert("phone_as_sent".into(), sent);
    }
    row
}

/// The defaults of fields omitted by [`one_of_each_kind`], except `created_at`.
fn defaults() -> Vec<Value> {
    vec![
        json!({}),
        json!({"team_id": null}),
        json!({"is_conversion": false}),
        json!({"display_name": null, "pool_status": "active", "cooldown_until": null, "daily_cap": 200}),
        json!({"language": null, "gender": null, "tier": "B", "status": "active"}),
        json!({"duration_sec": null, "file_size": null}),
        json!({"template_text": null, "template_id": null, "voice_id": null, "tts_tier": "B",
            "max_repeat_per_attempt": 1, "status": "active", "dtmf_actions": []}),
        json!({"description": null, "script_id": null, "caller_id_group_id": null, "max_retries": 3,
            "retry_interval_minutes": 60, "retry_only_when": "no_answer", "max_concurrent": 10,
            "originate_timeout": 40, "write_to_main_cdr": false, "start_at": null, "end_at": null,
            "status": "active", "started_at": null, "completed_at": null}),
        json!({"external_ref": null, "payload": {}, "status": "pending"}),
        json!({"answered_at": null, "ended_at": null, "result": null, "hangup_cause": null, "billsec": 0, "dtmf": "",
            "script_path": [], "transfer": null, "agent_id": null, "agent_disposition": null, "caller_id": null,
            "provider": null, "outcome": null, "sentiment": null}),
        json!({"status": "active", "abandon_rate_limit_pct": 3}),
        json!({"source": null, "full_name": null, "payload": {}}),
        json!({"agent_id": null, "cid": null, "answered_at": null, "ended_at": null, "result": null, "talk_sec": 0,
            "wrap_sec": 0, "hangup_cause": null, "disposition": null}),
    ]
}

/// The line with its finishing field set, so that it replaces any other.
fn finished(mut line: Value) -> Value {
    let kind = Kind::named(line["kind"].as_str().expect("a name")).expect("a kind");
    if let Some(field) = kind.finished_by {
        line[field] = "failed".into();
    }
    line
}

fn merged(mut row: Value, more: &Value) -> Value {
    let fields = row.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    row
}

/// Compares JSON; 3 equals 3.000000.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}

#[tokio::test]
async fn omitted_fields_are_reset_to_their_default_or_keep_their_value() {
    let test = TestApp::new().await;
    test.ingest(&full_lines()).await;
    let full: Vec<Value> = full_lines().iter().map(row_of).collect();
    for (table, full) in TABLES.into_iter().zip(&full) {
        let stored = rows(&test, table).await;
        assert!(
            same(&json!([full]), &json!(stored)),
            "{table}: {stored:?} is not {full}"
        );
    }
    let sent: Vec<Value> = one_of_each_kind().into_iter().map(finished).collect();
    test.ingest(&sent).await;
    for (((table, full), sent), left_out) in
        TABLES.into_iter().zip(&full).zip(&sent).zip(defaults())
    {
        let kind = Kind::named(sent["kind"].as_str().expect("a name")).expect("a kind");
        let left_out = if kind.keeps_absent {
            full.clone()
        } else {
            left_out
        };
        let mut bare = merged(left_out, &row_of(sent));
        if let Some(kept) = full.get("created_at") {
            bare["created_at"] = kept.clone();
        }
        let stored = rows(&test, table).await;
        assert!(
            same(&json!([bare]), &json!(stored)),
            "{table}: {stored:?} is not {bare}"
        );
    }
}

#[tokio::test]
async fn null_and_empty_text_count_as_omitted() {
    let test = TestApp::new().await;
    let sent: Vec<Value> = one_of_each_kind().into_iter().map(finished).collect();
    for nothing in [json!(null), json!(""), json!(" \t\u{a0}")] {
        test.ingest(&full_lines()).await;
        let emptied: Vec<Value> = sent
            .iter()
            .zip(defaults())
            .map(|(line, left_out)| {
                let names = left_out.as_object().expect("an object").keys();
                merged(
                    names.map(|name| (name.clone(), nothing.clone())).collect(),
                    line,
                )
            })
            .collect();
        test.ingest(&emptied).await;
        for ((table, sent), left_out) in TABLES.into_iter().zip(&sent).zip(defaults()) {
            let mut stored = rows(&test, table).await;
            let row = stored[0].as_object_mut().expect("a row");
            row.remove("created_at");
            if table == "autocall_campaigns" {
                // The change of its status sets it again.
                assert_ne!(row.insert("started_at".into(), Value::Null), None);
            }
            assert!(
                same(&merged(left_out, &row_of(sent)), &stored[0]),
                "{table}: {stored:?}"
            );
        }
    }
}
