//! The command line.

mod demo;
mod import;
mod psql;
mod running;
mod tenants;
mod tokens;
mod users;

use serde_json::Value;

use crate::support::database;
use crate::support::program::Program;

#[tokio::test]
async fn help_lists_every_command() {
    let program = Program::new();
    let help = program.ok(&["--help"], "").await;
    for command in [
        "serve", "demo", "check", "healthy", "migrate", "import", "tenant", "user", "token",
        "link", "audit", "openapi",
    ] {
        assert!(
            help.lines()
                .any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command}: {help}"
        );
    }
    for setting in [
        "DATABASE_URL",
        "CALLBOARD_DATA_DIR",
        "CALLBOARD_LISTEN",
        "CALLBOARD_SECRET",
        "CALLBOARD_AUDIT_KEEP",
    ] {
        assert!(help.contains(setting), "{setting}: {help}");
    }
    let unknown = program.run(&["sevre"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    assert!(!program.data().exists(), "help makes no data directory");
}

#[tokio::test]
async fn help_shows_a_commands_own_options_before_the_settings() {
    let program = Program::new();
    for (command, own) in [
        (&["tenant", "create"][..], "--reseller <"),
        (&["user", "passwd"], "--keep-sessions"),
        (&["token", "issue"], "--permission <"),
        (&["link"], "--expires-in <"),
        (&["import"], "--atomic"),
        (&["verify"], "--sample <"),
        (&["psql"], "--write"),
        (&["serve"], "--help"),
    ] {
        let help = program.ok(&[command, &["--help"]].concat(), "").await;
        let place = |part: &str| {
            help.find(part)
                .unwrap_or_else(|| panic!("{command:?}: no {part}: {help}"))
        };
        assert!(
            place("Options:") < place(own) && place(own) < place("Settings"),
            "{command:?}: {help}"
        );
        assert!(
            place("Settings") < place("--database-url"),
            "{command:?}: {help}"
        );
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines.windows(2) {
            let is_mute =
                pair[0].trim_start().starts_with("--") && pair[0].trim_end().ends_with('>');
            assert!(
                !is_mute || pair[1].starts_with("          "),
                "{command:?} says nothing of {}",
                pair[0].trim()
            );
        }
    }
}

#[tokio::test]
async fn help_shows_no_secrets() {
    let program = Program::new()
        .with("CALLBOARD_SECRET", "very-secret")
        .with("DATABASE_URL", "postgres://u:pass@h/d");
    let help = program.ok(&["serve", "--help"], "").await;
    assert!(
        !help.contains("very-secret") && !help.contains("pass@"),
        "{help}"
    );
}

#[tokio::test]
async fn openapi_prints_the_committed_document_without_a_database() {
    let program = Program::new();
    let printed = program.ok(&["openapi"], "").await;
    assert!(
        printed == include_str!("../../../openapi/openapi.json"),
        "it differs"
    );
    assert!(serde_json::from_str::<Value>(&printed).is_ok());
    assert!(!program.data().exists());
}

#[tokio::test]
async fn schema_prints_the_committed_sql_without_a_database() {
    let program = Program::new();
    let printed = program.ok(&["schema"], "").await;
    assert!(
        printed == include_str!("../../../schema/rollups.sql"),
        "run: cargo run -- schema > schema/rollups.sql"
    );
    assert!(!program.data().exists());
}

#[tokio::test]
async fn migrate_is_idempotent_and_safe_to_run_concurrently() {
    let database = database::create_empty().await;
    let program = Program::on(&database);
    let runs = (0..4).map(|_| program.ok(&["migrate"], ""));
    futures_util::future::join_all(runs).await;
    assert_eq!(program.ok(&["migrate"], "").await, "");
    let refused = program.refused(&["rebuild", "--tenant", "1"], "").await;
    assert!(refused.contains("no tenant 1"), "{refused}");
}

#[tokio::test]
async fn an_unreachable_database_is_reported_in_one_sentence() {
    for url in [
        "postgres://nobody@127.0.0.1:1/nothing",
        "postgres:///db?host=/nowhere",
        "not a URL",
    ] {
        let program = Program::new().with("DATABASE_URL", url);
        let printed = program.refused(&["migrate"], "").await;
        assert!(
            printed.starts_with("callboard: ") && !printed.contains("panicked"),
            "{url}: {printed}"
        );
    }
}

/// Regression: the first of several commands to end stopped the shared database.
#[tokio::test]
async fn commands_sharing_an_embedded_postgres_end_in_any_order() {
    let program = Program::new();
    let create = async |id| {
        program
            .run(&["tenant", "create", "--id", id, "--name", "Mine"])
            .await
    };
    for output in futures_util::future::join_all(["1", "2", "3", "4"].map(create)).await {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    program.assert_nothing_runs();
}
