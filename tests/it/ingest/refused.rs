//! Invalid lines are reported by line and field, and do not affect the others.

use callboard::ingest::kind::KINDS;
use serde_json::{Value, json};

use super::{TABLES, count, one_of_each_kind, reported, send, tally, team};
use crate::support::{TestApp, body};

/// Invalid lines of each kind with their faulty fields.
fn faulty() -> Vec<(Value, &'static [&'static str])> {
    let long = |letters| "x".repeat(letters);
    vec![
        (json!({"kind": "team", "id": "2"}), &["id", "name"]),
        (
            json!({"kind": "team", "id": 2, "name": {}, "colour": 1, "tenant_id": 2}),
            &["colour", "name", "tenant_id"],
        ),
        (
            json!({"kind": "agent", "id": 1.5, "name": "", "team_id": 9}),
            &["id", "name", "username"],
        ),
        (
            json!({"kind": "agent", "id": 2, "name": "A", "username": "a", "team_id": 9}),
            &["team_id"],
        ),
        (
            json!({"kind": "disposition", "code": long(256), "label": 1, "category": "Contact", "color": "10B981",
                "is_conversion": "true"}),
            &["category", "code", "color", "is_conversion", "label"],
        ),
        (
            json!({"kind": "caller_id", "cid": "1", "carrier": "", "cli_type": "fax", "pool_status": "gone",
                "cooldown_until": "soon", "daily_cap": 0}),
            &[
                "carrier",
                "cli_type",
                "cooldown_until",
                "daily_cap",
                "pool_status",
            ],
        ),
        (
            json!({"kind": "voice", "id": 1, "tier": "C", "status": "gone"}),
            &["id", "name", "status", "tier"],
        ),
        (
            json!({"kind": "media_file", "id": 2, "name": "M", "duration_sec": -1, "file_size": 1.5}),
            &["duration_sec", "file_size", "url"],
        ),
        (
            json!({"kind": "autocall_script", "id": 2, "name": "S", "voice_id": "v2", "tts_tier": "a",
                "max_repeat_per_attempt": 6}),
            &["max_repeat_per_attempt", "tts_tier", "voice_id"],
        ),
        (
            json!({"kind": "autocall_campaign", "id": 1, "name": null, "max_retries": 11, "retry_interval_minutes": 0,
                "retry_only_when": "never", "max_concurrent": 201, "originate_timeout": 9, "write_to_main_cdr": 1,
                "caller_id_group_id": 1.5, "start_at": 1, "end_at": "x", "completed_at": "y"}),
            &[
                "caller_id_group_id",
                "completed_at",
                "end_at",
                "max_concurrent",
                "max_retries",
                "name",
                "originate_timeout",
                "retry_interval_minutes",
                "retry_only_when",
                "start_at",
                "write_to_main_cdr",
            ],
        ),
        (
            json!({"kind": "autocall_script", "id": 2, "name": "S", "status": 1,
                "dtmf_actions": [{"digit": "A", "label": "L", "action_type": "queue"}]}),
            &["dtmf_actions", "status"],
        ),
        (
            json!({"kind": "autocall_script", "id": 2, "name": "S", "dtmf_actions": [{"digit": "1"}]}),
            &["dtmf_actions"],
        ),
        (
            json!({"kind": "autocall_campaign", "id": 2, "name": "C", "status": "running", "started_at": 0}),
            &["started_at", "status"],
        ),
        (
            json!({"kind": "autocall_campaign", "id": 2, "name": "C", "script_id": 9}),
            &["script_id"],
        ),
        (
            json!({"kind": "autocall_lead", "id": 2, "phone": "12345", "payload": [], "status": "new",
                "created_at": "2026-02-30"}),
            &["campaign_id", "created_at", "payload", "phone", "status"],
        ),
        (
            json!({"kind": "autocall_attempt", "uuid": long(65), "campaign_id": true, "lead_id": null,
                "attempt_number": 0, "started_at": "1979-12-31T23:59:59Z", "answered_at": "x", "ended_at": [],
                "result": "rejected", "hangup_cause": 16, "billsec": -1, "dtmf": "1a", "script_path": "intro",
                "transfer": "done", "agent_id": "3", "agent_disposition": 1, "caller_id": 900, "provider": [],
                "outcome": {}, "sentiment": 1.01}),
            &[
                "agent_disposition",
                "agent_id",
                "answered_at",
                "attempt_number",
                "billsec",
                "caller_id",
                "campaign_id",
                "dtmf",
                "ended_at",
                "hangup_cause",
                "lead_id",
                "outcome",
                "provider",
                "result",
                "script_path",
                "sentiment",
                "started_at",
                "transfer",
                "uuid",
            ],
        ),
        (
            json!({"kind": "autocall_attempt", "uuid": "b", "campaign_id": 8, "lead_id": 9, "agent_id": 10,
                "attempt_number": 1, "started_at": "2026-06-01"}),
            &["agent_id", "campaign_id", "lead_id"],
        ),
        (
            json!({"kind": "telesales_campaign", "id": 2, "name": "C", "abandon_rate_limit_pct": 100.5}),
            &["abandon_rate_limit_pct"],
        ),
        (
            json!({"kind": "telesales_lead", "id": 2, "campaign_id": 1, "phone": 84987654321_i64, "status": "new"}),
            &["phone", "status"],
        ),
        (
            json!({"kind": "telesales_call", "uuid": "d", "campaign_id": 1, "lead_id": 1, "started_at": "",
                "result": "no answer", "talk_sec": 1.5, "wrap_sec": "1"}),
            &["result", "started_at", "talk_sec", "wrap_sec"],
        ),
        (
            json!({"kind": "telesales_call", "uuid": "d", "campaign_id": 1, "lead_id": 1, "agent_id": 9,
                "disposition": "Sale", "started_at": "2026-06-01"}),
            &["agent_id", "disposition"],
        ),
        (json!({"kind": "lead", "id": 2}), &["kind"]),
        (json!({"kind": 1, "id": 2}), &["kind"]),
        (json!({"id": 2, "name": "T"}), &["kind"]),
    ]
}

#[tokio::test]
async fn bad_lines_are_reported_by_number_and_field_and_good_ones_stored() {
    let test = TestApp::new().await;
    let (good, bad) = (one_of_each_kind(), faulty());
    let mut lines = good.clone();
    lines.extend(bad.iter().map(|(line, _)| line.clone()));
    lines.push(team(2));
    let tally = tally(&test, body(&lines)).await;
    let expected: Vec<(u64, Vec<String>)> = (good.len() as u64 + 1..)
        .zip(&bad)
        .map(|(line, (_, fields))| (line, fields.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(reported(&tally), expected);
    assert_eq!(
        [&tally["received"], &tally["stored"], &tally["rejected"]],
        [lines.len(), good.len() + 1, bad.len()]
    );
    for table in TABLES {
        let expected = if table == "teams" { 2 } else { 1 };
        assert_eq!(count(&test, table).await, expected, "{table}");
    }
}

#[tokio::test]
async fn a_line_that_is_not_a_json_object_is_reported_by_number() {
    let test = TestApp::new().await;
    let padded = |bytes: usize| {
        let line = team(1).to_string();
        format!("{line}{}", " ".repeat(bytes - line.len()))
    };
    let mut lines: Vec<Vec<u8>> = [
        "[]",
        "1",
        "null",
        "{",
        "{\"kind\":\"team\",\"id\":2,\"name\":\"T\"",
        "{} {}",
        "kind,id,name",
        "{'kind': 'team'}",
        "{\"kind\":\"team\",\"id\":2,\"name\":\"\u{0}\"}",
        "{\"kind\":\"team\",\"id\":NaN,\"name\":\"T\"}",
    ]
    .map(Into::into)
    .into();
    lines.push(b"{\"kind\":\"team\",\"id\":2,\"name\":\"\xff\"}".into());
    lines.push(padded((1 << 20) + 1).into());
    lines.push("x".repeat(5 << 20).into());
    let bad = lines.len() as u64;
    lines.push(padded(1 << 20).into());
    let tally = tally(&test, lines.join(b"\n".as_slice())).await;
    let expected: Vec<(u64, Vec<String>)> =
        (1..=bad).map(|line| (line, vec!["line".into()])).collect();
    assert_eq!(reported(&tally), expected);
    assert_eq!(
        (&tally["received"], &tally["stored"]),
        (&json!(bad + 1), &json!(1))
    );
}

#[tokio::test]
async fn nul_characters_are_refused_in_every_text() {
    let test = TestApp::new().await;
    tally(&test, body(&one_of_each_kind())).await;
    let lead = |payload: Value| {
        json!({"kind": "autocall_lead", "id": 2, "campaign_id": 1, "phone": "0987654321",
            "payload": payload})
    };
    let lines = [
        json!({"kind": "team", "id": 2, "name": "a\0b"}),
        json!({"kind": "disposition", "code": "\0", "label": "L", "category": "contact", "color": "#000000"}),
        lead(json!({"\0": 1})),
        lead(json!({"a": [{"b": ["\0"]}]})),
        json!({"kind": "autocall_script", "id": 2, "name": "S",
            "dtmf_actions": [{"digit": "1", "label": "\0", "action_type": "x"}]}),
        json!({"kind": "autocall_attempt", "uuid": "b", "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": "2026-06-01", "script_path": ["a", "\0"], "dtmf": "\0", "provider": "\0"}),
        json!({"kind": "telesales_call", "uuid": "d", "campaign_id": 1, "lead_id": 1, "started_at": "2026-06-01",
            "disposition": "sale\0"}),
    ];
    let reported = reported(&tally(&test, body(&lines)).await);
    let fields: Vec<&[String]> = reported
        .iter()
        .map(|(_, fields)| fields.as_slice())
        .collect();
    let expected: [&[&str]; 7] = [
        &["name"],
        &["code"],
        &["payload"],
        &["payload"],
        &["dtmf_actions"],
        &["dtmf", "provider", "script_path"],
        &["disposition"],
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn unstorable_json_is_reported_by_its_field() {
    let test = TestApp::new().await;
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let team = |name: &str| format!(r#"{{"kind":"team","id":1,"name":{name}}}"#);
    let lead = |payload: &str| {
        format!(
            r#"{{"kind":"telesales_lead","id":1,"campaign_id":1,"phone":"0987654321","payload":{payload}}}"#
        )
    };
    let lines = [
        one_of_each_kind()[10].to_string(),
        lead(&deep(100)),
        lead(&deep(10_000)),
        lead(r#"{"a":"\ud800"}"#),
        lead(r#"{"a":1e400}"#),
        lead(r#""{}""#),
        team(r#""\ud800""#),
        team(&deep(100_000)),
    ];
    let tally = tally(&test, lines.join("\n")).await;
    let fields: Vec<(u64, String)> = reported(&tally)
        .into_iter()
        .map(|(line, fields)| (line, fields.concat()))
        .collect();
    let payload = |line: u64| (line, "payload".to_owned());
    assert_eq!(
        fields[..4],
        [payload(3), payload(4), payload(5), payload(6)]
    );
    assert_eq!(fields[4..], [(7, "name".into()), (8, "name".into())]);
    let messages = |line: usize| tally["errors"][line]["errors"]["payload"][0].to_string();
    assert!(
        messages(0).contains("recursion") && messages(1).contains("hex escape"),
        "{tally}"
    );
    assert!(messages(2).contains("number out of range"), "{tally}");
}

#[tokio::test]
async fn blank_lines_are_numbered_but_not_counted() {
    let test = TestApp::new().await;
    let (one, two) = (team(1), team(2));
    let sent = format!("\n{one}\r\n \t \r\n\n{{}}\n{two}\n\n  ");
    let tally = tally(&test, sent).await;
    assert_eq!(reported(&tally), [(5, vec!["kind".into()])]);
    assert_eq!(
        (&tally["received"], &tally["stored"], &tally["rejected"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let nothing = super::tally(&test, "\n\n \n").await;
    assert_eq!(
        nothing,
        json!({"received": 0, "stored": 0, "rejected": 0, "errors": []})
    );
    assert_eq!(super::tally(&test, "").await, nothing);
}

#[tokio::test]
async fn the_first_hundred_faulty_lines_are_reported_and_all_counted() {
    let test = TestApp::new().await;
    let lines: Vec<Value> = (1..=12_000)
        .map(|id| {
            if id % 50 == 0 {
                json!({"kind": "team"})
            } else {
                team(id)
            }
        })
        .collect();
    let tally = tally(&test, body(&lines)).await;
    let numbers: Vec<u64> = reported(&tally).into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        numbers,
        (1..=100).map(|number| number * 50).collect::<Vec<u64>>()
    );
    assert_eq!(
        [&tally["received"], &tally["stored"], &tally["rejected"]],
        [12_000, 11_760, 240]
    );
}

#[tokio::test]
async fn references_must_be_stored_or_earlier_in_the_body() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest_as(&neighbour, &one_of_each_kind()).await;
    let agent = |id: i64, team: i64| json!({"kind": "agent", "id": id, "name": "A", "username": "a", "team_id": team});
    let lines = [
        agent(1, 1),                                           // of another tenant
        agent(2, 3),                                           // defined later
        json!({"kind": "team", "id": 4, "name": null}),        // refused
        agent(3, 4),                                           // refers to a rejected line
        team(3),                                               //
        agent(4, 3),                                           // defined earlier
        agent(5, 5),                                           // its id is not a team's
        json!({"kind": "team", "id": 3, "name": "T", "x": 1}), // rejected, but an earlier line was stored
        agent(6, 3),                                           //
        agent(2, 3),                                           // reported before, now good
    ];
    let tally = tally(&test, body(&lines)).await;
    let numbers: Vec<u64> = reported(&tally).into_iter().map(|(line, _)| line).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 7, 8]);
    assert_eq!(
        (count(&test, "teams").await, count(&test, "agents").await),
        (1, 3)
    );
    let again = super::tally(&test, body(&[agent(1, 3)])).await;
    assert_eq!(
        (&again["stored"], count(&test, "agents").await),
        (&json!(1), 4)
    );
    let theirs = test
        .query(
            2,
            "select to_jsonb(count(*)) from agents where team_id is null",
        )
        .await;
    assert_eq!(theirs, [json!(1)]);
}

#[tokio::test]
async fn invalid_parameters_are_all_reported_and_nothing_is_stored() {
    let test = TestApp::new().await;
    let answer = send(
        &test,
        "atomic=maybe&timezone=Asia/Saigon_City",
        body(&[team(1)]),
    )
    .await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.json()["message"], "The given data was invalid.");
    assert_eq!(
        super::fields(&answer.json()["errors"]),
        ["atomic", "timezone"]
    );
    assert_eq!(count(&test, "teams").await, 0);
    let answer = send(&test, "atomic=&timezone=&colour=red", body(&[team(1)])).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
}

#[tokio::test]
async fn a_body_with_no_stored_line_is_422_with_counts() {
    let test = TestApp::new().await;
    let kinds = KINDS
        .iter()
        .map(|kind| kind.name)
        .collect::<Vec<_>>()
        .join(", ");
    let bad = format!("{}\n\nnonsense\n", json!({"kind": "call", "id": 1}));
    for (query, status) in [("", 422), ("atomic=1", 422)] {
        let answer = send(&test, query, bad.clone()).await;
        let (reported, errors) = (answer.json(), answer.json()["errors"].take());
        assert_eq!(
            (answer.status.as_u16(), &reported["message"]),
            (status, &json!("The given data was invalid."))
        );
        let counts = ["received", "stored", "rejected"].map(|name| &reported["data"][name]);
        assert_eq!(counts, [&json!(2), &json!(0), &json!(2)], "{reported}");
        assert_eq!(
            reported["data"]["errors"][0],
            json!({"line": 1, "errors": {"kind": [format!("must be one of: {kinds}.")]}})
        );
        assert_eq!(super::fields(&errors), ["lines.1.kind", "lines.3.line"]);
    }
    for (lines, status) in [
        (format!("{bad}{}", team(1)), 200),
        ("\n".into(), 200),
        (bad, 422),
    ] {
        assert_eq!(send(&test, "", lines).await.status.as_u16(), status);
    }
}
