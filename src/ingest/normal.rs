//! Conversion of text stored by earlier versions to normal form C: once per tenant and table, in
//! small batches, while the tenant's data is in use. The list of kinds supplies the columns; a
//! migration recorded the remaining work.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::field::Type;
use super::kind::{KINDS, Kind};
use crate::db::{Database, Lane, Scope};
use crate::error::Result;
use crate::supervise;

/// Rows checked in one transaction.
const BATCH: i64 = 5_000;

/// Pause before a retry, and interval of checks for another instance's lease.
const PAUSE: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Advisory lock of the conversion.
const LOCK: i64 = 0x6e66_6300;

/// Like [`run`], with retries until it succeeds; a background task of a server.
pub async fn keep_trying(db: Database) {
    let db = db.lane(Lane::Upkeep);
    while supervise::attempt("normalisation of stored text", run(&db))
        .await
        .is_none()
    {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Converts the remaining text. Waits for another instance that is doing so.
pub async fn run(db: &Database) -> Result<()> {
    let lease = loop {
        match db.lease(LOCK).await? {
            Some(lease) => break lease,
            None => tokio::time::sleep(POLL_INTERVAL).await,
        }
    };
    let done = convert_tenants(db).await;
    lease.release().await?;
    done
}

async fn convert_tenants(db: &Database) -> Result<()> {
    for tenant in db.tenants().await? {
        if is_left(db, tenant).await? {
            convert_tenant(db, tenant).await?;
        }
    }
    Ok(())
}

/// Returns true if a tenant has text to convert. Only UTF8 databases can contain decomposed text.
async fn is_left(db: &Database, tenant: i64) -> Result<bool> {
    let mut scope = db.write(tenant).await?;
    let left = "select exists (select from unnormalised where tenant_id = $1) and getdatabaseencoding() = 'UTF8'";
    let (left,) = scope
        .select::<(bool,)>(left)
        .fetch_one(scope.connection())
        .await?;
    Ok(left)
}

async fn convert_tenant(db: &Database, tenant: i64) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let name = "update tenants set name = callboard_nfc(name) where id = $1 and name is not nfc normalized";
    scope.query(name).execute(scope.connection()).await?;
    mark_done(&mut scope, "tenants").await?;
    scope.commit().await?;
    for kind in KINDS {
        convert_table(db, tenant, kind).await?;
    }
    // By now calls refer to the normalized keys.
    for kind in KINDS.iter().filter(|kind| has_text_key(kind)) {
        let (table, key) = (kind.table, kind.key().name);
        let mut scope = db.write(tenant).await?;
        let delete =
            format!("delete from {table} where tenant_id = $1 and {key} is not nfc normalized");
        sqlx::query(AssertSqlSafe(delete))
            .bind(tenant)
            .execute(scope.connection())
            .await?;
        mark_done(&mut scope, table).await?;
        scope.commit().await?;
    }
    Ok(())
}

/// Marks a table as done.
async fn mark_done(scope: &mut Scope, table: &'static str) -> Result<()> {
    let done = scope
        .query("delete from unnormalised where tenant_id = $1 and relation = $2")
        .bind(table);
    done.execute(scope.connection()).await?;
    Ok(())
}

async fn convert_table(db: &Database, tenant: i64, kind: &'static Kind) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let left = scope
        .query("select from unnormalised where tenant_id = $1 and relation = $2")
        .bind(kind.table);
    if left.fetch_optional(scope.connection()).await?.is_none() {
        return Ok(());
    }
    if has_text_key(kind) {
        sqlx::query(AssertSqlSafe(copy_sql(kind)))
            .bind(tenant)
            .execute(scope.connection())
            .await?;
    }
    scope.commit().await?;

    let (sql, mut behind) = (batch_sql(kind), None);
    loop {
        let mut scope = db.write(tenant).await?;
        behind = batch(&mut scope, &sql, behind).await?;
        let is_last = behind.is_none();
        if is_last && !has_text_key(kind) {
            mark_done(&mut scope, kind.table).await?;
        }
        scope.commit().await?;
        if is_last {
            return Ok(());
        }
    }
}

/// Converts a batch of rows after a key. Returns the last key checked, or `None` at the end.
async fn batch(scope: &mut Scope, sql: &str, behind: Option<String>) -> Result<Option<String>> {
    let batch = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .bind(scope.tenant())
        .bind(behind)
        .bind(BATCH);
    Ok(batch.fetch_one(scope.connection()).await?)
}

fn has_text_key(kind: &Kind) -> bool {
    matches!(kind.key().kind, Type::Key { .. })
}

/// Text columns other than the key, with the expression to test for normal form.
fn columns(kind: &'static Kind) -> Vec<(&'static str, String)> {
    let columns = kind.fields.iter().skip(1).filter_map(|field| {
        let name = field.name;
        match field.kind {
            Type::Text { .. } | Type::Code(_) => Some((name, format!("t.{name}"))),
            Type::Steps { .. } => Some((name, format!("array_to_string(t.{name}, ' ')"))),
            Type::Object | Type::Actions | Type::List => Some((name, format!("t.{name}::text"))),
            _ => None,
        }
    });
    columns.collect()
}

/// Condition for writable rows: tables refuse instants outside the years 1 to 9999, and older rows
/// with such instants stay unchanged.
fn is_writable(kind: &'static Kind) -> String {
    let instants = kind
        .fields
        .iter()
        .filter(|field| matches!(field.kind, Type::Moment | Type::Started));
    let conditions = instants.map(|field| {
        format!(
            "({0} is null or callboard_told({0}) is not null)",
            field.name
        )
    });
    std::iter::once("true".to_owned())
        .chain(conditions)
        .collect::<Vec<_>>()
        .join(" and ")
}

/// Copies rows whose keys are not in normal form to normalized keys, unless those exist.
fn copy_sql(kind: &'static Kind) -> String {
    let (table, key) = (kind.table, kind.key().name);
    let others: Vec<&str> = kind
        .columns()
        .map(|(name, _)| name)
        .filter(|name| *name != key)
        .collect();
    let others = others.join(", ");
    format!(
        "insert into {table} (tenant_id, {key}, {others})
         select distinct on (callboard_nfc({key})) tenant_id, callboard_nfc({key}), {others}
         from {table} where tenant_id = $1 and {key} is not nfc normalized and {is_writable}
         order by callboard_nfc({key}), {key}
         on conflict do nothing",
        is_writable = is_writable(kind),
    )
}

/// Converts one batch. Rows are locked in key order, as in ingest, to avoid deadlocks. `$2` is the
/// key to start after, as text, and `$3` the number of rows to check.
fn batch_sql(kind: &'static Kind) -> String {
    let (table, key, columns) = (kind.table, kind.key().name, columns(kind));
    let key_type = kind.key().kind.sql_type();
    let is_wrong = columns
        .iter()
        .map(|(_, text)| format!("{text} is not nfc normalized"))
        .collect::<Vec<_>>();
    let set = columns
        .iter()
        .map(|(name, _)| format!("{name} = callboard_nfc(t.{name})"))
        .collect::<Vec<_>>();
    let list = |column: &dyn Fn(&str) -> String| {
        columns
            .iter()
            .map(|(name, _)| column(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (stored, normal) = (
        list(&|name| format!("t.{name}")),
        list(&|name| format!("callboard_nfc(t.{name})")),
    );
    let (is_wrong, set) = (is_wrong.join(" or "), set.join(", "));
    format!(
        "with looked_at as materialized (
             select {key} from {table}
             where tenant_id = $1 and ($2::text is null or {key} > $2::{key_type}) order by {key} limit $3
         ), wrong as materialized (
             select t.{key} from {table} t
             where t.tenant_id = $1 and t.{key} in (select {key} from looked_at) and ({is_wrong})
               and ({stored}) is distinct from ({normal}) and {is_writable}
             order by t.{key} for update
         ), changed as (
             update {table} t set {set} from wrong where t.tenant_id = $1 and t.{key} = wrong.{key}
         )
         select max({key})::text from looked_at",
        is_writable = is_writable(kind),
    )
}
