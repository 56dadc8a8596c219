//! Reading: what the accounts come to, one after the other in one snapshot, added up.
//!
//! Everything here is a sum, the least or the most of something, so accounts may be read apart. Must not know a
//! question.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{Decode, Postgres, Type};

use super::dimension::{Dimension, Keyed, TIME, TOTAL, Tally};
use super::filter::attempts;
use super::plan;
use super::query::{Filters, Query};
use super::reach::Reached;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::{Detail, Plan, RollupScope, Source};
use crate::time::{Granularity, Window};

/// A statement that is being given its arguments.
pub type Select<R> = QueryAs<'static, Postgres, R, PgArguments>;

/// What one question is read with.
pub struct Reading<'a> {
    pub query: &'a Query,
    pub scope: &'a mut Scope,
    pub accounts: Vec<Reached>,
}

/// How far leads have come.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Leads {
    pub leads: i64,
    /// With an attempt at least, with two.
    pub tried: i64,
    pub retried: i64,
    /// With an attempt in progress; of the others that have any, those to be tried again and those not.
    pub processing: i64,
    pub retry: i64,
    pub finished: i64,
}

/// Time as it is cut: a window into units, which begin again after so many.
#[derive(Debug, Clone, Copy)]
struct Cut {
    window: Window,
    unit: Granularity,
    cycle: i64,
}

impl Reading<'_> {
    /// Attempts by a dimension; keys that do not occur are not in it.
    pub async fn by<K>(&mut self, dimension: &Dimension<K>) -> Result<BTreeMap<K, Tally>>
    where
        K: Ord + Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        self.tally(dimension, None).await
    }

    /// All attempts together.
    pub async fn total(&mut self) -> Result<Tally> {
        Ok(self.by(&TOTAL).await?.remove(&0).unwrap_or_default())
    }

    /// As [`Reading::total`], with the shortest and the longest that sums do not know.
    pub async fn durations(&mut self) -> Result<Tally> {
        let mut total = self.total().await?;
        let window = plan::asked(self.query);
        if total.answered == 0 {
            return Ok(total);
        }
        for account in self.accounts.iter().filter(|account| account.source == Source::Rolled) {
            self.scope.enter(&account.account).await?;
            let sql = if plan::are_few(&total) { EXTREMES_OF_FEW } else { EXTREMES };
            let ends = self.scope.select::<(Option<i32>, Option<i32>)>(sql);
            let ends = ends.bind(window.from).bind(window.to).bind(account.campaigns.clone());
            let (shortest, longest) = ends.fetch_one(self.scope.connection()).await?;
            total.add(Tally { shortest, longest, ..Tally::default() });
        }
        Ok(total)
    }

    /// Every bucket of the window with its attempts, in order. Invalid where there are too many.
    pub async fn along_time(&mut self) -> Result<Vec<(i64, Tally)>> {
        let Some(window) = self.window_along_time().await? else { return Ok(Vec::new()) };
        let buckets = plan::buckets(self.query, &window)?;
        let unit = self.query.granularity;
        let mut by_bucket: BTreeMap<i64, Tally> = BTreeMap::new();
        for (counted, tally) in self.tally(&TIME, Some(Cut { window, unit, cycle: i64::MAX })).await? {
            by_bucket.entry(unit.of(counted)).or_default().add(tally);
        }
        Ok(buckets.into_iter().map(|at| (at, by_bucket.get(&at).copied().unwrap_or_default())).collect())
    }

    /// Every hour of the day, by the local clock.
    pub async fn by_hour(&mut self) -> Result<Vec<(i64, Tally)>> {
        let hours = match self.window_along_time().await? {
            Some(window) => self.tally(&TIME, Some(Cut { window, unit: Granularity::Hour, cycle: 24 })).await?,
            None => BTreeMap::new(),
        };
        Ok((0..24).map(|hour| (hour, hours.get(&hour).copied().unwrap_or_default())).collect())
    }

    /// Leads by how far they have come.
    pub async fn leads(&mut self) -> Result<Leads> {
        let mut sum = Leads::default();
        for account in &self.accounts {
            self.scope.enter(&account.account).await?;
            let leads = match account.source {
                Source::Rolled => rolled_leads(self.scope, self.query, account),
                Source::Raw => leads(self.scope, self.query, account),
            };
            sum.add(leads.fetch_one(self.scope.connection()).await?);
        }
        Ok(sum)
    }

    async fn tally<K>(&mut self, dimension: &Dimension<K>, cut: Option<Cut>) -> Result<BTreeMap<K, Tally>>
    where
        K: Ord + Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        let mut sums: BTreeMap<K, Tally> = BTreeMap::new();
        for account in &self.accounts {
            self.scope.enter(&account.account).await?;
            let rows = match account.source {
                Source::Rolled => rolled(self.scope, self.query, account, dimension, cut),
                Source::Raw => raw(self.scope, self.query, account, dimension, cut),
            };
            for Keyed(key, tally) in rows.fetch_all(self.scope.connection()).await? {
                if let Some(key) = key.filter(|_| tally.calls != 0) {
                    sums.entry(key).or_default().add(tally);
                }
            }
        }
        Ok(sums)
    }

    /// See [`plan::along`].
    async fn window_along_time(&mut self) -> Result<Option<Window>> {
        if !plan::is_open(self.query) {
            return Ok(plan::along(self.query, None));
        }
        let mut ends: Option<(DateTime<Utc>, DateTime<Utc>)> = None;
        for account in &self.accounts {
            self.scope.enter(&account.account).await?;
            let found = span(self.scope, self.query, account).fetch_one(self.scope.connection()).await?;
            if let (Some(first), Some(last)) = found {
                let (earliest, latest) = ends.unwrap_or((first, last));
                ends = Some((earliest.min(first), latest.max(last)));
            }
        }
        Ok(plan::along(self.query, ends))
    }
}

impl Leads {
    fn add(&mut self, other: Self) {
        self.leads += other.leads;
        self.tried += other.tried;
        self.retried += other.retried;
        self.processing += other.processing;
        self.retry += other.retry;
        self.finished += other.finished;
    }
}

/// Binds `$2` to `$9` of a statement over attempts.
pub fn bind_filters<R>(
    rows: Select<R>,
    window: &Window,
    filters: &Filters,
    campaigns: Option<Vec<i64>>,
    leads: Option<Vec<i64>>,
) -> Select<R> {
    rows.bind(window.from)
        .bind(window.to)
        .bind(campaigns)
        .bind(filters.min_duration)
        .bind(filters.max_duration)
        .bind(filters.sentiment_min)
        .bind(filters.sentiment_max)
        .bind(leads)
}

const EXTREMES: &str = include_str!("sql/extremes.sql");
const EXTREMES_OF_FEW: &str = include_str!("sql/extremes_of_few.sql");

const ALL_LEADS: &str = include_str!("sql/all_leads.sql");
const SOME_LEADS: &str =
    concat!("with leads as (select l.id, l.status from autocall_leads l", include_str!("sql/leads.sql"));
const THESE_LEADS: &str = concat!(
    "with leads as (select l.id, l.status from unnest($5::bigint[]) m (id) join autocall_leads l on l.id = m.id",
    include_str!("sql/leads.sql")
);

/// How far the leads of an account have come, by their rows.
fn leads(scope: &Scope, query: &Query, account: &Reached) -> Select<Leads> {
    let Filters { from, to, .. } = query.filters;
    let Reached { campaigns, leads, .. } = account;
    let sql = match (leads, campaigns, from, to) {
        (None, None, None, None) => return scope.select(ALL_LEADS),
        (None, ..) => SOME_LEADS,
        (Some(_), ..) => THESE_LEADS,
    };
    scope.select(sql).bind(from).bind(to).bind(campaigns.clone()).bind(leads.clone())
}

const ROLLED_LEADS: &str = "select * from rolled_autocall_lead_states($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

fn rolled_leads(scope: &Scope, query: &Query, account: &Reached) -> Select<Leads> {
    let of = RollupScope::of(account.campaigns.is_some(), false);
    let rows = scope.select(ROLLED_LEADS).bind(of.number());
    let rows = rows.bind(account.campaigns.clone().unwrap_or_else(|| vec![0]));
    Plan::whole(&plan::created(query), Detail::Fine, of).bind(rows)
}

const SPAN: &str = concat!("select min(a.started_at) as first, max(a.started_at) as last ", attempts!(all, ""));
const SPAN_OF_LEADS: &str =
    concat!("select min(a.started_at) as first, max(a.started_at) as last ", attempts!(of_leads, ""));

type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The first and the last attempt.
fn span(scope: &Scope, query: &Query, account: &Reached) -> Select<Span> {
    let window = plan::asked(query);
    let Reached { campaigns, leads, .. } = account;
    match (account.source, leads) {
        (Source::Rolled, _) => {
            let rows = scope.select(include_str!("sql/span.sql")).bind(window.from).bind(window.to);
            rows.bind(campaigns.clone())
        }
        (Source::Raw, None) => bind_filters(scope.select(SPAN), &window, &query.filters, campaigns.clone(), None),
        (Source::Raw, Some(leads)) => {
            let leads = Some(leads.clone());
            bind_filters(scope.select(SPAN_OF_LEADS), &window, &query.filters, campaigns.clone(), leads)
        }
    }
}

fn raw<K>(
    scope: &Scope,
    query: &Query,
    account: &Reached,
    dimension: &Dimension<K>,
    cut: Option<Cut>,
) -> Select<Keyed<K>>
where
    K: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    let window = cut.map_or_else(|| plan::asked(query), |cut| cut.window);
    let sql = if account.leads.is_some() { dimension.rows_of_leads } else { dimension.rows };
    let Reached { campaigns, leads, .. } = account;
    let rows = bind_filters(scope.select(sql), &window, &query.filters, campaigns.clone(), leads.clone());
    let Some(Cut { unit, cycle, .. }) = cut else { return rows };
    let segments = window.segment_arrays();
    let rows = rows.bind(segments.from).bind(segments.to).bind(segments.utc_offset);
    rows.bind(unit.seconds()).bind(unit.shift()).bind(cycle)
}

fn rolled<K>(
    scope: &Scope,
    query: &Query,
    account: &Reached,
    dimension: &Dimension<K>,
    cut: Option<Cut>,
) -> Select<Keyed<K>>
where
    K: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    let of = RollupScope::of(account.campaigns.is_some(), false);
    let rows = scope.select(dimension.rolled).bind(of.number());
    let rows = rows.bind(account.campaigns.clone().unwrap_or_else(|| vec![0]));
    match cut {
        None => Plan::whole(&plan::asked(query), dimension.detail, of).bind(rows),
        Some(Cut { window, unit, cycle }) => {
            let rows = Plan::cut(&window, unit, of).bind(rows);
            rows.bind(unit.seconds()).bind(unit.shift()).bind(cycle)
        }
    }
}
