//! Values as they are stored: times, fractions, phones, integers.

use callboard::auth::Tenant;
use callboard::auth::tenant::Change;
use callboard::ingest::kind::Kind;
use serde_json::{Value, json};

use super::{one_of_each_kind, rows, send, tally};
use crate::support::{TENANT, TestApp};

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
