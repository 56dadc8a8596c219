//! What filters come to: the accounts that are read, and in each the campaigns, the leads, and whether its roll-ups
//! can be trusted.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sqlx::types::Json;

use super::filter::attempts;
use super::plan;
use super::query::{Filters, Query};
use super::question::Of;
use super::reading::{Select, bind_filters};
use crate::db::{Account, Scope};
use crate::error::Result;
use crate::rollups::Source;

/// An account, and what of it is read.
#[derive(Debug)]
pub struct Reached {
    pub account: Account,
    /// Those that play the template; none means all.
    pub campaigns: Option<Vec<i64>>,
    /// Those whose payload, or for questions about leads whose attempts, are asked for; none means all.
    pub leads: Option<Vec<i64>>,
    pub source: Source,
}

#[derive(sqlx::FromRow)]
struct Found {
    campaigns: Option<Vec<i64>>,
    trusted: bool,
}

/// The accounts that this scope may read and the filters name. What they name outside of it matches nothing.
pub async fn reach(scope: &mut Scope, query: &Query, wanted: Source) -> Result<Vec<Reached>> {
    let mut reached = Vec::new();
    for account in scope.reach().await?.into_iter().filter(|account| is_named(&query.filters, account)) {
        scope.enter(&account).await?;
        let found = scope.select(include_str!("sql/account.sql")).bind(query.filters.template.clone());
        let Found { campaigns, trusted } = found.fetch_one(scope.connection()).await?;
        if campaigns.as_ref().is_none_or(|campaigns| !campaigns.is_empty()) {
            let source = plan::source(query, trusted, wanted);
            reached.push(Reached { account, campaigns, leads: None, source });
        }
    }
    // Statements over rows are planned by what is asked for.
    if reached.iter().any(|account| account.source == Source::Raw) {
        scope.plan_by_arguments().await?;
    }
    if query.filters.payload.is_some() || (query.question.about.of == Of::Leads && query.filters.by_figures()) {
        for account in &mut reached {
            scope.enter(&account.account).await?;
            account.leads = Some(leads(scope, query).await?);
        }
        reached.retain(|account| account.leads.as_ref().is_none_or(|leads| !leads.is_empty()));
    }
    Ok(reached)
}

fn is_named(filters: &Filters, account: &Account) -> bool {
    let merchant = filters.merchant.as_ref().is_none_or(|name| *name == format!("mer_{}", account.id()));
    let is_reseller = |name: &String| account.reseller().is_some_and(|id| *name == format!("res_{id}"));
    merchant && filters.reseller.as_ref().is_none_or(is_reseller)
}

/// Leads with an attempt that passes, whenever and whatever for; once for each.
const WITH_ATTEMPT: &str = concat!("select a.lead_id ", attempts!(all, ""));
const OF_THEM_WITH_ATTEMPT: &str = concat!("select a.lead_id ", attempts!(of_leads, ""));

/// The leads that the payload, and for a question about leads the attempts, leave.
async fn leads(scope: &mut Scope, query: &Query) -> Result<Vec<i64>> {
    let leads = match &query.filters.payload {
        Some(payload) => Some(with_payload(scope, payload.clone()).await?),
        None => None,
    };
    if query.question.about.of == Of::Attempts || !query.filters.by_figures() {
        return Ok(leads.unwrap_or_default());
    }
    let ever = Query { filters: Filters { from: None, to: None, ..query.filters.clone() }, ..query.clone() };
    let sql = if leads.is_some() { OF_THEM_WITH_ATTEMPT } else { WITH_ATTEMPT };
    let rows = bind_filters(scope.select(sql), &plan::asked(&ever), &ever.filters, None, leads);
    let mut leads = ids(rows, scope).await?;
    // Here and not in the statement, where Postgres may take it for a reason to read attempts in the order of leads.
    leads.sort_unstable();
    leads.dedup();
    Ok(leads)
}

/// Found by what the payload says of itself, then read: terms hardly ever agree where key or value do not.
async fn with_payload(scope: &mut Scope, payload: BTreeMap<String, Box<RawValue>>) -> Result<Vec<i64>> {
    let payload = Json(payload);
    let candidates = ids(scope.select(include_str!("sql/candidates.sql")).bind(payload.clone()), scope).await?;
    let found = scope.select(include_str!("sql/with_payload.sql")).bind(candidates).bind(payload);
    ids(found, scope).await
}

async fn ids(rows: Select<(i64,)>, scope: &mut Scope) -> Result<Vec<i64>> {
    Ok(rows.fetch_all(scope.connection()).await?.into_iter().map(|(id,)| id).collect())
}
