//! Every report of a large campaign and of a large tenant: latency from roll-ups, and the ratio to the same report from rows.

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::reports::report::Module;

use crate::support::ask::{ask, tenant};
use crate::support::results::{Check, Section, figure};
use crate::support::rolled::Source::{Raw, Rolled};
use crate::support::stats::{Pairs, median, percentile, spread};
use crate::support::windows::{Question, Shape, Windows};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World};

/// Runs of each kind; fewer from rows, which take long.
const ROLLED: usize = 42;
const RAW: usize = 6;
const WINDOWS: u64 = 1;

/// Targets of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Campaign,
    LargeCampaign,
    Account,
}

#[derive(Default)]
struct Times {
    rolled: Vec<f64>,
    /// Ratios over the windows that both sources answered.
    pairs: Pairs,
    compared: usize,
    /// Answers that differed.
    different: usize,
}

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "reports",
        "Milliseconds in the server, from the beginning of the transaction to the JSON, over random windows of 76 \
         days in six zones, their ends at any microsecond or at dates. Raw: the same figures from the rows.",
    );
    let db = world.open().await;
    let tenant = tenant(&db, TENANT).await;
    let rows = |thousands| world.size.of_thousands(thousands);
    let groups = [
        (
            format!("campaign of {} attempts", rows(2000)),
            Some(LARGEST_CAMPAIGN),
            Module::Autocall,
            Scope::LargeCampaign,
        ),
        (
            format!("campaign of {} calls", rows(1000)),
            Some(LARGEST_CAMPAIGN),
            Module::Telesales,
            Scope::Campaign,
        ),
        (
            format!("account of {} calls", rows(6000)),
            None,
            Module::Telesales,
            Scope::Account,
        ),
    ];
    let (mut compared, mut different) = (0, 0);
    for (title, campaign, module, scope) in groups {
        section.table(
            &title,
            &["window", "p50", "p95", "n", "raw p50", "n", "raw ÷ rolled"],
        );
        for question in Question::all(campaign, module) {
            for shape in [Shape::Ragged, Shape::Dates] {
                let times = measure(&db, &tenant, &question, shape).await;
                (compared, different) = (compared + times.compared, different + times.different);
                report(&mut section, &question, shape, scope, &times);
            }
        }
    }
    section.table("answers from both sources", &["compared", "different"]);
    let cells = [
        "all of the above".to_owned(),
        compared.to_string(),
        different.to_string(),
    ];
    section.row(&cells, &[Check::at_most("", different as f64, 0.0)]);
    db.close().await;
    section
}

async fn measure(db: &Database, tenant: &Tenant, question: &Question, shape: Shape) -> Times {
    let mut windows = Windows::new(WINDOWS);
    let mut times = Times::default();
    for source in [Rolled, Raw] {
        ask(db, tenant, question, &windows.next(shape), source).await; // plans, and pages into memory
    }
    for run in 0..ROLLED {
        let window = windows.next(shape);
        if run % (ROLLED / RAW) != 0 {
            times
                .rolled
                .push(ask(db, tenant, question, &window, Rolled).await.ms);
            continue;
        }
        let first = if times.compared % 2 == 0 { Rolled } else { Raw };
        let (mut rolled, mut raw) = (None, None);
        for source in if first == Rolled {
            [Rolled, Raw]
        } else {
            [Raw, Rolled]
        } {
            let answer = ask(db, tenant, question, &window, source).await;
            *(if source == Rolled {
                &mut rolled
            } else {
                &mut raw
            }) = Some(answer);
        }
        let (rolled, raw) = (rolled.expect("an answer"), raw.expect("an answer"));
        times.rolled.push(rolled.ms);
        times.pairs.subject.push(rolled.ms);
        times.pairs.floor.push(raw.ms);
        times.compared += 1;
        if raw.json.is_some() && rolled.json != raw.json {
            println!("  {} differs: {}", question.name(), question.query(&window));
            times.different += 1;
        }
    }
    times
}

fn report(section: &mut Section, question: &Question, shape: Shape, scope: Scope, times: &Times) {
    let (p50, p95) = (median(&times.rolled), percentile(&times.rolled, 0.95));
    let speedups = times.pairs.speedups();
    let mut checks = match scope {
        Scope::Account => vec![Check::at_most("p50", p50, 5.0)],
        Scope::Campaign | Scope::LargeCampaign => {
            vec![
                Check::at_most("p50", p50, 2.0),
                Check::at_most("p95", p95, 5.0),
            ]
        }
    };
    if scope == Scope::LargeCampaign {
        let times = if question.definition.about.name == "kpis" {
            1000.0
        } else {
            500.0
        };
        checks.push(Check::at_least("ratio", median(&speedups), times));
    }
    let cells = [
        question.name(),
        shape.name().to_owned(),
        figure(p50),
        figure(p95),
        times.rolled.len().to_string(),
        figure(median(&times.pairs.floor)),
        times.pairs.floor.len().to_string(),
        spread(&speedups),
    ];
    section.row(&cells, &checks);
}
