//! Commands for tenants.

use callboard::auth::Role;
use serde_json::{Value, json};

use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

async fn account(test: &TestApp, tenant: i64) -> Vec<Value> {
    test.query(
        tenant,
        "select to_jsonb(t) - '{created_at,complete_from}'::text[] from tenants t",
    )
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
