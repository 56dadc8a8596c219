//! Recurring work visits the tenants that have some, and no others.

use std::time::Duration;

use callboard::auth::Role;
use callboard::auth::prune::{self, Retention};
use callboard::overview::raise;
use callboard::reports::telesales::abandon_check;
use callboard::webhooks::sweep;

use crate::support::TestApp;

/// Tenants without work, but for what a case adds.
const TENANTS: std::ops::Range<i64> = 1000..1100;
const KEEP: Retention = Retention {
    audit: Duration::from_secs(10 * 86_400),
    sessions: Duration::from_secs(5 * 86_400),
    failed_logins: 3,
};

async fn installation() -> TestApp {
    let test = TestApp::new().await;
    for tenant in TENANTS {
        let insert = format!("insert into tenants (id, name) values ({tenant}, 'idle')");
        test.execute(tenant, &insert).await;
    }
    test
}

/// Tenants in four lists: the abandon check, pruning, the webhook sweep, and the check of warnings.
async fn listed(test: &TestApp) -> [Vec<i64>; 4] {
    let (db, now) = (&test.app.db, test.app.clock.now());
    let lists = [
        abandon_check::tenants_to_check(db).await,
        prune::tenants_to_prune(db, KEEP, now).await,
        sweep::tenants_to_prune(db).await,
        raise::tenants_to_check(db).await,
    ];
    lists.map(|list| list.expect("a list"))
}

#[tokio::test]
async fn only_tenants_with_recurring_work_are_listed() {
    let test = installation().await;
    assert_eq!(listed(&test).await, [const { Vec::<i64>::new() }; 4]);

    let campaign = |status: &str| {
        format!(
            "insert into telesales_campaigns (tenant_id, id, name, status) values ({{tenant}}, 1, 'A campaign', '{status}')"
        )
    };
    let audit = |event: &str, at: &str| {
        format!(
            "insert into audit_log (tenant_id, event, at) values ({{tenant}}, '{event}', '{at}')"
        )
    };
    let failed = |times: usize| vec![audit("login_failed", "2026-06-30 07:00Z"); times].join(";");
    let session = |columns: &str, values: &str| {
        format!(
            "insert into sessions (tenant_id, user_id, created_at, {columns}) select tenant_id, id, '2020-01-01', {values} from users"
        )
    };
    let answer = |at: &str| {
        format!(
            "insert into idempotency_keys (tenant_id, method, path, key, body_digest, status, answer, created_at)
             values ({{tenant}}, 'POST', '/', 'a', '', 200, '', '{at}')"
        )
    };
    let webhook =
        "insert into webhooks (tenant_id, id, url, events, secret, created_at, updated_at)
         values ({tenant}, 1, 'https://example.com', '{*}', '', now(), now())";
    let delivery = "insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, status)
         values ({tenant}, gen_random_uuid(), 1, 'lead.completed', '{}', now(), 'delivered')";
    // The tenant's rows, and the list that they put it on.
    let cases = [
        (campaign("paused"), None),
        (campaign("active"), Some(0)),
        (audit("login", "2026-06-25 08:00Z"), None),
        (audit("login", "2026-06-20 07:59Z"), Some(1)),
        (failed(3), None),
        (failed(4), Some(1)),
        (session("revoked_at", "'2026-06-25 08:01Z'"), None),
        (session("revoked_at", "'2026-06-25 07:59Z'"), Some(1)),
        (session("expires_at", "'2026-06-25 07:59Z'"), Some(1)),
        (session("last_used_at", "'2026-05-27 08:00Z'"), None),
        (session("last_used_at", "'2026-05-26 07:59Z'"), Some(1)),
        (answer("2026-06-29 08:01Z"), None),
        (answer("2026-06-29 07:59Z"), Some(1)),
        (webhook.to_owned(), Some(2)),
        (webhook.replace("{*}", "{autocall.*}"), Some(2)),
        (delivery.to_owned(), Some(2)),
    ];
    let mut expected = [const { Vec::<i64>::new() }; 4];
    for (tenant, (sql, list)) in TENANTS.zip(cases) {
        test.user(tenant, &format!("user-{tenant}"), Role::Admin)
            .await;
        test.execute(tenant, &sql.replace("{tenant}", &tenant.to_string()))
            .await;
        if let Some(list) = list {
            expected[list].push(tenant);
        }
    }
    // The first webhook subscribes to warnings, too.
    let subscribed = expected[2].first().copied();
    expected[3].extend(subscribed);
    assert_eq!(listed(&test).await, expected);

    let now = test.app.clock.now();
    prune::prune(&test.app.db, KEEP, now).await.expect("pruned");
    assert_eq!(
        listed(&test).await[1],
        [0_i64; 0],
        "pruned tenants have no work left"
    );
}
