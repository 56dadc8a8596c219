//! Reading: counters of each tenant, read one after the other in one snapshot and added up.
//!
//! Everything here is a sum, a minimum or a maximum, so tenants can be read separately. Must not know a question.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::bind::{bind_filters, rollup_scope};
use super::dimension::{Dimension, Keyed, List, OfList, Page, TIME, TOTAL, Tally};
use super::page::Paged;
use super::plan;
use super::progress::{Leads, leads, rolled_leads};
use super::query::Query;
use super::reach::Reached;
use super::span::{span, span_of_sums};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::rollups::{Bind, Detail, Kept, Plan, RollupScope, Source};
use crate::time::{Granularity, Window};

pub use crate::db::Select;

/// The context of one query.
pub struct Reading<'a> {
    pub query: &'a Query,
    pub scope: &'a mut Scope,
    pub accounts: Vec<Reached>,
}

/// A window divided into units, which repeat after a cycle.
#[derive(Debug, Clone, Copy)]
struct Cut {
    window: Window,
    unit: Granularity,
    cycle: i64,
    /// First and last requested bucket.
    buckets: (i64, i64),
}

impl Reading<'_> {
    /// Attempts by a dimension; keys that do not occur are not in it.
    pub async fn by(&mut self, dimension: &'static Dimension) -> Result<BTreeMap<i64, Tally>> {
        self.tally(dimension, None).await
    }

    /// The requested page of a list, in order.
    pub async fn list(&mut self, list: &'static List) -> Result<Page> {
        let page = match self.accounts.as_slice() {
            [] => return Ok(Page::default()),
            [account] => {
                self.scope.enter(&account.account).await?;
                self.page_of_one(list, account)?
            }
            accounts => self.page_of_all(list, accounts)?,
        };
        Ok(page.fetch_one(self.scope.connection()).await?)
    }

    fn page_of_one(&self, list: &'static List, account: &Reached) -> Result<Select<Page>> {
        let window = plan::asked(self.query);
        let page = match account.statements {
            Source::Rolled => {
                let of = rollup_scope(self.query);
                self.scope
                    .select(&list.rolled.page)
                    .bind(of.number())
                    .bind(self.query.filters.template.clone())
                    .bind_plan(&Plan::whole(&window, list.detail, of, account.kept)?)
            }
            Source::Raw => {
                let rows = self.scope.select(&self.statements(list).page);
                bind_filters(
                    rows,
                    &account.kept.with_rows(&window),
                    &self.query.filters,
                    self.query.filters.template.clone(),
                    account.term,
                )
            }
        };
        let (before, through) = self.query.places();
        Ok(page.bind(before).bind(through))
    }

    /// One statement for all tenants, because the rank of a key is known only after adding them up.
    fn page_of_all(&self, list: &'static List, accounts: &[Reached]) -> Result<Select<Page>> {
        let (filters, window, of) = (
            &self.query.filters,
            plan::asked(self.query),
            rollup_scope(self.query),
        );
        let (before, through) = self.query.places();
        self.scope.check_schema(&list.rolled.all);
        let page = self.scope.select(&list.merged);
        let page = page
            .bind(
                accounts
                    .iter()
                    .map(|account| account.account.id())
                    .collect::<Vec<i64>>(),
            )
            .bind(
                accounts
                    .iter()
                    .map(|account| account.statements == Source::Rolled)
                    .collect::<Vec<bool>>(),
            )
            .bind(
                accounts
                    .iter()
                    .map(|account| account.term)
                    .collect::<Vec<Option<i64>>>(),
            )
            .bind(list.rolled.all.as_str())
            .bind(self.statements(list).all.as_str())
            .bind(window.from)
            .bind(window.to)
            .bind(filters.template.clone())
            .bind(filters.min_duration)
            .bind(before)
            .bind(through)
            .bind(filters.max_duration)
            .bind(filters.sentiment_min)
            .bind(filters.sentiment_max)
            .bind(filters.payload.clone().map(Json))
            .bind(of.number())
            .bind(
                accounts
                    .iter()
                    .map(|account| account.kept.rows_from())
                    .collect::<Vec<i32>>(),
            );
        Ok(page.bind_parts(&plan_of_all(&window, list.detail, of, accounts)?))
    }

    fn statements(&self, list: &'static List) -> &'static OfList {
        if self.query.filters.payload.is_some() {
            &list.rows_of_leads
        } else {
            &list.rows
        }
    }

    /// All attempts in one tally.
    pub async fn total(&mut self) -> Result<Tally> {
        Ok(self.by(&TOTAL).await?.remove(&0).unwrap_or_default())
    }

    /// Like [`Reading::total`], with minimum and maximum, which roll-ups do not have.
    pub async fn durations(&mut self) -> Result<Tally> {
        let mut total = self.total().await?;
        let window = plan::asked(self.query);
        if total.answered == 0 {
            return Ok(total);
        }
        for account in self
            .accounts
            .iter()
            .filter(|account| account.statements == Source::Rolled)
        {
            self.scope.enter(&account.account).await?;
            let sql = if plan::are_few(&total) {
                EXTREMES_OF_FEW
            } else {
                EXTREMES
            };
            let ends = self.scope.select::<(Option<i32>, Option<i32>)>(sql);
            let window = account.kept.with_rows(&window);
            let ends = ends
                .bind(window.from)
                .bind(window.to)
                .bind(self.query.filters.template.clone());
            let (shortest, longest) = ends.fetch_one(self.scope.connection()).await?;
            total.add(Tally {
                shortest,
                longest,
                ..Tally::default()
            });
        }
        Ok(total)
    }

    /// The window's buckets on the page with their attempts, in order. `Invalid` if the window has too many.
    pub async fn along_time(&mut self) -> Result<Paged<(i64, Tally)>> {
        let Some(window) = self.window_along_time().await? else {
            return Ok(Paged::default());
        };
        let buckets = Paged::of(plan::buckets(self.query, &window)?, self.query);
        let (Some(first), Some(last)) = (buckets.rows.first(), buckets.rows.last()) else {
            return Ok(Paged {
                total: buckets.total,
                rows: Vec::new(),
            });
        };
        let cut = Cut {
            window,
            unit: self.query.granularity,
            cycle: i64::MAX,
            buckets: (*first, *last),
        };
        let tallies = self.tally(&TIME, Some(cut)).await?;
        Ok(buckets.map(|bucket| (bucket, tallies.get(&bucket).copied().unwrap_or_default())))
    }

    /// Every local hour of the day.
    pub async fn by_hour(&mut self) -> Result<Vec<(i64, Tally)>> {
        let hours = match self.window_along_time().await? {
            Some(window) => {
                let cut = Cut {
                    window,
                    unit: Granularity::Hour,
                    cycle: 24,
                    buckets: (0, 23),
                };
                self.tally(&TIME, Some(cut)).await?
            }
            None => BTreeMap::new(),
        };
        Ok((0..24)
            .map(|hour| (hour, hours.get(&hour).copied().unwrap_or_default()))
            .collect())
    }

    /// Leads by progress.
    pub async fn leads(&mut self) -> Result<Leads> {
        let mut sum = Leads::default();
        for account in &self.accounts {
            self.scope.enter(&account.account).await?;
            let leads = match account.source {
                Source::Rolled => rolled_leads(self.scope, self.query, account)?,
                Source::Raw => leads(self.scope, self.query, account),
            };
            sum.add(leads.fetch_one(self.scope.connection()).await?);
        }
        Ok(sum)
    }

    async fn tally(
        &mut self,
        dimension: &'static Dimension,
        cut: Option<Cut>,
    ) -> Result<BTreeMap<i64, Tally>> {
        let mut sums: BTreeMap<i64, Tally> = BTreeMap::new();
        for account in &self.accounts {
            self.scope.enter(&account.account).await?;
            let rows = match account.statements {
                Source::Rolled => rolled(self.scope, self.query, account, dimension, cut)?,
                Source::Raw => raw(self.scope, self.query, account, dimension, cut),
            };
            for Keyed { key, tally } in rows.fetch_all(self.scope.connection()).await? {
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
            let found = span(self.scope, self.query, account)
                .fetch_one(self.scope.connection())
                .await?;
            let of_sums = match account.statements {
                Source::Rolled => span_of_sums(self.scope, self.query, account).await?,
                Source::Raw => (None, None),
            };
            for (first, last) in [of_sums, found] {
                if let (Some(first), Some(last)) = (first, last) {
                    let (first, end) = (account.kept.start(first), account.kept.end(last));
                    let (earliest, latest) = ends.unwrap_or((first, end));
                    ends = Some((earliest.min(first), latest.max(end)));
                }
            }
        }
        Ok(plan::along(self.query, ends))
    }
}

const EXTREMES: &str = include_str!("sql/extremes.sql");
const EXTREMES_OF_FEW: &str = include_str!("sql/extremes_of_few.sql");

/// One plan for several accounts that are read from sums. `Unavailable` if some of these are stale, and the accounts have rows
/// from different instants on.
fn plan_of_all(
    window: &Window,
    detail: Detail,
    of: RollupScope,
    accounts: &[Reached],
) -> Result<Plan> {
    let read_sums = |it: &&Reached| it.statements == Source::Rolled;
    let kept = accounts.iter().filter(read_sums).map(|it| it.kept);
    let Some(latest) = kept
        .clone()
        .max_by_key(|it| (it.complete_from(), it.by_rows()))
    else {
        return Ok(Plan::default()); // none is
    };
    if kept
        .clone()
        .all(|it| it.complete_from() == latest.complete_from())
    {
        return Plan::whole(window, detail, of, latest);
    }
    if kept.clone().any(Kept::by_rows) {
        return Err(Error::Unavailable("roll-ups are being rebuilt".into()));
    }
    Plan::of_sums(window, detail, of, latest)
}

fn raw(
    scope: &Scope,
    query: &Query,
    account: &Reached,
    dimension: &'static Dimension,
    cut: Option<Cut>,
) -> Select<Keyed> {
    let window = cut.map_or_else(|| plan::asked(query), |cut| cut.window);
    let window = account.kept.with_rows(&window);
    let sql = if account.term.is_some() {
        &dimension.rows_of_leads
    } else {
        &dimension.rows
    };
    let filters = &query.filters;
    let rows = bind_filters(
        scope.select(sql),
        &window,
        filters,
        filters.template.clone(),
        account.term,
    );
    let Some(cut) = cut else { return rows };
    let segments = window.segment_arrays();
    bind_units(
        rows.bind(segments.from)
            .bind(segments.to)
            .bind(segments.utc_offset),
        cut,
    )
}

fn rolled(
    scope: &Scope,
    query: &Query,
    account: &Reached,
    dimension: &'static Dimension,
    cut: Option<Cut>,
) -> Result<Select<Keyed>> {
    let (of, kept) = (rollup_scope(query), account.kept);
    let rows = scope
        .select(&dimension.rolled)
        .bind(of.number())
        .bind(query.filters.template.clone());
    Ok(match cut {
        None => rows.bind_plan(&Plan::whole(
            &plan::asked(query),
            dimension.detail,
            of,
            kept,
        )?),
        Some(cut) => {
            let plan = Plan::cut(&cut.window, cut.unit, (Detail::Fine, of), kept)?;
            bind_units(rows.bind_plan(&plan), cut)
        }
    })
}

/// Binds the unit, the cycle and the requested buckets.
fn bind_units(
    rows: Select<Keyed>,
    Cut {
        unit,
        cycle,
        buckets,
        ..
    }: Cut,
) -> Select<Keyed> {
    let rows = rows
        .bind(unit.seconds())
        .bind(unit.shift())
        .bind(cycle)
        .bind(unit == Granularity::Month);
    rows.bind(buckets.0).bind(buckets.1)
}
