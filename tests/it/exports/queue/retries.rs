//! Attempts at a job: counted, repeated after outages of the store, given up.

use callboard::exports::{queue, worker};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{PACE, lease_runs_out, until, with_attempts};
use crate::exports::{june, order, settle, show};
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn a_job_fails_with_a_message_after_its_last_attempt() {
    let test = with_attempts(1).await;
    let id = order(&test, &june("full", "csv")).await;
    for _ in 0..3 {
        queue::claim(&test.app.db, PACE.lease, test.app.clock.now())
            .await
            .expect("a queue")
            .expect("a job");
        assert!(
            queue::claim(&test.app.db, PACE.lease, test.app.clock.now())
                .await
                .expect("a queue")
                .is_none(),
            "it is taken"
        );
        lease_runs_out(&test, &id).await;
    }
    settle(&test.app).await;
    let failed = show(&test, &id).await;
    assert_eq!(
        failed["error"],
        "Given up after 3 tries: each time the server stopped while it made the file."
    );
    assert_eq!(
        test.query(
            TENANT,
            "select to_jsonb(completed_at is not null) from exports"
        )
        .await,
        [json!(true)]
    );
}

async fn next(test: &TestApp) {
    assert!(
        worker::next(&test.app, &CancellationToken::new())
            .await
            .expect("a queue"),
        "there was no job"
    );
}

async fn tries(test: &TestApp) -> Value {
    test.query(
        TENANT,
        "select to_jsonb(tries) from exports order by created_at desc, id limit 1",
    )
    .await
    .remove(0)
}

#[tokio::test]
async fn a_store_outage_costs_a_job_no_attempt() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    let away = dir.with_extension("away");
    let id = order(&test, &june("kpis", "csv")).await;
    std::fs::rename(&dir, &away).expect("taken away");
    for _ in 0..5 {
        next_now(&test).await;
        assert_eq!(
            (show(&test, &id).await["status"].clone(), tries(&test).await),
            (json!("queued"), json!(0))
        );
    }
    std::fs::rename(&away, &dir).expect("put back");
    settle(&test.app).await;
    until(&test, &id, "ready").await;
    assert_eq!(
        test.query(TENANT, "select to_jsonb(outage_since is null) from exports")
            .await,
        [json!(true)]
    );
}

#[tokio::test]
async fn a_job_fails_with_a_message_after_a_day_of_store_outage() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    let id = order(&test, &june("kpis", "csv")).await;
    std::fs::remove_dir_all(&dir).expect("removed");
    std::fs::write(&dir, "no directory").expect("written");
    for (hours, status) in [("1", "queued"), ("23.9", "queued"), ("24.1", "failed")] {
        next(&test).await;
        let since = format!("update exports set outage_since = now() - interval '{hours} hours'");
        test.execute(TENANT, &since).await;
        next_now(&test).await;
        assert_eq!(show(&test, &id).await["status"], status, "{hours}");
    }
    let error = show(&test, &id).await["error"].clone();
    assert_eq!(
        error,
        "Given up after a day. The place where finished files are kept could not be reached."
    );
    std::fs::remove_file(&dir).expect("removed");
}

/// Runs the next job, like [`next`], ignoring its back-off.
async fn next_now(test: &TestApp) {
    test.execute(TENANT, "update exports set wait_until = null")
        .await;
    next(test).await;
    test.execute(TENANT, "update exports set wait_until = null")
        .await;
}

#[tokio::test]
async fn retries_back_off_during_a_store_outage() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    order(&test, &june("kpis", "csv")).await;
    std::fs::remove_dir_all(&dir).expect("removed");
    std::fs::write(&dir, "no directory").expect("written");
    let mut pauses = Vec::new();
    for minutes in ["0", "1", "600"] {
        test.execute(
            TENANT,
            &format!("update exports set outage_since = now() - interval '{minutes} min', wait_until = null"),
        )
        .await;
        next(&test).await;
        let pause = "select to_jsonb(round(extract(epoch from wait_until - now()))) from exports";
        pauses.push(
            test.query(TENANT, pause).await[0]
                .as_f64()
                .expect("seconds"),
        );
    }
    assert!(
        pauses[0] <= 0.0 && (5.0..=15.0).contains(&pauses[1]) && (50.0..=60.0).contains(&pauses[2]),
        "{pauses:?}"
    );
    std::fs::remove_file(&dir).expect("removed");
}
