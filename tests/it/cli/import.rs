//! `callboard import`

mod sheets;

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::ingest::fail_writes;
use crate::support::program::{Program, eventually, words};
use crate::support::{TENANT, TestApp, body, database, gzip};

fn teams(ids: std::ops::RangeInclusive<i64>) -> String {
    body(
        &ids.map(|id| json!({"kind": "team", "id": id, "name": format!("Team {id}")}))
            .collect::<Vec<_>>(),
    )
}

async fn stored(test: &TestApp) -> Value {
    test.query(TENANT, "select to_jsonb(count(*)) from teams")
        .await
        .remove(0)
}

#[tokio::test]
async fn rejected_lines_are_printed_with_their_fields_and_exit_1() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let import = ["import", "-", "--tenant", "1"];
    let lines = format!(
        "{}\n{{\"kind\":\"team\",\"colour\":1}}\nnonsense\n{}",
        teams(1..=2),
        teams(3..=3)
    );
    let output = program.feed(&import, lines.as_bytes()).await;
    assert_eq!(
        (output.status.code(), words(&output.stdout)),
        (Some(1), "5 lines, 3 stored, 2 rejected\n".into())
    );
    let printed = words(&output.stderr);
    for fault in [
        "line 4: colour ",
        "line 4: id is required.",
        "line 4: name is required.",
        "line 5: line is not a JSON object",
    ] {
        assert!(
            printed.lines().any(|line| line.starts_with(fault)),
            "{fault}: {printed}"
        );
    }
    assert_eq!(stored(&test).await, 3);
    let output = program.feed(&import, teams(1..=4).as_bytes()).await;
    assert_eq!(
        (output.status.code(), words(&output.stdout)),
        (Some(0), "4 lines, 4 stored, 0 rejected\n".into())
    );
    assert_eq!(
        (words(&output.stderr), stored(&test).await),
        (String::new(), json!(4))
    );
}

#[tokio::test]
async fn plain_and_gzip_files_are_imported() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let file = |name: &str, bytes: &[u8]| {
        let path = program.place().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let parts = [gzip(&teams(101..=150)), gzip(&teams(151..=200))].concat();
    for (name, bytes, total) in [
        ("plain", teams(1..=100).into_bytes(), 100),
        ("parts", parts.clone(), 200),
        ("empty", Vec::new(), 200),
    ] {
        let printed = program
            .ok(&["import", &file(name, &bytes), "--tenant", "1"], "")
            .await;
        assert!(printed.ends_with(" 0 rejected\n"), "{printed}");
        assert_eq!(stored(&test).await, total, "{name}");
    }
    let broken = file("broken", &parts[..parts.len() - 9]);
    assert!(
        program
            .refused(&["import", &broken, "--tenant", "1"], "")
            .await
            .contains("malformed body")
    );
    let (missing, folder) = (program.place().join("missing"), program.place().to_owned());
    for path in [
        missing.to_str().expect("text"),
        folder.to_str().expect("text"),
    ] {
        let printed = program
            .refused(&["import", path, "--tenant", "1"], "")
            .await;
        assert!(
            printed.contains(path) || printed.contains("malformed body"),
            "{printed}"
        );
    }
    let printed = program
        .refused(&["import", &file("plain", b"{}"), "--tenant", "99"], "")
        .await;
    assert_eq!(printed, "callboard: tenant: there is no tenant 99\n");
}

#[tokio::test]
async fn atomic_and_timezone_work_as_over_http() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let import = ["import", "-", "--tenant", "1", "--atomic"];
    let printed = program
        .refused(
            &import,
            &format!("{}{{\"kind\":\"team\"}}", teams(1..=11_000)),
        )
        .await;
    assert!(
        printed.contains("line 11001: id is required.\n"),
        "{printed}"
    );
    assert_eq!(stored(&test).await, 0);
    program.ok(&import, &teams(1..=11_000)).await;
    assert_eq!(stored(&test).await, 11_000);

    let campaign = json!({"kind": "telesales_campaign", "id": 1, "name": "C", "created_at": "2026-06-01T00:00:00"});
    for (zone, instant) in [
        ("", "2026-05-31T17:00:00+00:00"),
        ("Europe/Berlin", "2026-05-31T22:00:00+00:00"),
    ] {
        let zoned = ["import", "-", "--tenant", "1", "--timezone", zone];
        program
            .ok(
                &zoned[..if zone.is_empty() { 4 } else { 6 }],
                &campaign.to_string(),
            )
            .await;
        let created = test
            .query(
                TENANT,
                "select to_jsonb(created_at) from telesales_campaigns",
            )
            .await;
        assert_eq!(created, [json!(instant)], "{zone}");
    }
}

#[tokio::test]
async fn a_json_array_is_recognized_by_its_first_character() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let import = ["import", "-", "--tenant", "1"];
    let lines: Vec<Value> = teams(1..=3)
        .lines()
        .map(|line| line.parse().expect("JSON"))
        .collect();
    for text in [json!(lines).to_string(), format!("{:#}", json!(lines))] {
        let mut packed = gzip(&text);
        packed.extend([0; 100]);
        for bytes in [text.into_bytes(), packed] {
            let output = program.feed(&import, &bytes).await;
            assert_eq!(
                words(&output.stdout),
                "3 lines, 3 stored, 0 rejected\n",
                "{}",
                words(&output.stderr)
            );
        }
    }
    assert_eq!(
        program.ok(&import, &format!("{:#}", lines[0])).await,
        "1 lines, 1 stored, 0 rejected\n"
    );
    let output = program.feed(&import, b"[{\"kind\":\"team\"}, 7]").await;
    assert_eq!(
        (output.status.code(), words(&output.stdout)),
        (Some(1), "2 lines, 0 stored, 2 rejected\n".into())
    );
    assert!(
        words(&output.stderr).contains("item 0: id is required.\n"),
        "{}",
        words(&output.stderr)
    );
    assert!(
        program
            .refused(&import, "[{}")
            .await
            .contains("malformed body")
    );
    let long = format!("[{}]", " ".repeat(16 << 20));
    assert!(program.refused(&import, &long).await.contains("16 MiB"));
}

#[tokio::test]
async fn an_atomic_import_retries_from_its_first_line_after_a_deadlock() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let agent = json!({"kind": "agent", "id": 1, "name": "A", "username": "a", "team_id": 1});
    let lines = teams(1..=11_000) + &body(&[agent]);
    fail_writes(&test, "agents", "40P01", 2).await;
    let import = ["import", "-", "--tenant", "1", "--atomic"];
    let printed = program.ok(&import, &lines).await;
    assert_eq!(printed, "11001 lines, 11001 stored, 0 rejected\n");
    assert_eq!(stored(&test).await, 11_000);
}

/// Runs a command with a terminal as its standard error, and forwards its output.
const ON_A_TERMINAL: &str = "
import os, pty, subprocess, sys
terminal, its_end = pty.openpty()
program = subprocess.Popen(sys.argv[1:], stderr=its_end)
os.close(its_end)
try:
    while said := os.read(terminal, 4096):
        os.write(2, said)
except OSError:
    pass
sys.exit(program.wait())
";

#[tokio::test]
async fn import_progress_is_written_to_stderr() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let import = program.command(&["import", "-", "--tenant", "1"]);
    let mut python = Command::new("python3");
    python
        .args(["-c", ON_A_TERMINAL])
        .arg(import.as_std().get_program())
        .args(import.as_std().get_args());
    python.envs(
        import
            .as_std()
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    python
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = python.spawn().expect("python3");
    let (mut stdin, mut stderr) = (
        child.stdin.take().expect("piped"),
        child.stderr.take().expect("piped"),
    );
    let (chunk, mut sent, mut seen) = (teams(1..=10_000), 0, Vec::new());
    eventually("progress is shown", async || {
        stdin.write_all(chunk.as_bytes()).await.expect("sent");
        sent += 10_000;
        let _ = tokio::time::timeout(Duration::from_millis(100), stderr.read_buf(&mut seen)).await;
        words(&seen).contains("lines/s")
    })
    .await;
    drop(stdin);
    stderr.read_to_end(&mut seen).await.expect("the rest");
    let output = child.wait_with_output().await.expect("an end");
    assert_eq!(
        words(&output.stdout),
        format!("{sent} lines, {sent} stored, 0 rejected\n")
    );
    assert!(
        words(&seen).ends_with("\r\x1b[K"),
        "the line is taken away at the end: {:?}",
        words(&seen)
    );
}

#[tokio::test]
async fn an_import_ends_when_the_database_is_lost() {
    let database = database::create().await;
    let program = Program::on(&database);
    program
        .ok(&["tenant", "create", "--id", "1", "--name", "Account"], "")
        .await;
    let mut blocker = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    blocker
        .execute("begin; lock table teams")
        .await
        .expect("locked");
    let mut child = program
        .command(&["import", "-", "--tenant", "1"])
        .spawn()
        .expect("a process");
    let mut stdin = child.stdin.take().expect("piped");
    stdin
        .write_all(teams(1..=10_001).as_bytes())
        .await
        .expect("sent");

    // From outside the transaction, whose view of `pg_stat_activity` is fixed at its first read.
    let mut operator = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let end_waiting = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
    eventually("it waits for the table, and is ended", async || {
        sqlx::query_scalar::<_, i64>(end_waiting)
            .fetch_one(&mut operator)
            .await
            .expect("an answer")
            > 0
    })
    .await;
    let ended = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await;
    let output = ended.expect("an end").expect("an output");
    assert_eq!(output.status.code(), Some(1), "{}", words(&output.stderr));
    assert!(
        words(&output.stderr).contains("callboard: unavailable: "),
        "{}",
        words(&output.stderr)
    );
    drop(stdin);
}

#[tokio::test]
async fn records_of_dialers_are_imported_from_files_and_folders() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let data = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr");
    let at = |path: &str| data.join(path).to_str().expect("text").to_owned();
    let import = async |format: &str, path: &str, zone: &str| {
        let path = at(path);
        let arguments = [
            "import",
            "--tenant",
            "1",
            "--format",
            format,
            "--timezone",
            zone,
            &path,
        ];
        program.feed(&arguments, b"").await
    };
    let untold = ["import", "--tenant", "1", "--format", "asterisk-csv"];
    let master = at("asterisk/issabel-2022-Master.csv");
    let untold = [&untold[..], &[master.as_str()]].concat();
    let refused = program.refused(&untold, "").await;
    assert!(refused.contains("timezone"), "{refused}");
    for (format, path, zone, records) in [
        (
            "freeswitch-csv",
            "freeswitch/cdr-csv/2016-02-spicyramen-Master.csv",
            "America/Los_Angeles",
            82,
        ),
        (
            "asterisk-csv",
            "asterisk/issabel-2022-Master.csv",
            "America/Bogota",
            736,
        ),
        (
            "asterisk-queue-log",
            "asterisk/issabel-2022-queue_log",
            "America/Bogota",
            0,
        ),
        (
            "vicidial",
            "vicidial/made-vicidial-log.tsv",
            "Asia/Ho_Chi_Minh",
            11,
        ),
    ] {
        let said = words(&import(format, path, zone).await.stdout);
        assert!(
            said.contains(&format!("{records} records")) || records == 0,
            "{format}: {said}"
        );
        assert!(!said.contains(" 0 calls"), "{format}: {said}");
    }
    // A folder has a line for each of its files, and those that are no documents go to quarantine.
    let said = words(&import("freeswitch-json", "freeswitch", "UTC").await.stdout);
    assert!(said.lines().count() > 20, "{said}");
    let kept = test.ok("/api/ingest/quarantine?per_page=100").await.json();
    assert!(kept["total"].as_i64() > Some(3), "{kept}");
    let calls = "select to_jsonb(count(*)) from autocall_attempts";
    let before = test.query(1, calls).await;
    assert!(before[0].as_i64() > Some(50), "{before:?}");
    import(
        "asterisk-csv",
        "asterisk/issabel-2022-Master.csv",
        "America/Bogota",
    )
    .await;
    assert_eq!(
        test.query(1, calls).await,
        before,
        "nothing is added by the same file"
    );
}
