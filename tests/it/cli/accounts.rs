//! Commands for tenants, users and tokens.

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

async fn account(test: &TestApp, tenant: i64) -> Vec<Value> {
    test.query(tenant, "select to_jsonb(t) - 'created_at' from tenants t")
        .await
}

#[tokio::test]
async fn creating_a_tenant_twice_is_refused() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let create = |id: &'static str, more: &[&'static str]| {
        [&["tenant", "create", "--id", id, "--name", "North"], more].concat()
    };
    let made = program.ok(&create("7", &[]), "").await;
    assert_eq!(
        made,
        "created tenant 7 \"North\", time zone Asia/Ho_Chi_Minh\n"
    );
    let made = program
        .ok(
            &create("8", &["--timezone", "Europe/Berlin", "--reseller", "7"]),
            "",
        )
        .await;
    assert_eq!(
        made,
        "created tenant 8 \"North\", time zone Europe/Berlin, reseller 7\n"
    );
    let expected = json!({"id": 8, "name": "North", "timezone": "Europe/Berlin", "reseller_id": 7, "settings": {}});
    assert_eq!(account(&test, 8).await, [expected]);
    assert_eq!(account(&test, 7).await[0]["timezone"], "Asia/Ho_Chi_Minh");

    for (arguments, fault) in [
        (create("7", &[]), "id: tenant 7 already exists"),
        (
            create("9", &["--reseller", "99"]),
            "reseller: no such tenant",
        ),
        (
            vec!["tenant", "create", "--id", "9", "--name", "  "],
            "name: must not be empty",
        ),
    ] {
        assert_eq!(
            program.refused(&arguments, "").await,
            format!("callboard: {fault}\n")
        );
    }
    for arguments in [
        create("9", &["--timezone", "Mars/Base"]),
        create("nine", &[]),
        vec!["tenant", "create", "--id", "9"],
    ] {
        assert!(
            !program.run(&arguments).await.status.success(),
            "{arguments:?}"
        );
    }
    assert_eq!(account(&test, 9).await, Vec::<Value>::new());
}

#[tokio::test]
async fn tenant_set_accepts_known_settings_with_valid_values_only() {
    let test = TestApp::new().await;
    test.account(2).await;
    let program = Program::beside(&test);
    let set = ["tenant", "set", "--id", "1"];
    let good = [
        "name=South=East",
        "timezone=Asia/Kathmandu",
        "health_warn_asr_pct=27.5",
        "short_call_sec=0",
    ];
    let changed = program.ok(&[&set[..], &good].concat(), "").await;
    assert_eq!(
        changed,
        "changed tenant 1: name, timezone, health_warn_asr_pct, short_call_sec\n"
    );
    program
        .ok(&[&set[..], &["short_call_sec=12"]].concat(), "")
        .await;
    let expected = json!({"id": 1, "name": "South=East", "timezone": "Asia/Kathmandu", "reseller_id": null,
        "settings": {"health_warn_asr_pct": "27.5", "short_call_sec": "12"}});
    assert_eq!(
        account(&test, TENANT).await,
        std::slice::from_ref(&expected)
    );

    for bad in [
        "colour=red",
        "health_min_calls=0",
        "health_min_calls=1000001",
        "health_block_asr_pct=101",
        "short_call_sec=soon",
        "short_call_sec=",
        "health_warn_short_pct=-1",
        "timezone=Saigon",
        "name=",
        "name=  ",
        "name",
        "id=5",
    ] {
        let output = program.run(&[&set[..], &["name=Lost", bad]].concat()).await;
        assert!(!output.status.success(), "{bad}");
        let key = bad.split('=').next().expect("a key");
        assert!(
            words(&output.stderr).contains(key),
            "{bad}: {}",
            words(&output.stderr)
        );
    }
    assert_eq!(account(&test, TENANT).await, [expected]);
    assert_eq!(account(&test, 2).await[0]["timezone"], "Asia/Ho_Chi_Minh");
    let printed = program
        .refused(&["tenant", "set", "--id", "99", "name=Ghost"], "")
        .await;
    assert_eq!(printed, "callboard: id: there is no tenant 99\n");
    let help = program.ok(&["tenant", "set", "--help"], "").await;
    assert!(
        help.contains("health_min_calls (20)") && help.contains("timezone"),
        "{help}"
    );
}

#[tokio::test]
async fn a_changed_zone_applies_to_later_requests() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    program
        .ok(
            &["tenant", "set", "--id", "1", "timezone=America/New_York"],
            "",
        )
        .await;
    let campaign = json!({"kind": "autocall_campaign", "id": 1, "name": "C", "created_at": "2026-06-01T00:00:00"});
    test.ingest(&[campaign]).await;
    let created = test
        .query(
            TENANT,
            "select to_jsonb(created_at) from autocall_campaigns",
        )
        .await;
    assert_eq!(created, [json!("2026-06-01T04:00:00+00:00")]);
}

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
async fn token_issue_prints_only_a_token_with_the_requested_permissions() {
    let test = TestApp::new().await;
    test.user(TENANT, "Reader", Role::ReadOnly).await;
    let program = Program::beside(&test);
    let issue = |more: &[&'static str]| {
        [
            &["token", "issue", "--tenant", "1", "--username", "reader"],
            more,
        ]
        .concat()
    };
    let status =
        async |token: &str, path: &str| test.request(Method::GET, path, Some(token)).await.status;
    let (autocall, telesales) = (
        "/api/autocall/campaigns/1/reports/kpis",
        "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-02",
    );
    let token = program.ok(&issue(&[]), "").await;
    assert_eq!(
        (token.lines().count(), token.matches('.').count()),
        (1, 2),
        "{token}"
    );
    assert_eq!(
        status(token.trim_end(), autocall).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(status(token.trim_end(), telesales).await, StatusCode::OK);

    let token = program
        .ok(
            &issue(&[
                "--permission",
                "telesales_api_access",
                "--expires-in",
                "90d",
            ]),
            "",
        )
        .await;
    assert_eq!(
        status(token.trim_end(), autocall).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(status(token.trim_end(), telesales).await, StatusCode::OK);
    let ages = test
        .query(
            TENANT,
            "select to_jsonb(expires_at - created_at) from sessions where permissions is not null",
        )
        .await;
    assert_eq!(ages, [json!("90 days")]);

    for (arguments, fault) in [
        (
            issue(&[
                "--permission",
                "telesales_api_access",
                "--permission",
                "ingest_write",
            ]),
            "permission: the user's role does not have ingest_write",
        ),
        (
            vec!["token", "issue", "--tenant", "1", "--username", "ghost"],
            "username: no enabled user of this name",
        ),
        (
            vec!["token", "issue", "--tenant", "2", "--username", "reader"],
            "username: no enabled user of this name",
        ),
        (
            issue(&["--expires-in", "9000000years"]),
            "expires-in: is too long",
        ),
    ] {
        let output = program.run(&arguments).await;
        assert_eq!(
            (output.status.code(), words(&output.stdout)),
            (Some(1), String::new())
        );
        assert_eq!(words(&output.stderr), format!("callboard: {fault}\n"));
    }
    for bad in [["--permission", "everything"], ["--expires-in", "soon"]] {
        let output = program.run(&issue(&bad)).await;
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{bad:?}"
        );
    }
    let mut scope = test.app.db.write(TENANT).await.expect("a scope");
    let disable = scope.query(
        "update users set disabled_at = now() where tenant_id = $1 and username_key = 'reader'",
    );
    disable.execute(scope.connection()).await.expect("done");
    scope.commit().await.expect("committed");
    assert!(
        program
            .refused(&issue(&[]), "")
            .await
            .contains("no enabled user of this name")
    );
}

fn lines(printed: &str) -> Vec<Value> {
    printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn tenants_and_users_are_listed() {
    let test = TestApp::new().await;
    test.account(2).await;
    test.user(2, "Ann", Role::Agent).await;
    let program = Program::beside(&test);
    program
        .ok(
            &[
                "tenant",
                "set",
                "--id",
                "2",
                "name=South",
                "short_call_sec=7",
            ],
            "",
        )
        .await;
    program
        .ok(
            &["user", "disable", "--tenant", "2", "--username", "ann"],
            "",
        )
        .await;
    let mut accounts = lines(&program.ok(&["tenant", "list"], "").await);
    for account in &mut accounts {
        assert!(account["created_at"].take().is_string());
    }
    let listed = |id, name: &str, settings: Value| {
        json!({"id": id, "name": name, "timezone": "Asia/Ho_Chi_Minh", "reseller_id": null, "settings": settings,
            "created_at": null})
    };
    assert_eq!(
        accounts,
        [
            listed(1, "Account 1", json!({})),
            listed(2, "South", json!({"short_call_sec": "7"}))
        ]
    );

    let users = lines(&program.ok(&["user", "list", "--tenant", "2"], "").await);
    let names: Vec<_> = users
        .iter()
        .map(|user| (&user["username"], &user["role"]))
        .collect();
    assert_eq!(
        names,
        [
            (&json!("admin-2"), &json!("admin")),
            (&json!("Ann"), &json!("agent"))
        ]
    );
    assert_eq!(
        (
            users[0]["disabled_at"].is_null(),
            users[1]["disabled_at"].is_string()
        ),
        (true, true)
    );
    assert!(
        users
            .iter()
            .all(|user| !user.to_string().contains("argon2")),
        "{users:?}"
    );
    for command in ["user", "token"] {
        let printed = program
            .refused(&[command, "list", "--tenant", "99"], "")
            .await;
        assert_eq!(printed, "callboard: tenant: there is no tenant 99\n");
    }
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

#[tokio::test]
async fn every_permission_can_be_granted_by_name() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let mut arguments = vec!["token", "issue", "--tenant", "1", "--username", "admin-1"];
    arguments.extend(
        Permission::ALL
            .iter()
            .flat_map(|permission| ["--permission", permission.name()]),
    );
    let token = program.ok(&arguments, "").await;
    let answer = test
        .request(
            Method::GET,
            "/api/autocall/campaigns/1/reports/kpis",
            Some(token.trim_end()),
        )
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
