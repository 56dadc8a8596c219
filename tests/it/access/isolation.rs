//! Isolation of tenants.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row;

use super::{guarded, one_of_each};
use crate::support::{TENANT, TestApp, world};

#[tokio::test]
async fn resources_of_another_tenant_are_not_found() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest_as(&neighbour, &rows_of_another_tenant()).await;
    for operation in guarded()
        .iter()
        .filter(|operation| operation.path.contains("{id}"))
    {
        for id in ["1", "999999999999999999999", "abc", "1.5", "%ff", "-1"] {
            let answer = test
                .request(
                    operation.method.clone(),
                    &operation.path_for(id),
                    Some(&test.token),
                )
                .await;
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{} {id}",
                operation.path
            );
            assert_eq!(answer.json(), json!({"message": "Resource not found"}));
        }
    }
}

fn rows_of_another_tenant() -> Vec<Value> {
    let mut rows = one_of_each().to_vec();
    rows.extend([
        json!({"kind": "telesales_campaign", "id": 1, "name": "Theirs"}),
        json!({"kind": "team", "id": 1, "name": "Theirs"}),
        json!({"kind": "agent", "id": 1, "name": "Theirs", "username": "theirs", "team_id": 1}),
    ]);
    rows
}

/// Parameters that hold ids of a tenant's resources.
const ID_PARAMETERS: &[&str] = &["campaign_id", "campaign_ids", "team_id", "agent_ids[]"];

#[tokio::test]
async fn no_route_accepts_ids_of_another_tenant() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest_as(&neighbour, &rows_of_another_tenant()).await;
    let mut asked = 0;
    for operation in guarded() {
        let names = operation
            .parameters
            .iter()
            .filter(|name| ID_PARAMETERS.contains(&name.as_str()));
        for name in names {
            asked += 1;
            let (method, path) = (&operation.method, operation.path_for("1"));
            let path = format!("{}&{name}=1", path.replace("&campaign_ids=1", ""));
            let ours = test.request(method.clone(), &path, Some(&test.token)).await;
            let field = name.trim_end_matches("[]");
            let not_found =
                json!({"message": "Resource not found", "errors": {field: ["1 was not found."]}});
            assert_eq!(
                (ours.status, ours.json()),
                (StatusCode::NOT_FOUND, not_found),
                "{path}"
            );
            let theirs = test.request(method.clone(), &path, Some(&neighbour)).await;
            assert_eq!(theirs.status, StatusCode::OK, "{path}: {}", theirs.text());
        }
    }
    assert!(asked > 20, "only {asked} asked");
    for list in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
        assert_eq!(
            (
                test.ok(list).await.json()["total"].clone(),
                test.ok(list).await.json()["data"].clone()
            ),
            (json!(0), json!([]))
        );
    }
}

#[tokio::test]
async fn two_tenants_with_the_same_ids_see_only_their_own_rows() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    let (from, to) = (
        "2026-06-01T00:00:00Z".parse().expect("an instant"),
        "2026-06-03T00:00:00Z".parse().expect("an instant"),
    );
    let ours = world::random(
        1,
        world::Size {
            attempts: 200,
            calls: 200,
            from,
            to,
        },
    );
    test.ingest(&ours).await;
    let paths = [
        "/api/autocall/campaigns/1/reports/kpis?from=2026-06-01&to=2026-06-03",
        "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-03",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(test.data(path).await);
    }
    test.ingest_as(
        &neighbour,
        &world::random(
            2,
            world::Size {
                attempts: 300,
                calls: 300,
                from,
                to,
            },
        ),
    )
    .await;
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(test.data(path).await, before, "{path}");
        let theirs = test
            .request(Method::GET, path, Some(&neighbour))
            .await
            .json();
        assert_ne!(theirs["data"], before, "{path}");
    }
}

#[tokio::test]
async fn a_query_without_a_tenant_returns_no_rows() {
    let test = TestApp::new().await;
    let at = "2026-06-01T00:00:00Z".parse().expect("an instant");
    let to = "2026-06-02T00:00:00Z".parse().expect("an instant");
    test.ingest(&world::random(
        1,
        world::Size {
            attempts: 50,
            calls: 50,
            from: at,
            to,
        },
    ))
    .await;
    let tables = sqlx::query("select oid::regclass::text, relforcerowsecurity from pg_class
                              where relnamespace::regnamespace::text ~ '^(public$|rollups_)' and relkind in ('r', 'p') and relname not in ('_sqlx_migrations', 'rollup_schema')");
    let tables = tables
        .fetch_all(test.app.db.unscoped())
        .await
        .expect("tables");
    assert!(tables.len() > 10);
    for table in tables {
        let (name, forced): (String, bool) = (table.get(0), table.get(1));
        assert!(forced, "{name} is not under the guard");
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {name}"));
        let unscoped: i64 = sqlx::query_scalar(count)
            .fetch_one(test.app.db.unscoped())
            .await
            .expect("a count");
        assert_eq!(unscoped, 0, "{name} shows rows without a tenant");
    }
    let mut scope = test.app.db.read(2).await.expect("a scope");
    let forgotten: i64 = sqlx::query_scalar("select count(*) from autocall_attempts")
        .fetch_one(scope.connection())
        .await
        .expect("a count");
    assert_eq!(
        forgotten, 0,
        "a forgotten predicate shows a neighbour's rows"
    );
    let mut scope = test.app.db.read(TENANT).await.expect("a scope");
    let own: i64 = sqlx::query_scalar("select count(*) from autocall_attempts")
        .fetch_one(scope.connection())
        .await
        .expect("a count");
    assert_eq!(own, 50);
}
