//! Scope of analytics: a tenant's own attempts, and for a reseller those of its merchants.

use callboard::auth::Role;
use callboard::auth::tenant::{DEFAULT_TIMEZONE, Tenant};
use callboard::rollups::compact;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// Resellers 10 and 20 with merchants 11 and 12, and 21; 11 is itself the reseller of 111; 30 has
/// none. Each has as many attempts as its id.
const ACCOUNTS: [(i64, Option<i64>); 7] = [
    (10, None),
    (11, Some(10)),
    (12, Some(10)),
    (111, Some(11)),
    (20, None),
    (21, Some(20)),
    (30, None),
];

async fn world() -> (TestApp, Vec<(i64, Client)>) {
    let test = TestApp::new().await;
    let mut clients = Vec::new();
    for (id, reseller) in ACCOUNTS {
        Tenant::create(
            &test.app.db,
            id,
            &format!("Account {id}"),
            *DEFAULT_TIMEZONE,
            reseller,
        )
        .await
        .expect("an account");
        let client = Client::new(
            test.url.clone(),
            test.user(id, &format!("admin-{id}"), Role::Admin).await,
        );
        let mut lines = vec![
            json!({"kind": "autocall_script", "id": 1, "name": "S", "template_id": if id % 2 == 0 { "even" } else { "odd" }}),
            json!({"kind": "autocall_campaign", "id": 1, "name": "C", "script_id": 1}),
            json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001", "payload": {"account": id}}),
        ];
        lines.extend((0..id).map(|number| {
            json!({"kind": "autocall_attempt", "uuid": number.to_string(), "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
                "started_at": "2026-06-01T10:00:00Z", "result": "answered", "billsec": id})
        }));
        client.ingest(&lines).await;
        clients.push((id, client));
    }
    (test, clients)
}

async fn count(client: &Client, filters: Value) -> i64 {
    let rows = client
        .rows(&json!({"query_type": "call_count", "filters": filters}))
        .await;
    rows[0]["count"].as_i64().expect("a count")
}

#[tokio::test]
async fn a_reseller_reads_its_merchants_and_a_merchant_only_itself() {
    let (test, clients) = world().await;
    for settled in [false, true] {
        if settled {
            compact::compact_until_idle(&test.app.db)
                .await
                .expect("compacted");
        }
        for (id, client) in &clients {
            let readable: Vec<(i64, Option<i64>)> = ACCOUNTS
                .into_iter()
                .filter(|(other, reseller)| other == id || *reseller == Some(*id))
                .collect();
            let sum = |test: &dyn Fn(i64, Option<i64>) -> bool| -> i64 {
                readable
                    .iter()
                    .filter(|(id, reseller)| test(*id, *reseller))
                    .map(|(id, _)| id)
                    .sum()
            };
            assert_eq!(count(client, json!({})).await, sum(&|_, _| true), "{id}");
            assert_eq!(
                count(client, json!({"template_id": "odd"})).await,
                sum(&|id, _| id % 2 == 1),
                "{id}"
            );
            for (other, _) in ACCOUNTS {
                let merchant = json!({"merchant_id": format!("mer_{other}")});
                assert_eq!(
                    count(client, merchant).await,
                    sum(&|id, _| id == other),
                    "{id} asks for {other}"
                );
                let reseller = json!({"reseller_id": format!("res_{other}")});
                assert_eq!(
                    count(client, reseller).await,
                    sum(&|_, of| of == Some(other)),
                    "{id} asks for {other}'s"
                );
                // Over raw rows, leads and payloads too.
                let lengths = json!({"min_duration": other, "max_duration": other});
                assert_eq!(
                    count(client, lengths).await,
                    sum(&|id, _| id == other),
                    "{id} asks for {other}'s lengths"
                );
                let payload = json!({"payload_filters": {"account": other}});
                assert_eq!(
                    count(client, payload).await,
                    sum(&|id, _| id == other),
                    "{id} asks for {other}'s payloads"
                );
            }
            let leads = client
                .rows(&json!({"query_type": "status_distribution"}))
                .await;
            assert_eq!(
                leads[3]["count"].as_i64().unwrap_or(0) + leads[2]["count"].as_i64().unwrap_or(0),
                readable.len() as i64,
                "{id}"
            );
            let durations = client.rows(&json!({"query_type": "call_duration"})).await;
            let ids = || readable.iter().map(|(id, _)| *id);
            assert_eq!(
                (durations[0]["min"].as_i64(), durations[0]["max"].as_i64()),
                (ids().min(), ids().max()),
                "{id}"
            );
        }
    }
}

#[tokio::test]
async fn a_reseller_reads_its_merchants_only_in_analytics() {
    let (test, clients) = world().await;
    let (_, reseller) = &clients[0];
    count(reseller, json!({})).await;
    let kpis = reseller
        .ok("/api/autocall/campaigns/1/reports/kpis")
        .await
        .json();
    assert_eq!(kpis["data"]["dialed"], 10, "its own");
    assert_eq!(
        reseller.ok("/api/autocall/campaigns").await.json()["total"],
        1
    );

    // Plain SQL with any setting sees no more of them than the list.
    for setting in [
        "",
        "set local callboard.merchants = 'on';",
        "set local callboard.merchants = 'on'; set local callboard.roll_call = '';",
    ] {
        let mut scope = test.app.db.read(10).await.expect("a scope");
        sqlx::Executor::execute(scope.connection(), sqlx::AssertSqlSafe(setting.to_owned()))
            .await
            .expect("set");
        for (table, seen) in [
            ("autocall_attempts", 10),
            ("autocall_leads", 1),
            ("autocall_lead_terms", 1),
            ("users", 1),
        ] {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            let count: i64 = sqlx::query_scalar(sql)
                .fetch_one(scope.connection())
                .await
                .expect("a count");
            assert_eq!(count, seen, "{table} {setting}");
        }
        let sql = "select array_agg(id order by id) from tenants";
        let accounts: Vec<i64> = sqlx::query_scalar(sql)
            .fetch_one(scope.connection())
            .await
            .expect("accounts");
        assert_eq!(
            accounts,
            if setting.is_empty() {
                vec![10]
            } else {
                vec![10, 11, 12]
            },
            "{setting}"
        );
    }
}

/// Many merchants, each read from its own sums.
#[tokio::test]
async fn hundreds_of_merchants_are_read_in_one_snapshot() {
    let test = TestApp::new().await;
    let merchants = "do $$ begin
        for n in 1000..1299 loop
            perform set_config('callboard.tenant', n::text, true);
            insert into tenants (id, name, reseller_id) values (n, 'M', 1);
            insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, outcome)
            values (n, 'a', 1, 1, 1, '2026-06-01Z'::timestamptz + (n - 1000) * interval '1 hour', 'o' || n % 3);
        end loop;
    end $$";
    test.execute(1, merchants).await;
    let outcomes = test.rows(&json!({"query_type": "top_outcomes"})).await;
    assert_eq!(
        outcomes,
        [("o0", 100), ("o1", 100), ("o2", 100)]
            .iter()
            .enumerate()
            .map(
                |(at, (outcome, count))| json!({"rank": at + 1, "outcome": outcome, "count": count})
            )
            .collect::<Vec<_>>()
    );
    let hours = test
        .ask(&json!({"query_type": "calls_over_time", "granularity": "hour", "page_size": 1000}))
        .await
        .json();
    assert_eq!(
        hours["total"], 300,
        "from the first attempt of any to the last of any"
    );
    assert!(
        hours["data"]
            .as_array()
            .expect("rows")
            .iter()
            .all(|row| row["count"] == 1)
    );
}

#[tokio::test]
async fn a_token_without_the_permission_is_refused() {
    let test = TestApp::new().await;
    let token = test.user(1, "agent", Role::Agent).await;
    let answer = test.request(Method::POST, "/analytics", Some(&token)).await;
    assert_eq!(
        answer.status,
        StatusCode::FORBIDDEN,
        "before the body is looked at"
    );
    assert_eq!(
        test.request(Method::POST, "/analytics", None).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        test.request(Method::GET, "/analytics", None).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
