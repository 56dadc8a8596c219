//! Commands for users.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn user_names_are_unique_across_tenants() {
    let test = TestApp::new().await;
    test.account(2).await;
    test.ingest(&[json!({"kind": "team", "id": 3, "name": "T"})])
        .await;
    let program = Program::beside(&test);
    let create = |tenant: &'static str, name: &'static str, more: &[&'static str]| {
        [
            &[
                "user",
                "create",
                "--tenant",
                tenant,
                "--username",
                name,
                "--role",
                "read_only",
            ],
            more,
        ]
        .concat()
    };
    let printed = program
        .ok(
            &create("1", " Löwe ", &["--email", "l@x.vn", "--team", "3"]),
            "correct horse\r\n",
        )
        .await;
    assert_eq!(
        printed,
        "created user 3 \"Löwe\" in tenant 1, role read_only\n"
    );
    let users = test
        .query(
            TENANT,
            "select to_jsonb(u) from users u where username = 'Löwe'",
        )
        .await;
    let user = &users[0];
    assert_eq!(
        [&user["role"], &user["email"], &user["username_key"]],
        ["read_only", "l@x.vn", "löwe"]
    );
    assert_eq!(user["team_id"], 3);
    let hash = user["password_hash"].as_str().expect("a hash");
    assert!(
        hash.starts_with("$argon2id$") && !hash.contains("horse"),
        "{hash}"
    );

    for (arguments, password, fault) in [
        (
            create("1", "short", &[]),
            "seven77\n",
            "password: must have at least 8 characters",
        ),
        (
            create("1", "short", &[]),
            "",
            "password: must have at least 8 characters",
        ),
        (
            create("2", "LÖWE", &[]),
            "correct horse",
            "username: is taken",
        ),
        (
            create("1", "löwe", &[]),
            "correct horse",
            "username: is taken",
        ),
        (
            create("1", "  ", &[]),
            "correct horse",
            "username: must not be empty",
        ),
        (
            create("99", "ghost", &[]),
            "correct horse",
            "tenant: no such tenant",
        ),
        (
            create("2", "other", &["--team", "3"]),
            "correct horse",
            "team: no such team",
        ),
    ] {
        assert_eq!(
            program.refused(&arguments, password).await,
            format!("callboard: {fault}\n")
        );
    }
    let root = [
        "user",
        "create",
        "--tenant",
        "1",
        "--username",
        "root",
        "--role",
        "root",
    ];
    assert!(!program.feed(&root, b"correct horse").await.status.success());
    assert_eq!(
        test.query(2, "select to_jsonb(count(*)) from users").await,
        [json!(1)]
    );
    program.ok(&create("1", "ümlaut", &[]), "ÄÖÜäöüßẞ").await;
}

/// Commands create no user whose login would be refused as invalid.
#[tokio::test]
async fn users_created_by_command_can_log_in() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let (plain, long) = ("correct horse", "e\u{301}".repeat(255));
    for (name, password, is_made) in [
        (long.as_str(), plain, true),
        (&"n".repeat(256), plain, false),
        ("line\nbreak", plain, false),
        ("bell\u{7}", plain, false),
        ("eight", "\u{1f40e}".repeat(8).as_str(), true),
        ("most", &"a\u{308}".repeat(256), true),
        ("more", &"x".repeat(257), false),
        ("much", &"x".repeat(100_000), false),
        ("nul", "nul\0nul\0nul", false),
        ("blanks", "          ", true),
        ("tab", "a\ttab in it", true),
    ] {
        let create = [
            "user",
            "create",
            "--tenant",
            "1",
            "--username",
            name,
            "--role",
            "agent",
        ];
        let made = program.feed(&create, password.as_bytes()).await;
        assert_eq!(
            made.status.success(),
            is_made,
            "{name:?} {password:?}: {}",
            words(&made.stderr)
        );
        let login = json!({"username": name, "password": password});
        let answer = test.send(test.post("/api/auth/login").json(&login)).await;
        assert_eq!(
            answer.status == StatusCode::OK,
            is_made,
            "{name:?} {password:?}: {}",
            answer.text()
        );
    }
    let create = [
        "user",
        "create",
        "--tenant",
        "1",
        "--username",
        "m",
        "--role",
        "agent",
        "--email",
    ];
    let too_long = format!("{}@x.vn", "m".repeat(250));
    for email in [
        "m",
        "@x.vn",
        "m@",
        "m n@x.vn",
        "m@x.vn\nBcc: n@x.vn",
        too_long.as_str(),
    ] {
        let printed = program
            .refused(&[&create[..], &[email]].concat(), plain)
            .await;
        assert!(
            printed.starts_with("callboard: email: must "),
            "{email:?}: {printed}"
        );
    }
    let printed = program
        .refused(&[&create[..], &["m"]].concat(), "short")
        .await;
    assert_eq!(printed.lines().count(), 2, "every fault at once: {printed}");
    for name in ["", " ", "a\nb", &"n".repeat(256)] {
        let (printed, changed) = (
            program
                .refused(&["tenant", "create", "--id", "9", "--name", name], "")
                .await,
            program
                .run(&["tenant", "set", "--id", "1", &format!("name={name}")])
                .await,
        );
        assert!(
            printed.starts_with("callboard: name: must "),
            "{name:?}: {printed}"
        );
        assert!(!changed.status.success(), "{name:?}");
    }
    let own = program
        .refused(
            &[
                "tenant",
                "create",
                "--id",
                "9",
                "--name",
                "N",
                "--reseller",
                "9",
            ],
            "",
        )
        .await;
    assert_eq!(own, "callboard: reseller: must be another tenant\n");
}

#[tokio::test]
async fn a_new_password_revokes_tokens_unless_keep_is_given() {
    let test = TestApp::new().await;
    let [kept, ended] = [
        test.user(TENANT, "ann", Role::Admin).await,
        test.issue(TENANT, "ann", &[]).await,
    ];
    let program = Program::beside(&test);
    let passwd = |more: &[&'static str]| {
        [
            &["user", "passwd", "--tenant", "1", "--username", "ANN"],
            more,
        ]
        .concat()
    };
    let me = async |token: &str| {
        test.request(Method::GET, "/api/auth/me", Some(token))
            .await
            .status
    };
    let login = async |password: &str| {
        let body = json!({"username": "ann", "password": password});
        test.send(test.post("/api/auth/login").json(&body))
            .await
            .status
    };
    let printed = program
        .ok(&passwd(&["--keep-sessions"]), "another horse\n")
        .await;
    assert_eq!(
        printed,
        "changed the password of \"ANN\" in tenant 1; revoked 0 tokens\n"
    );
    assert_eq!(
        (login("another horse").await, login("correct horse").await),
        (StatusCode::OK, StatusCode::UNAUTHORIZED)
    );
    assert_eq!(
        (me(&kept).await, me(&ended).await),
        (StatusCode::OK, StatusCode::OK)
    );
    let printed = program.ok(&passwd(&[]), "a third horse").await;
    assert_eq!(
        printed,
        "changed the password of \"ANN\" in tenant 1; revoked 3 tokens\n"
    );
    assert_eq!(
        (me(&kept).await, me(&ended).await),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    assert_eq!(
        (login("a third horse").await, me(&test.token).await),
        (StatusCode::OK, StatusCode::OK)
    );

    assert_eq!(
        program.refused(&passwd(&[]), "short").await,
        "callboard: password: must have at least 8 characters\n"
    );
    let nobody = ["user", "passwd", "--tenant", "1", "--username", "bob"];
    assert_eq!(
        program.refused(&nobody, "long enough").await,
        "callboard: username: no user of this name\n"
    );
    assert_eq!(
        login("a third horse").await,
        StatusCode::OK,
        "a password that is refused changes nothing"
    );
    let log = "select to_jsonb(user_id) from audit_log where event = 'password_changed'";
    assert_eq!(test.query(TENANT, log).await.len(), 2);
}
