//! Rows at the limits of Postgres: extreme times, long texts, many rows, and none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use callboard::app::App;
use callboard::error::Error;
use callboard::reports;
use callboard::rollups::Comparison;
use callboard::rollups::compact;
use callboard::verify::{Question, Questions};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use super::sql::{NEIGHBOUR, equal_before_and_after_compaction, filled};
use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::database::{execute, uuid};
use crate::support::{Client, NOW, TENANT, TestApp, body, world};

/// Compares one request with an explicit window.
async fn compare_one_request(app: &TestApp, name: &str, path_id: Option<i64>, query: &str) {
    let report = reports::ALL
        .iter()
        .find(|report| report.path().ends_with(name))
        .expect("a report");
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    let now = NOW.parse().expect("an instant");
    let question = Question::of_report(report, path_id, query, now);
    match question.compare(&mut scope).await.expect("both answers") {
        Comparison::Same => {}
        other => panic!("{name}?{query}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_created_at_any_time_are_counted() {
    let app = filled(35).await;
    for table in ["autocall_leads", "telesales_leads"] {
        app.execute(
            TENANT,
            &format!(
                "alter table {table} drop constraint years_1_to_9999; -- as rows were stored before there was one
                 insert into {table} (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
                 select 1, 9000 + row_number() over (), 1, '1', '1', at
                 from unnest('{{1969-12-31 23:59:59.999999Z, 1969-12-31 23:45Z, 1969-12-31 23:44:59Z, 1960-02-29 00:00Z, 1900-01-01 00:15Z,
                               0001-01-01 00:00Z, 0001-01-01 12:00Z BC, 4714-11-24 00:00Z BC, -infinity, infinity, 9999-12-31 23:59:59Z, 60000-01-01 00:00Z,
                               294276-12-31 23:59:59Z}}'::timestamptz[]) at"
            ),
        )
        .await;
    }
    for when in ["in the journal", "compacted"] {
        assert_roll_ups_equal_raw_rows(&app, TENANT, 6, when).await;
        for (from, to) in [
            ("1969-12-31T23:45:00Z", "1970-01-01T00:00:00Z"),
            ("1969-12-31T20:00:00Z", "1969-12-31T23:45:00Z"),
            ("1960-02-28T22:10:00Z", "1960-02-29T00:00:00Z"),
            ("1960-02-29T00:00:00Z", "1960-03-12T03:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-09T00:00:00Z"),
            ("9999-12-01", "9999-12-31"),
        ] {
            compare_one_request(
                &app,
                "campaigns/{id}/reports/funnel",
                Some(1),
                &format!("from={from}&to={to}"),
            )
            .await;
            compare_one_request(
                &app,
                "telesales/reports/funnel",
                None,
                &format!("date_from={from}&date_to={to}"),
            )
            .await;
            let query =
                format!("date_from={from}&date_to={to}&timezone=Asia/Kolkata&campaign_id=1");
            compare_one_request(&app, "lead-source-attribution", None, &query).await;
            compare_one_request(&app, "telesales/reports/funnel", None, &query).await;
        }
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_longest_calls_do_not_overflow_sums() {
    let app = TestApp::new().await;
    app.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "created_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "caller_id", "cid": "1", "carrier": "other", "cli_type": "mobile"}),
    ])
    .await;
    app.execute(
        TENANT,
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec)
         select 1, n::text, 1, n, 1, '2026-06-02 10:05Z', 'answered', 2147483647 from generate_series(1, 100000) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, wrap_sec)
         select 1, n::text, 1, n, 1, '1', '2026-06-02 10:05Z', 'answered', 2147483647, 2147483647 from generate_series(1, 20000) n",
    )
    .await;
    for when in ["in the journal", "compacted", "written again", "rebuilt"] {
        let kpis = app
            .data("/api/autocall/campaigns/1/reports/kpis?from=2026-06-01&to=2026-06-03")
            .await;
        assert_eq!(
            kpis["total_talk_time_sec"], 214_748_364_700_000_i64,
            "{when}"
        );
        for query in [
            "date_from=2026-06-01&date_to=2026-06-03",
            "date_from=2026-06-02T10:01:00Z&date_to=2026-06-02T10:07:00Z",
        ] {
            for report in [
                "dashboard",
                "agent-performance",
                "caller-id-health",
                "time-series",
            ] {
                compare_one_request(&app, report, None, query).await;
            }
        }
        if when == "compacted" {
            app.execute(TENANT, "update telesales_calls set wrap_sec = 2147483646")
                .await;
        } else if when == "written again" {
            for module in callboard::rollups::Module::ALL {
                compact::mark_stale(&app.app.db, TENANT, module, None)
                    .await
                    .expect("noted");
            }
        }
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
    }
}

/// A text too long for an index entry.
#[tokio::test(flavor = "multi_thread")]
async fn texts_of_any_length_are_counted() {
    let app = filled(36).await;
    // Incompressible texts that differ only in the last character.
    let noise: String = (0..400).map(|_| uuid()).collect();
    let lines = (0..12).map(|n| {
        json!({"kind": "autocall_attempt", "uuid": format!("long-{n}"), "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": format!("2026-06-1{}T10:00:00Z", n % 4), "result": "answered", "hangup_cause": "short", "script_path": ["short", "end"]})
    });
    app.ingest(&lines.collect::<Vec<_>>()).await;
    let lead = json!({"kind": "telesales_lead", "id": 9001, "campaign_id": 1, "phone": "0987654321", "source": "short", "created_at": "2026-06-10T00:00:00Z"});
    let call = json!({"kind": "telesales_call", "uuid": "long", "campaign_id": 1, "lead_id": 9001, "started_at": "2026-06-10T01:00:00Z", "result": "answered"});
    app.ingest(&[lead, call]).await;
    app.execute(
        TENANT,
        &format!(
            "update telesales_calls set cid = '{noise}', disposition = '{noise}' where uuid = 'long';
             update telesales_leads set source = '{noise}' where id = 9001;
             update autocall_attempts set hangup_cause = '{noise}' || right(uuid, 1)::integer % 3,
                 script_path = array['{noise}' || right(uuid, 1)::integer % 3, 'end']
             where uuid like 'long-%'"
        ),
    )
    .await;
    equal_before_and_after_compaction(&app, TENANT, "with long texts").await;
    app.execute(
        TENANT,
        "update autocall_attempts set hangup_cause = left(hangup_cause, 12000), script_path = script_path || '{more}'",
    )
    .await;
    app.execute(TENANT, "delete from telesales_leads where id = 9001")
        .await;
    equal_before_and_after_compaction(&app, TENANT, "with other long texts").await;
    for module in callboard::rollups::Module::ALL {
        compact::mark_stale(&app.app.db, TENANT, module, None)
            .await
            .expect("noted");
    }
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 8, "rebuilt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_table_is_empty_in_every_report() {
    for table in [
        "autocall_attempts",
        "telesales_calls",
        "telesales_leads",
        "autocall_leads",
        "dispositions",
        "autocall_campaigns cascade",
    ] {
        let app = filled(37).await;
        let token = app.account(NEIGHBOUR).await;
        let lines = world::random(38, size(60, 60));
        app.ingest_as(&token, &lines).await;
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
        execute(
            app.app.db.unscoped().connect_options().as_ref(),
            format!("truncate {table}"),
        )
        .await;
        for tenant in [TENANT, NEIGHBOUR] {
            compare_with_raw(&app, tenant, 1, 40, &format!("{table} emptied")).await;
        }
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
        app.ingest_as(&token, &lines).await;
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
        for tenant in [TENANT, NEIGHBOUR] {
            equal_before_and_after_compaction(&app, tenant, &format!("{table} emptied and filled"))
                .await;
        }
    }
}

/// Compares in fresh snapshots, and retries after a deadlock.
async fn looks(app: App, seed: u64, same: Arc<AtomicUsize>) {
    for seed in seed.. {
        let mut scope = app.db.read(TENANT).await.expect("a scope");
        let Ok(mut chance) = Questions::load(&mut scope, seed, app.clock.now()).await else {
            continue;
        };
        for _ in 0..10 {
            // Only reports, which lock the tables they are compared by: an emptied table is empty in every snapshot.
            let Some(question) = chance.any_report() else {
                continue;
            };
            match question.compare(&mut scope).await {
                Ok(Comparison::Same) => same.fetch_add(1, Ordering::Relaxed),
                Ok(Comparison::Stale) => continue,
                Ok(Comparison::Different(two)) => panic!(
                    "{}\nrolled {}\nraw    {}",
                    two.question, two.rolled, two.raw
                ),
                Err(Error::Unavailable(_)) => break,
                Err(failure) => panic!("{failure:?}"),
            };
        }
    }
}

/// Concurrent statements wait or fail with a deadlock, and none sees a partial truncate.
#[tokio::test(flavor = "multi_thread")]
async fn truncate_beside_readers_and_writers_is_atomic() {
    let app = filled(39).await;
    let same = Arc::<AtomicUsize>::default();
    let mut side = JoinSet::new();
    let (client, lines) = (
        Client::new(app.url.clone(), app.token.clone()),
        world::random(39, size(60, 60)),
    );
    side.spawn(async move {
        loop {
            let status = client.ingest_text(body(&lines)).await.status.as_u16();
            assert!([200, 503].contains(&status), "{status}");
        }
    });
    let db = app.app.db.clone();
    side.spawn(async move {
        loop {
            compact::compact(&db, TENANT)
                .await
                .expect("a compactor never fails");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    for seed in [1_000, 2_000] {
        side.spawn(looks(app.app.clone(), seed, Arc::clone(&same)));
    }
    let options = app.app.db.unscoped().connect_options();
    let mut emptier = PgConnection::connect_with(options.as_ref())
        .await
        .expect("a connection");
    let mut emptied = 0;
    for number in 0..24 {
        let table = ["telesales_calls", "autocall_attempts", "telesales_leads"][number % 3];
        emptied += usize::from(
            emptier
                .execute(AssertSqlSafe(format!("truncate {table}")))
                .await
                .is_ok(),
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(ended) = side.try_join_next() {
            ended.expect("nobody ends");
        }
    }
    side.shutdown().await;
    let same = same.load(Ordering::Relaxed);
    eprintln!("emptied {emptied} times, {same} alike");
    assert!(
        emptied > 6 && same > 50,
        "emptied {emptied} times, {same} alike"
    );
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 1, "at last").await;
}
