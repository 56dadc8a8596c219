//! Ingest against its floor: a bare COPY of the same rows into a table without keys, indexes or checks.

mod support;

use std::fmt::Write;

use callboard::ingest::{Target, ingest};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use support::{Bench, TENANT, alternate, median};

const ROWS: usize = 200_000;
const LEADS: usize = 20_000;
const RUNS: usize = 7;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(run());
}

async fn run() {
    let bench = Bench::start().await;
    let target = Target { tenant: TENANT, zone: chrono_tz::UTC, atomic: false };
    ingest(&bench.db, target, leads().as_bytes(), |_| ()).await.expect("stored");
    let create = "create table bare (like autocall_attempts)";
    let mut connection = PgConnection::connect_with(&bench.options).await.expect("a connection");
    connection.execute(create).await.expect("a table");

    let lines: Vec<String> = (0..RUNS).map(attempts).collect();
    let copies: Vec<String> = (0..RUNS).map(rows).collect();
    let (db, options) = (&bench.db, &bench.options);
    let stored = |run: usize| {
        let lines = &lines[run];
        async move {
            let tally = ingest(db, target, lines.as_bytes(), |_| ()).await.expect("stored");
            assert_eq!(tally.stored, ROWS as u64);
        }
    };
    let copied = |run: usize| {
        let rows = &copies[run];
        async move {
            let mut connection = PgConnection::connect_with(options).await.expect("a connection");
            connection.execute(AssertSqlSafe("truncate bare".to_owned())).await.expect("empty");
            let mut copy = connection.copy_in_raw("copy bare from stdin").await.expect("a copy");
            copy.send(rows.as_bytes()).await.expect("sent");
            assert_eq!(copy.finish().await.expect("copied"), ROWS as u64);
        }
    };
    let pairs = alternate(RUNS, stored, copied).await;
    pairs.print(&format!("{ROWS} new attempts"), "ingest", "bare COPY");
    println!(
        "rows/s: ingest {:.0}, bare COPY {:.0}",
        ROWS as f64 / median(&pairs.subject),
        ROWS as f64 / median(&pairs.floor)
    );
    bench.stop().await;
}

fn leads() -> String {
    let mut lines = String::from("{\"kind\":\"autocall_campaign\",\"id\":1,\"name\":\"Bench\"}\n");
    for id in 0..LEADS {
        let _ = writeln!(lines, r#"{{"kind":"autocall_lead","id":{id},"campaign_id":1,"phone":"09{id:08}"}}"#);
    }
    lines
}

fn attempts(run: usize) -> String {
    let mut lines = String::new();
    for number in 0..ROWS {
        let (lead, second) = (number % LEADS, number % 86_400);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let _ = writeln!(
            lines,
            r#"{{"kind":"autocall_attempt","uuid":"{run}-{number}","campaign_id":1,"lead_id":{lead},"attempt_number":1,"started_at":"2026-06-01T{hour:02}:{minute:02}:00Z","result":"answered","hangup_cause":"NORMAL_CLEARING","billsec":42,"dtmf":"1","script_path":["intro","press_1"],"transfer":"connected","provider":"carrier"}}"#
        );
    }
    lines
}

/// The same rows as COPY has them, in the order of the table's columns.
fn rows(run: usize) -> String {
    let mut rows = String::new();
    for number in 0..ROWS {
        let (lead, second) = (number % LEADS, number % 86_400);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let _ = writeln!(
            rows,
            "1\t{run}-{number}\t1\t{lead}\t1\t2026-06-01T{hour:02}:{minute:02}:00Z\t\\N\t\\N\tanswered\tNORMAL_CLEARING\t42\t1\t{{intro,press_1}}\tconnected\t\\N\t\\N\t\\N\tcarrier\t\\N\t\\N"
        );
    }
    rows
}
