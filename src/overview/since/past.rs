//! Calls of campaigns in the past, by buckets of one level.

use std::collections::BTreeMap;

use super::MOST_CAMPAIGNS;
use crate::db::Scope;
use crate::error::Result;
use crate::overview::statement::statement_of_calls;
use crate::rollups::{Bind, Level, Module, Plan};

/// Calls of a bucket.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Calls {
    pub dials: i64,
    pub answers: i64,
    pub abandoned: i64,
    /// Calls without a result.
    pub in_progress: i64,
}

/// Calls of a campaign by bucket; those without calls are missing.
pub type Buckets = BTreeMap<i64, Calls>;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    stretch: i64,
    #[sqlx(flatten)]
    calls: Calls,
}

/// Those of a plan by campaign, of at most [`MOST_CAMPAIGNS`]; no bucket of the plan is wider than the level.
pub async fn read(
    scope: &mut Scope,
    module: Module,
    mut campaigns: Vec<i64>,
    (level, plan): (Level, &Plan),
) -> Result<BTreeMap<i64, Buckets>> {
    campaigns.truncate(MOST_CAMPAIGNS);
    let mut by_campaign: BTreeMap<i64, Buckets> =
        campaigns.iter().map(|id| (*id, BTreeMap::new())).collect();
    if by_campaign.is_empty() {
        return Ok(by_campaign);
    }
    let sql = statement_of_calls!(module, include_str!("../sql/past.sql"));
    let rows = scope
        .select::<Row>(sql)
        .bind(campaigns)
        .bind(level.seconds());
    for row in rows.bind_plan(plan).fetch_all(scope.connection()).await? {
        let buckets = by_campaign.entry(row.id).or_default();
        buckets.insert(row.stretch, row.calls);
    }
    Ok(by_campaign)
}
