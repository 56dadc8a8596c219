//! Resolution of filters: the tenants that are read, and the source of each.
//!
//! Campaigns and leads selected by filters are looked up by the statements themselves: there may be millions.

use sqlx::types::Json;

use super::plan;
use super::query::{Filters, Query};
use crate::db::{ReachableTenant, Scope};
use crate::error::Result;
use crate::rollups::{Source, statement_of};

/// A tenant to read.
#[derive(Debug)]
pub struct Reached {
    pub account: ReachableTenant,
    /// The rarest term of the payload filter, used to find its leads; `None` without a payload filter.
    pub term: Option<i64>,
    pub source: Source,
}

#[derive(sqlx::FromRow)]
struct Found {
    plays: bool,
    trusted: bool,
}

/// The tenants that this scope may read and the filters select. Names outside the scope match nothing.
pub async fn reach(scope: &mut Scope, query: &Query, wanted: Source) -> Result<Vec<Reached>> {
    let mut reached = Vec::new();
    for account in scope
        .reach()
        .await?
        .into_iter()
        .filter(|account| is_named(&query.filters, account))
    {
        scope.enter(&account).await?;
        let found = scope
            .select(statement_of!(include_str!("sql/account.sql")))
            .bind(query.filters.template.clone());
        let Found { plays, trusted } = found.fetch_one(scope.connection()).await?;
        if plays && let Some(term) = rarest(scope, &query.filters).await? {
            reached.push(Reached {
                account,
                term,
                source: plan::source(query, trusted, wanted),
            });
        }
    }
    Ok(reached)
}

fn is_named(filters: &Filters, account: &ReachableTenant) -> bool {
    let merchant = filters
        .merchant
        .as_ref()
        .is_none_or(|name| *name == format!("mer_{}", account.id()));
    let is_reseller = |name: &String| {
        account
            .reseller()
            .is_some_and(|id| *name == format!("res_{id}"))
    };
    merchant && filters.reseller.as_ref().is_none_or(is_reseller)
}

/// The rarest term of the payload filter, if there is one. `None` if no lead of the tenant has it.
async fn rarest(scope: &mut Scope, filters: &Filters) -> Result<Option<Option<i64>>> {
    let Some(payload) = &filters.payload else {
        return Ok(Some(None));
    };
    let rarest = scope
        .select::<(i64, i64)>(include_str!("sql/rarest.sql"))
        .bind(Json(payload.clone()));
    let found = rarest.fetch_optional(scope.connection()).await?;
    Ok(found
        .filter(|(_, leads)| *leads > 0)
        .map(|(term, _)| Some(term)))
}
