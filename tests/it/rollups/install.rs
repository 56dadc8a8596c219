//! Installation of roll-ups over existing data of an older version.

use callboard::boot::migrate;
use callboard::rollups::compact;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection, Executor, PgConnection};

use super::{assert_roll_ups_equal_raw_rows, compare_with_raw};
use crate::support::database;
use crate::support::{TENANT, TestApp};

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
