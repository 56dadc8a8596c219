//! One cluster per run, one migrated template, one database per test.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use callboard::db::{Embedded, EmbeddedSettings};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::{Mutex, OnceCell};

struct Cluster {
    options: PgConnectOptions,
    template: String,
    /// Stops when the process ends, however it ends.
    _embedded: Option<Embedded>,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// A fresh database with every migration.
pub async fn create() -> PgConnectOptions {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let cluster = cluster().await;
    let name = format!(
        "{}_{}",
        cluster.template,
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let _guard = ONE_AT_A_TIME.lock().await;
    execute(
        &cluster.options,
        format!("create database {name} template {}", cluster.template),
    )
    .await;
    cluster.options.clone().database(&name)
}

/// An empty database, no migration run.
pub async fn create_empty() -> PgConnectOptions {
    let cluster = cluster().await;
    let name = format!("{}_empty_{}", cluster.template, uuid());
    execute(&cluster.options, format!("create database {name}")).await;
    cluster.options.clone().database(&name)
}

/// The same database as its superuser, who bypasses row-level security. `None` on an external
/// cluster without superuser access.
pub async fn as_superuser(database: &PgConnectOptions) -> Option<PgConnectOptions> {
    for options in [database.clone(), database.clone().username("postgres")] {
        let Ok(mut connection) = PgConnection::connect_with(&options).await else {
            continue;
        };
        let is_super = "select rolsuper from pg_roles where rolname = current_user";
        if sqlx::query_scalar(is_super)
            .fetch_one(&mut connection)
            .await
            .expect("an answer")
        {
            return Some(options);
        }
    }
    None
}

async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            #[expect(
                clippy::disallowed_methods,
                reason = "the tests have no config.rs to read it"
            )]
            let (options, embedded) = match std::env::var("DATABASE_URL") {
                Ok(url) => (url.parse().expect("DATABASE_URL"), None),
                Err(_) => {
                    let dir = std::env::temp_dir().join(format!("callboard-tests-{}", uuid()));
                    let settings = EmbeddedSettings {
                        volatile: true,
                        ..EmbeddedSettings::default()
                    };
                    let embedded = Embedded::start(&dir, &settings)
                        .await
                        .expect("Postgres")
                        .expect("a new directory");
                    (embedded.options().clone(), Some(embedded))
                }
            };
            let template = format!("callboard_test_{}", uuid());
            execute(&options, format!("create database {template}")).await;
            callboard::boot::migrate(&options.clone().database(&template))
                .await
                .expect("migrations");
            Cluster {
                options,
                template,
                _embedded: embedded,
            }
        })
        .await
}

pub async fn execute(options: &PgConnectOptions, sql: String) {
    let mut connection = PgConnection::connect_with(options)
        .await
        .expect("a connection");
    connection.execute(AssertSqlSafe(sql)).await.expect("done");
    connection.close().await.expect("closed");
}

pub fn uuid() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The last migration of the first release.
const RELEASED: i64 = 12;

/// A database as the first release left it, after those statements ran for tenant 1.
pub async fn released(statements: &str) -> PgConnectOptions {
    let database = create_empty().await;
    let all = Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"))
        .await
        .expect("migrations");
    let first = all
        .migrations
        .iter()
        .filter(|migration| migration.version <= RELEASED)
        .cloned()
        .collect();
    let mut connection = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    Migrator::with_migrations(first)
        .run_direct(None, &mut connection, false)
        .await
        .expect("the first release");
    let statements =
        format!("set callboard.tenant = '1'; set callboard.strangers = 'on'; {statements}");
    connection
        .execute(AssertSqlSafe(statements))
        .await
        .expect("done");
    connection.close().await.expect("closed");
    database
}
