//! Calls of campaigns by period, from one statement.

use chrono::{DateTime, Utc};

use super::periods::{Periods, Stretch};
use super::statement::statement_of_calls;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::rollups::{Bind, Detail, Kept, Module, Plan, RollupScope, Source, statement_of};
use crate::time::Instant;

/// A campaign and its calls by period.
#[derive(Debug, sqlx::FromRow)]
pub struct Campaign {
    pub id: i64,
    pub name: String,
    pub status: String,
    pub last_call_at: Option<Instant>,
    /// Numbers of the periods with calls; the counts stand in the same order.
    periods: Vec<i32>,
    dials: Vec<i64>,
    answers: Vec<i64>,
    in_progress: Vec<i64>,
}

/// Calls of a stretch of time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub dials: i64,
    pub answers: i64,
    /// Calls without a result.
    pub in_progress: i64,
}

impl Campaign {
    pub fn counts(&self, periods: &Periods, stretch: Stretch) -> Counts {
        let mut counts = Counts::default();
        let numbers = self.dials.iter().zip(&self.answers).zip(&self.in_progress);
        for (period, ((dials, answers), in_progress)) in self.periods.iter().zip(numbers) {
            if periods.is_in(*period, stretch) {
                counts.dials += dials;
                counts.answers += answers;
                counts.in_progress += in_progress;
            }
        }
        counts
    }

    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// The source of a product's figures.
pub async fn source(scope: &mut Scope, module: Module) -> Result<Source> {
    let sql = match module {
        Module::Autocall => statement_of!("select {{trusted autocall true}}"),
        Module::Telesales => statement_of!("select {{trusted telesales true}}"),
    };
    let row = scope.select::<(bool,)>(sql);
    let (is_trusted,) = row.fetch_one(scope.connection()).await?;
    Ok(if is_trusted {
        Source::Rolled
    } else {
        Source::Raw
    })
}

/// `Missing` if the tenant has no such campaign of the product.
pub async fn check(scope: &mut Scope, module: Module, campaign: i64) -> Result<()> {
    let sql = match module {
        Module::Autocall => "select from autocall_campaigns where tenant_id = $1 and id = $2",
        Module::Telesales => "select from telesales_campaigns where tenant_id = $1 and id = $2",
    };
    let found = scope.query(sql).bind(campaign);
    let found = found.fetch_optional(scope.connection()).await?;
    let missing = found.is_none().then_some(campaign);
    Error::missing("campaign_id", missing).map_or(Ok(()), Err)
}

/// Campaigns at work, or only that one. `kept`: rows are read if it says so ([`Kept::statements`]).
pub async fn campaigns(
    scope: &mut Scope,
    (module, campaign): (Module, Option<i64>),
    periods: &Periods,
    (kept, now): (Kept, DateTime<Utc>),
) -> Result<Vec<Campaign>> {
    let sql = statement_of_calls!(module, include_str!("sql/calls.sql"));
    let windows = periods.windows();
    let plan = Plan::apart(&windows, Detail::Fine, RollupScope::Campaign, kept)?;
    let rows = scope.select(sql);
    let rows = rows
        .bind(periods.starts())
        .bind(now)
        .bind(periods.week.from)
        .bind(campaign)
        .bind_plan(&plan);
    Ok(rows.fetch_all(scope.connection()).await?)
}
