//! Commands for tokens.

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

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
