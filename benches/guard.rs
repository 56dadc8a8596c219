//! The cost of row-level security: the KPI statement under the guarded role, against the same statement as a superuser, who
//! bypasses it.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::Mutex;

use crate::support::cluster::{connect, run};
use crate::support::results::{Section, figure};
use crate::support::stats::{alternate, median, seconds, spread};
use crate::support::{TENANT, World};

const DATABASE: &str = "callboard_bench_guard";
const RUNS: usize = 21;
const KPIS: &str = include_str!("../src/reports/autocall/kpis.raw.sql");

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "guard",
        "Milliseconds a transaction: the statement of the KPIs on rows, under row-level security and as a superuser, \
         whom it does not hold.",
    );
    let options = world.cluster.empty(DATABASE).await;
    let mut superuser = world.cluster.superuser(DATABASE).await;
    for sql in ["insert into autocall_campaigns (tenant_id, id, name) values (1, 1, 'Bench')",
        "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent) values (1, 1, 1, '849', '849')",
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec)
         select 1, n::text, 1, 1, 1, '2026-06-01Z'::timestamptz + n * interval '1 second', 'answered', 42 from generate_series(1, 300000) n",
        "vacuum analyze"]
    {
        run(&mut superuser, sql).await;
    }
    section.figures(
        "KPIs over",
        &["guarded", "unguarded", "n", "guarded ÷ unguarded"],
    );
    let (guarded, unguarded) = (Mutex::new(connect(&options).await), Mutex::new(superuser));
    for (rows, to, repeats) in [
        ("300 rows", "2026-06-01 00:05:00Z", 300),
        ("100,000 rows", "2026-06-02 03:46:40Z", 10),
    ] {
        kpis(&guarded, to, repeats).await;
        kpis(&unguarded, to, repeats).await;
        let measured = |connection| async move {
            1000.0 * seconds(kpis(connection, to, repeats)).await / repeats as f64
        };
        let pairs = alternate(RUNS, |_| measured(&guarded), |_| measured(&unguarded)).await;
        let cells = [
            rows.to_owned(),
            figure(median(&pairs.subject)),
            figure(median(&pairs.floor)),
            RUNS.to_string(),
            spread(&pairs.ratios()),
        ];
        section.row(&cells, &[]);
    }
    drop((guarded, unguarded));
    world.cluster.drop(DATABASE).await;
    section
}

/// Begins, sets the tenant, queries and ends, like a request.
async fn kpis(connection: &Mutex<PgConnection>, to: &str, repeats: usize) {
    let mut connection = connection.lock().await;
    let to: chrono::DateTime<chrono::Utc> = to.parse().expect("an instant");
    let from: chrono::DateTime<chrono::Utc> = "2026-06-01T00:00:00Z".parse().expect("an instant");
    for _ in 0..repeats {
        let begin = format!("begin read only; set local callboard.tenant = '{TENANT}'");
        let mut transaction = connection
            .begin_with(AssertSqlSafe(begin))
            .await
            .expect("a transaction");
        let query = sqlx::query(KPIS)
            .bind(TENANT)
            .bind(1_i64)
            .bind(from)
            .bind(to);
        let _: PgRow = query.fetch_one(&mut *transaction).await.expect("a row");
        transaction.commit().await.expect("done");
    }
}
