//! The sample bodies of the contract, reproduced from ingested rows, key order included.

use serde_json::{Value, json};

use crate::support::{NOW, TestApp};

/// The compact form of a body, from the readable form in `samples/`.
fn wire(example: &str) -> String {
    serde_json::from_str::<Value>(example)
        .expect("JSON")
        .to_string()
}

/// The AutoCall sample campaign: 5,000 leads, 4,823 attempts.
pub fn sample_campaign() -> Vec<Value> {
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
    let results = [
        ("answered", 3120),
        ("no_answer", 1234),
        ("busy", 287),
        ("failed", 182),
    ];
    let results = results
        .iter()
        .flat_map(|(result, count)| std::iter::repeat_n(*result, *count));
    let keys = [("1", 1840), ("2", 950), ("0", 215), ("", 115)];
    let mut keys = keys
        .iter()
        .flat_map(|(key, count)| std::iter::repeat_n(*key, *count));
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

/// The calls of the Telesales sample dashboard: 487 dials, 312 answers, 57,563 s of talk, 12
/// agents, 5 blocked.
fn sample_calls() -> Vec<Value> {
    let mut lines =
        vec![json!({"kind": "telesales_campaign", "id": 43, "name": "Outbound Sales Q3-2026 03"})];
    lines.extend((1..=12).map(
        |id| json!({"kind": "agent", "id": id, "name": format!("Agent {id}"), "username": format!("agent{id:02}")}),
    ));
    lines
        .push(json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001"}));
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
async fn kpis_match_the_contract_sample() {
    let test = TestApp::at("2026-06-30T08:00:00Z".parse().expect("an instant")).await;
    test.ingest(&sample_campaign()).await;
    let answer = test.ok("/api/autocall/campaigns/5/reports/kpis").await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/autocall/kpis.json"))
    );
    assert_eq!(
        answer.json()["data"]["computed_at"],
        NOW.replace('Z', "+00:00")
    );
}

#[tokio::test]
async fn trend_matches_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 5, "name": "Renewal Q3", "started_at": "2026-06-28"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 5, "phone": "0900000001"}),
    ];
    for (day, dialed, answered, seconds, transfers) in
        [("28", 1200, 780, 41, 460), ("29", 1612, 1098, 43, 642)]
    {
        for number in 0..dialed {
            let result = if number < answered {
                "answered"
            } else {
                "busy"
            };
            let transfer = if number < transfers {
                Value::from("queued")
            } else {
                Value::Null
            };
            lines.push(json!({"kind": "autocall_attempt", "uuid": format!("{day}-{number}"), "campaign_id": 5, "lead_id": 1, "attempt_number": 1,
                "started_at": format!("2026-06-{day}T23:59:59.999999+07:00"), "result": result, "billsec": seconds, "transfer": transfer}));
        }
    }
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/autocall/campaigns/5/reports/trend?from=2026-06-28&to=2026-06-29")
        .await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/autocall/trend.json"))
    );
}

#[tokio::test]
async fn dashboard_matches_the_contract_sample() {
    let test = TestApp::new().await;
    test.ingest(&sample_calls()).await;
    let answer =
        test.ok("/api/telesales/reports/dashboard?campaign_id=43&date_from=2026-06-01&date_to=2026-06-10").await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/telesales/dashboard.json"))
    );
}

#[tokio::test]
async fn time_series_matches_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": 43, "name": "Sales"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001"}),
        json!({"kind": "disposition", "code": "sale", "label": "Sale", "category": "contact", "color": "#10B981", "is_conversion": true}),
    ];
    for (day, dials, answers, talk, conversions) in [
        ("01", 110, 68, 135, 18),
        ("02", 105, 71, 0, 16),
        ("05", 82, 55, 0, 15),
    ] {
        for number in 0..dials {
            let result = if number < answers { "answered" } else { "busy" };
            let sale = if number < conversions {
                Value::from("sale")
            } else {
                Value::Null
            };
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
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/telesales/time_series.json"))
    );
}

#[tokio::test]
async fn other_autocall_reports_match_the_contract_samples() {
    let test = TestApp::new().await;
    test.ingest(&sample_campaign()).await;
    for (report, sample) in [
        (
            "hangup",
            include_str!("../../src/reports/autocall/hangup.json"),
        ),
        ("dtmf", include_str!("../../src/reports/autocall/dtmf.json")),
        (
            "funnel",
            include_str!("../../src/reports/autocall/funnel.json"),
        ),
    ] {
        let answer = test
            .ok(&format!("/api/autocall/campaigns/5/reports/{report}"))
            .await;
        assert_eq!(answer.text(), wire(sample), "{report}");
    }
}

/// Attempts or calls of one campaign, N of them with a result, the others busy.
fn calls(
    kind: &str,
    name: &str,
    campaign: i64,
    at: &str,
    (all, answered): (usize, usize),
) -> Vec<Value> {
    let line = |number| {
        let result = if number < answered {
            "answered"
        } else {
            "busy"
        };
        json!({"kind": kind, "uuid": format!("{name}-{number}"), "campaign_id": campaign, "lead_id": campaign,
            "started_at": at, "result": result})
    };
    (0..all).map(line).collect()
}

#[tokio::test]
async fn comparison_matches_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines = Vec::new();
    for (id, name, answered) in [
        (5, "Renewal Q3", 6230),
        (8, "Cross-sell Q3", 5518),
        (12, "Win-back churned", 4892),
    ] {
        lines.push(json!({"kind": "autocall_campaign", "id": id, "name": name}));
        lines.push(
            json!({"kind": "autocall_lead", "id": id, "campaign_id": id, "phone": "0900000001"}),
        );
        let mut attempts = calls(
            "autocall_attempt",
            name,
            id,
            "2026-06-28T03:00:00Z",
            (10_000, answered),
        );
        attempts
            .iter_mut()
            .for_each(|attempt| attempt["attempt_number"] = 1.into());
        lines.append(&mut attempts);
    }
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/autocall/campaigns/comparison?campaign_ids=5,8,12")
        .await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/autocall/comparison.json"))
    );
    let reversed = test
        .data("/api/autocall/campaigns/comparison?campaign_ids=12,5,12&metric=transfer_rate_pct")
        .await;
    assert_eq!(
        reversed[0],
        json!({"campaign_id": 12, "campaign_name": "Win-back churned", "metric_value": "0.00"})
    );
    assert_eq!(
        reversed.as_array().map(Vec::len),
        Some(2),
        "duplicates are dropped, the order asked is kept"
    );
}

/// The samples show some of the 168 cells that the contract (sections 3 and 4) requires in full.
#[tokio::test]
async fn heatmaps_contain_the_sample_cells_among_all_168() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ];
    for (at, counts) in [
        ("2026-06-01T09:30:00+07:00", (156, 102)),
        ("2026-06-01T10:00:00+07:00", (178, 121)),
        ("2026-06-02T14:59:59+07:00", (201, 134)),
    ] {
        let mut attempts = calls("autocall_attempt", at, 1, at, counts);
        attempts
            .iter_mut()
            .for_each(|attempt| attempt["attempt_number"] = 1.into());
        lines.append(&mut attempts);
    }
    lines.append(&mut calls(
        "telesales_call",
        "call",
        1,
        "2026-06-01T09:15:00Z",
        (87, 56),
    ));
    test.ingest(&lines).await;
    for (path, sample) in [
        (
            "/api/autocall/campaigns/1/reports/heatmap?from=2026-06-01&to=2026-06-07",
            include_str!("../../src/reports/autocall/heatmap.json"),
        ),
        (
            "/api/telesales/reports/hour-dow-heatmap?date_from=2026-06-01&date_to=2026-06-07",
            include_str!("../../src/reports/telesales/hour_dow_heatmap.json"),
        ),
    ] {
        let cells = test.data(path).await;
        let cells = cells.as_array().expect("cells");
        let places: Vec<i64> = cells
            .iter()
            .map(|cell| {
                cell["day_of_week"].as_i64().expect("a day") * 24
                    + cell["hour"].as_i64().expect("an hour")
            })
            .collect();
        assert_eq!(places, (0..168).collect::<Vec<_>>());
        let sample: Value = serde_json::from_str(sample).expect("JSON");
        let texts: Vec<String> = cells.iter().map(Value::to_string).collect();
        for shown in sample["data"].as_array().expect("cells") {
            assert!(texts.contains(&shown.to_string()), "{shown}");
        }
    }
    let valued = test
        .data("/api/autocall/campaigns/1/reports/heatmap?metric=answer_rate_pct")
        .await;
    assert!(
        valued
            .as_array()
            .expect("cells")
            .iter()
            .all(|cell| cell["value"] == cell["answer_rate_pct"])
    );
}

/// Calls of one agent or caller ID: N answered with the given talk and wrap time, N rejected, the
/// rest busy.
struct Calls {
    name: &'static str,
    dials: usize,
    answers: usize,
    conversions: usize,
    short: usize,
    rejected: usize,
    handling_sec: usize,
    today: usize,
}

impl Calls {
    fn lines(&self, agent: i64, cid: &str) -> Vec<Value> {
        let line = |number: usize| {
            let result = match number {
                at if at < self.answers => "answered",
                at if at < self.answers + self.rejected => "rejected",
                _ => "busy",
            };
            // Short answers first; the last answer gets the remainder of the sum.
            let long = (self.handling_sec - 5 * self.short) / (self.answers - self.short);
            let rest = self.handling_sec - 5 * self.short - long * (self.answers - self.short - 1);
            let talk = match number {
                at if at < self.short => 5,
                at if at + 1 < self.answers => long,
                at if at + 1 == self.answers => rest,
                _ => 0,
            };
            let sale = if number < self.conversions {
                json!("sale")
            } else {
                Value::Null
            };
            let at = if number < self.today {
                "2026-06-30T07:00:00Z"
            } else {
                "2026-06-05T09:00:00Z"
            };
            json!({"kind": "telesales_call", "uuid": format!("{}-{number}", self.name), "campaign_id": 43, "lead_id": 1, "agent_id": agent,
                "cid": cid, "started_at": at, "result": result, "talk_sec": talk, "disposition": sale})
        };
        (0..self.dials).map(line).collect()
    }
}

fn telesales_basics() -> Vec<Value> {
    vec![
        json!({"kind": "telesales_campaign", "id": 43, "name": "Sales", "created_at": "2026-05-01"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001", "created_at": "2026-05-01"}),
        json!({"kind": "agent", "id": 3, "name": "Nguyen Van A", "username": "agent01"}),
        json!({"kind": "agent", "id": 4, "name": "Tran Thi B", "username": "agent02"}),
        json!({"kind": "disposition", "code": "sale", "label": "Sale Success", "category": "contact", "color": "#10B981", "is_conversion": true}),
        json!({"kind": "disposition", "code": "no_answer", "label": "No Answer", "category": "no_contact", "color": "#6B7280"}),
    ]
}

/// The older sample rows divide conversions by dials (18.42, 15.71). The contract's `conv_rate`
/// divides by answers, as their own field table does: 28.57 and 25.58. All else equals the sample.
#[tokio::test]
async fn agent_and_caller_id_rows_match_the_contract_samples() {
    let test = TestApp::new().await;
    let a = Calls {
        name: "a",
        dials: 152,
        answers: 98,
        conversions: 28,
        short: 28,
        rejected: 2,
        handling_sec: 98 * 191,
        today: 0,
    };
    let b = Calls {
        name: "b",
        dials: 140,
        answers: 86,
        conversions: 22,
        short: 0,
        rejected: 0,
        handling_sec: 86 * 176,
        today: 0,
    };
    let mut lines = telesales_basics();
    lines.extend(
        a.lines(3, "0911111111")
            .into_iter()
            .chain(b.lines(4, "0911111111")),
    );
    test.ingest(&lines).await;
    let window = "campaign_id=43&date_from=2026-06-01&date_to=2026-06-30";
    let agents = test
        .ok(&format!(
            "/api/telesales/reports/agent-performance?{window}"
        ))
        .await;
    assert_eq!(
        agents.text(),
        wire(include_str!(
            "../../src/reports/telesales/agent_performance.json"
        ))
    );

    let test = TestApp::new().await;
    let line = Calls {
        name: "c",
        dials: 152,
        answers: 98,
        conversions: 0,
        short: 28,
        rejected: 2,
        handling_sec: 98 * 121,
        today: 87,
    };
    let mut lines = telesales_basics();
    lines.push(json!({"kind": "caller_id", "cid": "0900000012", "display_name": "Sales Line 1", "carrier": "viettel", "cli_type": "fixed_02x"}));
    lines.extend(line.lines(3, "0900000012"));
    test.ingest(&lines).await;
    let health = test
        .ok("/api/telesales/reports/caller-id-health?date_from=2026-06-01&date_to=2026-06-30")
        .await;
    assert_eq!(
        health.text(),
        wire(include_str!(
            "../../src/reports/telesales/caller_id_health.json"
        ))
    );
}

/// The sample shows two of several dispositions, with shares (30.45, 25.00) of a sum that it does
/// not show. The contract's shares are of the calls with a disposition and add up to 100.00, so
/// these two alone are 54.91 and 45.09.
#[tokio::test]
async fn dispositions_match_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines = telesales_basics();
    for (code, count) in [("no_answer", 95), ("sale", 78)] {
        lines.extend((0..count).map(|number| {
            json!({"kind": "telesales_call", "uuid": format!("{code}-{number}"), "campaign_id": 43, "lead_id": 1,
            "started_at": "2026-06-05T09:00:00Z", "result": "answered", "disposition": code})
        }));
    }
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/telesales/reports/disposition-breakdown?campaign_id=43&date_from=2026-06-01&date_to=2026-06-30")
        .await;
    assert_eq!(
        answer.text(),
        wire(include_str!(
            "../../src/reports/telesales/disposition_breakdown.json"
        ))
    );
}

#[tokio::test]
async fn funnel_matches_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines: Vec<Value> = telesales_basics()
        .into_iter()
        .filter(|line| line["kind"] != "telesales_lead")
        .collect();
    for lead in 1..=487 {
        lines.push(json!({"kind": "telesales_lead", "id": lead, "campaign_id": 43, "phone": "0900000001", "created_at": "2026-06-01"}));
        if lead <= 312 {
            let result = if lead <= 248 { "answered" } else { "no_answer" };
            let disposition = match lead {
                ..=78 => json!("sale"),
                79..=290 => json!("no_answer"),
                _ => Value::Null,
            };
            lines.push(json!({"kind": "telesales_call", "uuid": format!("c{lead}"), "campaign_id": 43, "lead_id": lead, "started_at": "2026-06-05T09:00:00Z",
                "result": result, "talk_sec": if lead <= 198 { 31 } else { 30 }, "disposition": disposition}));
        }
    }
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/telesales/reports/funnel?campaign_id=43&date_from=2026-06-01&date_to=2026-06-30")
        .await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../src/reports/telesales/funnel.json"))
    );
}

#[tokio::test]
async fn lead_sources_match_the_contract_sample() {
    let test = TestApp::new().await;
    let mut lines = telesales_basics();
    let mut lead = 1000;
    for (source, leads, dialed, contacted, converted) in [
        (json!("facebook_lead_ads"), 240, 230, 152, 62),
        (Value::Null, 5, 3, 2, 0),
    ] {
        for number in 0..leads {
            lead += 1;
            lines.push(json!({"kind": "telesales_lead", "id": lead, "campaign_id": 43, "phone": "0900000001", "source": source, "created_at": "2026-06-03"}));
            if number < dialed {
                let result = if number < contacted {
                    "answered"
                } else {
                    "no_answer"
                };
                let sale = if number < converted {
                    json!("sale")
                } else {
                    Value::Null
                };
                lines.push(
                    json!({"kind": "telesales_call", "uuid": format!("c{lead}"), "campaign_id": 43, "lead_id": lead,
                    "started_at": "2026-06-05T09:00:00Z", "result": result, "disposition": sale}),
                );
            }
        }
    }
    test.ingest(&lines).await;
    let answer =
        test.ok("/api/telesales/reports/lead-source-attribution?date_from=2026-06-01&date_to=2026-06-30").await;
    assert_eq!(
        answer.text(),
        wire(include_str!(
            "../../src/reports/telesales/lead_source_attribution.json"
        ))
    );
}

/// The sample prints times without a zone. The contract prints them as ISO 8601 and adds three keys
/// after `breached`.
#[tokio::test]
async fn abandon_rate_matches_the_contract_sample() {
    let test = TestApp::at("2026-06-09T02:31:14Z".parse().expect("an instant")).await;
    let lines = [
        json!({"kind": "telesales_campaign", "id": 43, "name": "Outbound Sales Q3-2026 03"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 43, "phone": "0900000001"}),
        json!({"kind": "telesales_call", "uuid": "c", "campaign_id": 43, "lead_id": 1, "started_at": "2026-06-01", "result": "answered"}),
    ];
    test.ingest(&lines).await;
    let answer = test
        .ok("/api/telesales/reports/abandon-rate?campaign_id=43")
        .await;
    assert_eq!(
        answer.text(),
        wire(include_str!(
            "../../src/reports/telesales/abandon_rate.json"
        ))
    );
}
