//! Resolution of filters: the accounts that are read, and in each whether its roll-ups can be trusted.
//!
//! Campaigns and leads that filters name are looked up by the statements that read them: there may be millions.

use sqlx::types::Json;

use super::plan;
use super::query::{Filters, Query};
use crate::db::{ReachableTenant, Scope};
use crate::error::Result;
use crate::rollups::Source;

/// An account, and what of it is read.
#[derive(Debug)]
pub struct Reached {
    pub account: ReachableTenant,
    /// The rarest term of the payload asked for, by which its leads are found; none without a payload.
    pub term: Option<i64>,
    pub source: Source,
}

#[derive(sqlx::FromRow)]
struct Found {
    plays: bool,
    trusted: bool,
}

/// The accounts that this scope may read and the filters name. What they name outside of it matches nothing.
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
            .select(include_str!("sql/account.sql"))
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
    // Statements over rows are planned by what is asked for.
    if reached.iter().any(|account| account.source == Source::Raw) {
        scope.plan_by_arguments().await?;
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

/// The rarest term of the payload asked for, if one is. None where no lead of the account has it.
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
