//! Growth of latency with the number of calls, at a fixed window, and with the length of the window. With roll-ups, neither
//! should matter much.

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::reports::report::Module;

use crate::support::ask::{ask, tenant};
use crate::support::data::Shape;
use crate::support::results::{Section, figure};
use crate::support::rolled::Source::Rolled;
use crate::support::stats::median;
use crate::support::windows::{Question, Windows};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World};

const RUNS: usize = 11;
const FIXED_DAYS: i64 = 7;
const DAYS: [i64; 4] = [1, 7, 30, 90];
const LARGE: Option<i64> = Some(LARGEST_CAMPAIGN);

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "growth",
        "Milliseconds in the server, medians of 11 answers from the roll-ups, over windows whose ends are ragged.",
    );
    let db = world.open().await;
    let tenant = tenant(&db, TENANT).await;
    let rows = |thousands| world.size.of_thousands(thousands);
    let (small, million, six, ten) = (rows(100), rows(1000), rows(6000), rows(10_000));
    by_rows(
        &mut section,
        &db,
        &tenant,
        &[&small, &million, &format!("account of {six}"), "times"],
        Module::Telesales,
    )
    .await;
    let grown = world.beside(Shape::Growth).await;
    let grown_db = grown.open().await;
    by_rows(
        &mut section,
        &grown_db,
        &tenant,
        &[&small, &million, &ten, "times"],
        Module::Autocall,
    )
    .await;
    grown_db.close().await;
    grown.cluster.stop().await;

    for (what, campaign, module) in [
        (
            format!("campaign of {}", rows(2000)),
            LARGE,
            Module::Autocall,
        ),
        (format!("account of {six}"), None, Module::Telesales),
    ] {
        section.figures(&what, &["1 day", "7 days", "30 days", "90 days", "times"]);
        for question in Question::all(campaign, module) {
            let mut times = Vec::new();
            for days in DAYS {
                times.push(measure(&db, &tenant, &question, days).await);
            }
            row(&mut section, &question, &times);
        }
    }
    db.close().await;
    section
}

/// A window of some days, in the small, the larger and the largest campaign.
async fn by_rows(
    section: &mut Section,
    db: &Database,
    tenant: &Tenant,
    sizes: &[&str],
    module: Module,
) {
    section.figures(&format!("{FIXED_DAYS} days of"), sizes);
    // Campaigns 3, 2 and 1 have 0.1, 1 and 10 million attempts; 2 and 1 have 0.1 and 1 million calls.
    let scopes = match module {
        Module::Autocall => [Some(3), Some(2), LARGE],
        Module::Telesales => [Some(2), LARGE, None],
    };
    for questions in across(scopes, module) {
        let mut times = Vec::new();
        for question in &questions {
            times.push(measure(db, tenant, question, FIXED_DAYS).await);
        }
        row(section, &questions[0], &times);
    }
}

/// Each report of each of these.
fn across(campaigns: [Option<i64>; 3], module: Module) -> Vec<[Question; 3]> {
    let [one, two, three] = campaigns.map(|campaign| Question::all(campaign, module));
    // The comparison takes its own list of campaigns.
    let fixed = |question: &Question| question.definition.about.name == "comparison";
    let scopes = one
        .into_iter()
        .zip(two)
        .zip(three)
        .map(|((one, two), three)| [one, two, three]);
    scopes.filter(|[one, ..]| !fixed(one)).collect()
}

async fn measure(db: &Database, tenant: &Tenant, question: &Question, days: i64) -> f64 {
    let mut windows = Windows::new(4);
    ask(db, tenant, question, &windows.last(days), Rolled).await;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(
            ask(db, tenant, question, &windows.last(days), Rolled)
                .await
                .ms,
        );
    }
    median(&times)
}

/// The times, and the ratio of the last to the first.
fn row(section: &mut Section, question: &Question, times: &[f64]) {
    let growth = times[times.len() - 1] / times[0];
    let cells: Vec<String> = std::iter::once(question.name())
        .chain(times.iter().chain([&growth]).map(|time| figure(*time)))
        .collect();
    section.row(&cells, &[]);
}
