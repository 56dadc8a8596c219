//! Ingest, against a bare COPY of the same rows into a table without keys, indexes or checks.

use std::fmt::Write;

use callboard::db::Database;
use callboard::ingest::{Body, Locale, Target, ingest};

use crate::support::cluster::{connect, run};
use crate::support::results::{Section, figure};
use crate::support::stats::{alternate, median, seconds, spread};
use crate::support::{TENANT, World};

const DATABASE: &str = "callboard_bench_copy";
const ROWS: usize = 200_000;
const LEADS: usize = 20_000;
const RUNS: usize = 7;

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "copy",
        "Rows a second of 200,000 new attempts: ingest, which parses, checks and upserts them, against a bare COPY \
         of the same rows into a table without keys, indexes or checks.",
    );
    let options = world.cluster.empty(DATABASE).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    let target = Target {
        tenant: TENANT,
        locale: Locale {
            zone: callboard::time::Zone::UTC,
            country_code: 84,
        },
        atomic: false,
        events: false,
    };
    ingest(&db, target, Body::Lines(leads().as_bytes()), |_| ())
        .await
        .expect("stored");
    run(
        &mut connect(&options).await,
        "create table bare (like autocall_attempts)",
    )
    .await;

    let lines: Vec<String> = (0..RUNS).map(attempts).collect();
    let copies: Vec<String> = (0..RUNS).map(rows).collect();
    let store = async |run: usize| {
        let tally = ingest(&db, target, Body::Lines(lines[run].as_bytes()), |_| ())
            .await
            .expect("stored");
        assert_eq!(tally.stored, ROWS as u64);
    };
    let copy = async |number: usize| {
        let mut connection = connect(&options).await;
        run(&mut connection, "truncate bare").await;
        let mut copy = connection
            .copy_in_raw("copy bare from stdin")
            .await
            .expect("a copy");
        copy.send(copies[number].as_bytes()).await.expect("sent");
        assert_eq!(copy.finish().await.expect("copied"), ROWS as u64);
    };
    let rate = |seconds: f64| ROWS as f64 / seconds;
    let stored = async |run| rate(seconds(store(run)).await);
    let copied = async |run| rate(seconds(copy(run)).await);
    let pairs = alternate(RUNS, stored, copied).await;
    section.figures("ingest", &["ingest", "bare COPY", "n", "ingest ÷ COPY"]);
    let cells = [
        "new attempts".to_owned(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        RUNS.to_string(),
        spread(&pairs.ratios()),
    ];
    section.row(&cells, &[]);
    db.close().await;
    world.cluster.drop(DATABASE).await;
    section
}

fn leads() -> String {
    let mut lines = String::from("{\"kind\":\"autocall_campaign\",\"id\":1,\"name\":\"Bench\"}\n");
    for id in 0..LEADS {
        let _ = writeln!(
            lines,
            r#"{{"kind":"autocall_lead","id":{id},"campaign_id":1,"phone":"09{id:08}"}}"#
        );
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

/// The same rows in COPY format, in the order of the table's columns.
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
