//! The tenant scope: the only way to a table.
//!
//! A scope is one transaction bound to one account, twice over: every query made through it has the tenant
//! as its `$1`, and the transaction carries the tenant for the row-level security underneath
//! (`migrations/0001_tenancy.sql`), so a query that forgets its predicate meets nothing of a neighbour's.

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{AssertSqlSafe, Executor, FromRow, PgPool, Postgres, Transaction};

use crate::error::Result;

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

pub struct Scope {
    transaction: Transaction<'static, Postgres>,
    /// Whose it is, and whom it acts for now.
    own: i64,
    tenant: i64,
}

impl Scope {
    pub(super) async fn begin(pool: &PgPool, begin: &str, tenant: i64) -> Result<Self> {
        // One round trip for both; the tenant is an integer and so cannot say anything else.
        let begin = AssertSqlSafe(format!("{begin}; set local callboard.tenant = '{tenant}'"));
        // On the heap, for it is large, and would be moved about with every request that needs no scope after all.
        Ok(Self { transaction: Box::pin(pool.begin_with(begin)).await?, own: tenant, tenant })
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
    /// depends on what is asked for. Otherwise a statement is planned once.
    pub async fn plan_by_arguments(&mut self) -> Result<()> {
        let sql = "set local plan_cache_mode = force_custom_plan; set local max_parallel_workers_per_gather = 2";
        self.transaction.execute(sql).await?;
        Ok(())
    }

    /// Lifts the limit on how long a statement may take.
    pub async fn take_your_time(&mut self) -> Result<()> {
        self.transaction.execute("set local statement_timeout = 0").await?;
        Ok(())
    }

    /// Takes [`Scope::plan_by_arguments`] back.
    pub async fn plan_once(&mut self) -> Result<()> {
        let sql = "set local plan_cache_mode = force_generic_plan; set local max_parallel_workers_per_gather = 0";
        self.transaction.execute(sql).await?;
        Ok(())
    }

    /// The accounts that analytics may read for this one: itself, and those whose reseller it is, by id.
    pub async fn reach(&mut self) -> Result<Vec<Account>> {
        self.act_for(self.own).await?;
        self.transaction.execute("set local callboard.merchants = 'on'").await?;
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
            self.transaction.execute(AssertSqlSafe(format!("set local callboard.tenant = '{tenant}'"))).await?;
            self.tenant = tenant;
        }
        Ok(())
    }

    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}
