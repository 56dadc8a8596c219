//! The AutoCall samples.

use serde_json::{Value, json};

use super::{calls, wire};
use crate::support::{NOW, TestApp};

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

#[tokio::test]
async fn kpis_match_the_contract_sample() {
    let test = TestApp::at("2026-06-30T08:00:00Z".parse().expect("an instant")).await;
    test.ingest(&sample_campaign()).await;
    let answer = test.ok("/api/autocall/campaigns/5/reports/kpis").await;
    assert_eq!(
        answer.text(),
        wire(include_str!("../../../src/reports/autocall/kpis.json"))
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
        wire(include_str!("../../../src/reports/autocall/trend.json"))
    );
}

#[tokio::test]
async fn other_autocall_reports_match_the_contract_samples() {
    let test = TestApp::new().await;
    test.ingest(&sample_campaign()).await;
    for (report, sample) in [
        (
            "hangup",
            include_str!("../../../src/reports/autocall/hangup.json"),
        ),
        (
            "dtmf",
            include_str!("../../../src/reports/autocall/dtmf.json"),
        ),
        (
            "funnel",
            include_str!("../../../src/reports/autocall/funnel.json"),
        ),
    ] {
        let answer = test
            .ok(&format!("/api/autocall/campaigns/5/reports/{report}"))
            .await;
        assert_eq!(answer.text(), wire(sample), "{report}");
    }
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
        wire(include_str!(
            "../../../src/reports/autocall/comparison.json"
        ))
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
