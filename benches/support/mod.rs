//! What the benchmarks share: a database of their own, and pairs of measurements in alternating order.

use std::future::Future;
use std::time::{Duration, Instant};

use callboard::auth::Tenant;
use callboard::auth::tenant::DEFAULT_TIMEZONE;
use callboard::db::{Database, Embedded, EmbeddedSettings};
use sqlx::postgres::PgConnectOptions;

pub const TENANT: i64 = 1;

pub struct Bench {
    pub db: Database,
    pub options: PgConnectOptions,
    embedded: Embedded,
}

impl Bench {
    /// A cluster as a server has it: it waits for the disk.
    pub async fn start() -> Self {
        let dir = std::env::temp_dir().join(format!("callboard-bench-{}", std::process::id()));
        let embedded =
            Embedded::start(&dir, &EmbeddedSettings::default()).await.expect("Postgres").expect("a new directory");
        let options = embedded.options().clone();
        callboard::app::migrate(&options).await.expect("migrations");
        let db = Database::open(options.clone()).await.expect("a database");
        Tenant::create(&db, TENANT, "Bench", DEFAULT_TIMEZONE, None).await.expect("an account");
        Self { db, options, embedded }
    }

    pub async fn stop(self) {
        self.db.close().await;
        self.embedded.stop().await;
        let dir = std::env::temp_dir().join(format!("callboard-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(dir);
    }
}

/// Seconds that each of two things took, run by run: A B, B A, A B, ….
pub struct Pairs {
    pub subject: Vec<f64>,
    pub floor: Vec<f64>,
}

pub async fn alternate<A, B>(
    runs: usize,
    mut subject: impl FnMut(usize) -> A,
    mut floor: impl FnMut(usize) -> B,
) -> Pairs
where
    A: Future<Output = ()>,
    B: Future<Output = ()>,
{
    let mut pairs = Pairs { subject: Vec::new(), floor: Vec::new() };
    for run in 0..runs {
        if run % 2 == 0 {
            pairs.subject.push(seconds(subject(run)).await);
            pairs.floor.push(seconds(floor(run)).await);
        } else {
            pairs.floor.push(seconds(floor(run)).await);
            pairs.subject.push(seconds(subject(run)).await);
        }
    }
    pairs
}

async fn seconds(work: impl Future<Output = ()>) -> f64 {
    let started = Instant::now();
    work.await;
    started.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

impl Pairs {
    /// Prints both medians and the median of the ratios, pair by pair.
    pub fn print(&self, what: &str, subject: &str, floor: &str) {
        let ratios: Vec<f64> = self.subject.iter().zip(&self.floor).map(|(subject, floor)| subject / floor).collect();
        let ms = |seconds: &[f64]| 1000.0 * median(seconds);
        println!(
            "{what} (n = {}): {subject} {:.3} ms, {floor} {:.3} ms, ratio {:.2} ({:.2} to {:.2})",
            ratios.len(),
            ms(&self.subject),
            ms(&self.floor),
            median(&ratios),
            ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratios.iter().copied().fold(0.0, f64::max),
        );
    }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
