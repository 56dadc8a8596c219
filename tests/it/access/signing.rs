//! Signing secrets: rotation, and commands that sign.

use callboard::auth::secret::{self, SecretStatus};
use callboard::auth::token::Keys;
use chrono::TimeDelta;
use reqwest::StatusCode;

use crate::support::TestApp;
use crate::support::program::{Program, words};

const ME: &str = "/api/auth/me";

#[tokio::test]
async fn secret_rotation_keeps_issued_tokens_valid() {
    let test = TestApp::new().await;
    let (old, new) = (
        "\x07".repeat(32),
        "a new secret of thirty-two bytes".replace(' ', "-"),
    );
    assert!(Keys::new(format!("{new},{old}").as_bytes()).is_some());
    let status = async |secrets: &str, token: &str| {
        let program = Program::beside(&test).with("CALLBOARD_SECRET", secrets);
        let server = program.serve().await;
        let request = reqwest::Client::new()
            .get(format!("{}{ME}", server.url))
            .bearer_auth(token);
        let status = test.send(request).await.status;
        server.stop().await;
        status
    };
    let both = format!("{new} {old}");
    let program = Program::beside(&test).with("CALLBOARD_SECRET", &both);
    let issued = program
        .ok(
            &["token", "issue", "--tenant", "1", "--username", "admin-1"],
            "",
        )
        .await;
    assert_eq!(status(&both, &test.token).await, StatusCode::OK);
    assert_eq!(status(&both, issued.trim()).await, StatusCode::OK);
    assert_eq!(status(&new, issued.trim()).await, StatusCode::OK);
    assert_eq!(status(&new, &test.token).await, StatusCode::UNAUTHORIZED);

    let short = Program::beside(&test).with("CALLBOARD_SECRET", &format!("{new},short"));
    let output = short.run(&["token", "list", "--tenant", "1"]).await;
    assert_eq!(
        words(&output.stderr),
        "callboard: each secret must have at least 32 bytes\n"
    );
}

/// Commands refuse to issue a token that no server would accept.
#[tokio::test]
async fn commands_sign_only_with_a_secret_the_server_accepts() {
    let test = TestApp::new().await;
    let [served, other] = ["s".repeat(32), "o".repeat(32)];
    let on = |secret: &str| Program::beside(&test).with("CALLBOARD_SECRET", secret);
    let issue = ["token", "issue", "--tenant", "1", "--username", "admin-1"];
    assert_eq!(
        on(&other).ok(&issue, "").await.lines().count(),
        1,
        "no server has been there yet"
    );

    let program = on(&served);
    let server = program.serve().await;
    let token = program.ok(&issue, "").await;
    let request = reqwest::Client::new()
        .get(format!("{}{ME}", server.url))
        .bearer_auth(token.trim());
    assert_eq!(test.send(request).await.status, StatusCode::OK);
    for (secret, commands) in [
        (
            other.clone(),
            &[&issue[..], &["audit", "--username", "mallory"]][..],
        ),
        (format!("{other},{served}"), &[&issue[..]]),
    ] {
        for command in commands {
            let output = on(&secret).run(command).await;
            assert_eq!(
                (output.status.code(), words(&output.stdout)),
                (Some(1), String::new()),
                "{command:?}"
            );
            assert!(
                words(&output.stderr).contains("CALLBOARD_SECRET"),
                "{}",
                words(&output.stderr)
            );
        }
    }
    on(&format!("{other},{served}"))
        .ok(&["audit", "--username", "mallory"], "")
        .await;
    on(&other).ok(&["token", "list", "--tenant", "1"], "").await;
    server.stop().await;
}

#[tokio::test]
async fn commands_create_no_secret_for_an_external_database() {
    let test = TestApp::new().await;
    let program = Program::on(&test.app.db.unscoped().connect_options());
    program
        .ok(&["tenant", "create", "--id", "7", "--name", "North"], "")
        .await;
    for command in [
        &["token", "issue", "--tenant", "1", "--username", "admin-1"][..],
        &["audit", "--username", "x"],
    ] {
        let printed = program.refused(command, "").await;
        assert!(printed.contains("CALLBOARD_SECRET is not set"), "{printed}");
    }
    assert!(!program.data().join("secret").exists());
    let server = program.serve().await;
    assert!(
        program.data().join("secret").exists(),
        "a server makes one and keeps it"
    );
    program
        .ok(
            &["token", "issue", "--tenant", "1", "--username", "admin-1"],
            "",
        )
        .await;
    server.stop().await;
}

#[tokio::test]
async fn commands_create_no_directory_for_an_external_database() {
    let test = TestApp::new().await;
    let program = Program::on(&test.app.db.unscoped().connect_options());
    let exports = program.data().join("exports");
    program.ok(&["tenant", "list"], "").await;
    let team = r#"{"kind": "team", "id": 1, "name": "North"}"#;
    program.ok(&["import", "-", "--tenant", "1"], team).await;
    assert!(!exports.exists());
    program
        .ok(&["import", "-", "--tenant", "1", "--atomic"], team)
        .await;
    assert!(exports.exists(), "an atomic body is spooled there");
}

#[tokio::test]
async fn a_retired_secret_is_forgotten_after_a_day() {
    let test = TestApp::new().await;
    let (now, db) = (test.app.clock.now(), &test.app.db);
    let [old, new] = [b"o", b"n"].map(|byte| Keys::new(&byte.repeat(32)).expect("long enough"));
    secret::record(db, &old, now).await.expect("recorded");
    secret::record(db, &new, now + TimeDelta::hours(24))
        .await
        .expect("recorded");
    assert_eq!(
        secret::status(db, &old).await.expect("a standing"),
        SecretStatus::Known
    );
    secret::record(db, &new, now + TimeDelta::hours(25))
        .await
        .expect("recorded");
    assert_eq!(
        secret::status(db, &old).await.expect("a standing"),
        SecretStatus::Unknown
    );
    assert_eq!(
        secret::status(db, &new).await.expect("a standing"),
        SecretStatus::Known
    );
}
