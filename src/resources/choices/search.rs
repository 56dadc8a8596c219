//! A search over the names of everything that a screen can show.
//!
//! The first rows of each kind by name are looked at, so that an answer has a bound. A kind that the caller may not read is left
//! out. Calls, leads and their phones are not searched: they have lists of their own.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::auth::{Caller, Permission};
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::Result;
use crate::input::{Kind, Parameter};
use crate::page::PageRequest;

/// Maximum number of rows of one kind.
const MOST: i64 = 50;

pub const Q: Parameter = Parameter::required(
    "q",
    Kind::Text,
    "Part of a name, in any case and without regard to marks: nguyen finds Nguyễn.",
);

/// A row with a name.
#[derive(Debug, Serialize, ToSchema, FromRow)]
#[schema(as = SearchResult)]
pub struct Found {
    /// autocall_campaign, telesales_campaign, team, agent, disposition or caller_id.
    pub kind: String,
    /// Its id; of a disposition the code, of a caller ID the number.
    pub id: String,
    /// Its name; of a caller ID without one the number.
    pub name: String,
}

/// A page of the rows whose name contains a text, by name; of each kind at most 50.
pub async fn page(
    scope: &mut Scope,
    caller: &Caller,
    q: &str,
    page: PageRequest,
) -> Result<Page<Found>> {
    let select = scope.select::<Found>(include_str!("sql/search.sql"));
    let select = select
        .bind(q.to_owned())
        .bind(caller.may(Permission::AutocallApiAccess))
        .bind(caller.may(Permission::TelesalesApiAccess))
        .bind(MOST);
    let all = select.fetch_all(scope.connection()).await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let before = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let per_page = usize::try_from(page.per_page).unwrap_or_default();
    let rows = all.into_iter().skip(before).take(per_page);
    Ok(page.page(rows.collect(), total))
}
