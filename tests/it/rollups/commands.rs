//! `callboard verify` finds a difference, and `callboard rebuild` mends it.

use std::time::Duration;

use callboard::db::Database;
use callboard::rollups::compact;

use super::{assert_roll_ups_equal_raw_rows, size};
use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp, body, world};

async fn filled() -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&world::random(61, size(300, 300))).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    app
}

/// Exit code and what was printed.
async fn verify(app: &TestApp) -> (Option<i32>, String) {
    let output = Program::beside(app)
        .run(&["verify", "--all", "--sample", "30", "--tenant", "1"])
        .await;
    (output.status.code(), words(&output.stdout))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_pool_can_compact() {
    let app = TestApp::new().await;
    app.ingest(&world::random(62, size(50, 50))).await;
    let db = Database::open_pools(
        app.app.db.unscoped().connect_options().as_ref().clone(),
        callboard::rollups::Edition::own().schema(),
        2,
    )
    .await
    .expect("opened");
    compact::compact_until_idle(&db).await.expect("compacted");
    let journal = "select count(*) from (select from autocall_attempts_journal union all select from telesales_calls_journal) j";
    let mut scope = db.read(TENANT).await.expect("a scope");
    let left: i64 = sqlx::query_scalar(journal)
        .fetch_one(scope.connection())
        .await
        .expect("a count");
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_differences_that_rebuild_fixes() {
    let app = filled().await;
    let (code, printed) = verify(&app).await;
    assert_eq!(
        (code, printed.contains(" 0 different")),
        (Some(0), true),
        "{printed}"
    );
    for (spoil, question, rebuild) in [
        (
            "update telesales_totals set answers = answers + 1 where width = 96",
            "/api/telesales/reports/dashboard?",
            vec![],
        ),
        (
            "delete from telesales_links where width = 96",
            "/api/telesales/reports/funnel?",
            vec!["--module", "telesales"],
        ),
        (
            "update autocall_totals set dialed = dialed + 1 where campaign_id = 2",
            "/api/autocall/campaigns/2/reports/kpis?",
            vec!["--module", "autocall", "--campaign", "2"],
        ),
        (
            "delete from telesales_totals where scope in (0, 2) and campaign_id = 3",
            "campaign_id=3",
            vec!["--module", "telesales", "--campaign", "3"],
        ),
        (
            "update autocall_links set answered = answered + 1 where width = 96 and later_width = 96 and bucket = later_bucket",
            "/api/autocall/campaigns/1/reports/funnel?",
            vec![],
        ),
        (
            "update autocall_lead_states set finished = finished + 1 where width = 96",
            "status_distribution",
            vec!["--module", "autocall"],
        ),
        (
            "delete from autocall_lead_states where scope = 0 and campaign_id = 3",
            "conversion_funnel",
            vec!["--module", "autocall", "--campaign", "3"],
        ),
    ] {
        app.execute(TENANT, spoil).await;
        let (code, printed) = verify(&app).await;
        assert_eq!(
            (code, printed.contains(question)),
            (Some(1), true),
            "{spoil}: {printed}"
        );
        Program::beside(&app)
            .ok(&[&["rebuild", "--tenant", "1"][..], &rebuild].concat(), "")
            .await;
        assert_roll_ups_equal_raw_rows(&app, TENANT, 1, spoil).await;
    }
}

/// Stale roll-ups are not read, so they are skipped by `verify`.
#[tokio::test(flavor = "multi_thread")]
async fn verify_exits_with_2_when_much_was_skipped() {
    let app = filled().await;
    for module in callboard::rollups::Module::ALL {
        compact::mark_stale(&app.app.db, TENANT, module, None)
            .await
            .expect("noted");
    }
    let (code, printed) = verify(&app).await;
    assert_eq!(
        (code, printed.contains(" 0 different")),
        (Some(2), true),
        "{printed}"
    );
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_eq!(verify(&app).await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_finishes_beside_writers_and_readers() {
    let app = filled().await;
    app.execute(
        TENANT,
        "update autocall_totals set dialed = 0; update telesales_totals set dials = 0",
    )
    .await;
    let lines = world::random(62, size(100, 100));
    let (db, url, token) = (app.app.db.clone(), app.url.clone(), app.token.clone());
    // Terms keep changing too, which marks roll-ups stale apart from the requested rebuild.
    let writer = tokio::spawn(async move {
        let client = crate::support::Client::new(url, token);
        loop {
            for lines in lines.chunks(20) {
                assert_eq!(client.ingest_text(body(lines)).await.status, 200);
                compact::mark_stale(&db, TENANT, callboard::rollups::Module::Telesales, None)
                    .await
                    .expect("noted");
            }
        }
    });
    let program = Program::beside(&app);
    let rebuilt = tokio::time::timeout(
        Duration::from_secs(60),
        program.ok(&["rebuild", "--tenant", "1"], ""),
    );
    assert_eq!(
        rebuilt.await.expect("an end"),
        "autocall: rebuilt\ntelesales: rebuilt\n"
    );
    writer.abort();
    let _ = writer.await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 2, "rebuilt").await;
}

#[tokio::test]
async fn rebuild_refuses_unknown_tenants_and_ambiguous_campaigns() {
    let app = TestApp::new().await;
    let program = Program::beside(&app);
    let printed = program.refused(&["rebuild", "--tenant", "7"], "").await;
    assert!(printed.contains("callboard: "), "{printed}");
    let output = program
        .run(&["rebuild", "--tenant", "1", "--campaign", "1"])
        .await;
    assert_eq!(output.status.code(), Some(2), "a campaign of which module?");
}
