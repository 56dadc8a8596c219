//! Expiry of login tokens.

use std::collections::BTreeSet;

use callboard::auth::Role;
use reqwest::{Method, StatusCode};

use super::limits::Counting;
use super::login::{PASSWORD, credentials, login};
use crate::support::TENANT;
use crate::support::program::eventually;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A user who has just logged in, and the token.
async fn logged_in() -> (Counting, String) {
    let counting = Counting::new().await;
    counting.test.user(TENANT, "ann", Role::Admin).await;
    let answer = login(&counting.client, &credentials("ann", PASSWORD)).await;
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    (counting, token)
}

async fn status(counting: &Counting, token: &str) -> StatusCode {
    counting
        .client
        .request(Method::GET, "/api/auth/me", Some(token))
        .await
        .status
}

/// Minutes from the login to the recorded last use.
async fn last_used(counting: &Counting) -> i64 {
    let sql = "select to_jsonb((extract(epoch from last_used_at - created_at) / 60)::bigint) from sessions
               where last_used_at is not null";
    counting
        .test
        .query(TENANT, sql)
        .await
        .remove(0)
        .as_i64()
        .expect("minutes")
}

#[tokio::test]
async fn a_login_token_expires_thirty_days_after_its_last_use() {
    let (counting, token) = logged_in().await;
    let issued = counting.test.issue(TENANT, "ann", &[]).await;
    for days in [29, 58] {
        counting.wait(29 * DAY);
        assert_eq!(
            status(&counting, &token).await,
            StatusCode::OK,
            "day {days}"
        );
        eventually("the use is recorded", async || {
            last_used(&counting).await == days * 24 * 60
        })
        .await;
    }
    counting.wait(30 * DAY);
    assert_eq!(status(&counting, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        status(&counting, &issued).await,
        StatusCode::OK,
        "an issued token expires at its expiry"
    );
}

#[tokio::test]
async fn token_use_is_recorded_at_most_hourly() {
    let (counting, token) = logged_in().await;
    let mut recorded = BTreeSet::new();
    for minutes in 1..=180 {
        counting.wait(MINUTE);
        if minutes % 4 == 0 {
            assert_eq!(status(&counting, &token).await, StatusCode::OK);
        }
        if minutes % 60 == 0 {
            eventually("the use is recorded", async || {
                last_used(&counting).await == minutes
            })
            .await;
        }
        recorded.insert(last_used(&counting).await);
    }
    assert_eq!(recorded, [0, 60, 120, 180].into());
}
