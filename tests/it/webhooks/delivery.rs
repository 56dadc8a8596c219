//! Deliveries: order, retries, suspension, and what is shown of them.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::hooks::{Hooks, WEBHOOKS};
use super::receiver::{Receiver, Reply};

fn at(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("text").parse().expect("an instant")
}

#[tokio::test]
async fn an_event_is_delivered_and_recorded() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    let answer = [b"taken\0".as_slice(), b"\xFF", "é".repeat(1_000).as_bytes()].concat();
    receiver.always(Reply::Full(201, "x-any", "1".into(), answer));
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    hooks.all_are(webhook, "delivered", 1).await;

    let seen = receiver.seen();
    let [seen] = seen.as_slice() else {
        panic!("{} requests", seen.len())
    };
    assert_eq!(seen.path, "/hook");
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("x-callboard-event"), "autocall.lead.completed");
    assert_eq!(seen.header("x-callboard-delivery"), seen.id());
    assert_eq!(
        seen.header("x-callboard-timestamp"),
        seen.header("webhook-timestamp")
    );
    assert!(seen.header("user-agent").starts_with("Callboard/"));

    let delivery = hooks.deliveries(webhook).await.remove(0);
    assert_eq!(delivery["id"], seen.id());
    assert_eq!(delivery["attempts"], 1);
    assert_eq!(delivery["response_status"], 201);
    let kept = delivery["response_body"].as_str().expect("text");
    assert!(kept.starts_with("taken\u{FFFD}\u{FFFD}éé"), "{kept}");
    assert_eq!(kept.chars().count(), 7 + (1_024 - 7) / 2);
    assert_eq!(
        [&delivery["error"], &delivery["next_attempt_at"]],
        [&Value::Null; 2]
    );
    assert!(delivery["delivered_at"].is_string());
    let id = delivery["id"].as_str().expect("an id");
    let single = hooks
        .client
        .data(&format!("{WEBHOOKS}/{webhook}/deliveries/{id}"))
        .await;
    assert_eq!(single["body"], seen.json());
    let webhook = hooks.show(webhook).await;
    assert!(webhook["last_success_at"].is_string() && webhook["last_error"].is_null());
}

#[tokio::test]
async fn tries_follow_the_plan_over_a_day_and_then_the_delivery_has_failed() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.always(Reply::Status(500));
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    let mut first = None;
    for (tries, offset) in [
        (1, 30),
        (2, 300),
        (3, 1_800),
        (4, 7_200),
        (5, 21_600),
        (6, 43_200),
        (7, 86_400),
    ] {
        let delivery = hooks.tried(webhook, tries).await;
        assert_eq!(delivery["status"], "pending");
        assert_eq!(delivery["error"], "The receiver answered 500.");
        let now = hooks.app.clock.now();
        let first = *first.get_or_insert(now);
        let wait = (at(&delivery["next_attempt_at"]) - first).num_seconds();
        let range = offset * 9 / 10 - 1..=offset * 11 / 10;
        assert!(range.contains(&wait), "try {tries}: {wait} s");
        hooks.pass(at(&delivery["next_attempt_at"]) - now + TimeDelta::seconds(1));
    }
    let delivery = hooks.tried(webhook, 8).await;
    assert_eq!(
        [&delivery["status"], &delivery["next_attempt_at"]],
        [&json!("failed"), &Value::Null]
    );
    let seen = receiver.seen();
    assert!(seen.len() == 8 && seen.iter().all(|try_| try_.id() == seen[0].id()));

    receiver.always(Reply::Status(200));
    let id = seen[0].id();
    let replay = format!("{WEBHOOKS}/{webhook}/deliveries/{id}/replay");
    let answer = hooks.post(&replay, &json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    assert_eq!(answer.json()["data"]["status"], "pending");
    let delivery = hooks.tried(webhook, 9).await;
    assert_eq!(delivery["status"], "delivered");
    assert_eq!(receiver.seen()[8].id(), id);
}

#[tokio::test]
async fn a_replay_that_fails_is_no_try_of_the_plan() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.always(Reply::Status(503));
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.tried(webhook, 1).await;
    let path = format!(
        "{WEBHOOKS}/{webhook}/deliveries/{}/replay",
        delivery["id"].as_str().expect("an id")
    );
    hooks.post(&path, &json!({})).await;
    let delivery = hooks.tried(webhook, 2).await;
    assert_eq!(delivery["status"], "pending");
    let wait = (at(&delivery["next_attempt_at"]) - hooks.app.clock.now()).num_seconds();
    assert!(
        (25..=33).contains(&wait),
        "still the second try of the plan: {wait} s"
    );

    receiver.always(Reply::Status(200));
    hooks.post(&path, &json!({})).await;
    hooks.tried(webhook, 3).await;
    receiver.always(Reply::Status(503));
    hooks.post(&path, &json!({})).await;
    assert_eq!(
        hooks.tried(webhook, 4).await["status"],
        "failed",
        "it was at its end"
    );
}

#[tokio::test]
async fn failures_of_every_kind_are_tried_again_and_say_why() {
    let mut hooks = Hooks::new().await;
    hooks.app.webhooks.pace.timeout = Duration::from_millis(300);
    let (mut down, elsewhere) = (Receiver::start().await, Receiver::start().await);
    down.down();
    let redirect = Reply::Full(302, "location", elsewhere.url(), Vec::new());
    let cases = [
        (Reply::Hang, "No answer within 0.3 seconds."),
        (Reply::Truncate, "The connection failed: "),
        (
            redirect,
            "The receiver answered 302. Redirects are not followed.",
        ),
        (Reply::Status(404), "The receiver answered 404."),
    ];
    let mut webhooks = vec![(hooks.hook(&down.url()).await, "Could not connect: ")];
    let mut receivers = Vec::new();
    for (reply, error) in cases {
        let receiver = Receiver::start().await;
        receiver.reply(move |_, before| {
            if before == 0 {
                reply.clone()
            } else {
                Reply::Status(204)
            }
        });
        webhooks.push((hooks.hook(&receiver.url()).await, error));
        receivers.push(receiver);
    }
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    for (webhook, error) in &webhooks {
        let delivery = hooks.tried(*webhook, 1).await;
        let told = delivery["error"].as_str().expect("a reason");
        assert!(told.starts_with(error), "{told}");
        assert_eq!(hooks.show(*webhook).await["failures_in_a_row"], 1);
    }
    assert_eq!(elsewhere.count(), 0, "a redirect was followed");
    down.up().await;
    hooks.pass(TimeDelta::seconds(40));
    for (webhook, _) in &webhooks {
        hooks.all_are(*webhook, "delivered", 1).await;
        let shown = hooks.show(*webhook).await;
        assert_eq!(shown["failures_in_a_row"], 0);
        assert!(
            shown["last_error"].is_string(),
            "the last failure is still told"
        );
    }
}

#[tokio::test]
async fn retry_after_lengthens_a_wait() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    let date = hooks.app.clock.now() + TimeDelta::hours(2);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    receiver.reply(move |_, before| match before {
        0 => Reply::Full(429, "retry-after", "600".into(), Vec::new()),
        1 => Reply::Full(503, "retry-after", date.clone(), Vec::new()),
        _ => Reply::Status(200),
    });
    let _worker = hooks.work();
    let start = hooks.app.clock.now();
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.tried(webhook, 1).await;
    let wait = (at(&delivery["next_attempt_at"]) - start).num_seconds();
    assert!((599..=600).contains(&wait), "{wait}");
    hooks.pass(TimeDelta::seconds(601));
    let delivery = hooks.tried(webhook, 2).await;
    assert_eq!(
        (at(&delivery["next_attempt_at"]) - start).num_minutes(),
        119
    );
    hooks.pass(TimeDelta::hours(2));
    assert_eq!(hooks.tried(webhook, 3).await["status"], "delivered");
}

/// The first tries of each subject arrive in order although answers take different times, and a retry holds up nobody.
#[tokio::test]
async fn first_tries_of_a_lead_arrive_in_order_and_retries_hold_up_nobody() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    // The numbers of a lead ascend: lead 3 has 30, 31, …
    receiver.reply(|seen, _| {
        let number = u64::try_from(seen.number()).expect("positive");
        match number % 5 {
            0 => Reply::Status(500),
            other => Reply::Late(204, Duration::from_millis(5 * other)),
        }
    });
    let _worker = hooks.work();
    for number in 0..10 {
        let subjects: Vec<String> = (1..=8).map(|lead| format!("lead:{lead}")).collect();
        let events: Vec<(&str, i64)> = (1..)
            .zip(&subjects)
            .map(|(lead, subject)| (subject.as_str(), lead * 10 + number))
            .collect();
        hooks.events(&events).await;
    }
    // On a slow machine, retries come in between.
    let first_tries = || {
        let (mut seen, numbers) = (BTreeSet::new(), receiver.numbers());
        let firsts = numbers.into_iter().filter(|number| seen.insert(*number));
        firsts.collect::<Vec<i64>>()
    };
    hooks
        .until("every event was tried", async || first_tries().len() == 80)
        .await;
    for lead in 1..=8 {
        let mut of_lead = first_tries();
        of_lead.retain(|number| number / 10 == lead);
        assert_eq!(of_lead, (lead * 10..lead * 10 + 10).collect::<Vec<_>>());
    }
    receiver.always(Reply::Status(204));
    hooks.pass(TimeDelta::seconds(40));
    hooks.all_are(webhook, "delivered", 80).await;
    assert!(receiver.count() >= 96, "16 were tried twice");
}

#[tokio::test]
async fn a_slow_first_answer_holds_up_its_lead_alone() {
    let mut hooks = Hooks::new().await;
    hooks.app.webhooks.pace.timeout = Duration::from_secs(2);
    let receiver = Receiver::start().await;
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.reply(|seen, _| {
        if seen.number() == 1 {
            Reply::Hang
        } else {
            Reply::Status(204)
        }
    });
    let _worker = hooks.work();
    hooks
        .events(&[
            ("lead:1", 1),
            ("lead:1", 2),
            ("lead:2", 3),
            ("", 4),
            ("", 5),
        ])
        .await;
    hooks
        .until("all were tried", async || receiver.count() == 5)
        .await;
    let seen = receiver.seen();
    let place = |number| {
        seen.iter()
            .position(|seen| seen.number() == number)
            .expect("seen")
    };
    assert_eq!(
        place(2),
        4,
        "the next event of the lead is last: {:?}",
        receiver.numbers()
    );
    let waited = seen[place(2)].at - seen[place(1)].at;
    assert!(
        waited >= Duration::from_millis(1_900),
        "after the answer, or its time: {waited:?}"
    );
    assert_eq!(hooks.deliveries(webhook).await.len(), 5);
}

#[tokio::test]
async fn a_webhook_is_suspended_after_50_failures_over_an_hour_and_resumes() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.always(Reply::Status(500));
    let _worker = hooks.work();
    let events: Vec<(&str, i64)> = (0..60).map(|number| ("", number)).collect();
    hooks.events(&events).await;
    hooks
        .until("60 have failed", async || {
            hooks.show(webhook).await["failures_in_a_row"] == 60
        })
        .await;
    assert_eq!(
        hooks.show(webhook).await["status"],
        "active",
        "for less than an hour"
    );
    hooks.pass(TimeDelta::minutes(61));
    hooks
        .until("it is suspended", async || {
            hooks.show(webhook).await["status"] == "suspended"
        })
        .await;
    assert!(hooks.show(webhook).await["suspended_at"].is_string());
    hooks.events(&[("", 100)]).await;
    assert_eq!(
        hooks.deliveries(webhook).await.len(),
        60,
        "none is written while it is suspended"
    );

    let settled = Receiver::start().await;
    let answer = hooks
        .patch(webhook, &json!({"status": "active", "url": settled.url()}))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let shown = hooks.show(webhook).await;
    assert_eq!(
        [
            &shown["status"],
            &shown["failures_in_a_row"],
            &shown["suspended_at"]
        ],
        [&json!("active"), &json!(0), &Value::Null]
    );
    hooks.pass(TimeDelta::hours(1));
    hooks.all_are(webhook, "delivered", 60).await;
    assert_eq!(settled.count(), 60, "what was pending went to the new URL");
}

#[tokio::test]
async fn a_receiver_that_is_gone_suspends_at_once() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.always(Reply::Status(410));
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    hooks
        .until("it is suspended", async || {
            hooks.show(webhook).await["status"] == "suspended"
        })
        .await;
    let delivery = hooks.tried(webhook, 1).await;
    assert_eq!(delivery["status"], "pending", "it waits");
}

#[tokio::test]
async fn a_paused_webhook_keeps_what_is_pending_and_gets_nothing_new() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    hooks.events(&[("lead:1", 1)]).await;
    hooks.patch(webhook, &json!({"status": "paused"})).await;
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 2)]).await;
    let test = hooks
        .post(&format!("{WEBHOOKS}/{webhook}/test"), &json!({}))
        .await;
    assert_eq!(
        test.json()["data"]["status"],
        "delivered",
        "{}",
        test.text()
    );
    assert_eq!(receiver.count(), 1, "a test is sent");
    assert_eq!(receiver.seen()[0].json()["event"], "webhook.test");
    hooks.patch(webhook, &json!({"status": "active"})).await;
    hooks.all_are(webhook, "delivered", 2).await;
    assert_eq!(receiver.seen()[1].number(), 1);
}

#[tokio::test]
async fn a_test_tells_what_the_receiver_said() {
    let mut hooks = Hooks::new().await;
    hooks.app.webhooks.pace.timeout = Duration::from_millis(200);
    let client = hooks.test.changed(|app| *app = hooks.app.clone()).await;
    hooks.client = client;
    let receiver = Receiver::start().await;
    let webhook = hooks.hook(&receiver.url()).await;
    let path = format!("{WEBHOOKS}/{webhook}/test");
    for (reply, status, error) in [
        (Reply::Status(500), json!(500), "The receiver answered 500."),
        (Reply::Hang, Value::Null, "No answer within 0.2 seconds."),
    ] {
        receiver.always(reply);
        let answer = hooks.post(&path, &json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let delivery = answer.json()["data"].take();
        assert_eq!(
            [&delivery["status"], &delivery["response_status"]],
            [&json!("failed"), &status]
        );
        assert_eq!(delivery["error"], error);
        assert_eq!(delivery["body"]["data"]["webhook_id"], webhook);
    }
    assert_eq!(hooks.show(webhook).await["failures_in_a_row"], 2);
    receiver.always(Reply::Status(200));
    hooks.post(&path, &json!({})).await;
    assert_eq!(hooks.show(webhook).await["failures_in_a_row"], 0);
}

#[tokio::test]
async fn many_deliveries_are_replayed_oldest_first() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    let begin = hooks.app.clock.now() - TimeDelta::seconds(5);
    let worker = hooks.work();
    for number in 0..6 {
        hooks.events(&[("", number)]).await;
        hooks
            .all_are(
                webhook,
                "delivered",
                usize::try_from(number).expect("small") + 1,
            )
            .await;
    }
    drop(worker);
    let path = format!("{WEBHOOKS}/{webhook}/replay");
    let replay = async |body: Value| {
        let answer = hooks.post(&path, &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        answer.json()["data"].take()
    };
    assert_eq!(
        replay(json!({"from": begin})).await["replayed"],
        0,
        "none has failed"
    );
    let end = begin + TimeDelta::days(1);
    let window = json!({"from": begin, "to": end, "status": "delivered"});
    assert_eq!(
        replay(window).await,
        json!({"replayed": 6, "has_more": false})
    );
    let _worker = hooks.work();
    hooks.all_are(webhook, "delivered", 6).await;
    let seen: Vec<(i64, String)> = receiver
        .seen()
        .iter()
        .map(|seen| (seen.number(), seen.id().to_owned()))
        .collect();
    let mut again = seen[6..].to_vec();
    again.sort();
    assert_eq!(seen[..6], again);
}
