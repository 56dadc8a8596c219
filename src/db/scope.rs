//! The tenant scope: the only access to tables.
//!
//! A scope is one transaction bound to one tenant in two ways: every query made through it has the
//! tenant as `$1`, and the transaction sets the tenant for row-level security
//! (`migrations/0001_tenancy.sql`), so a query without its predicate cannot see another tenant's
//! rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgTransactionManager;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{AssertSqlSafe, Executor, FromRow, Postgres, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::slots::{Slot, Slots};
use crate::error::{Error, Result};
use crate::metrics::metrics;

/// Time for a dropped scope's connection to become idle. After that a connection in the middle of a
/// statement is closed; Postgres notices and cancels the statement.
const RETURN_TIMEOUT: Duration = Duration::from_millis(500);

/// A tenant that a scope may enter. Only [`Scope::reach`] creates one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct ReachableTenant {
    id: i64,
    reseller: Option<i64>,
}

impl ReachableTenant {
    pub fn id(&self) -> i64 {
        self.id
    }

    pub fn reseller(&self) -> Option<i64> {
        self.reseller
    }
}

/// A statement that is being given its arguments.
pub type Select<R> = QueryAs<'static, Postgres, R, PgArguments>;

/// A transaction of one tenant, rolled back when dropped unless committed.
///
/// sqlx waits without limit for the connection of a transaction dropped in the middle of a
/// statement. The connection is therefore held here and closed after a while.
pub struct Scope {
    connection: PoolConnection<Postgres>,
    /// Slot of the connection, if its pool has slots.
    slot: Option<Slot>,
    /// Tenant of the scope, and tenant it acts for now.
    own: i64,
    tenant: i64,
    rows: Option<Rows>,
    elsewhere: Option<Elsewhere>,
}

/// A schema that is read instead of the scope's own.
struct Elsewhere {
    /// Tenant when the schema was entered.
    tenant: i64,
    can_execute: Box<dyn Fn(&str) -> bool + Send + Sync>,
    /// Set if a statement was created that the schema cannot execute.
    refused: AtomicBool,
}

/// Permission to read raw rows, which takes long.
struct Rows {
    slots: Slots,
    slot: Option<Slot>,
    /// Set if no slot was available.
    refused: Arc<AtomicBool>,
}

/// Signals that a read must release its connection and restart.
pub(super) struct Restart {
    /// Another tenant needs the connection.
    pub reclaimed: Arc<Notify>,
    /// The read needs raw rows, and no slot for that is free.
    pub refused: Arc<AtomicBool>,
}

impl Scope {
    /// A scope on a connection with a transaction ([`begin`]). `slot` is the connection's slot.
    pub(super) fn new(
        connection: PoolConnection<Postgres>,
        slot: Option<Slot>,
        tenant: i64,
    ) -> Self {
        Self {
            connection,
            slot,
            own: tenant,
            tenant,
            rows: None,
            elsewhere: None,
        }
    }

    /// Requires a slot of `slots` to read raw rows: `slot`, or a free one.
    pub(super) fn guard_rows(&mut self, slots: Slots, slot: Option<Slot>) -> Restart {
        metrics().read_round_trips.inc();
        let refused = Arc::<AtomicBool>::default();
        self.rows = Some(Rows {
            slots,
            slot,
            refused: Arc::clone(&refused),
        });
        Restart {
            reclaimed: self.slot.as_ref().map(Slot::notice).unwrap_or_default(),
            refused,
        }
    }

    pub fn tenant(&self) -> i64 {
        self.tenant
    }

    /// Creates a query whose `$1` is the tenant; further binds start at `$2`.
    pub fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        self.created(sql);
        sqlx::query(sql).bind(self.tenant)
    }

    /// Like [`Scope::query`], for its rows.
    pub fn select<R>(&self, sql: &'static str) -> Select<R>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        self.created(sql);
        sqlx::query_as(sql).bind(self.tenant)
    }

    /// Like [`Scope::select`], for a statement that was assembled for one request out of static
    /// parts, with every value bound. It is not kept prepared.
    pub fn select_assembled<R>(&self, sql: String) -> Select<R>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        self.created(&sql);
        sqlx::query_as(AssertSqlSafe(sql))
            .persistent(false)
            .bind(self.tenant)
    }

    /// Looks unqualified names up in another schema, then in `public`. `can_execute` tells which
    /// statements may be executed there. What the transaction sets from now on ends with
    /// [`Scope::leave_schema`].
    pub async fn enter_schema(
        &mut self,
        schema: &str,
        can_execute: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<()> {
        let enter = format!("savepoint elsewhere; set local search_path = {schema}, public");
        self.connection.execute(AssertSqlSafe(enter)).await?;
        self.elsewhere = Some(Elsewhere {
            tenant: self.tenant,
            can_execute: Box::new(can_execute),
            refused: AtomicBool::default(),
        });
        Ok(())
    }

    /// Returns to the scope's own schema, also after a failed statement. False if a statement could
    /// not be executed in the other one: what was read there means nothing.
    pub async fn leave_schema(&mut self) -> Result<bool> {
        let Some(elsewhere) = self.elsewhere.take() else {
            return Ok(true);
        };
        let leave = "rollback to savepoint elsewhere; release savepoint elsewhere";
        self.connection.execute(leave).await?;
        self.tenant = elsewhere.tenant;
        Ok(!elsewhere.refused.load(Ordering::Acquire))
    }

    /// Notes a statement that was created, to be executed once.
    fn created(&self, sql: &str) {
        if self.rows.is_some() {
            metrics().read_round_trips.inc();
        }
        self.check_schema(sql);
    }

    /// Notes if the schema entered cannot execute a statement. For those created by the scope this
    /// is done; for the text of a statement that another one executes it is not.
    pub fn check_schema(&self, sql: &str) {
        if let Some(elsewhere) = &self.elsewhere
            && !(elsewhere.can_execute)(sql)
        {
            elsewhere.refused.store(true, Ordering::Release);
        }
    }

    /// Plans the following statements by their arguments instead of once, for statements on raw
    /// rows, whose number depends on the arguments. Returns `Unavailable` if no slot for raw rows
    /// is free; [`Database::answer`](super::Database::answer) then waits and restarts the read.
    pub async fn plan_by_arguments(&mut self) -> Result<()> {
        if let Some(rows) = self.rows.as_mut().filter(|rows| rows.slot.is_none()) {
            rows.slot = rows.slots.try_acquire(self.own);
            if rows.slot.is_none() {
                rows.refused.store(true, Ordering::Release);
                return Err(Error::Unavailable(
                    "too many concurrent raw-row queries".into(),
                ));
            }
        }
        let sql = "set local plan_cache_mode = force_custom_plan; set local max_parallel_workers_per_gather = 2";
        self.connection.execute(sql).await?;
        Ok(())
    }

    /// Disables the statement timeout for this transaction.
    pub async fn disable_statement_timeout(&mut self) -> Result<()> {
        self.connection
            .execute("set local statement_timeout = 0")
            .await?;
        Ok(())
    }

    /// Reverts [`Scope::plan_by_arguments`].
    pub async fn plan_once(&mut self) -> Result<()> {
        let sql = "set local plan_cache_mode = force_generic_plan; set local max_parallel_workers_per_gather = 0";
        self.connection.execute(sql).await?;
        Ok(())
    }

    /// Makes changes of this transaction events: the triggers of `migrations/0022_events.sql` then
    /// write deliveries to the webhooks that subscribe to them.
    pub async fn make_events(&mut self) -> Result<()> {
        self.connection
            .execute("set local callboard.events = 'on'")
            .await?;
        Ok(())
    }

    /// Lists the tenants that analytics may read for this one, by id: itself and its resellees.
    pub async fn reach(&mut self) -> Result<Vec<ReachableTenant>> {
        self.act_for(self.own).await?;
        self.connection
            .execute("set local callboard.merchants = 'on'")
            .await?;
        let sql = "select id, reseller_id as reseller from tenants where id = $1 or reseller_id = $1 order by id";
        Ok(self.select(sql).fetch_all(self.connection()).await?)
    }

    /// Switches to another tenant within the same snapshot. Row-level security still shows one
    /// tenant at a time.
    pub async fn enter(&mut self, tenant: &ReachableTenant) -> Result<()> {
        self.act_for(tenant.id).await
    }

    async fn act_for(&mut self, tenant: i64) -> Result<()> {
        if self.tenant != tenant {
            self.connection
                .execute(AssertSqlSafe(format!(
                    "set local callboard.tenant = '{tenant}'"
                )))
                .await?;
            self.tenant = tenant;
        }
        Ok(())
    }

    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    pub async fn commit(mut self) -> Result<()> {
        Ok(PgTransactionManager::commit(&mut self.connection).await?)
    }
}

/// Begins a transaction of one tenant.
pub(super) async fn begin(connection: &mut PgConnection, begin: &str, tenant: i64) -> Result<()> {
    // One round trip for both statements; the tenant is an integer, so formatting it is safe.
    let begin = AssertSqlSafe(format!("{begin}; set local callboard.tenant = '{tenant}'"));
    Ok(PgTransactionManager::begin(connection, Some(begin.into_sql_str())).await?)
}

impl Drop for Scope {
    fn drop(&mut self) {
        PgTransactionManager::start_rollback(&mut self.connection);
        let returning = self.connection.return_to_pool();
        let places = (self.slot.take(), self.rows.take());
        // Without a runtime the connection is closed, as after the timeout.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(RETURN_TIMEOUT, returning).await;
                drop(places);
            });
        }
    }
}
