//! Several instances, changes of the clock, and servers that are killed: each run once.

use std::collections::BTreeMap;
use std::time::Duration;

use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{SCHEDULES, Schedules, path, work};
use crate::support::program::{Program, eventually};
use crate::support::{TENANT, TestApp};
use crate::webhooks::hooks::Hooks;
use crate::webhooks::instances::instance;
use crate::webhooks::receiver::{Receiver, Reply};

/// The runs that a receiver was told of, each with the number of its deliveries.
fn told(receiver: &Receiver) -> BTreeMap<String, usize> {
    let ids: BTreeMap<String, String> = receiver
        .seen()
        .iter()
        .map(|seen| {
            let run = seen.json()["data"]["job_id"]
                .as_str()
                .expect("a run")
                .to_owned();
            (seen.id().to_owned(), run)
        })
        .collect();
    let mut told = BTreeMap::new();
    for run in ids.into_values() {
        *told.entry(run).or_default() += 1;
    }
    told
}

/// Waits until no schedule is due at the time of the clock.
async fn all_are_planned(hooks: &Hooks) {
    let now = hooks.app.clock.now().to_rfc3339();
    let due = format!("select to_jsonb(count(*)) from schedules where next_run_at <= '{now}'");
    hooks
        .until("all are planned", async || {
            hooks.test.query(TENANT, &due).await == [json!(0)]
        })
        .await;
}

#[tokio::test]
async fn each_due_time_is_run_once_by_several_instances_over_changes_of_the_clock() {
    let test = Schedules::new().await;
    let hooks = &test.hooks;
    // Half past two does not exist on one day, and is repeated on another.
    let zones = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Ho_Chi_Minh",
    ];
    let mut made = Vec::new();
    for zone in zones {
        for day in ["02:30", "01:45"] {
            made.push(
                test.create(&json!({"at": {"time": day, "timezone": zone}}))
                    .await,
            );
        }
    }
    let start = hooks.app.clock.now();
    let workers = [
        work(&hooks.app),
        work(&instance(hooks).await),
        work(&instance(hooks).await),
    ];
    for _ in 0..40 {
        // Sometimes days pass while nothing looks.
        hooks.pass(TimeDelta::hours(229));
        // No run is made for what is past by more than the time for which runs are kept.
        all_are_planned(hooks).await;
    }
    let end = hooks.app.clock.now();
    hooks
        .until("all are finished", async || {
            let open = "select to_jsonb((select count(*) from schedule_runs where status in ('queued', 'running'))
                        + (select count(*) from schedules where next_run_at <= '{end}'))";
            let open = open.replace("{end}", &end.to_rfc3339());
            hooks.test.query(TENANT, &open).await == [json!(0)]
        })
        .await;
    drop(workers);
    for schedule in &made {
        let id = &schedule["id"];
        let runs = hooks
            .test
            .query(TENANT, &format!("select to_jsonb(r) from schedule_runs r where schedule_id = {id} order by due_at"))
            .await;
        let due: Vec<DateTime<Utc>> = runs
            .iter()
            .map(|run| {
                run["due_at"]
                    .as_str()
                    .expect("text")
                    .parse()
                    .expect("an instant")
            })
            .collect();
        // A local day each, from the first to the last, without a gap.
        let days = (end - start).num_days();
        let count = i64::try_from(due.len()).expect("small");
        assert!((count - days).abs() <= 1, "{count} runs in {days} days");
        for pair in due.windows(2) {
            let hours = (pair[1] - pair[0]).num_minutes();
            assert!((22 * 60..=26 * 60).contains(&hours), "{pair:?}");
        }
        for run in runs {
            assert!(
                ["delivered", "skipped"].contains(&run["status"].as_str().expect("text")),
                "{run}"
            );
        }
    }
}

#[tokio::test]
async fn each_run_is_delivered_once_when_servers_are_killed() {
    let test = TestApp::at(Clock::System.now()).await;
    let program = Program::beside(&test)
        .with("CALLBOARD_WEBHOOK_ALLOW", "127.0.0.0/8")
        .with("CALLBOARD_RATE_LIMIT", "off");
    let receiver = Receiver::start().await;
    receiver.always(Reply::Late(204, Duration::from_millis(5)));
    let mut server = program.serve().await;
    let client = crate::support::Client::new(server.url.clone(), test.token.clone());
    let hook = json!({"url": receiver.url(), "events": ["webhook.test"]});
    let hook = client
        .send(client.post("/api/webhooks").json(&hook))
        .await
        .json()["data"]
        .take();
    let wanted = json!({"name": "Daily", "report": "telesales.dashboard", "window": "yesterday",
        "at": {"time": "07:30", "timezone": "UTC"}, "deliver": {"webhook": hook["id"]}});
    let mut made = Vec::new();
    for _ in 0..10 {
        let answer = client.send(client.post(SCHEDULES).json(&wanted)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        made.push(answer.json()["data"].take());
    }
    let yesterday = "update schedules set next_run_at = next_run_at - interval '1 day'";
    test.execute(TENANT, yesterday).await;
    for delivered in [1, 4] {
        eventually("some are delivered", async || receiver.count() >= delivered).await;
        server.kill().await;
        // The lease of what it held ends.
        let over = "update schedule_runs set leased_until = now() where leased_until is not null";
        test.execute(TENANT, over).await;
        server = program.serve().await;
    }
    eventually("all are delivered", async || {
        told(&receiver).len() == made.len()
    })
    .await;
    assert!(
        told(&receiver).values().all(|count| *count == 1),
        "{:?}",
        told(&receiver)
    );
    let client = crate::support::Client::new(server.url.clone(), test.token.clone());
    for schedule in &made {
        let runs: Value = client.data(&format!("{}/runs", path(schedule))).await;
        let runs = runs.as_array().expect("runs");
        assert_eq!(runs.len(), 1, "{runs:#?}");
        assert_eq!(runs[0]["status"], "delivered");
    }
    server.stop().await;
}
