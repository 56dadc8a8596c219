//! Installation of roll-ups over existing data, of an older version or another catalog.

use callboard::boot::migrate;
use callboard::rollups::compact;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection, Executor, PgConnection};

use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::database::{self, execute};
use crate::support::{TENANT, TestApp, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_different_catalog_is_replaced_and_rebuilt() {
    let app = TestApp::new().await;
    app.ingest(&world::random(51, size(300, 300))).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    let options = app.app.db.unscoped().connect_options().as_ref().clone();
    // The state another version leaves: unknown tables, and sums with another meaning.
    execute(
        &options,
        "update rollup_schema set tables = 'another';
         create table bygone_totals (tenant_id bigint); comment on table bygone_totals is 'callboard derived';
         alter table telesales_totals add column bygone integer;
         set callboard.tenant = '1'; update autocall_totals set dialed = dialed + 1; update telesales_totals set dials = 0"
            .into(),
    )
    .await;
    migrate(&options).await.expect("migrated");
    let (same, stale) = compare_with_raw(&app, TENANT, 1, 40, "just replaced").await;
    assert!(stale > 0, "{same} alike, {stale} stale");
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 2, "rebuilt").await;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    let bygone: Option<String> = sqlx::query_scalar("select to_regclass('bygone_totals')::text")
        .fetch_one(&mut connection)
        .await
        .expect("a name");
    assert_eq!(bygone, None);
}

/// Versions before this one read through functions. An instance of one of them may still serve.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_another_version_reads_through_stay() {
    let app = TestApp::new().await;
    let options = app.app.db.unscoped().connect_options().as_ref().clone();
    execute(
        &options,
        "update rollup_schema set tables = 'another', readers = 'another';
         create function rolled_bygone_totals(tenant bigint) returns table (dialed integer) language sql
             as 'select dialed from autocall_totals where tenant_id = tenant';
         comment on function rolled_bygone_totals is 'callboard reader'"
            .into(),
    )
    .await;
    migrate(&options).await.expect("migrated");
    let read = "select to_jsonb(count(*)) from rolled_bygone_totals(1)";
    assert_eq!(app.query(TENANT, read).await[0], 0);
}

/// A server of another version compacts by other rules, so it must leave foreign sums alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_compactor_ignores_a_catalog_of_another_version() {
    let app = TestApp::new().await;
    app.ingest(&world::random(52, size(50, 50))).await;
    let options = app.app.db.unscoped().connect_options().as_ref().clone();
    execute(
        &options,
        "update rollup_schema set tables = 'another'".into(),
    )
    .await;
    assert_eq!(
        compact::compact(&app.app.db, TENANT).await.expect("done"),
        compact::Done::Nothing
    );
    migrate(&options).await.expect("migrated");
    assert_eq!(
        compact::compact(&app.app.db, TENANT).await.expect("done"),
        compact::Done::Rebuilt
    );
    assert_roll_ups_equal_raw_rows(&app, TENANT, 1, "rebuilt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roll_ups_are_built_for_existing_rows() {
    let options = database::create_empty().await;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    let migrator: Migrator = sqlx::migrate!();
    connection
        .ensure_migrations_table("_sqlx_migrations")
        .await
        .expect("a table");
    for migration in migrator.iter().filter(|migration| migration.version < 7) {
        connection
            .apply("_sqlx_migrations", migration)
            .await
            .expect("applied");
    }
    connection
        .execute(
            "set callboard.tenant = '1';
             insert into tenants (id, name) values (1, 'Account');
             insert into autocall_campaigns (tenant_id, id, name) values (1, 1, 'C');
             insert into telesales_campaigns (tenant_id, id, name) values (1, 1, 'C');
             insert into dispositions values (1, 'sale', 'S', 'contact', '#000000', true);
             insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
             select 1, n, 1, '1', '1', '2026-05-30Z'::timestamptz + n * interval '5 hours' from generate_series(1, 50) n;
             insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
             select 1, n, 1, '1', '1', '2026-05-30Z'::timestamptz + n * interval '5 hours' from generate_series(1, 50) n;
             insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, dtmf)
             select 1, n::text, 1, n % 40, 1, '2026-06-01Z'::timestamptz + n * interval '47 minutes', 'answered', '1' from generate_series(1, 300) n;
             insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, result, disposition)
             select 1, n::text, 1, n % 40, '2026-06-01Z'::timestamptz + n * interval '47 minutes', 'answered', 'sale' from generate_series(1, 300) n;
             set callboard.tenant = '2'; -- an account that comes later
             insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, result)
             select 2, n::text, 1, n % 40, '2026-06-01Z'::timestamptz + n * interval '47 minutes', 'answered' from generate_series(1, 30) n",
        )
        .await
        .expect("filled");
    connection.close().await.expect("closed");
    migrate(&options).await.expect("migrated");
    let app = TestApp::on(options).await;
    compare_with_raw(&app, TENANT, 1, 40, "just migrated").await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 2, "made").await;
    app.account(2).await;
    compare_with_raw(&app, 2, 3, 40, "of an account with calls older than itself").await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, 2, 3, "made").await;
}
