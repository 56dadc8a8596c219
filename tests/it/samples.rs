//! The bodies that the documents show, reproduced from ingested rows, key order included.

use serde_json::{Value, json};

use crate::support::{NOW, TestApp};

/// A body as it goes over the wire, from the readable form it is kept in.
fn wire(example: &str) -> String {
    serde_json::from_str::<Value>(example).expect("JSON").to_string()
}

/// The campaign of document 000: 5,000 leads, 4,823 attempts.
pub fn campaign_of_000() -> Vec<Value> {
    let at = "2026-06-28T03:00:00Z";
    let mut lines = vec![
        json!({"kind": "autocall_script", "id": 1, "name": "Renewal", "dtmf_actions": [
            {"digit": "1", "label": "Accept transfer to agent", "action_type": "queue", "target_queue_name": "queue_sales"},
            {"digit": "2", "label": "Not interested", "action_type": "playback_then_hangup"},
            {"digit": "0", "label": "Replay", "action_type": "repeat_script"}]}),
        json!({"kind": "autocall_campaign", "id": 5, "name": "Renewal Q3", "script_id": 1, "started_at": "2026-06-28T00:00:00Z"}),
    ];
    for lead in 1..=5000 {
        lines.push(json!({"kind": "autocall_lead", "id": lead, "campaign_id": 5, "phone": format!("09{lead:08}"), "created_at": "2026-06-01"}));
    }
    let results = [("answered", 3120), ("no_answer", 1234), ("busy", 287), ("failed", 182)];
    let results = results.iter().flat_map(|(result, count)| std::iter::repeat_n(*result, *count));
    let keys = [("1", 1840), ("2", 950), ("0", 215), ("", 115)];
    let mut keys = keys.iter().flat_map(|(key, count)| std::iter::repeat_n(*key, *count));
    for (at_index, result) in results.enumerate() {
        let lead = at_index + 1;
        let mut line = json!({"kind": "autocall_attempt", "uuid": format!("a{lead}"), "campaign_id": 5, "lead_id": lead,
            "attempt_number": 1, "started_at": at, "result": result});
        if result == "answered" {
            let key = keys.next().expect("a key for each answer");
            line["billsec"] = 42.into();
            line["dtmf"] = key.into();
            line["script_path"] = match key {
                "1" => json!(["intro", "press_1", "queue_sales"]),
                "2" => json!(["intro", "press_2", "playback_polite", "hangup"]),
                _ => json!([]),
            };
            if key == "1" {
                line["transfer"] = if lead <= 1807 { "connected" } else { "queued" }.into();
            }
            if lead <= 1640 {
                line["agent_disposition"] = "disposed".into();
            }
        }
        line["hangup_cause"] = match result {
            "answered" => json!("NORMAL_CLEARING"),
            "no_answer" => json!("NO_ANSWER"),
            "busy" => json!("USER_BUSY"),
            _ if lead <= 3120 + 1234 + 287 + 95 => json!("CALL_REJECTED"),
            _ => json!("RECOVERY_ON_TIMER"),
        };
        lines.push(line);
    }
    lines
}

/// The calls of document 002's dashboard: 487 dials, 312 answers, 57,563 s of talk, 12 agents, 5 blocked.
fn calls_of_002() -> Vec<Value> {
    let mut lines = vec![json!({"kind": "telesales_campaign", "id": 43, "name": "Outbound Sales Q3-2026 03"})];
    lines.extend((1..=12).map(
        |id| json!({"kind": "agent", "id": id, "name": format!("Agent {id}"), "username": format!("agent{id:02}")}),
    ));
    lines.push(json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001"}));
    for number in 0..492 {
        let result = match number {
            0..312 => "answered",
            312..487 => "no_answer",
            _ => "blocked",
        };
        let talk = match number {
            0..155 => 185,
            155..311 => 184,
            311 => 57_563 - 155 * 185 - 156 * 184,
            _ => 0,
        };
        lines.push(json!({"kind": "telesales_call", "uuid": format!("c{number}"), "campaign_id": 43, "lead_id": 1,
            "agent_id": 1 + number % 12, "started_at": "2026-06-05T09:00:00Z", "result": result, "talk_sec": talk}));
    }
    lines
}

#[tokio::test]
async fn the_kpis_of_document_000() {
    let test = TestApp::at("2026-06-30T08:00:00Z".parse().expect("an instant")).await;
    test.ingest(&campaign_of_000()).await;
    let answer = test.ok("/api/autocall/campaigns/5/reports/kpis").await;
    assert_eq!(answer.text(), wire(include_str!("../../src/reports/autocall/kpis.json")));
    assert_eq!(answer.json()["data"]["computed_at"], NOW.replace('Z', "+00:00"));
}

#[tokio::test]
async fn the_trend_of_document_000() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 5, "name": "Renewal Q3", "started_at": "2026-06-28"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 5, "phone": "0900000001"}),
    ];
    for (day, dialed, answered, seconds, transfers) in [("28", 1200, 780, 41, 460), ("29", 1612, 1098, 43, 642)] {
        for number in 0..dialed {
            let result = if number < answered { "answered" } else { "busy" };
            let transfer = if number < transfers { Value::from("queued") } else { Value::Null };
            lines.push(json!({"kind": "autocall_attempt", "uuid": format!("{day}-{number}"), "campaign_id": 5, "lead_id": 1, "attempt_number": 1,
                "started_at": format!("2026-06-{day}T23:59:59.999999+07:00"), "result": result, "billsec": seconds, "transfer": transfer}));
        }
    }
    test.ingest(&lines).await;
    let answer = test.ok("/api/autocall/campaigns/5/reports/trend?from=2026-06-28&to=2026-06-29").await;
    assert_eq!(answer.text(), wire(include_str!("../../src/reports/autocall/trend.json")));
}

#[tokio::test]
async fn the_dashboard_of_document_002() {
    let test = TestApp::new().await;
    test.ingest(&calls_of_002()).await;
    let answer =
        test.ok("/api/telesales/reports/dashboard?campaign_id=43&date_from=2026-06-01&date_to=2026-06-10").await;
    assert_eq!(answer.text(), wire(include_str!("../../src/reports/telesales/dashboard.json")));
}

#[tokio::test]
async fn the_time_series_of_document_002() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": 43, "name": "Sales"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001"}),
        json!({"kind": "disposition", "code": "sale", "label": "Sale", "category": "contact", "color": "#10B981", "is_conversion": true}),
    ];
    for (day, dials, answers, talk, conversions) in
        [("01", 110, 68, 135, 18), ("02", 105, 71, 0, 16), ("05", 82, 55, 0, 15)]
    {
        for number in 0..dials {
            let result = if number < answers { "answered" } else { "busy" };
            let sale = if number < conversions { Value::from("sale") } else { Value::Null };
            let talk = match (number, day) {
                (0, "02") => 10_260,
                (0, "05") => 6_720,
                (..68, "01") => talk,
                _ => 0,
            };
            lines.push(json!({"kind": "telesales_call", "uuid": format!("{day}-{number}"), "campaign_id": 43, "lead_id": 1,
                "started_at": format!("2026-06-{day}T10:00:00Z"), "result": result, "talk_sec": talk, "disposition": sale}));
        }
    }
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/telesales/reports/time-series?campaign_id=43&group_by=day&date_from=2026-06-01&date_to=2026-06-10")
        .await;
    assert_eq!(answer.text(), wire(include_str!("../../src/reports/telesales/time_series.json")));
}
