//! Events of attempts.

use serde_json::json;

use super::{LEAD, attempt, body, deliveries, lead, names, seconds_ago, take, world};

#[tokio::test]
async fn each_change_of_an_attempt_is_an_event_once() {
    let test = world(&[&["*"]]).await;
    let started = attempt("a", json!({}));
    for _ in 0..2 {
        test.ingest(std::slice::from_ref(&started)).await;
    }
    assert_eq!(names(&test).await, ["call.initiated"]);

    let answered = attempt("a", json!({"answered_at": seconds_ago(50), "dtmf": "12"}));
    for _ in 0..2 {
        test.ingest(std::slice::from_ref(&answered)).await;
    }
    let pressed = ["lead.dtmf_pressed 1@1", "lead.dtmf_pressed 2@2"];
    assert_eq!(
        names(&test).await,
        ["call.answered", pressed[0], pressed[1]]
    );

    let ended = json!({"answered_at": seconds_ago(50), "ended_at": seconds_ago(5), "result": "answered", "dtmf": "129",
        "transfer": "queued"});
    for _ in 0..2 {
        test.ingest(&[attempt("a", ended.clone())]).await;
    }
    assert_eq!(
        names(&test).await,
        ["lead.dtmf_pressed 9@3", "call.completed"]
    );

    let mut connected = ended.clone();
    connected["transfer"] = json!("connected");
    for line in [attempt("a", connected), started, answered] {
        test.ingest(&[line]).await; // the last two are less complete and change nothing
    }
    assert_eq!(names(&test).await, ["call.transferred"]);
}

#[tokio::test]
async fn a_key_is_compared_place_by_place() {
    let test = world(&[&["autocall.lead.dtmf_pressed"]]).await;
    for (dtmf, expected) in [
        ("123", &["1@1", "2@2", "3@3"] as &[&str]),
        ("193", &["9@2"]),
        ("1", &[]),
        ("1*#", &["*@2", "#@3"]),
    ] {
        test.ingest(&[attempt("a", json!({"dtmf": dtmf}))]).await;
        let expected: Vec<String> = expected
            .iter()
            .map(|key| format!("lead.dtmf_pressed {key}"))
            .collect();
        assert_eq!(names(&test).await, expected, "{dtmf}");
    }
}

#[tokio::test]
async fn a_result_answered_without_an_instant_is_an_answer() {
    let test = world(&[&["*"]]).await;
    test.ingest(&[attempt("a", json!({"result": "no_answer"}))])
        .await;
    assert_eq!(names(&test).await, ["call.initiated", "call.completed"]);
    test.ingest(&[attempt("a", json!({"result": "answered"}))])
        .await;
    assert_eq!(names(&test).await, ["call.answered"], "a correction");
}

/// A chunk keeps the last line of a row only.
#[tokio::test]
async fn lines_of_one_request_give_their_events_in_order_with_the_row_after_them() {
    let test = world(&[&["*"]]).await;
    let whole = json!({"answered_at": seconds_ago(50), "ended_at": seconds_ago(5), "result": "answered", "dtmf": "1#",
        "transfer": "connected", "billsec": 45, "agent_id": 5, "hangup_cause": "NORMAL_CLEARING", "caller_id": "028"});
    let lines = [
        lead(LEAD, "completed"),
        attempt("b", json!({})),
        attempt(
            "b",
            json!({"answered_at": seconds_ago(50), "dtmf": "1", "caller_id": "028"}),
        ),
        attempt("b", whole),
    ];
    test.ingest(&lines).await;
    let taken = take(&test).await;
    let expected = [
        "call.initiated",
        "call.answered",
        "lead.dtmf_pressed 1@1",
        "lead.dtmf_pressed #@2",
        "call.transferred",
        "call.completed",
        "lead.completed",
    ];
    assert_eq!(
        taken.iter().map(super::name).collect::<Vec<_>>(),
        expected,
        "the lead last"
    );
    for delivery in &taken {
        assert_eq!(delivery.subject.as_deref(), Some("lead:9"));
        let id = uuid::Uuid::parse_str(&delivery.id).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanos) = id.get_timestamp().expect("its time").to_unix();
        let millis = seconds.cast_signed() * 1000 + i64::from(nanos) / 1_000_000;
        assert_eq!(millis, delivery.created_at.timestamp_millis());
    }
    let call = &body(&test, &taken[0])["data"];
    assert_eq!(call["result"], "answered");
    assert_eq!(
        (&call["phone"], &call["phone_e164"]),
        (&json!("090 123 4567"), &json!("+84901234567"))
    );
    assert_eq!(body(&test, &taken[6])["data"]["total_attempts"], 1);
}

#[tokio::test]
async fn what_is_not_known_of_a_call_is_absent() {
    let test = world(&[&["autocall.call.*"]]).await;
    test.ingest(&[attempt("a", json!({}))]).await;
    let call = &body(&test, &deliveries(&test).await[0])["data"];
    let members: Vec<&String> = call.as_object().expect("data").keys().collect();
    let expected = [
        "uuid",
        "campaign_id",
        "lead_id",
        "phone",
        "phone_e164",
        "attempt_number",
        "caller_id",
        "started_at",
    ];
    assert_eq!(members, expected);
    assert_eq!(call["caller_id"], json!(null));
}

#[tokio::test]
async fn many_attempts_of_one_statement_keep_their_order() {
    let test = world(&[&["*"], &["autocall.call.*"]]).await;
    let lines: Vec<_> = (0..400)
        .map(|number| {
            attempt(
                &format!("n-{number}"),
                json!({"started_at": seconds_ago(800 - number), "result": "busy"}),
            )
        })
        .collect();
    test.ingest(&lines).await;
    let all = take(&test).await;
    assert_eq!(all.len(), 2 * 2 * 400);
    for webhook in [1, 2] {
        let own: Vec<_> = all
            .iter()
            .filter(|delivery| delivery.webhook == webhook)
            .collect();
        for (at, delivery) in own.iter().enumerate() {
            assert_eq!(delivery.data["uuid"], format!("n-{}", at / 2));
            let event = ["autocall.call.initiated", "autocall.call.completed"][at % 2];
            assert_eq!(delivery.event, event);
        }
    }
}
