//! Mappings as rows: list, find, put, delete.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::mapping::Mapping;
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::time::Instant;

/// Maximum number of mappings of a tenant.
const MAX: i64 = 200;

/// How the columns of spreadsheets become fields of ingest lines.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SheetMapping {
    /// Its name.
    pub name: String,
    /// Kind of the lines.
    pub kind: String,
    /// What it is for.
    pub about: Option<String>,
    /// Zone of times without an offset; the account's if null.
    pub timezone: Option<String>,
    /// Order of day, month and year in dates; told by the column if null.
    pub date_format: Option<String>,
    /// By field: the name of a column, several that are joined by a blank, or a constant.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub columns: Value,
    /// By field: their values, and ours. `*` is any other value.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub values: Value,
    /// Time of creation.
    pub created_at: Instant,
    /// Time of the last change.
    pub updated_at: Instant,
}

impl SheetMapping {
    /// The mapping as clients see it.
    pub fn shown(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(Error::internal)
    }
}

#[derive(FromRow)]
struct Stored {
    name: String,
    mapping: Json<Mapping>,
    created_at: Instant,
    updated_at: Instant,
}

impl Stored {
    fn shown(self) -> Result<SheetMapping> {
        let Json(mapping) = self.mapping;
        Ok(SheetMapping {
            name: self.name,
            columns: serde_json::to_value(&mapping.columns).map_err(Error::internal)?,
            values: serde_json::to_value(&mapping.values).map_err(Error::internal)?,
            kind: mapping.kind,
            about: mapping.about,
            timezone: mapping.timezone,
            date_format: mapping.date_format,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The tenant's mappings, by name.
pub async fn page(scope: &mut Scope, wanted: PageRequest) -> Result<Page<SheetMapping>> {
    let rows = scope
        .select::<Stored>(include_str!("sql/page.sql"))
        .bind(wanted.per_page)
        .bind(wanted.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    let rows = rows
        .into_iter()
        .map(Stored::shown)
        .collect::<Result<Vec<_>>>()?;
    Ok(wanted.page(rows, count(scope).await?))
}

async fn count(scope: &mut Scope) -> Result<i64> {
    let count = scope.select::<(i64,)>("select count(*) from sheet_mappings where tenant_id = $1");
    Ok(count.fetch_one(scope.connection()).await?.0)
}

/// One mapping. `NotFound` if the tenant has none of that name.
pub async fn find(scope: &mut Scope, name: &str) -> Result<SheetMapping> {
    let found = stored(scope, name).await?;
    found.ok_or(Error::NotFound)?.shown()
}

/// The mapping to read a sheet by. `Invalid` on `field` if the tenant has none of that name.
pub async fn load(scope: &mut Scope, field: &str, name: &str) -> Result<Mapping> {
    let found = stored(scope, name).await?;
    let missing = || Error::invalid(field, "The mapping was not found.");
    Ok(found.ok_or_else(missing)?.mapping.0)
}

async fn stored(scope: &mut Scope, name: &str) -> Result<Option<Stored>> {
    let find = scope
        .select::<Stored>(include_str!("sql/find.sql"))
        .bind(name.to_owned());
    Ok(find.fetch_optional(scope.connection()).await?)
}

/// Serializes changes of the tenant's mappings until the end of the transaction, so that a count holds.
pub async fn lock(scope: &mut Scope) -> Result<()> {
    let lock = scope.query("select pg_advisory_xact_lock(hashtextextended('sheet_mappings', $1))");
    lock.execute(scope.connection()).await?;
    Ok(())
}

/// Adds or replaces a mapping, locked by [`lock`]. `is_new`: none of that name is stored. `Conflict` if the tenant has too
/// many.
pub async fn put(
    scope: &mut Scope,
    (name, is_new): (&str, bool),
    mapping: Mapping,
    now: DateTime<Utc>,
) -> Result<SheetMapping> {
    if is_new && count(scope).await? >= MAX {
        let most = format!("An account has at most {MAX} mappings.");
        return Err(Error::conflict(most));
    }
    let put = scope
        .query(include_str!("sql/put.sql"))
        .bind(name.to_owned())
        .bind(Json(mapping))
        .bind(now);
    put.execute(scope.connection()).await?;
    find(scope, name).await
}

/// Deletes a mapping, locked by [`lock`].
pub async fn delete(scope: &mut Scope, name: &str) -> Result<()> {
    let delete = scope
        .query("delete from sheet_mappings where tenant_id = $1 and name = $2")
        .bind(name.to_owned());
    delete.execute(scope.connection()).await?;
    Ok(())
}
