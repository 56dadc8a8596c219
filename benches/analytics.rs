//! Every analytics query, over the whole tenant and its largest campaign: latency of the server, and of the same statements
//! sent by `pgbench`. Also the cost of filters that roll-ups cannot answer.

use std::time::Instant;

use callboard::analytics::ALL;
use callboard::analytics::query::Query;
use callboard::asked::Asked;
use callboard::auth::Tenant;
use callboard::db::Database;
use serde_json::{Value, json};

use crate::support::ask::tenant;
use crate::support::data::Size;
use crate::support::pgbench::Pgbench;
use crate::support::results::{Check, Section, figure};
use crate::support::rolled::Source;
use crate::support::stats::{mean, median, percentile};
use crate::support::windows::{Shape, Window, Windows};
use crate::support::{TENANT, World};

const ROLLED: usize = 42;
const RAW: usize = 6;
/// The script of the largest campaign only.
const TEMPLATE: &str = "tpl_4";

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "analytics",
        "Milliseconds in the server, from the beginning of the transaction to the JSON, over random windows of 76 days in \
         six zones, their ends at any microsecond, each of which was asked about once before. pgbench: the mean of the same transactions, as the server sent \
         them, on one connection.",
    );
    let db = world.open().await;
    let account = tenant(&db, TENANT).await;
    let rows = |thousands| world.size.of_thousands(thousands);
    let (large, all) = (rows(2000), rows(6400));
    for (title, template) in [
        (format!("account of {all} attempts"), None),
        (format!("campaign of {large} attempts"), Some(TEMPLATE)),
    ] {
        section.table(
            &title,
            &[
                "read from",
                "p50",
                "p95",
                "n",
                "mean",
                "pgbench",
                "mean ÷ pgbench",
            ],
        );
        for question in ALL {
            let filters = template.map_or(json!({}), |template| json!({"template_id": template}));
            measure(
                &mut section,
                world,
                &db,
                &account,
                &Question {
                    name: question.about.name,
                    filters,
                },
            )
            .await;
        }
        for (name, filters) in [
            ("calls_over_time", json!({"min_duration": 10})),
            ("sentiment_distribution", json!({"sentiment_min": 0.5})),
            ("call_count", json!({"payload_filters": {"city": "City 7"}})),
            (
                "call_count",
                json!({"payload_filters": {"segment": "new", "age": 31}}),
            ),
            (
                "status_distribution",
                json!({"payload_filters": {"city": "City 7"}}),
            ),
            ("conversion_funnel", json!({"min_duration": 10})),
        ] {
            let mut question = Question { name, filters };
            if let Some(template) = template {
                question.filters["template_id"] = template.into();
            }
            measure(&mut section, world, &db, &account, &question).await;
        }
    }
    db.close().await;
    section
}

struct Question {
    name: &'static str,
    filters: Value,
}

impl Question {
    fn query(&self, window: &Window) -> Query {
        let mut filters = self.filters.clone();
        filters["date_from"] = window.from.as_str().into();
        filters["date_to"] = window.to.as_str().into();
        let body = json!({"query_type": self.name, "filters": filters, "timezone": window.zone});
        Query::read(body.to_string().as_bytes()).expect("a query")
    }

    fn title(&self) -> String {
        let filters = self
            .filters
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "template_id");
        let filters: Vec<String> = filters
            .map(|(_, value)| value.to_string().replace('"', ""))
            .collect();
        if filters.is_empty() {
            self.name.to_owned()
        } else {
            format!("{} ({})", self.name, filters.join(", "))
        }
    }

    /// The source, and the latency in milliseconds.
    async fn ask(&self, db: &Database, account: &Tenant, window: &Window) -> (Source, f64) {
        let query = self.query(window);
        let started = Instant::now();
        let mut scope = db.read(account.id).await.expect("a scope");
        let answer = query
            .ask(&mut scope, window.now, Source::Rolled)
            .await
            .expect("an answer");
        answer.outcome.json().expect("JSON");
        let took = 1000.0 * started.elapsed().as_secs_f64();
        let _ = scope.commit().await; // given back before the next one asks
        (answer.source, took)
    }
}

async fn measure(
    section: &mut Section,
    world: &World,
    db: &Database,
    account: &Tenant,
    question: &Question,
) {
    let (source, _) = question
        .ask(db, account, &Windows::new(8).next(Shape::Ragged))
        .await;
    let runs = if source == Source::Rolled {
        ROLLED
    } else {
        RAW
    };
    // Warm-up: fills plan and page caches.
    let mut windows = Windows::new(8);
    for _ in 0..runs {
        question
            .ask(db, account, &windows.next(Shape::Ragged))
            .await;
    }
    let mut windows = Windows::new(8);
    let mut times = Vec::new();
    for _ in 0..runs {
        times.push(
            question
                .ask(db, account, &windows.next(Shape::Ragged))
                .await
                .1,
        );
    }
    let windows = if source == Source::Rolled { 32 } else { 4 };
    let pgbench = Pgbench::record_asking(&world.cluster, windows, async |db, account, window| {
        question.ask(db, account, window).await;
    })
    .await;
    let seconds = if world.size == Size::Full && source == Source::Raw {
        10
    } else {
        2
    };
    let floor = pgbench
        .rate(1, seconds)
        .map_or(f64::NAN, |rate| 1000.0 / rate);
    let (p50, mean) = (median(&times), mean(&times));
    let cells = [
        question.title(),
        if source == Source::Rolled {
            "roll-ups"
        } else {
            "rows"
        }
        .to_owned(),
        figure(p50),
        figure(percentile(&times, 0.95)),
        times.len().to_string(),
        figure(mean),
        figure(floor),
        figure(mean / floor),
    ];
    let target = || vec![Check::at_most("p50", p50, 5.0)];
    section.row(
        &cells,
        &if source == Source::Rolled {
            target()
        } else {
            Vec::new()
        },
    );
}
