//! Runs: what is delivered, made up, skipped and refused.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use callboard::auth::Role;
use callboard::auth::user;
use callboard::schedules::sweep;
use callboard::time::Clock;
use callboard::webhooks::event::catalogue;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{SCHEDULES, Schedules, path, work};
use crate::support::{Client, TENANT};
use crate::webhooks::events::bodies::shape;

/// The clock of a schedule that is due in an hour.
fn in_an_hour(now: DateTime<Utc>) -> Value {
    let due = now + TimeDelta::hours(1);
    json!({"time": due.format("%H:%M").to_string(), "timezone": "UTC"})
}

#[tokio::test]
async fn a_run_is_announced_with_the_file_that_the_report_gives() {
    let test = Schedules::new().await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let made = test
        .create(&json!({"at": in_an_hour(hooks.app.clock.now())}))
        .await;
    let _workers = (work(&hooks.app), hooks.work());
    hooks.pass(TimeDelta::minutes(61));
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(
        (&run["status"], &run["manual"]),
        (&json!("delivered"), &json!(false)),
        "{run}"
    );
    assert_eq!(run["due_at"], made["next_run_at"]);
    hooks
        .until("it is announced", async || test.receiver.count() == 1)
        .await;

    let event = test.receiver.seen()[0].json();
    assert_eq!(
        event["event"], "report.export.ready",
        "although only webhook.test is subscribed to"
    );
    let sample = catalogue::EVENTS
        .iter()
        .find(|known| event["event"] == known.name)
        .map(|known| serde_json::from_str(known.sample).expect("JSON"));
    assert_eq!(sample.as_ref().map(shape), Some(shape(&event)));
    let data = &event["data"];
    assert_eq!(
        (
            &data["job_id"],
            &data["schedule_id"],
            &data["schedule_name"],
            &data["window"]
        ),
        (
            &run["id"],
            &made["id"],
            &json!("Dashboard"),
            &json!("yesterday")
        )
    );
    let link = data["download_url"].as_str().expect("a link");
    let file = client.request(reqwest::Method::GET, link, None).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text());
    let export = "/api/telesales/reports/dashboard/export?format=csv&window=yesterday&timezone=UTC";
    assert_eq!(file.text(), client.ok(export).await.text());
    assert_eq!(run["bytes"], file.bytes.len());

    // The next one is a day later; the file goes after a week, the run after 90 days.
    let shown = client.data(&path(&made)).await;
    assert_eq!(shown["last_run"], run);
    let next = |schedule: &Value| {
        schedule["next_run_at"]
            .as_str()
            .and_then(|next| next.parse::<DateTime<Utc>>().ok())
    };
    assert_eq!(
        next(&shown),
        next(&made).map(|next| next + TimeDelta::days(1))
    );
    test.patch(&made, &json!({"active": false})).await;
    hooks.pass(TimeDelta::days(8));
    sweep::sweep(&hooks.app, false).await.expect("swept");
    assert_eq!(
        client
            .request(reqwest::Method::GET, link, None)
            .await
            .status,
        StatusCode::GONE
    );
    hooks.pass(TimeDelta::days(90));
    sweep::sweep(&hooks.app, false).await.expect("swept");
    assert_eq!(test.runs(&made).await, [Value::Null; 0]);
}

#[tokio::test]
async fn what_was_missed_is_made_up_once_for_the_latest_due_time() {
    let test = Schedules::new().await;
    let hooks = &test.hooks;
    let made = test
        .create(&json!({"at": in_an_hour(hooks.app.clock.now())}))
        .await;
    hooks.pass(TimeDelta::days(5));
    let _workers = work(&hooks.app);
    let runs = test.finished(&made, 5).await;
    let (last, older) = runs.split_last().expect("runs");
    assert_eq!(
        (&last["status"], &last["late"]),
        (&json!("delivered"), &json!(true)),
        "{last}"
    );
    for run in older {
        assert_eq!(
            (&run["status"], &run["late"]),
            (&json!("skipped"), &json!(false)),
            "{run}"
        );
    }
    let due = |run: &Value| {
        run["due_at"]
            .as_str()
            .expect("text")
            .parse::<DateTime<Utc>>()
            .expect("an instant")
    };
    for pair in runs.windows(2) {
        assert_eq!(due(&pair[1]) - due(&pair[0]), TimeDelta::days(1));
    }
}

#[tokio::test]
async fn a_run_has_the_permissions_of_its_maker_at_that_moment() {
    let test = Schedules::new().await;
    let hooks = &test.hooks;
    let token = hooks.test.user(TENANT, "maker", Role::Supervisor).await;
    let maker = Client::new(hooks.client.url.clone(), token);
    let _workers = work(&hooks.app);
    let mut stopped = Vec::new();
    for change in [
        "update users set role = 'agent' where username = 'maker'",
        "update users set role = 'supervisor', disabled_at = null where username = 'maker'",
    ] {
        let wanted = test.wanted(&json!({"at": in_an_hour(hooks.app.clock.now())}));
        let made = maker.send(maker.post(SCHEDULES).json(&wanted)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let made = made.json()["data"].take();
        hooks.test.execute(TENANT, change).await;
        if stopped.len() == 1 {
            user::disable(&hooks.test.app.db, TENANT, "maker", hooks.app.clock.now())
                .await
                .expect("disabled");
        }
        hooks.pass(TimeDelta::minutes(61));
        let run = test.finished(&made, 1).await.remove(0);
        assert_eq!(run["status"], "failed", "{run}");
        let shown = hooks.client.data(&path(&made)).await;
        assert_eq!(
            (&shown["active"], &shown["next_run_at"]),
            (&json!(false), &Value::Null)
        );
        stopped.push(run["error"].clone());
        let back = "update users set role = 'supervisor' where username = 'maker'";
        hooks.test.execute(TENANT, back).await;
    }
    assert_eq!(
        stopped,
        [
            "The maker of the schedule lacks the permission exports_manage.",
            "The maker of the schedule is disabled."
        ]
    );
    let audit = hooks
        .client
        .data("/api/audit?action=schedule.stopped")
        .await;
    assert_eq!(audit.as_array().expect("entries").len(), 2);
}

#[tokio::test]
async fn a_manual_run_moves_nothing() {
    let test = Schedules::new().await;
    let hooks = &test.hooks;
    let made = test.create(&json!({"active": false})).await;
    let ordered = hooks
        .post(&format!("{}/run", path(&made)), &json!({}))
        .await;
    assert_eq!(ordered.status, StatusCode::ACCEPTED, "{}", ordered.text());
    assert_eq!(ordered.json()["data"]["status"], "queued");
    let _workers = work(&hooks.app);
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(
        (&run["status"], &run["manual"]),
        (&json!("delivered"), &json!(true)),
        "{run}"
    );
    assert_eq!(
        hooks.client.data(&path(&made)).await["next_run_at"],
        Value::Null
    );
}

#[tokio::test]
async fn a_try_that_fails_is_repeated_by_the_plan_and_then_given_up() {
    let test = Schedules::new().await;
    let mut app = test.hooks.app.clone();
    // Nothing can be written where the directory of the files is a file.
    let files = tempfile::TempDir::new().expect("a directory");
    app.exports.store = callboard::store::Store::directory(files.path()).expect("a store");
    std::fs::remove_dir_all(files.path()).expect("removed");
    std::fs::write(files.path(), "").expect("a file");
    let made = test.create(&json!({"active": false})).await;
    test.hooks
        .post(&format!("{}/run", path(&made)), &json!({}))
        .await;
    let _workers = work(&app);
    for (tries, wait) in [(1, 1), (2, 5), (3, 30), (4, 0)] {
        let tried = format!(
            "select to_jsonb(count(*)) from schedule_runs where tries = {tries} and status <> 'running'"
        );
        test.hooks
            .until("a try", async || {
                test.hooks.test.query(TENANT, &tried).await == [json!(1)]
            })
            .await;
        test.hooks.pass(TimeDelta::minutes(wait));
    }
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "failed", "{run}");
    assert!(run["error"].is_string(), "{run}");
    std::fs::remove_file(files.path()).expect("removed");
    std::fs::create_dir(files.path()).expect("a directory");
}

#[tokio::test]
async fn an_export_of_a_campaign_is_made_as_when_it_is_ordered() {
    let test = Schedules::new().await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let started = (hooks.app.clock.now() - TimeDelta::days(1)).to_rfc3339();
    client
        .ingest(&[
            json!({"kind": "autocall_campaign", "id": 7, "name": "Renewal"}),
            json!({"kind": "autocall_lead", "id": 1, "campaign_id": 7, "phone": "0987654321"}),
            json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 7, "lead_id": 1, "attempt_number": 1,
                "started_at": started, "result": "no_answer"}),
        ])
        .await;
    let _workers = (work(&hooks.app), hooks.work());
    for (report, rows) in [("autocall.full", json!(1)), ("autocall.kpis", Value::Null)] {
        let params = json!({"campaign_id": 7, "compare": "previous_period"});
        let over = json!({"report": report, "params": params, "format": "xlsx", "active": false});
        let made = test.create(&over).await;
        hooks
            .post(&format!("{}/run", path(&made)), &json!({}))
            .await;
        let run = test.finished(&made, 1).await.remove(0);
        assert_eq!(
            (&run["status"], &run["rows"]),
            (&json!("delivered"), &rows),
            "{run}"
        );
    }
    hooks
        .until("both are announced", async || test.receiver.count() == 2)
        .await;
    for seen in test.receiver.seen() {
        let link = seen.json()["data"]["download_url"]
            .as_str()
            .expect("a link")
            .to_owned();
        let file = client.request(reqwest::Method::GET, &link, None).await;
        assert_eq!(file.status, StatusCode::OK, "{link}");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.bytes)).expect("a workbook");
        let sheets = book.sheet_names();
        let mut cells = Vec::new();
        for sheet in sheets {
            let range = book.worksheet_range(&sheet).expect("cells");
            cells.extend(range.cells().map(|(_, _, cell)| cell.to_string()));
        }
        let is_compared = cells.iter().any(|cell| cell.ends_with("(previous)"));
        assert!(is_compared, "{link}");
    }
}

#[tokio::test]
async fn a_file_that_no_run_refers_to_is_swept_and_others_stay() {
    let test = Schedules::new().await;
    let hooks = &test.hooks;
    let made = test.create(&json!({"active": false})).await;
    hooks
        .post(&format!("{}/run", path(&made)), &json!({}))
        .await;
    let workers = work(&hooks.app);
    let run = test.finished(&made, 1).await.remove(0);
    drop(workers);
    let of_tenant = hooks.test.files.path().join(TENANT.to_string());
    let of_run = of_tenant.join(run["id"].as_str().expect("an id"));
    let left = of_run.join("0123456789abcdef0123456789abcdef.csv");
    let young = of_run.join("fedcba9876543210fedcba9876543210.csv");
    for file in [&left, &young] {
        std::fs::write(file, "x").expect("written");
    }
    let files = || std::fs::read_dir(&of_run).expect("a folder").flatten();
    let age = std::time::SystemTime::now() - std::time::Duration::from_secs(3700);
    for file in files().filter(|file| file.path() != young) {
        let file = std::fs::File::options().append(true).open(file.path());
        file.expect("a file").set_modified(age).expect("aged");
    }
    assert_eq!(files().count(), 3);
    // File times come from the system clock.
    let mut now = hooks.app.clone();
    now.clock = Clock::System;
    sweep::sweep(&now, false).await.expect("swept");
    assert!(left.exists(), "only a pass over the whole store finds it");
    sweep::sweep(&now, true).await.expect("swept");
    assert!(!left.exists());
    assert_eq!(files().count(), 2, "the run's own, and the young one");
}

#[tokio::test]
async fn a_list_of_calls_is_made_as_it_is_downloaded_and_is_in_the_audit_log() {
    let test = Schedules::new().await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let over =
        json!({"report": "telesales.calls", "params": {"result": "answered"}, "active": false});
    let made = test.create(&over).await;
    hooks
        .post(&format!("{}/run", path(&made)), &json!({}))
        .await;
    let _workers = (work(&hooks.app), hooks.work());
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(
        (&run["status"], &run["rows"]),
        (&json!("delivered"), &json!(1)),
        "{run}"
    );
    hooks
        .until("it is announced", async || test.receiver.count() == 1)
        .await;
    let entries = client.data("/api/audit?action=calls.downloaded").await;
    let entry = &entries[0];
    assert_eq!(
        entry["changes"]["run"],
        json!([null, run["id"]]),
        "{entries}"
    );
    assert_eq!(entry["changes"]["rows"], json!([null, "1"]));
    assert_eq!(entry["changes"]["result"], json!([null, "answered"]));
    let link = test.receiver.seen()[0].json()["data"]["download_url"].take();
    let link = link.as_str().expect("a link");
    let file = client.request(reqwest::Method::GET, link, None).await;
    let export =
        "/api/telesales/calls/export?format=csv&window=yesterday&timezone=UTC&result=answered";
    assert_eq!(file.text(), client.ok(export).await.text());
}
