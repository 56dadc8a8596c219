//! Answers that screens of the page wait for: the overview of 300 campaigns, and six reports in one request against the same six,
//! one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use callboard::asked::Asked;
use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::error::Error;
use callboard::overview::paces::paces;
use callboard::overview::{Overview, Sees, paces_of};
use callboard::reports;
use callboard::reports::report::{Format, Module, Place};
use callboard::reports::together::GROUPS;
use callboard::rollups::Source;
use chrono::{DateTime, Utc};

use crate::support::ask::tenant;
use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::results::{Check, Section, figure};
use crate::support::stats::{Pairs, alternate, median, percentile, spread};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World, rolled};

const DATABASE: &str = "callboard_bench_screens";
const SQL: &str = include_str!("data/screens.sql");
const NOW: &str = "2026-03-26T09:10:00Z";
/// Runs from sums; from rows fewer.
const RUNS: usize = 42;
const RAW: usize = 6;
/// Reports of a screen.
const AUTOCALL: &str =
    "include=kpis,trend,hangup,heatmap,dtmf,funnel&from=2026-03-20&to=2026-03-26";
const TELESALES: &str = "include=dashboard,agent-performance,funnel,disposition-breakdown,caller-id-health,\
                         hour-dow-heatmap&date_from=2026-03-20&date_to=2026-03-26&campaign_id=1";

pub async fn run_part(world: &World) -> Section {
    let calls: usize = if world.size == Size::Full {
        2_000_000
    } else {
        25_000
    };
    let mut section = Section::new(
        "screens",
        "Milliseconds in the server, from the beginning of the transaction to the JSON. The overview has 300 campaigns of each \
         product, 50 on its page, with warnings and a pace that is kept; raw: the same from the rows. Six reports of a week of \
         the largest campaign in one request, against the sum of the six alone.",
    );
    let options = world.cluster.empty(DATABASE).await;
    let mut superuser = world.cluster.superuser(DATABASE).await;
    run(&mut superuser, &SQL.replace("{{rows}}", &calls.to_string())).await;
    drop(superuser);
    let db = Database::open(options, callboard::rollups::Edition::own().schema());
    let db = db.await.expect("a database");
    rolled::settle(&db).await;
    let bench = Bench {
        tenant: tenant(&db, TENANT).await,
        now: NOW.parse().expect("an instant"),
        db,
    };
    let columns = ["calls", "p50", "p95", "n", "raw p50", "n", "raw ÷ rolled"];
    section.table("overview of 300 campaigns", &columns);
    for module in Module::ALL {
        bench.overview(&mut section, module, calls).await;
    }
    let columns = ["together", "sum alone", "n", "together ÷ alone"];
    section.table("six reports in one request", &columns);
    for (module, query) in [(Module::Autocall, AUTOCALL), (Module::Telesales, TELESALES)] {
        bench.six(&mut section, module, query).await;
    }
    bench.db.close().await;
    world.cluster.drop(DATABASE).await;
    section
}

struct Bench {
    db: Database,
    tenant: Tenant,
    now: DateTime<Utc>,
}

impl Bench {
    /// Milliseconds of an answer; infinite if its statement timed out.
    async fn ask(&self, asked: &dyn Asked, source: Source) -> f64 {
        let started = Instant::now();
        let mut scope = self.db.read(TENANT).await.expect("a scope");
        let answer = match asked.ask(&mut scope, self.now, source).await {
            Err(Error::TimedOut) => return f64::INFINITY,
            answer => answer.expect("an answer"),
        };
        let json = answer.outcome.json().expect("JSON");
        let took = started.elapsed().as_secs_f64();
        assert!(json.len() > 100, "{json}");
        // Returned before the next request, so that all use one connection.
        let _ = scope.commit().await;
        1000.0 * took
    }

    async fn overview(&self, section: &mut Section, module: Module, calls: usize) {
        let sees = Sees {
            exports: true,
            webhooks: true,
        };
        let query = format!("module={}", module.name());
        let overview = Overview::read(&query, 1, &Module::ALL, sees).expect("a request");
        let kept = paces(Duration::from_secs(60));
        let day = (module, overview.zone(&self.tenant), self.now);
        let paces = paces_of(&self.db, &kept, &self.tenant, day).await;
        let overview = overview.with_paces(paces.expect("paces"));
        self.ask(&overview, Source::Rolled).await; // plans, and pages into memory
        // Too many rows for a statement are not asked again.
        let raw_runs = match self.ask(&overview, Source::Raw).await {
            f64::INFINITY => 0,
            _ => RAW,
        };
        let mut times = Vec::new();
        for _ in 0..RUNS {
            times.push(self.ask(&overview, Source::Rolled).await);
        }
        let rolled = async |_| self.ask(&overview, Source::Rolled).await;
        let raw = async |_| self.ask(&overview, Source::Raw).await;
        let pairs = alternate(raw_runs, rolled, raw).await;
        let p50 = median(&times);
        let cells = [
            module.name().to_owned(),
            calls.to_string(),
            figure(p50),
            figure(percentile(&times, 0.95)),
            times.len().to_string(),
            figure(median(&pairs.floor)),
            pairs.floor.len().to_string(),
            spread(&pairs.speedups()),
        ];
        section.row(&cells, &[Check::at_most("p50", p50, 15.0)]);
    }

    async fn six(&self, section: &mut Section, module: Module, query: &str) {
        let group = GROUPS.iter().find(|group| group.module == module);
        let group = group.expect("a group");
        let path_id = (group.place == Place::OfCampaign).then_some(LARGEST_CAMPAIGN);
        let together = group.read(query, path_id);
        let names = query.split(['=', '&']).nth(1).expect("names").split(',');
        let named = |name: &str| {
            let mut reports = reports::ALL.iter();
            let report = reports.find(|it| it.route().module == module && it.about.name == name);
            let report = report.expect("a report");
            report.parse(query, path_id, &[Format::Json]).into_asked()
        };
        let alone: Vec<Arc<dyn Asked>> = names.map(named).collect();
        assert_eq!(alone.len(), 6, "{query}");
        let one = async |_| self.ask(&together, Source::Rolled).await;
        let six = async |_| {
            let mut sum = 0.0;
            for report in &alone {
                sum += self.ask(&**report, Source::Rolled).await;
            }
            sum
        };
        alternate(2, one, six).await; // plans, and pages into memory
        let pairs: Pairs = alternate(RUNS, one, six).await;
        let ratios = pairs.ratios();
        let cells = [
            module.name().to_owned(),
            figure(median(&pairs.subject)),
            figure(median(&pairs.floor)),
            ratios.len().to_string(),
            spread(&ratios),
        ];
        section.row(&cells, &[Check::at_most("", median(&ratios), 1.3)]);
    }
}
