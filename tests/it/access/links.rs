//! Links that sign in once.

use std::time::Duration;

use callboard::auth::prune::{self, Retention};
use callboard::auth::{Role, sign_in_link};
use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::limits::Counting;
use crate::support::browser::Browser;
use crate::support::program::Program;
use crate::support::{TENANT, TestApp};

/// The code of a link by the command line.
async fn code(program: &Program, more: &[&str]) -> String {
    let command = ["link", "--tenant", "1", "--username", "Ann"];
    let printed = program.ok(&[&command, more].concat(), "").await;
    let (address, code) = printed.trim_end().split_once("/#sign-in=").expect("a link");
    assert_eq!(address, "https://reports.example.com");
    code.to_owned()
}

fn beside(test: &TestApp) -> Program {
    Program::beside(test).with("CALLBOARD_PUBLIC_URL", "https://reports.example.com/")
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Supervisor).await;
    // The program's clock is the system's.
    let server = test.changed(|app| app.clock = Clock::System).await;
    let (program, mut browser) = (beside(&test), Browser::at(&server));
    let code = code(&program, &[]).await;
    let (_, bits) = code.split_once('.').expect("the account first");
    assert_eq!(bits.len(), 43, "256 bits");
    let answer = browser.sign_in(&json!({"code": code})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["data"]["user"]["username"], "ann");
    assert_eq!(browser.get("/api/auth/me").await.json(), answer.json());

    let stranger = "1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let elsewhere = format!("2{}", &code[1..]);
    for spent in [
        code.as_str(),
        stranger,
        &elsewhere,
        "nonsense",
        "1.",
        "-9.x",
    ] {
        let answer = Browser::at(&server).sign_in(&json!({"code": spent})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{spent}");
        assert_eq!(answer.json(), json!({"message": "Unauthenticated."}));
        assert_eq!(answer.header("set-cookie"), "");
    }
    let mut log = server.data("/api/audit?target=user:2").await;
    let log: Vec<Value> = log.as_array_mut().expect("entries").drain(..2).collect();
    let brief = |entry: &Value| {
        (
            entry["action"].clone(),
            entry["actor"]["username"].clone(),
            entry["address"].clone(),
        )
    };
    assert_eq!(
        brief(&log[0]),
        (json!("sign_in_link.used"), json!("ann"), json!("127.0.0.1"))
    );
    assert_eq!(
        brief(&log[1]),
        (json!("sign_in_link.made"), Value::Null, Value::Null)
    );
    assert!(!format!("{log:?}").contains(bits));
    let strangers = program.ok(&["audit"], "").await;
    assert_eq!(strangers.lines().count(), 6, "{strangers}");
}

#[tokio::test]
async fn an_expired_link_and_one_of_a_disabled_user_are_unknown() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    test.user(TENANT, "ann", Role::Agent).await;
    let (db, now) = (&test.app.db, test.app.clock.now());
    let make = async |ttl| {
        let made = sign_in_link::make(db, (TENANT, "ann"), now + ttl, now).await;
        json!({"code": made.expect("a code")})
    };
    let [short, long] = [
        make(TimeDelta::minutes(10)).await,
        make(TimeDelta::hours(1)).await,
    ];
    let stored = test
        .query(TENANT, "select to_jsonb(l) from sign_in_links l")
        .await;
    let bits = short["code"]
        .as_str()
        .expect("a code")
        .split('.')
        .next_back()
        .expect("bits");
    assert!(
        !format!("{stored:?}").contains(bits),
        "only a digest is stored"
    );
    counting.wait(600_000);
    let answer = Browser::at(client).sign_in(&short).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.header("x-ratelimit-limit"),
        "30",
        "by address, like all logins"
    );
    test.execute(
        TENANT,
        "update users set disabled_at = now() where username = 'ann'",
    )
    .await;
    assert_eq!(
        Browser::at(client).sign_in(&long).await.status,
        StatusCode::UNAUTHORIZED
    );
    for tried in 3..=30 {
        let answer = Browser::at(client).sign_in(&json!({"code": "1.x"})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{tried}");
    }
    let refused = Browser::at(client).sign_in(&long).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);

    let forever = Duration::from_secs(36_500 * 86_400);
    let keep = Retention {
        audit: forever,
        sessions: forever,
        failed_logins: prune::FAILED_LOGINS,
    };
    let pruned = async |at| prune::prune(db, keep, at).await.expect("pruned");
    assert_eq!(pruned(now + TimeDelta::minutes(11)).await, 1);
    assert_eq!(pruned(now + TimeDelta::minutes(11)).await, 0);
}

/// Two tabs with the same link at the same moment.
#[tokio::test]
async fn of_simultaneous_uses_one_signs_in() {
    let test = TestApp::new().await;
    let (db, now) = (&test.app.db, test.app.clock.now());
    let code = sign_in_link::make(db, (TENANT, "admin-1"), now + TimeDelta::hours(1), now).await;
    let body = json!({"code": code.expect("a code")});
    let uses = (0..8).map(|_| {
        let (mut tab, body) = (Browser::at(&test), body.clone());
        tokio::spawn(async move { tab.sign_in(&body).await.status })
    });
    let uses: Vec<_> = uses.collect();
    let mut signed_in = 0;
    for used in uses {
        match used.await.expect("no panic") {
            StatusCode::OK => signed_in += 1,
            other => assert_eq!(other, StatusCode::UNAUTHORIZED),
        }
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn links_are_for_enabled_users_and_end_within_a_week() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    test.execute(
        TENANT,
        "update users set disabled_at = now() where username = 'ann'",
    )
    .await;
    let program = beside(&test);
    for name in ["ann", "nobody"] {
        let link = ["link", "--tenant", "1", "--username", name];
        let refused = program.refused(&link, "").await;
        assert_eq!(
            refused,
            "callboard: username: no enabled user of this name\n"
        );
    }
    for ttl in ["0s", "8d", "soon"] {
        let link = [
            "link",
            "--tenant",
            "1",
            "--username",
            "admin-1",
            "--expires-in",
            ttl,
        ];
        assert_eq!(program.run(&link).await.status.code(), Some(2), "{ttl}");
    }
}
