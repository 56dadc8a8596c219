//! The cost of tenants that do nothing: transactions, and CPU of the server and of Postgres.
//!
//! The server is a process of its own, with every task it has.

use std::fs;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use tokio::time::sleep;

use crate::support::World;
use crate::support::cluster::{run, scalar};
use crate::support::data::Size;
use crate::support::process::Process;
use crate::support::results::{Check, Section, figure};

const DATABASE: &str = "callboard_bench_idle";
/// Tenants, without rows of their own but for a campaign that has ended.
const TENANTS: [i64; 2] = [1, 4_000];
/// Time from the start of the server to the measurement: caches and first rounds of every task.
const WARM_UP: Duration = Duration::from_secs(15);
/// Scheduler ticks a second, in which Linux counts CPU.
const TICKS: f64 = 100.0;

pub async fn run_part(world: &World) -> Section {
    let time = Duration::from_secs(if world.size == Size::Full { 600 } else { 130 });
    let mut section = Section::new(
        "idle",
        "A server without a client. CPU is of one core, of the server and of Postgres together; the checks of each minute are in \
         it, what is done each hour only at the start, before.",
    );
    section.table("nothing to do", &["tenants", "transactions/s", "CPU %"]);
    for tenants in TENANTS {
        let (transactions, cpu) = measured(world, tenants, time).await;
        let checks = [Check::at_most("CPU", cpu, 1.0)];
        section.row(
            &[
                "server".into(),
                tenants.to_string(),
                figure(transactions),
                figure(cpu),
            ],
            &checks,
        );
    }
    section
}

/// Transactions a second, and percent of a core.
async fn measured(world: &World, tenants: i64, time: Duration) -> (f64, f64) {
    let options = world.cluster.empty(DATABASE).await;
    let mut superuser = world.cluster.superuser(DATABASE).await;
    let more = format!(
        "insert into tenants (id, name) select id, 'Idle ' || id from generate_series(2, {tenants}) id;
         insert into telesales_campaigns (tenant_id, id, name, status) select id, 1, 'Ended', 'completed' from tenants;
         insert into autocall_campaigns (tenant_id, id, name, status) select id, 1, 'Ended', 'completed' from tenants"
    );
    run(&mut superuser, &more).await;
    let mut server = Process::start(&options).await;
    sleep(WARM_UP).await;
    server.assert_runs();
    let postmaster = postmaster(&mut superuser).await;
    let before = (
        commits(&mut superuser).await,
        ticks(server.id(), postmaster),
    );
    let began = Instant::now();
    sleep(time).await;
    let after = (
        commits(&mut superuser).await,
        ticks(server.id(), postmaster),
    );
    let seconds = began.elapsed().as_secs_f64();
    drop(server);
    drop(superuser);
    world.cluster.drop(DATABASE).await;
    (
        (after.0 - before.0) as f64 / seconds,
        100.0 * (after.1 - before.1) / TICKS / seconds,
    )
}

async fn postmaster(superuser: &mut PgConnection) -> u32 {
    let of_backend: i32 = scalar(superuser, "select pg_backend_pid()").await;
    let stat = fs::read_to_string(format!("/proc/{of_backend}/stat")).expect("Linux");
    field(&stat, 4) as u32
}

async fn commits(superuser: &mut PgConnection) -> i64 {
    // Backends report at most once a second.
    sleep(Duration::from_millis(1_500)).await;
    scalar(
        superuser,
        "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()",
    )
    .await
}

/// CPU of the server and of Postgres with its children, in ticks.
fn ticks(server: u32, postmaster: u32) -> f64 {
    let stats = fs::read_dir("/proc").expect("Linux").filter_map(|entry| {
        let stat = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let pid = stat.split(' ').next()?.parse::<u32>().ok()?;
        let is_ours =
            [server, postmaster].contains(&pid) || field(&stat, 4) == f64::from(postmaster);
        // The postmaster includes its children that have ended.
        let fields = if pid == postmaster { 14..18 } else { 14..16 };
        is_ours.then(|| fields.map(|number| field(&stat, number)).sum::<f64>())
    });
    stats.sum()
}

/// A field of `/proc/<pid>/stat` by its number in proc(5); the second is in parentheses and may contain blanks.
fn field(stat: &str, number: usize) -> f64 {
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let field = fields.split(' ').nth(number - 3);
    field.and_then(|field| field.parse().ok()).unwrap_or(0.0)
}
