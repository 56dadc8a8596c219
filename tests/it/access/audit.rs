//! The audit log, as `callboard audit` prints it.

use std::time::Duration;

use callboard::auth::Role;
use callboard::auth::prune::{self, Retention};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;

use super::login::{PASSWORD, credentials, login};
use crate::support::program::Program;
use crate::support::{NOW, TENANT, TestApp};

async fn printed(program: &Program, arguments: &[&str]) -> Vec<Value> {
    let printed = program.ok(&[&["audit"], arguments].concat(), "").await;
    printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn events(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["action"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn logins_and_failed_logins_are_logged_with_user_address_and_time() {
    let test = TestApp::new().await;
    test.user(TENANT, "Ann", Role::Agent).await;
    test.account(2).await;
    login(&test, &credentials("ann", "a guess")).await;
    let token = login(&test, &credentials("ann", PASSWORD)).await.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    test.request(Method::POST, "/api/auth/logout", Some(&token))
        .await;
    login(&test, &credentials("Mallory", PASSWORD)).await;
    let program = Program::beside(&test);
    let log = printed(&program, &["--tenant", "1"]).await;
    assert_eq!(
        events(&log),
        [
            "token.issued",
            "token.issued",
            "user.login_failed",
            "user.logged_in",
            "user.logged_out"
        ]
    );
    let at = |entry: &Value| {
        entry["at"]
            .as_str()
            .expect("a time")
            .parse::<chrono::DateTime<chrono::Utc>>()
            .expect("a time")
    };
    for (entry, actor, address) in [
        (&log[1], false, Value::Null),
        (&log[2], false, json!("127.0.0.1")),
        (&log[3], true, json!("127.0.0.1")),
        (&log[4], true, json!("127.0.0.1")),
    ] {
        assert_eq!(entry["target"]["name"], "Ann");
        assert_eq!(
            (entry["actor"].is_object(), &entry["address"]),
            (actor, &address),
            "{entry}"
        );
        assert_eq!(
            at(entry).to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            NOW
        );
    }
    for entry in &log[2..] {
        let target = json!({"kind": "user", "id": "2", "name": "Ann"});
        assert_eq!(entry["target"], target);
    }
    assert_eq!(
        (&log[3]["actor"]["id"], &log[3]["actor"]["username"]),
        (&json!(2), &json!("Ann"))
    );
    assert!(log[3]["actor"]["token"].is_string());
    assert_eq!(log[3]["actor"], log[4]["actor"]);

    let strangers = printed(&program, &[]).await;
    assert_eq!(events(&strangers), ["user.login_failed"]);
    assert_eq!(
        (&strangers[0]["username"], &strangers[0]["tenant_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        events(&printed(&program, &["--tenant", "2"]).await),
        ["token.issued"],
        "a neighbour's log is its own"
    );
}

#[tokio::test]
async fn operator_actions_are_logged_and_audit_filters_by_event() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    let program = Program::beside(&test);
    let id = test
        .query(
            TENANT,
            "select to_jsonb(id) from sessions where user_id = 1",
        )
        .await
        .remove(0);
    program
        .ok(
            &[
                "token",
                "revoke",
                "--tenant",
                "1",
                id.as_str().expect("an id"),
            ],
            "",
        )
        .await;
    program
        .ok(
            &["user", "disable", "--tenant", "1", "--username", "ann"],
            "",
        )
        .await;
    program
        .ok(
            &["user", "enable", "--tenant", "1", "--username", "ann"],
            "",
        )
        .await;
    program
        .ok(
            &["token", "issue", "--tenant", "1", "--username", "ann"],
            "",
        )
        .await;
    let of = async |more: &[&'static str]| {
        let entries = printed(&program, &[&["--tenant", "1"], more].concat()).await;
        events(&entries)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let done = [
        "token.revoked",
        "user.disabled",
        "user.enabled",
        "token.issued",
    ];
    assert_eq!(of(&[]).await[2..], done);
    assert_eq!(
        of(&["--username", "ANN"]).await,
        [&["token.issued"], &done[1..]].concat()
    );
    assert_eq!(
        of(&["--event", "token.issued", "--since", "1h"]).await,
        ["token.issued"],
        "the others were at another time"
    );
    assert_eq!(of(&["--event", "login"]).await, Vec::<String>::new());
    assert!(
        !program
            .run(&["audit", "--event", "nonsense"])
            .await
            .status
            .success()
    );
    assert_eq!(
        program.refused(&["audit", "--tenant", "99"], "").await,
        "callboard: tenant: there is no tenant 99\n"
    );
}

/// Every row of a table without a tenant, as text.
async fn strangers(test: &TestApp) -> Vec<String> {
    let mut transaction = test.app.db.unknown_logins().await.expect("a transaction");
    let rows = sqlx::query_scalar("select s::text from audit_strangers s order by id");
    rows.fetch_all(&mut *transaction).await.expect("rows")
}

/// Users type passwords into the name field by mistake.
#[tokio::test]
async fn unknown_user_names_are_logged_as_digests_only() {
    let test = TestApp::new().await;
    for name in ["M\u{e0}llory", " MA\u{300}LLORY", "hunter2-sesame"] {
        login(&test, &credentials(name, PASSWORD)).await;
    }
    let rows = strangers(&test).await;
    assert_eq!(rows.len(), 3);
    for part in ["llory", "LLORY", "hunter", "sesame"] {
        assert!(
            !rows.iter().any(|row| row.contains(part)),
            "{part}: {rows:?}"
        );
    }
    let program = Program::beside(&test);
    let digests: Vec<Value> = printed(&program, &[])
        .await
        .iter()
        .map(|entry| entry["name_digest"].clone())
        .collect();
    let digest = digests[0].as_str().expect("a digest");
    assert!(
        digest.len() == 8
            && digest
                .bytes()
                .all(|digit| b"0123456789abcdef".contains(&digit)),
        "{digest}"
    );
    assert_eq!(digests[1], digests[0], "names are compared as login does");
    assert_ne!(digests[2], digests[0]);

    let new = "n".repeat(32);
    let rotated =
        Program::beside(&test).with("CALLBOARD_SECRET", &format!("{new},{}", "\x07".repeat(32)));
    let only_new = Program::beside(&test).with("CALLBOARD_SECRET", &new);
    for (program, name, found) in [
        (&program, "m\u{e0}llory", 2),
        (&program, "MA\u{300}llory ", 2),
        (&rotated, "m\u{e0}llory", 2),
        (&only_new, "m\u{e0}llory", 0),
        (&program, "hunter2", 0),
    ] {
        assert_eq!(
            printed(program, &["--username", name]).await.len(),
            found,
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn audit_search_normalizes_names_like_login() {
    let test = TestApp::new().await;
    test.user(TENANT, "\u{c9}ric", Role::Agent).await;
    let program = Program::beside(&test);
    for name in ["\u{c9}ric", "e\u{301}ric", " \u{e9}RIC "] {
        assert_eq!(
            printed(&program, &["--tenant", "1", "--username", name])
                .await
                .len(),
            1,
            "{name:?}"
        );
        let listed = program
            .ok(&["token", "list", "--tenant", "1", "--username", name], "")
            .await;
        assert_eq!(listed.lines().count(), 1, "{name:?}");
    }
}

#[tokio::test]
async fn only_old_entries_and_ended_sessions_are_removed() {
    let test = TestApp::new().await;
    let now = test.app.clock.now();
    let neighbour = test.account(2).await;
    let [audit, sessions] = [10, 5].map(|days| Duration::from_secs(days * 86_400));
    let keep = Retention {
        audit,
        sessions,
        failed_logins: prune::FAILED_LOGINS,
    };
    test.execute(
        TENANT,
        "delete from audit_log;
         insert into audit_log (tenant_id, at, event)
         select 1, timestamptz '2026-06-30 08:00Z' - make_interval(hours => hour), 'login'
         from generate_series(1, 20 * 24) hour;
         insert into audit_log (tenant_id, at, event)
         select 1, timestamptz '2026-01-01 00:00Z', 'logout' from generate_series(1, 2500);
         insert into sessions (tenant_id, user_id, device_name, created_at, expires_at, revoked_at, last_used_at) values
           (1, 1, 'open', '2020-01-01', null, null, null),
           (1, 1, 'used', '2020-01-01', null, null, '2026-05-27 08:00Z'),
           (1, 1, 'unused', '2020-01-01', null, null, '2026-05-26 07:59Z'),
           (1, 1, 'revoked lately', '2020-01-01', '2020-02-02', '2026-06-25 08:01Z', null),
           (1, 1, 'expired lately', '2020-01-01', '2026-06-25 08:01Z', null, null),
           (1, 1, 'revoked', '2020-01-01', null, '2026-06-25 07:59Z', null),
           (1, 1, 'expired', '2020-01-01', '2026-06-25 07:59Z', null, null),
           (1, 1, 'expires', '2020-01-01', '2027-01-01', null, null)",
    )
    .await;
    login(&test, &credentials("nobody", PASSWORD)).await;
    let mut transaction = test.app.db.unknown_logins().await.expect("a transaction");
    let old = "insert into audit_strangers (at, event, address) values ('2026-06-20 07:59Z', 'login_failed', '::1')";
    transaction.execute(old).await.expect("done");
    transaction.commit().await.expect("committed");

    let held = test
        .app
        .db
        .lease(prune::LOCK)
        .await
        .expect("an answer")
        .expect("a lease");
    assert_eq!(
        prune::prune(&test.app.db, keep, now).await.expect("pruned"),
        0,
        "another instance is at it"
    );
    held.release().await.expect("released");
    // 240 logins are ten days old or less, including one exactly ten days old.
    let (entries, sessions) = (20 * 24 - 240 + 2_500, 4);
    assert_eq!(
        prune::prune(&test.app.db, keep, now).await.expect("pruned"),
        entries + sessions + 1
    );
    assert_eq!(
        prune::prune(&test.app.db, keep, now).await.expect("pruned"),
        0
    );
    let left = test
        .query(
            TENANT,
            "select to_jsonb(count(*)) from audit_log where event = 'login'",
        )
        .await;
    assert_eq!(left, [json!(240)]);
    let devices = test
        .query(TENANT, "select to_jsonb(device_name) from sessions where device_name is not null order by device_name");
    assert_eq!(devices.await, ["expired lately", "expires", "open", "used"]);
    assert_eq!(strangers(&test).await.len(), 1);
    assert_eq!(
        test.request(Method::GET, "/api/auth/me", Some(&neighbour))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn only_the_newest_failed_logins_are_kept() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    for _ in 0..7 {
        login(&test, &credentials("ann", "a guess")).await;
        login(&test, &credentials("nobody", "a guess")).await;
    }
    let last = strangers(&test).await.pop();
    let hundred_years = Duration::from_secs(36_500 * 86_400);
    let keep = Retention {
        audit: hundred_years,
        sessions: hundred_years,
        failed_logins: 3,
    };
    let now = test.app.clock.now();
    assert_eq!(
        prune::prune(&test.app.db, keep, now).await.expect("pruned"),
        4 + 4
    );
    assert_eq!(
        prune::prune(&test.app.db, keep, now).await.expect("pruned"),
        0
    );
    let left = test
        .query(TENANT, "select to_jsonb(event) from audit_log order by id")
        .await;
    assert_eq!(
        left,
        [
            "token_issued",
            "token_issued",
            "login_failed",
            "login_failed",
            "login_failed"
        ]
    );
    let left = strangers(&test).await;
    assert_eq!((left.len(), left.last()), (3, last.as_ref()));
}

/// Logins under known and unknown names take different code paths.
#[tokio::test]
async fn a_failed_login_writes_one_entry_for_known_and_unknown_names() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    let program = Program::beside(&test);
    for _ in 0..3 {
        login(&test, &credentials("ann", "a guess")).await;
        login(&test, &credentials("nobody", "a guess")).await;
    }
    assert_eq!(
        printed(&program, &["--tenant", "1", "--event", "login_failed"])
            .await
            .len(),
        3
    );
    assert_eq!(printed(&program, &["--username", "Nobody"]).await.len(), 3);
}
