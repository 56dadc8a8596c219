//! Endings that no table of causes knows, with the number of calls that have them.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::db::Scope;
use crate::envelope::Page;
use crate::error::Result;
use crate::page::PageRequest;

/// An ending that no table knows. Its calls are `failed`.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct Unmapped {
    /// The dialer whose records have it: freeswitch, asterisk or vicidial.
    pub source: String,
    /// The words that it is one of: cause, disposition, dialstatus or status.
    pub vocabulary: String,
    /// The ending, as records have it.
    pub name: String,
    /// Calls with it.
    pub calls: i64,
}

/// The endings, those of most calls first.
pub async fn page(scope: &mut Scope, wanted: PageRequest) -> Result<Page<Unmapped>> {
    let rows = scope.select::<Unmapped>(include_str!("sql/unmapped.sql"));
    let rows = rows.bind(wanted.per_page).bind(wanted.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    let count = scope.select::<(i64,)>(include_str!("sql/count_unmapped.sql"));
    let (total,) = count.fetch_one(scope.connection()).await?;
    Ok(wanted.page(rows, total))
}
