//! First statistics of tables that were filled at once.

use callboard::db::statistics;

use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn tables_are_counted_once_after_they_were_filled() {
    let test = TestApp::new().await;
    test.execute(
        TENANT,
        "alter table telesales_leads set (autovacuum_enabled = off);
         alter table telesales_calls set (autovacuum_enabled = off)",
    )
    .await;
    let gather = async || statistics::gather(&test.app.db).await.expect("gathered");
    assert!(
        !gather()
            .await
            .contains(&"public.telesales_leads".to_owned()),
        "an empty table"
    );

    let fill =
        "insert into telesales_campaigns (tenant_id, id, name) select 1, 1, 'A campaign';
                insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
                select 1, n, 1, '84', '84', '2026-06-05Z' from generate_series(1, 20000) n";
    test.execute(TENANT, fill).await;
    assert!(
        gather()
            .await
            .contains(&"public.telesales_leads".to_owned()),
        "a filled table"
    );
    assert!(
        !gather()
            .await
            .contains(&"public.telesales_leads".to_owned()),
        "a counted table"
    );
}
