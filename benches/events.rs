//! The cost of events on ingest: with no webhook, and with one that subscribes to all.
//!
//! Rows are as fresh as a dialer's, so that each makes its events. No worker delivers meanwhile.

use std::fmt::Write;

use callboard::db::Database;
use callboard::ingest::{Body, Locale, Target, ingest};
use callboard::time::Clock;
use chrono::TimeDelta;
use sqlx::postgres::PgConnection;
use tokio::sync::Mutex;

use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::results::{Section, figure};
use crate::support::stats::{Pairs, alternate, median, seconds, spread};
use crate::support::{TENANT, World};

const DATABASE: &str = "callboard_bench_events";
const LEADS: usize = 5_000;
const SINGLES: usize = 500;
const RUNS: usize = 9;

/// State of events while rows are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Events {
    /// The triggers of events are disabled.
    Disabled,
    NoWebhook,
    Webhook,
}

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "events",
        "Rows a second through ingest, with the triggers of events and no webhook against disabled triggers, and with \
         a webhook on all events (four to six deliveries for each finished attempt) against no webhook. Single rows are \
         a transaction each: the start of a call, then its end.",
    );
    let options = world.cluster.empty(DATABASE).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    store(&db, Events::Disabled, &leads()).await;
    let bench = Bench {
        batch: if world.size == Size::Full {
            20_000
        } else {
            5_000
        },
        connection: Mutex::new(world.cluster.superuser(DATABASE).await),
        number: Mutex::new(0),
        db,
    };
    let subscribe = format!(
        "insert into webhooks (tenant_id, id, url, events, status, secret, created_at, updated_at)
         values ({TENANT}, 1, 'https://example.com/', '{{*}}', 'paused', '', now(), now())"
    );
    run(&mut *bench.connection.lock().await, &subscribe).await;
    section.figures("ingest", &["subject", "floor", "n", "subject ÷ floor"]);
    for (what, subject, floor) in [
        (
            "no webhook ÷ no triggers",
            Events::NoWebhook,
            Events::Disabled,
        ),
        ("a webhook ÷ no webhook", Events::Webhook, Events::NoWebhook),
    ] {
        let pairs = bench.batches(subject, floor).await;
        row(
            &mut section,
            &format!("a batch of {}: {what}", bench.batch),
            &pairs,
        );
        let pairs = bench.singles(subject, floor).await;
        row(&mut section, &format!("single rows: {what}"), &pairs);
    }
    bench.db.close().await;
    world.cluster.drop(DATABASE).await;
    section
}

fn row(section: &mut Section, what: &str, pairs: &Pairs) {
    let cells = [
        what.to_owned(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        pairs.subject.len().to_string(),
        spread(&pairs.ratios()),
    ];
    section.row(&cells, &[]);
}

struct Bench {
    /// Rows of a batch.
    batch: usize,
    db: Database,
    connection: Mutex<PgConnection>,
    /// Runs so far, for ids of their own.
    number: Mutex<usize>,
}

impl Bench {
    async fn batches(&self, subject: Events, floor: Events) -> Pairs {
        let stored = async |events| {
            let run = self.begin(events).await;
            let lines: String = (0..self.batch).map(|number| end(run, number)).collect();
            self.batch as f64 / seconds(store(&self.db, events, &lines)).await
        };
        stored(subject).await; // the first finds nothing in memory
        alternate(RUNS, |_| stored(subject), |_| stored(floor)).await
    }

    async fn singles(&self, subject: Events, floor: Events) -> Pairs {
        let stored = async |events| {
            let run = self.begin(events).await;
            let lines = (0..SINGLES)
                .map(|number| start(run, number))
                .chain((0..SINGLES).map(|number| end(run, number)));
            let lines: Vec<String> = lines.collect();
            let storing = async {
                for line in &lines {
                    store(&self.db, events, line).await;
                }
            };
            lines.len() as f64 / seconds(storing).await
        };
        stored(subject).await;
        alternate(RUNS, |_| stored(subject), |_| stored(floor)).await
    }

    /// Sets the state, and returns the number of the run.
    async fn begin(&self, events: Events) -> usize {
        let mut connection = self.connection.lock().await;
        let state = if events == Events::Disabled {
            "disable"
        } else {
            "enable"
        };
        for table in ["autocall_attempts", "autocall_leads"] {
            for trigger in ["events_appeared", "events_changed"] {
                run(
                    &mut connection,
                    &format!("alter table {table} {state} trigger {trigger}"),
                )
                .await;
            }
        }
        let status = if events == Events::Webhook {
            "active"
        } else {
            "paused"
        };
        run(
            &mut connection,
            &format!("update webhooks set status = '{status}'"),
        )
        .await;
        run(&mut connection, "truncate webhook_deliveries").await;
        let mut number = self.number.lock().await;
        *number += 1;
        *number
    }
}

/// Stores lines like an ingest request.
async fn store(db: &Database, events: Events, lines: &str) {
    let target = Target {
        tenant: TENANT,
        locale: Locale {
            zone: callboard::time::Zone::UTC,
            country_code: 84,
        },
        atomic: false,
        events: events != Events::Disabled,
    };
    let tally = ingest(db, target, Body::Lines(lines.as_bytes()), |_| ())
        .await
        .expect("stored");
    assert_eq!(tally.rejected, 0, "{:?}", tally.errors.first());
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

fn start(run: usize, number: usize) -> String {
    format!("{}}}\n", call(run, number))
}

fn end(run: usize, number: usize) -> String {
    let (answered, ended) = (seconds_ago(50), seconds_ago(5));
    format!(
        r#"{},"answered_at":"{answered}","ended_at":"{ended}","result":"answered","hangup_cause":"NORMAL_CLEARING","billsec":45,"dtmf":"1","script_path":["intro","press_1"],"transfer":"connected"}}
"#,
        call(run, number)
    )
}

fn call(run: usize, number: usize) -> String {
    let (lead, started) = (number % LEADS, seconds_ago(60));
    format!(
        r#"{{"kind":"autocall_attempt","uuid":"{run}-{number}","campaign_id":1,"lead_id":{lead},"attempt_number":1,"started_at":"{started}""#
    )
}

fn seconds_ago(seconds: i64) -> String {
    (Clock::System.now() - TimeDelta::seconds(seconds)).to_rfc3339()
}
