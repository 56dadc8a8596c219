//! Resolution of filters: the tenants that are read, and the source of each.
//!
//! Campaigns and leads selected by filters are looked up by the statements themselves: there may be millions.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::members::Members;
use super::plan;
use super::query::{Filters, Query};
use crate::db::{ReachableTenant, Scope};
use crate::error::{Error, Faults, Result};
use crate::rollups::{Kept, Source, statement_of};

/// A tenant to read.
#[derive(Debug)]
pub struct Reached {
    pub account: ReachableTenant,
    /// The rarest term of the payload filter, used to find its leads; `None` without a payload filter.
    pub term: Option<i64>,
    pub source: Source,
    pub kept: Kept,
    /// The statements over attempts: those over roll-ups read rows as well ([`Kept::statements`]).
    pub statements: Source,
}

#[derive(sqlx::FromRow)]
struct Found {
    plays: bool,
    trusted: bool,
    complete_from: Option<DateTime<Utc>>,
    timezone: String,
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
        let found: Found = found.fetch_one(scope.connection()).await?;
        if found.plays
            && let Some(term) = rarest(scope, &query.filters).await?
        {
            reached.push(reached_by(query, account, term, found, wanted)?);
        }
    }
    Ok(reached)
}

fn reached_by(
    query: &Query,
    account: ReachableTenant,
    term: Option<i64>,
    found: Found,
    wanted: Source,
) -> Result<Reached> {
    let source = plan::source(query, found.trusted, wanted);
    let zone = found.timezone.parse().map_err(Error::internal)?;
    let mut kept = Kept::new(found.complete_from, zone, plan::FROM);
    let mut faults = Faults::default();
    for (field, at) in [
        (plan::FROM, query.filters.from),
        (plan::TO, query.filters.to),
    ] {
        if let Some(at) = at {
            kept.check(field, at, &mut faults);
        }
    }
    faults.into_result(Some(()))?;
    let statements = if plan::is_of_sums(query) {
        kept.statements(source, [&plan::asked(query)])
    } else {
        source
    };
    Ok(Reached {
        account,
        term,
        source,
        kept,
        statements,
    })
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
    let found = Rarest::find(scope, payload).await?;
    Ok(found
        .filter(|found| found.leads > 0)
        .map(|found| Some(found.term)))
}

/// The rarest term of a payload, by which its leads are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Rarest {
    pub term: i64,
    /// Number of leads that have it, counted up to [`Rarest::MANY`].
    pub leads: i64,
}

impl Rarest {
    pub const MANY: i64 = 10_000;

    /// `None` if the payload has no term.
    pub async fn find(scope: &mut Scope, payload: &Members) -> Result<Option<Self>> {
        let rarest = scope.select(include_str!("sql/rarest.sql"));
        let rarest = rarest.bind(Json(payload.clone()));
        Ok(rarest.fetch_optional(scope.connection()).await?)
    }
}
