//! What the row-level security under every read costs: the KPIs' statement as the guarded role runs it,
//! against the same statement as a superuser, whom the guard does not hold.

mod support;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor};
use support::{Bench, TENANT, alternate};
use tokio::sync::Mutex;

const RUNS: usize = 21;
const KPIS: &str = include_str!("../src/reports/autocall/kpis.raw.sql");

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(run());
}

async fn run() {
    let bench = Bench::start().await;
    let superuser = bench.options.clone().username("postgres");
    let mut loader = PgConnection::connect_with(&superuser).await.expect("a connection");
    for sql in ["insert into autocall_campaigns (tenant_id, id, name) values (1, 1, 'Bench')",
        "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent) values (1, 1, 1, '849', '849')",
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec)
         select 1, n::text, 1, 1, 1, '2026-06-01Z'::timestamptz + n * interval '1 second', 'answered', 42 from generate_series(1, 300000) n",
        "vacuum analyze"]
    {
        loader.execute(AssertSqlSafe(sql.to_owned())).await.expect("loaded");
    }
    let guarded = Mutex::new(PgConnection::connect_with(&bench.options).await.expect("a connection"));
    let unguarded = Mutex::new(PgConnection::connect_with(&superuser).await.expect("a connection"));
    for (rows, to, repeats) in [("300 rows", "2026-06-01 00:05:00Z", 300), ("100,000 rows", "2026-06-02 03:46:40Z", 10)]
    {
        kpis(&guarded, to, repeats).await;
        kpis(&unguarded, to, repeats).await;
        let pairs = alternate(RUNS, |_| kpis(&guarded, to, repeats), |_| kpis(&unguarded, to, repeats)).await;
        pairs.print(&format!("KPIs over {rows}, {repeats} times a run"), "guarded", "unguarded");
    }
    bench.stop().await;
}

/// Begins, says whose, asks and ends, as a request does.
async fn kpis(connection: &Mutex<PgConnection>, to: &str, repeats: usize) {
    let mut connection = connection.lock().await;
    let to: chrono::DateTime<chrono::Utc> = to.parse().expect("an instant");
    let from: chrono::DateTime<chrono::Utc> = "2026-06-01T00:00:00Z".parse().expect("an instant");
    for _ in 0..repeats {
        let begin = format!("begin read only; set local callboard.tenant = '{TENANT}'");
        let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await.expect("a transaction");
        let query = sqlx::query(KPIS).bind(TENANT).bind(1_i64).bind(from).bind(to);
        let _: PgRow = query.fetch_one(&mut *transaction).await.expect("a row");
        transaction.commit().await.expect("done");
    }
}
