//! Transactions beyond a tenant: on what belongs to the installation, and on what is looked up or done for all tenants.
//!
//! Policies of the tables show each of them the rows of its purpose and no others.

use sqlx::postgres::{PgArguments, PgListener};
use sqlx::query::QueryScalar;
use sqlx::{Postgres, Transaction};

use super::{Database, Lane};
use crate::error::Result;

/// An advisory lock held by this instance. See [`Database::lease`].
pub struct Lease(Transaction<'static, Postgres>);

impl Lease {
    /// Releases the lease. A dropped lease is released too, but later.
    pub async fn release(self) -> Result<()> {
        Ok(self.0.rollback().await?)
    }
}

impl Database {
    /// Ids of all tenants, in order. A loop that runs for ever asks [`Database::tenants_listed`]
    /// for those with work instead.
    pub async fn tenants(&self) -> Result<Vec<i64>> {
        self.tenants_listed(sqlx::query_scalar("select id from tenants order by id"))
            .await
    }

    /// Ids of the tenants to visit, each in a scope of its own. The statement `list` sees all
    /// tenants, and of each the rows that stand for pending work. Probes of an index stay probes,
    /// although an empty table would be cheaper to scan when the statistics were collected.
    pub async fn tenants_listed(
        &self,
        list: QueryScalar<'static, Postgres, i64, PgArguments>,
    ) -> Result<Vec<i64>> {
        let mut transaction = self
            .reading
            .connections
            .begin_with(
                "begin read only; set local callboard.roll_call = 'on'; set local enable_seqscan = off",
            )
            .await?;
        Ok(list.fetch_all(&mut *transaction).await?)
    }

    /// A transaction that sees waiting and running jobs of all tenants, and no other rows of
    /// theirs.
    pub async fn queue(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .lane_pool(Lane::Queue)
            .begin_with("begin; set local callboard.queue = 'on'")
            .await?)
    }

    /// Listens on a channel.
    pub async fn listen(&self, channel: &str) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.exporting).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// A transaction that sees one user of any tenant, by normalized user name.
    pub async fn login(&self, username_key: &str) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self
            .lane_pool(Lane::SignIn)
            .begin_with("begin read only")
            .await?;
        let named =
            sqlx::query("select set_config('callboard.login', $1, true)").bind(username_key);
        named.execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// A transaction on failed logins under unknown user names, which belong to no tenant.
    pub async fn unknown_logins(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .lane_pool(Lane::SignIn)
            .begin_with("begin; set local callboard.strangers = 'on'")
            .await?)
    }

    /// A transaction on the fingerprints of the servers' secrets.
    pub async fn secrets(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.secrets = 'on'")
            .await?)
    }

    /// A transaction on the releases of the tz database that servers use.
    pub async fn tz_releases(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.tz_releases = 'on'")
            .await?)
    }

    /// Takes the lease `lock`, held by one instance at a time until it is released. Returns `None`
    /// if another instance holds it.
    pub async fn lease(&self, lock: i64) -> Result<Option<Lease>> {
        self.lease_of(lock, "select pg_try_advisory_xact_lock($1)")
            .await
    }

    /// Like [`Database::lease`], apart from instances with another schema.
    pub async fn lease_in_schema(&self, lock: i64) -> Result<Option<Lease>> {
        let sql = "select pg_try_advisory_xact_lock(hashtextextended(current_schema(), 0) # $1)";
        self.lease_of(lock, sql).await
    }

    async fn lease_of(&self, lock: i64, sql: &'static str) -> Result<Option<Lease>> {
        // The transaction idles while the work runs on other connections.
        let mut transaction = self
            .writing
            .connections
            .begin_with("begin; set local idle_in_transaction_session_timeout = 0")
            .await?;
        let lock = sqlx::query_scalar(sql).bind(lock);
        let is_taken: bool = lock.fetch_one(&mut *transaction).await?;
        Ok(is_taken.then_some(Lease(transaction)))
    }

    /// A transaction on the instance that reads figures of the installation for metrics.
    pub async fn metrics_reader(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.metrics = 'on'")
            .await?)
    }

    /// A transaction that sees all tenants, the rows of each that stand for pending work, and its
    /// waiting and running jobs.
    pub async fn backlog(&self) -> Result<Transaction<'static, Postgres>> {
        const BEGIN: &str = "begin read only; set local callboard.roll_call = 'on'; set local callboard.queue = 'on'; \
                             set local enable_seqscan = off";
        Ok(self.reading.connections.begin_with(BEGIN).await?)
    }

    /// A transaction on the schemas of derived tables in use.
    pub async fn editions(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.editions = 'on'")
            .await?)
    }
}
