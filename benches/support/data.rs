//! The calls that reports are measured on: made by set-based SQL (`benches/data`), the same on every machine,
//! and kept in a directory for the next run.
//!
//! Triggers do not fire while it loads, and indexes are made afterwards from their own definitions. Installing
//! the roll-ups marks every account as stale, so they are then built from the rows (`rolled`).

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Instant;

use callboard::db::Database;
use sqlx::Row;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::cluster::{Cluster, connect, run, scalar};

/// How much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A twentieth, to see that everything works.
    Quick,
    /// 10 M attempts and 8 M calls, which the targets are about.
    Full,
}

impl Size {
    pub fn name(self) -> &'static str {
        if self == Self::Full { "full" } else { "quick" }
    }

    fn scale(self) -> f64 {
        if self == Self::Full { 1.0 } else { 0.05 }
    }

    /// What so many thousands of rows at full size are at this one: `2 M`, `100 k`.
    pub fn of_thousands(self, full: u32) -> String {
        let thousands = f64::from(full) * self.scale();
        if thousands >= 1000.0 {
            format!("{} M", thousands / 1000.0)
        } else {
            format!("{thousands} k")
        }
    }
}

/// How it is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Three accounts of many campaigns, which most is measured on.
    Accounts,
    /// One account with campaigns of 0.1, 1 and 10 M attempts: how answers grow with what there is.
    Growth,
}

impl Shape {
    fn name(self) -> &'static str {
        if self == Self::Accounts {
            "accounts"
        } else {
            "growth"
        }
    }

    /// Where it is kept.
    fn directory(self, size: Size) -> String {
        if self == Self::Accounts {
            size.name().to_owned()
        } else {
            format!("{}-growth", size.name())
        }
    }
}

const SHAPE: &str = include_str!("../data/shape.sql");
const ACCOUNTS: &str = include_str!("../data/accounts.sql");

/// What is loaded beside each other.
struct Module {
    name: &'static str,
    table: &'static str,
    leads: &'static str,
    leads_sql: &'static str,
    rows_sql: &'static str,
    /// What triggers would have made of it.
    derived_sql: &'static str,
}

const MODULES: [Module; 2] = [
    Module {
        name: "autocall",
        table: "autocall_attempts",
        leads: "autocall_leads",
        leads_sql: include_str!("../data/autocall_leads.sql"),
        rows_sql: include_str!("../data/autocall_attempts.sql"),
        derived_sql: "insert into autocall_lead_terms
                      select l.tenant_id, t.term, l.id from autocall_leads l cross join lateral callboard_terms(l.payload) t (term)
                      order by 1, 2, 3; analyze autocall_lead_terms",
    },
    Module {
        name: "telesales",
        table: "telesales_calls",
        leads: "telesales_leads",
        leads_sql: include_str!("../data/telesales_leads.sql"),
        rows_sql: include_str!("../data/telesales_calls.sql"),
        derived_sql: "",
    },
];

/// Rows of a batch, roughly.
const BATCH: i64 = 500_000;

/// The cluster with that data in it, loaded first where it is not there or an older one is.
pub async fn cluster(dir: &Path, size: Size, shape: Shape) -> Cluster {
    let dir = dir.join(shape.directory(size));
    let (mark, wanted) = (dir.join("loaded"), fingerprint(size, shape));
    let mut cluster = Cluster::start(&dir).await;
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return cluster;
    }
    let _ = fs::remove_file(&mark);
    cluster = cluster.cleared().await;
    let started = Instant::now();
    load(&cluster, size, shape).await;
    println!(
        "loaded in {:.0} s, into {}",
        started.elapsed().as_secs_f64(),
        dir.display()
    );
    fs::write(&mark, wanted).expect("a mark");
    cluster
}

/// Of all that the data depends on.
fn fingerprint(size: Size, shape: Shape) -> String {
    let mut hasher = DefaultHasher::new();
    (SHAPE, ACCOUNTS, shape.directory(size)).hash(&mut hasher);
    MODULES.iter().for_each(|module| {
        (module.leads_sql, module.rows_sql, module.derived_sql).hash(&mut hasher)
    });
    sqlx::migrate!()
        .iter()
        .for_each(|migration| migration.checksum.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

async fn load(cluster: &Cluster, size: Size, shape: Shape) {
    println!("loading the data of `{}`", shape.directory(size));
    let options = cluster.options();
    // The roll-ups come when all is loaded.
    Database::migrate(options, async |_| Ok(()))
        .await
        .expect("migrations");
    let superuser = options.clone().username("postgres");
    let mut connection = loader(&superuser).await;
    // What breaks off is loaded again.
    for setting in ["fsync", "full_page_writes"] {
        run(
            &mut connection,
            &format!("alter system set {setting} = off"),
        )
        .await;
    }
    run(&mut connection, "select pg_reload_conf()").await;
    run(
        &mut connection,
        &format!(
            "set bench.scale = '{}'; set bench.shape = '{}'",
            size.scale(),
            shape.name()
        ),
    )
    .await;
    step("plan", "", run(&mut connection, SHAPE)).await;
    run(&mut connection, ACCOUNTS).await;

    let [autocall, telesales] = &MODULES;
    tokio::join!(
        load_module(&superuser, autocall),
        load_module(&superuser, telesales)
    );

    run(&mut connection, "drop schema bench cascade").await;
    for setting in ["fsync", "full_page_writes"] {
        run(&mut connection, &format!("alter system reset {setting}")).await;
    }
    run(&mut connection, "select pg_reload_conf()").await;
    step("checkpoint", "", run(&mut connection, "checkpoint")).await;
}

async fn load_module(superuser: &PgConnectOptions, module: &Module) {
    let mut connection = loader(superuser).await;
    let indexes = drop_indexes(&mut connection, &[module.leads, module.table]).await;
    step(module.leads, "", run(&mut connection, module.leads_sql)).await;
    let name = module.name;
    let plan = format!(
        "create unlogged table bench.{name} as
         select * from bench.dials('{name}') where second >= 0 and second < 90 * 86400 order by second"
    );
    step(
        module.table,
        "in the order of time",
        run(&mut connection, &plan),
    )
    .await;
    for (from, to, share) in batches(&mut connection, name).await {
        let insert = sqlx::query(module.rows_sql)
            .bind(from)
            .bind(to)
            .execute(&mut connection);
        step(module.table, &share, async {
            insert.await.expect("inserted")
        })
        .await;
    }
    step(
        module.leads,
        "terms",
        run(&mut connection, module.derived_sql),
    )
    .await;
    for index in indexes {
        let about = index
            .split_whitespace()
            .skip_while(|word| !word.starts_with('('))
            .collect::<Vec<_>>()
            .join(" ");
        step(
            module.table,
            &format!("index {about}"),
            run(&mut connection, &index),
        )
        .await;
    }
    let vacuum = format!(
        "vacuum (freeze, analyze) {}, {}",
        module.leads, module.table
    );
    step(module.table, "vacuum", run(&mut connection, &vacuum)).await;
}

async fn loader(superuser: &PgConnectOptions) -> PgConnection {
    let settings = [
        ("session_replication_role", "replica"),
        ("synchronous_commit", "off"),
        ("maintenance_work_mem", "512MB"),
        ("work_mem", "512MB"),
        ("jit", "off"),
    ];
    connect(&superuser.clone().options(settings)).await
}

/// Drops the indexes that no foreign key needs, and returns the statements that make them again.
async fn drop_indexes(connection: &mut PgConnection, tables: &[&str]) -> Vec<String> {
    let tables: Vec<String> = tables.iter().map(ToString::to_string).collect();
    let found = sqlx::query(
        "select c.conname is not null as is_constraint, t.relname::text as on_table, i.relname::text as name,
                coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.oid)) as definition
         from pg_index x
         join pg_class i on i.oid = x.indexrelid
         join pg_class t on t.oid = x.indrelid
         left join pg_constraint c on c.conindid = i.oid and c.conrelid = t.oid
         where t.relname = any ($1) and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = i.oid)
         order by t.relname, i.relname",
    );
    let found = found
        .bind(tables)
        .fetch_all(&mut *connection)
        .await
        .expect("indexes");
    let mut again = Vec::new();
    for index in found {
        let (table, name): (String, String) = (index.get("on_table"), index.get("name"));
        let definition: String = index.get("definition");
        if index.get("is_constraint") {
            run(
                connection,
                &format!("alter table {table} drop constraint {name}"),
            )
            .await;
            again.push(format!(
                "alter table {table} add constraint {name} {definition}"
            ));
        } else {
            run(connection, &format!("drop index {name}")).await;
            again.push(definition);
        }
    }
    again
}

/// Places in the plan that lie some half a million rows apart: from, to, and how far that is.
async fn batches(connection: &mut PgConnection, plan: &str) -> Vec<(String, String, String)> {
    run(connection, &format!("analyze bench.{plan}")).await;
    let sizes = sqlx::query(
        "select relpages::bigint, reltuples::float8 from pg_class where oid = ('bench.' || $1)::regclass",
    );
    let sizes = sizes
        .bind(plan)
        .fetch_one(connection)
        .await
        .expect("a table");
    let (pages, rows): (i64, f64) = (sizes.get(0), sizes.get(1));
    #[expect(clippy::cast_possible_truncation, reason = "a count of rows")]
    let pages_a_batch = (pages * BATCH / (rows as i64).max(1)).max(1);
    let starts = (0..pages).step_by(usize::try_from(pages_a_batch).expect("pages"));
    starts
        .map(|from| {
            let to = (from + pages_a_batch).min(pages);
            (
                format!("({from},0)"),
                format!("({to},0)"),
                format!("{} %", 100 * to / pages),
            )
        })
        .collect()
}

/// Does a part of the work, telling how long it took.
async fn step<T>(table: &str, what: &str, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let done = work.await;
    println!(
        "  {table} {what} ({:.1} s)",
        started.elapsed().as_secs_f64()
    );
    done
}

/// How many rows there are, as a sentence.
pub async fn facts(cluster: &Cluster) -> String {
    let mut connection = cluster.superuser(cluster.loaded()).await;
    scalar(
        &mut connection,
        "select format('%s attempts in %s campaigns and %s calls in %s campaigns of %s accounts over 90 days',
                       (select count(*) from autocall_attempts),
                       (select count(*) from autocall_campaigns),
                       (select count(*) from telesales_calls),
                       (select count(*) from telesales_campaigns),
                       (select count(*) from tenants))",
    )
    .await
}
