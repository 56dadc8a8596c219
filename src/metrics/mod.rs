//! Metrics of this process, in the text that Prometheus reads (contract, section 16).
//!
//! Owns their names, labels and meanings. A label holds one of a few fixed words: no account, user, phone number or address.
//! Must not know what is counted; `begin` and `installation`, which do, are above everything that counts.

pub mod begin;
mod counters;
pub mod installation;
mod process;

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use counters::Labels;
pub use counters::{Counters, Gauges};

use crate::time::zone::database::Database;

/// Type of the text, as a header.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets of durations, in seconds: from an answer that is kept to the deadline of one that is not.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// Outcomes of what workers end.
pub const READY: &str = "ready";
pub const DELIVERED: &str = "delivered";
pub const DONE: &str = "done";
pub const FAILED: &str = "failed";

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

type Durations = Family<Labels<2>, Histogram, fn() -> Histogram>;

/// The part of the cache in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cached {
    /// The response was kept.
    Hit,
    /// It was read for this request, or for one that asked for the same at the same time.
    Miss,
    /// The route keeps no responses.
    None,
}

impl Cached {
    pub const ALL: [Self; 3] = [Self::Hit, Self::Miss, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::None => "none",
        }
    }
}

/// Every metric. Counters begin at 0 ([`begin`]).
pub struct Metrics {
    registry: Registry,
    pub requests: Counters<4>,
    durations: Durations,
    pool_waits: Histogram,
    /// Statements of reads, and the beginning of each.
    pub read_round_trips: Counter,
    pub cache_requests: Counters<1>,
    pub exports_finished: Counters<1>,
    pub ingest_lines: Counters<2>,
    pub webhook_deliveries: Counters<1>,
    pub schedule_runs: Counters<1>,
    pub rate_limited: Counters<1>,
    /// Connections by pool and state.
    pub pool_connections: Gauges<2>,
    /// Figures of the installation. An instance that does not read them has none ([`installation`]).
    pub exports: Gauges<1>,
    pub export_oldest: Gauges<0>,
    pub journal_rows: Gauges<0>,
    compaction_behind: Gauges<0>,
    /// Instant before which every change is folded into sums, as far as this instance knows.
    compacted_until: Mutex<Instant>,
    pub rollups_stale: Gauges<0>,
    pub db_size: Gauges<0>,
    pub replica_lag: Gauges<0>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The metrics of this process.
pub fn metrics() -> &'static Metrics {
    &METRICS
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::default();
        let registered = &mut registry;
        let metrics = Self {
            requests: Counters::new(
                registered,
                "callboard_http_requests",
                "Requests answered. cache: hit, if the answer was kept; miss, if it was read; none, if the route keeps none",
                ["method", "route", "status", "cache"],
            ),
            durations: Family::new_with_constructor(histogram),
            pool_waits: histogram(),
            read_round_trips: Counter::default(),
            cache_requests: Counters::new(
                registered,
                "callboard_cache_requests",
                "Requests for answers that may be kept. outcome: hit; joined, if another request was reading it; read",
                ["outcome"],
            ),
            exports_finished: Counters::new(
                registered,
                "callboard_exports_finished",
                "Exports that this instance ended. outcome: ready, failed",
                ["outcome"],
            ),
            ingest_lines: Counters::new(
                registered,
                "callboard_ingest_lines",
                "Lines that were sent. kind: that of the line; other, if it names none that exists. outcome: stored, rejected",
                ["kind", "outcome"],
            ),
            webhook_deliveries: Counters::new(
                registered,
                "callboard_webhook_deliveries",
                "Attempts to deliver. outcome: delivered, failed",
                ["outcome"],
            ),
            schedule_runs: Counters::new(
                registered,
                "callboard_schedule_runs",
                "Tries of runs of schedules. outcome: done, failed",
                ["outcome"],
            ),
            rate_limited: Counters::new(
                registered,
                "callboard_rate_limited",
                "Requests refused because there were too many. group: that of the limit",
                ["group"],
            ),
            pool_connections: Gauges::new(
                registered,
                "callboard_db_pool_connections",
                "Connections to the database. state: used, idle",
                ["pool", "state"],
            ),
            exports: Gauges::new(
                registered,
                "callboard_exports",
                "Exports that are not ended. state: queued, running",
                ["state"],
            ),
            export_oldest: Gauges::new(
                registered,
                "callboard_export_oldest_seconds",
                "Age of the oldest export that is not ended; 0 if there is none",
                [],
            ),
            journal_rows: Gauges::new(
                registered,
                "callboard_journal_rows",
                "Changes that are not folded into sums yet",
                [],
            ),
            compaction_behind: Gauges::new(
                registered,
                "callboard_compaction_behind_seconds",
                "Time since the beginning of the last round that folded the changes of every account into sums",
                [],
            ),
            compacted_until: Mutex::new(Instant::now()),
            rollups_stale: Gauges::new(
                registered,
                "callboard_rollups_stale",
                "Parts of sums that have to be built anew; figures are read from the rows until then",
                [],
            ),
            db_size: Gauges::new(
                registered,
                "callboard_db_size_bytes",
                "Size of the database",
                [],
            ),
            replica_lag: Gauges::new(
                registered,
                "callboard_replica_lag_seconds",
                "Time that the furthest replica is behind; missing without a replica",
                [],
            ),
            registry: Registry::default(),
        };
        registered.register(
            "callboard_http_request_duration_seconds",
            "Time from the head of a request to the head of its answer",
            metrics.durations.clone(),
        );
        registered.register(
            "callboard_db_pool_wait_seconds",
            "Time that work waited for a connection to the database",
            metrics.pool_waits.clone(),
        );
        registered.register(
            "callboard_db_read_round_trips",
            "Round trips to the database for answers: the beginning of a snapshot, and each statement in it",
            metrics.read_round_trips.clone(),
        );
        let build = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("commit", env!("CALLBOARD_COMMIT")),
        ];
        registered.register("callboard_build", "This build", Info::new(build));
        let zones = [("version", Database::current().release().as_str())];
        registered.register(
            "callboard_tz_database",
            "Time zone data in use",
            Info::new(zones),
        );
        registered.register_collector(Box::new(process::Process));
        Self {
            registry,
            ..metrics
        }
    }

    /// Counts a request that was answered.
    pub fn answered(
        &self,
        [method, route, status]: [&'static str; 3],
        cached: Cached,
        took: Duration,
    ) {
        let cache = cached.name();
        self.requests.add([method, route, status, cache], 1);
        let (names, values) = (["route", "cache"], [route, cache]);
        let durations = self.durations.get_or_create(&Labels { names, values });
        durations.observe(took.as_secs_f64());
    }

    /// Notes the time that work waited for a connection.
    pub fn waited(&self, time: Duration) {
        self.pool_waits.observe(time.as_secs_f64());
    }

    /// Notes that every change before that instant is folded into sums.
    pub fn compacted(&self, until: Instant) {
        *self
            .compacted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// The text of all metrics.
    pub fn text(&self) -> String {
        let until = *self
            .compacted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.compaction_behind
            .set([], until.elapsed().as_secs_f64());
        let mut text = String::new();
        let _ = text::encode(&mut text, &self.registry); // a string takes anything
        text
    }
}
