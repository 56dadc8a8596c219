//! Term changes concurrent with compaction, in every relevant order of two transactions.

use callboard::db::Scope;
use callboard::rollups::compact;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::database;
use crate::support::{TENANT, TestApp, world};

const OTHER_KEYS: &str = r#"update autocall_scripts set dtmf_actions = '[{"digit": "9", "label": "x", "action_type": "hangup"}]' where id = 1"#;

async fn filled(seed: u64) -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&world::random(seed, size(400, 200))).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    app
}

async fn run(scope: &mut Scope, sql: &str) {
    scope
        .connection()
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn compact_and_compare(app: &TestApp, when: &str) {
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(app, TENANT, 1, when).await;
}

/// Neither transaction sees the other's writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_change_races_a_campaign_that_adopts_it() {
    for snapshot in [false, true] {
        let app = filled(41).await;
        let db = &app.app.db;
        app.execute(
            TENANT,
            "update autocall_campaigns set script_id = null where id = 2",
        )
        .await;
        compact_and_compare(&app, "no script").await;
        let mut editor = if snapshot {
            db.write_snapshot(TENANT).await
        } else {
            db.write(TENANT).await
        }
        .expect("a scope");
        run(&mut editor, OTHER_KEYS).await;
        app.execute(
            TENANT,
            "update autocall_campaigns set script_id = 1 where id = 2",
        )
        .await;
        compact_and_compare(&app, "by the keys as they still are").await;
        editor.commit().await.expect("committed");
        compare_with_raw(&app, TENANT, 2, 60, "by the keys as they are now").await;
        compact_and_compare(&app, "rebuilt").await;
    }
}

/// The script's writer read the campaigns before any used the script.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_change_from_an_old_snapshot_marks_campaigns_stale() {
    let app = filled(42).await;
    app.execute(TENANT, "update autocall_campaigns set script_id = null")
        .await;
    let mut editor = app.app.db.write_snapshot(TENANT).await.expect("a scope");
    run(&mut editor, "select from autocall_campaigns").await;
    app.execute(TENANT, "update autocall_campaigns set script_id = 1")
        .await;
    compact_and_compare(&app, "with the script").await;
    run(&mut editor, OTHER_KEYS).await;
    editor.commit().await.expect("committed");
    compare_with_raw(&app, TENANT, 2, 60, "with other keys").await;
    compact_and_compare(&app, "rebuilt").await;
}

/// A remaining stale mark counts even if a rebuild has just removed another.
#[tokio::test(flavor = "multi_thread")]
async fn a_term_change_during_a_rebuild_is_counted() {
    let app = filled(43).await;
    let mut late = app.app.db.write(TENANT).await.expect("a scope");
    run(
        &mut late,
        "update dispositions set is_conversion = not is_conversion",
    )
    .await;
    run(
        &mut late,
        "update tenants set settings = '{\"short_call_sec\": \"31\"}'",
    )
    .await;
    run(&mut late, "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, disposition) values (1, 'late', 1, 1, '2026-06-09Z', 'no')").await;
    app.execute(TENANT, "insert into dispositions (tenant_id, code, label, category, color, is_conversion) values (1, 'new', 'N', 'contact', '#000000', true)").await;
    compact_and_compare(&app, "by the terms as they still are").await;
    late.commit().await.expect("committed");
    let (_, stale) = compare_with_raw(&app, TENANT, 2, 40, "by the terms as they are now").await;
    assert!(stale > 0);
    compact_and_compare(&app, "rebuilt").await;
}

/// The invalid setting may come from another version or from manual SQL.
#[tokio::test(flavor = "multi_thread")]
async fn roll_ups_ignore_an_invalid_setting() {
    let app = filled(49).await;
    for setting in [
        "31", "soon", "99999", "-1", "", "+8.", ".5", "1_0", "1e1", "NaN",
    ] {
        app.execute(
            TENANT,
            &format!(r#"update tenants set settings = '{{"short_call_sec": "{setting}"}}'"#),
        )
        .await;
        compact_and_compare(&app, setting).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_moved_to_another_tenant_by_a_superuser_are_counted() {
    let app = filled(44).await;
    app.account(2).await;
    let Some(superuser) =
        database::as_superuser(app.app.db.unscoped().connect_options().as_ref()).await
    else {
        return;
    };
    database::execute(
        &superuser,
        "update dispositions set tenant_id = 2 where code = 'sale'".into(),
    )
    .await;
    compare_with_raw(&app, TENANT, 1, 60, "without it").await;
    compact_and_compare(&app, "rebuilt").await;
}

/// A new campaign with a script is read from raw rows until it is compacted, so many at once must
/// not keep the compactor busy for long.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_new_campaigns_are_built_in_one_pass() {
    let app = filled(45).await;
    let campaigns: Vec<_> = (100..1100)
        .map(|id| json!({"kind": "autocall_campaign", "id": id, "name": "C", "script_id": 1}))
        .collect();
    app.ingest(&campaigns).await;
    app.execute(
        TENANT,
        "update autocall_attempts set campaign_id = 100 + abs(hashtext(uuid)) % 1000 where abs(hashtext(uuid)) % 2 = 0",
    )
    .await;
    let began = std::time::Instant::now();
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    let took = began.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    let left: i64 = sqlx::query_scalar("select count(*) from rollup_stale")
        .fetch_one(scope.connection())
        .await
        .expect("a count");
    assert_eq!(left, 0);
    drop(scope);
    assert_roll_ups_equal_raw_rows(&app, TENANT, 2, "with a thousand campaigns").await;
}

/// Stale marks are merged: a statement over many rows leaves few.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_term_change_leaves_few_stale_marks() {
    let app = filled(46).await;
    app.execute(
        TENANT,
        "insert into dispositions (tenant_id, code, label, category, color, is_conversion)
         select 1, 'many-' || n, 'L', 'contact', '#000000', true from generate_series(1, 5000) n;
         update dispositions set is_conversion = not is_conversion",
    )
    .await;
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    let left: i64 = sqlx::query_scalar("select count(*) from rollup_stale")
        .fetch_one(scope.connection())
        .await
        .expect("a count");
    assert!((1..10).contains(&left), "{left}");
    drop(scope);
    compact_and_compare(&app, "rebuilt").await;
}

/// A failure for one module of a tenant delays neither other tenants nor its other module.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_module_of_one_tenant_delays_no_other() {
    let app = filled(47).await;
    let token = app.account(2).await;
    app.ingest_as(&token, &world::random(48, size(50, 50)))
        .await;
    app.execute(
        TENANT,
        "update autocall_attempts set billsec = 5; update telesales_calls set talk_sec = 5",
    )
    .await;
    let fails = "alter table autocall_totals add check (tenant_id <> 1 or dialed < 0) not valid";
    database::execute(
        app.app.db.unscoped().connect_options().as_ref(),
        fails.into(),
    )
    .await;
    let compactor = tokio::spawn(compact::run(
        app.app.db.clone(),
        std::time::Duration::from_millis(20),
    ));
    let began = std::time::Instant::now();
    loop {
        let mut left: i64 = 0;
        for (tenant, journal) in [
            (TENANT, "telesales_calls_journal"),
            (2, "telesales_calls_journal"),
            (2, "autocall_attempts_journal"),
        ] {
            let mut scope = app.app.db.read(tenant).await.expect("a scope");
            let count = AssertSqlSafe(format!("select count(*) from {journal}"));
            left += sqlx::query_scalar::<_, i64>(count)
                .fetch_one(scope.connection())
                .await
                .expect("a count");
        }
        if left == 0 {
            break;
        }
        assert!(began.elapsed().as_secs() < 20, "{left} entries are left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    compactor.abort();
}
