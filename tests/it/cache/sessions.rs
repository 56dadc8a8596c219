//! Cached sessions: no database lookup for a few seconds, and revocation in time.

use std::time::{Duration, Instant};

use callboard::app::App;
use callboard::auth::session::{self, Credential, TokenRequest};
use callboard::auth::token::{Claims, Keys};
use callboard::auth::{Permission, Role};
use callboard::time::Clock;
use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};

use super::{KPIS, LONG, SHORT, with_an_attempt};
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TENANT, TestApp, database};

async fn change(test: &TestApp, sql: &'static str) {
    let mut scope = test.app.db.write(TENANT).await.expect("a scope");
    scope
        .query(sql)
        .execute(scope.connection())
        .await
        .expect("done");
    scope.commit().await.expect("committed");
}

async fn status(test: &TestApp, token: &str) -> StatusCode {
    test.request(Method::GET, KPIS, Some(token)).await.status
}

#[tokio::test]
async fn a_cached_session_and_answer_need_no_database() {
    let test = with_an_attempt(LONG).await;
    test.ok(KPIS).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("tenants, users, sessions, autocall_campaigns, autocall_attempts, autocall_leads")
        .await;
    for _ in 0..3 {
        let polled = tokio::time::timeout(Duration::from_secs(10), test.ok(KPIS))
            .await
            .expect("no wait");
        assert_eq!(polled.json()["data"]["dialed"], 1);
    }
    side.unlock().await;
}

#[tokio::test]
async fn revoked_access_takes_effect_within_the_ttl() {
    let test = with_an_attempt(SHORT).await;
    let token = test.user(TENANT, "leaver", Role::Supervisor).await;
    for (sql, refusal) in [
        (
            "update users set role = 'agent' where tenant_id = $1 and username_key = 'leaver'",
            StatusCode::FORBIDDEN,
        ),
        (
            "update users set disabled_at = now() where tenant_id = $1 and username_key = 'leaver'",
            StatusCode::UNAUTHORIZED,
        ),
        (
            "update sessions set revoked_at = now() where tenant_id = $1 and user_id <> 1",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        change(
            &test,
            "update users set role = 'supervisor', disabled_at = null where tenant_id = $1 and username_key = 'leaver'",
        )
        .await;
        tokio::time::sleep(SHORT).await;
        assert_eq!(status(&test, &token).await, StatusCode::OK);
        change(&test, sql).await;
        let changed = Instant::now();
        while status(&test, &token).await == StatusCode::OK {
            assert!(
                changed.elapsed() < SHORT + Duration::from_secs(5),
                "still in: {sql}"
            );
        }
        assert_eq!(status(&test, &token).await, refusal, "{sql}");
    }
    assert_eq!(
        status(&test, &test.token).await,
        StatusCode::OK,
        "the others stay"
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_despite_the_cache() {
    let test = with_an_attempt(LONG).await;
    let now = test.app.clock.now();
    let expires = Some(now + TimeDelta::seconds(1));
    let session = TokenRequest {
        tenant: TENANT,
        username: "admin-1",
        permissions: &[],
        expires,
    };
    let token = session::issue(&test.app.db, &test.app.keys, session, now)
        .await
        .expect("a token");
    let App {
        db, sessions, keys, ..
    } = &test.app;
    let at = |now| session::authenticate(db, sessions, keys, Credential::Token(&token), now);
    assert!(at(now).await.is_ok(), "and known from now on");
    assert!(at(now + TimeDelta::milliseconds(999)).await.is_ok());
    assert!(matches!(
        at(now + TimeDelta::seconds(1)).await,
        Err(callboard::error::Error::Unauthenticated)
    ));
}

#[tokio::test]
async fn cached_permissions_belong_to_one_token() {
    let test = with_an_attempt(LONG).await;
    let limited = test
        .issue(TENANT, "admin-1", &[Permission::TelesalesApiAccess])
        .await;
    for _ in 0..2 {
        assert_eq!(status(&test, &test.token).await, StatusCode::OK);
        assert_eq!(status(&test, &limited).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn concurrent_calls_of_an_uncached_token_cost_one_lookup() {
    let test = with_an_attempt(LONG).await;
    let newcomer = Client::new(test.url.clone(), test.issue(TENANT, "admin-1", &[]).await);
    let mut side = SideConnection::of(&test).await;
    side.lock("sessions").await;
    let calls = (0..50).map(|_| {
        let client = newcomer.clone();
        tokio::spawn(async move { client.get(KPIS).await.status })
    });
    let calls: Vec<_> = calls.collect();
    side.until_waiting(1).await;
    side.unlock().await;
    for status in join_all(calls).await {
        assert_eq!(status.expect("no panic"), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_forged_token_is_refused_without_a_lookup() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("tenants, users, sessions").await;
    let forged = Keys::new(&[8; 32]).expect("long enough");
    let claims = Claims::new(TENANT, uuid::Uuid::new_v4(), test.app.clock.now(), None);
    for token in [
        forged.sign(&claims).expect("a token"),
        database::uuid(),
        String::new(),
    ] {
        let refused = tokio::time::timeout(Duration::from_secs(10), status(&test, &token))
            .await
            .expect("no wait");
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
    }
    side.unlock().await;
}

#[tokio::test]
async fn a_database_failure_does_not_turn_into_401() {
    let test = with_an_attempt(SHORT).await;
    tokio::time::sleep(SHORT).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("sessions").await;
    let client = Client::clone(&test);
    let call = tokio::spawn(async move { client.get(KPIS).await });
    side.until_waiting(1).await;
    side.break_off().await;
    let broken = call.await.expect("no panic");
    assert_eq!(
        broken.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        broken.text()
    );
    side.unlock().await;
    assert_eq!(status(&test, &test.token).await, StatusCode::OK);
}

#[tokio::test]
async fn refused_sessions_are_not_cached() {
    let test = with_an_attempt(LONG).await;
    let token = test.issue(TENANT, "admin-1", &[]).await;
    change(
        &test,
        "update sessions set revoked_at = now() where tenant_id = $1",
    )
    .await;
    assert_eq!(status(&test, &token).await, StatusCode::UNAUTHORIZED);
    change(
        &test,
        "update sessions set revoked_at = null where tenant_id = $1",
    )
    .await;
    assert_eq!(status(&test, &token).await, StatusCode::OK);
    let later = App {
        clock: Clock::Fixed(test.app.clock.now() + TimeDelta::days(9)),
        ..test.app.clone()
    };
    assert!(
        session::authenticate(
            &later.db,
            &later.sessions,
            &later.keys,
            Credential::Token(&token),
            later.clock.now()
        )
        .await
        .is_ok()
    );
}
