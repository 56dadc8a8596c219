//! `callboard psql`

use sqlx::ConnectOptions;

use crate::support::database;
use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

const COUNT: &[&str] = &[
    "--",
    "-X",
    "-A",
    "-t",
    "-c",
    "select count(*), min(name) from tenants",
];

async fn psql(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program.run(&[&["psql"], arguments].concat()).await;
    (
        output.status.code(),
        words(&output.stdout),
        words(&output.stderr),
    )
}

/// Runs as the owner and as a superuser, who bypasses row-level security.
#[tokio::test]
async fn psql_reads_one_tenant_and_writes_only_when_allowed() {
    let test = TestApp::new().await;
    test.account(2).await;
    let owner = test.app.db.unscoped().connect_options().as_ref().clone();
    for options in [Some(owner.clone()), database::as_superuser(&owner).await]
        .into_iter()
        .flatten()
    {
        let mut url = options.to_url_lossy();
        url.query_pairs_mut().append_pair("password", "sesame");
        let program = Program::new().with("DATABASE_URL", url.as_str());
        let (code, printed, notices) = psql(&program, &[&["--tenant", "2"], COUNT].concat()).await;
        assert_eq!(
            (code, printed.as_str()),
            (Some(0), "1|Account 2\n"),
            "{notices}"
        );
        assert!(
            notices.contains("read only, rows of tenant 2 \"Account 2\"")
                && !notices.contains("sesame"),
            "{notices}"
        );
        let (_, printed, notices) = psql(&program, COUNT).await;
        assert_eq!(printed, "0|\n");
        assert!(notices.contains("no tenant's rows"), "{notices}");

        let update = [
            "--",
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            "update tenants set name = 'Mine'",
        ];
        let (code, _, notices) = psql(&program, &[&["--tenant", "2"], &update[..]].concat()).await;
        assert_eq!(
            (code, notices.contains("read-only transaction")),
            (Some(1), true),
            "{notices}"
        );
        let (code, ..) = psql(
            &program,
            &[&["--tenant", "2", "--write"], &update[..]].concat(),
        )
        .await;
        assert_eq!(code, Some(0));
        let names = async |tenant| {
            test.query(tenant, "select to_jsonb(name) from tenants")
                .await
        };
        assert_eq!(
            (names(TENANT).await.remove(0), names(2).await.remove(0)),
            ("Account 1".into(), "Mine".into())
        );
        test.execute(2, "update tenants set name = 'Account 2'")
            .await;
    }
    let program = Program::on(&owner);
    assert_eq!(
        program.refused(&["psql", "--tenant", "99"], "").await,
        "callboard: tenant: there is no tenant 99\n"
    );
}

#[tokio::test]
async fn psql_opens_the_embedded_database() {
    let program = Program::new();
    program
        .ok(&["tenant", "create", "--id", "1", "--name", "Mine"], "")
        .await;
    let (code, printed, notices) = psql(&program, &[&["--tenant", "1"], COUNT].concat()).await;
    assert_eq!((code, printed.as_str()), (Some(0), "1|Mine\n"), "{notices}");
    let piped = program
        .ok(
            &["psql", "--tenant", "1", "--", "-X", "-A", "-t"],
            "select name from tenants;\n",
        )
        .await;
    assert_eq!(piped, "Mine\n");
    program.assert_nothing_runs();
}
