//! Rows written by lines: defaults, merges, times and numbers.

use callboard::auth::Tenant;
use callboard::auth::tenant::Change;
use callboard::ingest::kind::Kind;
use serde_json::{Value, json};

use super::{TABLES, one_of_each_kind, rows, send, tally};
use crate::support::{TENANT, TestApp, body, world};

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

#[tokio::test]
async fn the_later_line_wins_within_and_between_bodies() {
    let test = TestApp::new().await;
    let named = |id: i64, name: &str| json!({"kind": "team", "id": id, "name": name});
    let sent = [
        named(1, "first"),
        named(2, "other"),
        named(1, "second"),
        json!({"kind": "team", "id": 1}),
        named(1, "third"),
    ];
    let reported = tally(&test, body(&sent)).await;
    assert_eq!(
        (&reported["stored"], &reported["rejected"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(
        rows(&test, "teams").await,
        [
            json!({"id": 1, "name": "third"}),
            json!({"id": 2, "name": "other"})
        ]
    );
    test.ingest(&[named(2, "last")]).await;
    assert_eq!(rows(&test, "teams").await[1]["name"], "last");

    let far_apart: Vec<Value> = (0..25_000)
        .map(|line| named(line % 9_000, &format!("{line}")))
        .chain([named(5, "the very last")])
        .collect();
    test.ingest(&far_apart).await;
    let wrong = "select to_jsonb(id) from teams where name <> case when id = 5 then 'the very last'
                 when id < 7000 then (id + 18000)::text else (id + 9000)::text end";
    assert_eq!(test.query(TENANT, wrong).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_omitted_created_at_keeps_its_first_value() {
    let test = TestApp::new().await;
    let line = |id: i64, name: &str, created_at: Value| {
        json!({"kind": "telesales_campaign", "id": id, "name": name,
            "created_at": created_at})
    };
    let (early, late) = (json!("2020-01-01T00:00:00Z"), json!("2021-01-01T00:00:00Z"));
    let stored = async || {
        test.query(
            TENANT,
            "select jsonb_build_array(name, created_at) from telesales_campaigns order by id",
        )
        .await
    };
    test.ingest(&[
        line(1, "kept within a body", Value::Null),
        line(1, "a", early.clone()),
        line(1, "b", Value::Null),
        line(2, "c", early.clone()),
        line(2, "d", late.clone()),
        line(3, "e", Value::Null),
    ])
    .await;
    let first = stored().await;
    assert_eq!(
        first[..2],
        [
            json!(["b", "2020-01-01T00:00:00+00:00"]),
            json!(["d", "2021-01-01T00:00:00+00:00"])
        ]
    );
    assert!(
        first[2][1].as_str().is_some_and(|at| at > "2026"),
        "{first:?}"
    );

    test.ingest(&[
        line(1, "f", Value::Null),
        line(2, "g", early.clone()),
        line(3, "h", json!("")),
    ])
    .await;
    let second = stored().await;
    assert_eq!(
        second[..2],
        [
            json!(["f", "2020-01-01T00:00:00+00:00"]),
            json!(["g", "2020-01-01T00:00:00+00:00"])
        ]
    );
    assert_eq!(second[2], json!(["h", first[2][1]]));
}

#[tokio::test]
async fn times_keep_microseconds_and_use_the_request_or_tenant_zone() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    let of_day = "2026-06-01";
    // The text sent, `?timezone=`, and the expected instant. The tenant is in Asia/Ho_Chi_Minh.
    for (sent, zone, instant) in [
        (
            "2026-06-01T00:00:00.123456Z",
            "",
            "2026-06-01T00:00:00.123456+00:00",
        ),
        (
            "2026-06-01T00:00:00.000001+07:00",
            "Europe/Berlin",
            "2026-05-31T17:00:00.000001+00:00",
        ),
        ("2026-06-01T08:30:00.5", "", "2026-06-01T01:30:00.5+00:00"),
        (
            "2026-06-01T08:30:00",
            "Europe/Berlin",
            "2026-06-01T06:30:00+00:00",
        ),
        (of_day, "", "2026-05-31T17:00:00+00:00"),
        (of_day, "America/New_York", "2026-06-01T04:00:00+00:00"),
        (
            "2026-03-29T02:30:00",
            "Europe/Berlin",
            "2026-03-29T01:00:00+00:00",
        ),
        (
            "2026-10-25T02:30:00",
            "Europe/Berlin",
            "2026-10-25T00:30:00+00:00",
        ),
    ] {
        let line = json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": sent, "answered_at": sent, "ended_at": sent});
        let answer = send(&test, &format!("timezone={zone}"), line.to_string()).await;
        assert_eq!(
            answer.json()["data"]["stored"],
            1,
            "{sent}: {}",
            answer.text()
        );
        let stored = &rows(&test, "autocall_attempts").await[0];
        for field in ["started_at", "answered_at", "ended_at"] {
            assert_eq!(stored[field], instant, "{sent} in {zone:?}");
        }
    }
}

#[tokio::test]
async fn fractions_are_read_in_any_json_notation_to_six_decimals() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    for (sent, kept) in [
        ("0", 0.0),
        ("-0.0", 0.0),
        ("1", 1.0),
        ("1.0e0", 1.0),
        ("5E-1", 0.5),
        ("0.1234565", 0.123457),
        ("4.9e-324", 0.0),
        ("1e-30", 0.0),
    ] {
        let line = one_of_each_kind()[9]
            .to_string()
            .replace('}', &format!(r#","sentiment":{sent}}}"#));
        let reported = tally(&test, line).await;
        assert_eq!(reported["stored"], 1, "{sent}: {reported}");
        assert_eq!(
            rows(&test, "autocall_attempts").await[0]["sentiment"].as_f64(),
            Some(kept),
            "{sent}"
        );
    }
}

#[tokio::test]
async fn resending_a_body_changes_nothing() {
    let test = TestApp::new().await;
    let (from, to) = (
        "2026-06-01T00:00:00Z".parse().expect("an instant"),
        "2026-06-03T00:00:00Z".parse().expect("an instant"),
    );
    let mut world = world::random(
        7,
        world::Size {
            attempts: 300,
            calls: 300,
            from,
            to,
        },
    );
    world.extend(one_of_each_kind());
    test.ingest(&world).await;
    let all: Vec<String> = TABLES
        .map(|table| format!("select '{table}', to_jsonb(t), xmin::text from {table} t"))
        .into();
    let all = format!(
        "select to_jsonb(t) from ({}) t order by 1",
        all.join(" union all ")
    );
    let before = test.query(TENANT, &all).await;
    test.ingest(&world).await;
    assert_eq!(test.query(TENANT, &all).await, before);
}

#[tokio::test]
async fn acknowledged_rows_are_in_reports_at_once() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    for number in 1..=30 {
        let attempt = |result: Value| {
            json!({"kind": "autocall_attempt", "uuid": format!("n{number}"), "campaign_id": 1, "lead_id": 1,
                "attempt_number": 1, "started_at": "2026-06-02T00:00:00Z", "result": result, "billsec": 10})
        };
        for (result, answered) in [(Value::Null, number - 1), (json!("answered"), number)] {
            test.ingest(&[attempt(result)]).await;
            let kpis = test
                .data("/api/autocall/campaigns/1/reports/kpis?from=2026-06-02&to=2026-06-02")
                .await;
            assert_eq!(
                (&kpis["dialed"], &kpis["answered"]),
                (&json!(number), &json!(answered))
            );
        }
    }
}

#[tokio::test]
async fn phones_are_parsed_with_the_tenant_country_code_and_returned_as_sent() {
    let test = TestApp::new().await;
    test.ingest(&[
        one_of_each_kind()[7].clone(),
        one_of_each_kind()[10].clone(),
    ])
    .await;
    let lead = |kind: &str, id: usize, phone: &str| json!({"kind": kind, "id": id, "campaign_id": 1, "phone": phone});
    for (code, phones) in [
        (
            84,
            [
                ("(098) 765-43.21", "84987654321"),
                ("0049 30/123456", "4930123456"),
                ("+84 987 654 321", "84987654321"),
            ],
        ),
        (
            49,
            [
                ("030 123456", "4930123456"),
                ("0084987654321", "84987654321"),
                ("+972 50-123-4567", "972501234567"),
            ],
        ),
    ] {
        let code = Change::parse("country_code", &code.to_string()).expect("a setting");
        Tenant::change(&test.app.db, TENANT, &[code])
            .await
            .expect("changed");
        for kind in ["autocall_lead", "telesales_lead"] {
            let lines: Vec<Value> = (1..)
                .zip(phones)
                .map(|(id, (sent, _))| lead(kind, id, sent))
                .collect();
            test.ingest(&lines).await;
            let stored = rows(&test, Kind::named(kind).expect("a kind").table).await;
            for (row, (sent, e164)) in stored.iter().zip(phones) {
                assert_eq!(
                    (&row["phone"], &row["phone_as_sent"]),
                    (&json!(e164), &json!(sent)),
                    "{kind}"
                );
            }
        }
    }
}

#[tokio::test]
async fn integers_with_a_decimal_point_are_read_exactly() {
    let test = TestApp::new().await;
    let line = |text: &str| text.replace("MAX", "9223372036854775807");
    let lines = [
        r#"{"kind":"team","id":MAX.0,"name":"T"}"#,
        r#"{"kind":"agent","id":-9223372036854775808.00,"name":"A","username":"a","team_id":MAX}"#,
        r#"{"kind":"agent","id":25.0,"name":"A","username":"a","team_id":922337203685477580.7e1}"#,
        r#"{"kind":"caller_id","cid":"1","carrier":"other","cli_type":"mobile","daily_cap":2.5e1}"#,
        r#"{"kind":"agent","id":26.5,"name":"A","username":"a","team_id":MAX.00000000000000000000000000001}"#,
    ];
    let reported = tally(&test, lines.map(line).join("\n")).await;
    assert_eq!(reported["stored"], 4, "{reported}");
    assert_eq!(
        super::reported(&reported),
        [(5, vec!["id".to_owned(), "team_id".to_owned()])]
    );
    let agents = test
        .query(
            TENANT,
            "select jsonb_build_array(id::text, team_id::text) from agents order by id",
        )
        .await;
    let max = "9223372036854775807";
    assert_eq!(
        agents,
        [json!(["-9223372036854775808", max]), json!(["25", max])]
    );
    assert_eq!(rows(&test, "caller_ids").await[0]["daily_cap"], 25);
}
