//! The tenant scope: the only way to a table.
//!
//! A scope is one transaction bound to one account, twice over: every query made through it has the tenant
//! as its `$1`, and the transaction carries the tenant for the row-level security underneath
//! (`migrations/0001_tenancy.sql`), so a query that forgets its predicate meets nothing of a neighbour's.

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

use super::door::{Door, Place};
use crate::error::{Error, Result};

/// Time for a connection to be ready again once its scope is dropped. One in the middle of a statement is closed then:
/// Postgres notices, and ends the statement.
const GRACE: Duration = Duration::from_millis(500);

/// An account that a scope may enter. Only [`Scope::reach`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Account {
    id: i64,
    reseller: Option<i64>,
}

impl Account {
    pub fn id(&self) -> i64 {
        self.id
    }

    pub fn reseller(&self) -> Option<i64> {
        self.reseller
    }
}

/// A transaction of one account, undone when it is dropped, unless it was committed.
///
/// sqlx waits without an end for the connection of a transaction that was dropped in the middle of a statement, so the
/// connection is held beside it here, and closed after a while.
pub struct Scope {
    connection: PoolConnection<Postgres>,
    /// Place at the door of the connection's pool, where it has one.
    place: Option<Place>,
    /// Whose it is, and whom it acts for now.
    own: i64,
    tenant: i64,
    rows: Option<Rows>,
}

/// Leave to read raw rows, which takes long.
struct Rows {
    door: Door,
    place: Option<Place>,
    /// Set where none was to be had.
    refused: Arc<AtomicBool>,
}

/// Signs that a reading is to give up its connection and begin again.
pub(super) struct Signs {
    /// Another account needs the connection.
    pub asked_back: Arc<Notify>,
    /// It wants to read raw rows, and as many read them already as may.
    pub refused: Arc<AtomicBool>,
}

impl Scope {
    /// Begins a transaction on a connection, which it has by that place.
    pub(super) async fn begin(
        mut connection: PoolConnection<Postgres>,
        place: Option<Place>,
        begin: &str,
        tenant: i64,
    ) -> Result<Self> {
        // One round trip for both; the tenant is an integer and so cannot say anything else.
        let begin = AssertSqlSafe(format!("{begin}; set local callboard.tenant = '{tenant}'"));
        PgTransactionManager::begin(&mut connection, Some(begin.into_sql_str())).await?;
        Ok(Self {
            connection,
            place,
            own: tenant,
            tenant,
            rows: None,
        })
    }

    /// Lets it read raw rows only with a place at that door, `place` or one that is free.
    pub(super) fn guard_rows(&mut self, door: Door, place: Option<Place>) -> Signs {
        let refused = Arc::<AtomicBool>::default();
        self.rows = Some(Rows {
            door,
            place,
            refused: Arc::clone(&refused),
        });
        Signs {
            asked_back: self.place.as_ref().map(Place::notice).unwrap_or_default(),
            refused,
        }
    }

    pub fn tenant(&self) -> i64 {
        self.tenant
    }

    /// A query whose `$1` is the tenant; further binds are `$2` on.
    pub fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).bind(self.tenant)
    }

    /// As [`Scope::query`], for its rows.
    pub fn select<R>(&self, sql: &'static str) -> QueryAs<'static, Postgres, R, PgArguments>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_as(sql).bind(self.tenant)
    }

    /// Plans the statements that follow by their arguments: for those that read raw rows, how many of which
    /// depends on what is asked for. Otherwise a statement is planned once. Unavailable where no more may read raw rows
    /// now; [`Database::answer`](super::Database::answer) then waits and begins again.
    pub async fn plan_by_arguments(&mut self) -> Result<()> {
        if let Some(rows) = self.rows.as_mut().filter(|rows| rows.place.is_none()) {
            rows.place = rows.door.try_enter(self.own);
            if rows.place.is_none() {
                rows.refused.store(true, Ordering::Release);
                return Err(Error::Unavailable("too many readings of raw rows".into()));
            }
        }
        let sql = "set local plan_cache_mode = force_custom_plan; set local max_parallel_workers_per_gather = 2";
        self.connection.execute(sql).await?;
        Ok(())
    }

    /// Lifts the limit on how long a statement may take.
    pub async fn take_your_time(&mut self) -> Result<()> {
        self.connection
            .execute("set local statement_timeout = 0")
            .await?;
        Ok(())
    }

    /// Takes [`Scope::plan_by_arguments`] back.
    pub async fn plan_once(&mut self) -> Result<()> {
        let sql = "set local plan_cache_mode = force_generic_plan; set local max_parallel_workers_per_gather = 0";
        self.connection.execute(sql).await?;
        Ok(())
    }

    /// The accounts that analytics may read for this one: itself, and those whose reseller it is, by id.
    pub async fn reach(&mut self) -> Result<Vec<Account>> {
        self.act_for(self.own).await?;
        self.connection
            .execute("set local callboard.merchants = 'on'")
            .await?;
        let sql = "select id, reseller_id as reseller from tenants where id = $1 or reseller_id = $1 order by id";
        Ok(self.select(sql).fetch_all(self.connection()).await?)
    }

    /// Acts for that account from now on, in the same snapshot: one at a time, so that even then the guard shows
    /// the rows of one only.
    pub async fn enter(&mut self, account: &Account) -> Result<()> {
        self.act_for(account.id).await
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

impl Drop for Scope {
    fn drop(&mut self) {
        PgTransactionManager::start_rollback(&mut self.connection);
        let returning = self.connection.return_to_pool();
        let places = (self.place.take(), self.rows.take());
        // Without a runtime the connection is closed, as it is when this takes too long.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(GRACE, returning).await;
                drop(places);
            });
        }
    }
}
