//! The log of who came in, as `callboard audit` prints it.

use callboard::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::login::{PASSWORD, credentials, login};
use crate::support::program::Program;
use crate::support::{NOW, TENANT, TestApp};

async fn printed(program: &Program, arguments: &[&str]) -> Vec<Value> {
    let printed = program.ok(&[&["audit"], arguments].concat(), "").await;
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn events(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["event"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn who_came_in_and_who_tried_to_is_told_with_user_address_and_time() {
    let test = TestApp::new().await;
    test.user(TENANT, "Ann", Role::Agent).await;
    test.account(2).await;
    login(&test, &credentials("ann", "a guess")).await;
    let token = login(&test, &credentials("ann", PASSWORD)).await.json()["token"].as_str().expect("a token").to_owned();
    test.request(Method::POST, "/api/auth/logout", Some(&token)).await;
    login(&test, &credentials("Mallory", PASSWORD)).await;
    let program = Program::beside(&test);
    let log = printed(&program, &["--tenant", "1"]).await;
    assert_eq!(events(&log), ["token_issued", "token_issued", "login_failed", "login", "logout"]);
    let at =
        |entry: &Value| entry["at"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    for (entry, session, address) in [
        (&log[1], true, Value::Null),
        (&log[2], false, json!("127.0.0.1")),
        (&log[3], true, json!("127.0.0.1")),
        (&log[4], true, json!("127.0.0.1")),
    ] {
        assert_eq!((&entry["tenant_id"], &entry["user_id"], &entry["username"]), (&json!(1), &json!(2), &json!("Ann")));
        assert_eq!((entry["session_id"].is_string(), &entry["address"]), (session, &address), "{entry}");
        assert_eq!(at(entry).to_rfc3339_opts(chrono::SecondsFormat::Secs, true), NOW);
    }
    assert_eq!(log[3]["session_id"], log[4]["session_id"]);

    let strangers = printed(&program, &[]).await;
    assert_eq!(events(&strangers), ["login_failed"]);
    assert_eq!((&strangers[0]["username"], &strangers[0]["tenant_id"]), (&json!("Mallory"), &Value::Null));
    assert_eq!(events(&printed(&program, &["--tenant", "2"]).await), ["token_issued"], "a neighbour's log is its own");
}

#[tokio::test]
async fn what_operators_do_is_told_and_what_is_wanted_may_be_named() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    let program = Program::beside(&test);
    let id = test.query(TENANT, "select to_jsonb(id) from sessions where user_id = 1").await.remove(0);
    program.ok(&["token", "revoke", "--tenant", "1", id.as_str().expect("an id")], "").await;
    program.ok(&["user", "disable", "--tenant", "1", "--username", "ann"], "").await;
    program.ok(&["user", "enable", "--tenant", "1", "--username", "ann"], "").await;
    program.ok(&["token", "issue", "--tenant", "1", "--username", "ann"], "").await;
    let of = async |more: &[&'static str]| {
        let entries = printed(&program, &[&["--tenant", "1"], more].concat()).await;
        events(&entries).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let done = ["token_revoked", "user_disabled", "user_enabled", "token_issued"];
    assert_eq!(of(&[]).await[2..], done);
    assert_eq!(of(&["--username", "ANN"]).await, [&["token_issued"], &done[1..]].concat());
    assert_eq!(
        of(&["--event", "token_issued", "--since", "1h"]).await,
        ["token_issued"],
        "the others were at another time"
    );
    assert_eq!(of(&["--event", "login"]).await, Vec::<String>::new());
    assert!(!program.run(&["audit", "--event", "nonsense"]).await.status.success());
    assert_eq!(program.refused(&["audit", "--tenant", "99"], "").await, "callboard: there is no such account\n");
}

/// A login under a name that exists and one under a name that does not take the same steps.
#[tokio::test]
async fn a_login_that_fails_writes_one_entry_whoever_it_names() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    let program = Program::beside(&test);
    for _ in 0..3 {
        login(&test, &credentials("ann", "a guess")).await;
        login(&test, &credentials("nobody", "a guess")).await;
    }
    assert_eq!(printed(&program, &["--tenant", "1", "--event", "login_failed"]).await.len(), 3);
    assert_eq!(printed(&program, &["--username", "Nobody"]).await.len(), 3);
}
