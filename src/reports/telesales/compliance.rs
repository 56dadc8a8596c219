//! Compliance: every campaign against its limit of abandoned calls, the one nearest to it first.
//!
//! Rates, breaches and the room left are those of `abandon_rate` and `exposure`; what happened before is told from the
//! breaches that the check of every minute recorded.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};

use super::abandon_rate::{self, Campaign, Recent, TelesalesAbandonNow};
use super::exposure::Exposure;
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::figure::Within;
use crate::percent::DecimalNumber;
use crate::reports::report::{Ask, Body, Module, Place, Report, Route};
use crate::reports::series::bind_segments;
use crate::rollups::{
    Bind, Detail, Kept, Plan, RollupScope, Source, Statements, Wanted, statements,
};
use crate::table::{Column, Id, Inside, Schemas, Table, recorded, row};
use crate::time::instant::GivenInstant;
use crate::time::{Bucket, Granularity, Instant, Window, Zone};

pub struct Compliance;

/// Local days of which breaches are told.
const DAYS: u64 = 30;
/// More days than any zone has in them.
const MOST_BUCKETS: usize = 40;
/// Days that a breach is looked for the start of.
const MOST_DAYS: i64 = 90;
/// Seconds between two breaches of one time above the limit: they are recorded each 15 minutes, and a server may restart.
const UNBROKEN_SEC: i64 = 1_800;

row! {
    /// A campaign against its limit.
    pub struct TelesalesCompliance {
        /// The campaign.
        campaign_id: Id => "Campaign" as key("campaign_id"),
        /// Start of the window.
        window_from: Instant => "From" as key("date_from"),
        /// End of the window: now, rounded up to whole seconds.
        window_to: Instant => "To" as key("date_to"),
        /// The current state, as the abandon rate of the campaign tells it.
        current: TelesalesAbandonNow,
        /// Calls that the limit is a share of, by the account's setting abandon_basis: dials or answers.
        abandon_basis: &'static str => "Limit is a share of" as SETTING,
        /// Further dials, or answers by the account's abandon_basis, that must follow without an abandoned one until the rate is
        /// back at the limit; 0 within it, null if the limit is 0 and no number is enough.
        dials_to_recover: Option<i64> => "Dials to recover" as plain(Kind::Headroom).down(),
        /// Calls with result blocked, which were not dialed.
        blocked_count: i64 => "Blocked" as calls(&[
            ("result", "blocked"),
            ("agent_ids", WITHOUT),
            ("team_id", WITHOUT),
            ("window", WITHOUT),
        ]),
        /// Start of the present unbroken time above the limit, as far as breaches were recorded; null within the limit.
        since: Option<Instant> => "Since" as SETTING,
        /// Highest recorded abandon rate of dials of the last 30 local days, percent; null without a breach.
        highest_rate_pct: Option<DecimalNumber<2>> => "Highest rate, %" as SETTING,
        /// Time at which it was recorded.
        highest_at: Option<Instant> => "Highest at" as SETTING,
        /// The last 30 local days, today included, oldest first.
        breach_days: Vec<TelesalesBreachDay> as recorded::<Vec<TelesalesBreachDay>>(),
    }
}

row! {
    /// A local day.
    pub struct TelesalesBreachDay {
        /// The day.
        #[schema(value_type = String)]
        date: Bucket => "Day" as KEY,
        /// Breaches recorded on it; a campaign has at most one in 15 minutes.
        breaches: i64 => "Breaches" as SETTING,
    }
}

/// Rows, nearest to the limit first.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Rows(Vec<TelesalesCompliance>);

impl IntoIterator for Rows {
    type Item = TelesalesCompliance;
    type IntoIter = std::vec::IntoIter<TelesalesCompliance>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Body for Rows {
    const MEMBERS: Within = <Vec<TelesalesCompliance> as Inside>::WITHIN;
    const COLUMNS: &'static [Column] = <Vec<TelesalesCompliance> as Body>::COLUMNS;

    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        <Vec<TelesalesCompliance> as Body>::reference(schemas)
    }

    fn without_timestamps(&self) -> Option<Self> {
        let still = self.0.iter().map(|row| TelesalesCompliance {
            window_from: Instant::default(),
            window_to: Instant::default(),
            current: row.current.without_window(),
            ..row.clone()
        });
        Some(Self(still.collect()))
    }
}

static STATEMENTS: Statements = statements!("compliance");

/// A campaign with its calls of a window.
#[derive(sqlx::FromRow)]
pub struct Exposed {
    pub id: i64,
    #[sqlx(flatten)]
    pub(super) campaign: Campaign,
    #[sqlx(flatten)]
    pub exposure: Exposure,
    blocked: i64,
}

impl Exposed {
    /// Limit of the campaign, percent.
    pub fn limit_pct(&self) -> Decimal {
        self.campaign.abandon_rate_limit_pct
    }
}

/// Campaigns that are active, paused, or have calls in a window, and their calls; of one campaign, of leads from some sources.
pub async fn exposed(
    scope: &mut Scope,
    (window, kept): (&Window, Kept),
    (campaign, sources): (Option<i64>, Option<Vec<String>>),
    source: Source,
) -> Result<Vec<Exposed>> {
    let asked = Wanted {
        scope: RollupScope::Campaign,
        by_source: sources.is_some(),
    };
    let detail = match sources {
        Some(_) => Detail::Hours,
        None => Detail::Fine,
    };
    let rows = scope.select(STATEMENTS.of(source, asked));
    let rows = match source {
        Source::Rolled => {
            let plan = Plan::whole(window, detail, RollupScope::Campaign, kept)?;
            rows.bind(campaign).bind(sources).bind_plan(&plan)
        }
        Source::Raw => {
            let rows = rows.bind(window.from).bind(window.to);
            rows.bind(campaign).bind(sources)
        }
    };
    Ok(rows.fetch_all(scope.connection()).await?)
}

/// Recorded breaches of a campaign.
#[derive(Default)]
struct Recorded {
    /// Breaches by local day, counted since 1970.
    days: BTreeMap<i64, i64>,
    /// The highest rate, as dials, abandoned ones and the time.
    highest: Option<(i64, i64, Instant)>,
    since: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct RecordedDay {
    campaign_id: i64,
    day: i64,
    breaches: i64,
    dials: i64,
    abandoned: i64,
    at: Instant,
}

impl Recorded {
    fn add(&mut self, day: &RecordedDay) {
        self.days.insert(day.day, day.breaches);
        let rate = |dials: i64, abandoned: i64| Decimal::from(abandoned) / Decimal::from(dials);
        let is_higher = self.highest.is_none_or(|(dials, abandoned, _)| {
            rate(day.dials, day.abandoned) > rate(dials, abandoned)
        });
        if is_higher {
            self.highest = Some((day.dials, day.abandoned, day.at));
        }
    }
}

/// The last local days, today included.
fn last_days(zone: Zone, now: DateTime<Utc>) -> Window {
    let today = zone.local(now).date();
    let first = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    Window {
        from: GivenInstant::Date(first).start(zone),
        to: GivenInstant::Date(today).end(zone),
        zone,
    }
}

/// Start of the present time above the limit, by campaign.
pub async fn since(
    scope: &mut Scope,
    campaign: Option<i64>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, Instant>> {
    let rows = scope.select::<(i64, Instant)>(include_str!("breach_since.sql"));
    let rows = rows
        .bind(campaign)
        .bind(now)
        .bind(now - TimeDelta::days(MOST_DAYS))
        .bind(UNBROKEN_SEC);
    let rows = rows.fetch_all(scope.connection()).await?;
    Ok(rows.into_iter().collect())
}

async fn history(
    scope: &mut Scope,
    campaign: Option<i64>,
    (days, now): (&Window, DateTime<Utc>),
) -> Result<BTreeMap<i64, Recorded>> {
    let mut all = BTreeMap::<i64, Recorded>::new();
    let rows = scope.select::<RecordedDay>(include_str!("breach_days.sql"));
    let rows = bind_segments(rows.bind(campaign), days);
    for day in rows.fetch_all(scope.connection()).await? {
        all.entry(day.campaign_id).or_default().add(&day);
    }
    for (campaign, since) in since(scope, campaign, now).await? {
        all.entry(campaign).or_default().since = Some(since);
    }
    Ok(all)
}

impl Report for Compliance {
    const ABOUT: About = About {
        name: "compliance",
        title: "Compliance",
        summary: "Every campaign of the last minutes up to now against its limit of abandoned calls, by the share of the limit \
                  that is used: room left, calls until it is within the limit, since when it is not, and breaches by day.",
        example: include_str!("compliance.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: false,
    };
    /// Like the abandon rate.
    const NEEDS_ROWS: bool = true;
    type Subject = Recent;
    type Options = ();
    type Body = Rows;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Recent, ()>) -> Result<Rows> {
        let recent = &ask.subject;
        let window = (&recent.window, recent.kept);
        let of = (recent.campaign_id, recent.sources.clone());
        let mut campaigns = exposed(scope, window, of, ask.source).await?;
        let days = last_days(recent.window.zone, ask.now);
        let recorded = history(scope, recent.campaign_id, (&days, ask.now)).await?;
        campaigns.sort_by_cached_key(|it| {
            let limit = abandon_rate::limit(ask.tenant, Some(it.campaign.abandon_rate_limit_pct));
            let used = it.exposure.used(limit);
            (Reverse((used, it.exposure.base(limit))), it.id)
        });
        let days = Granularity::Day
            .touched(&days, MOST_BUCKETS)
            .unwrap_or_default();
        let none = Recorded::default();
        let rows = campaigns.iter().map(|it| {
            let recorded = recorded.get(&it.id).unwrap_or(&none);
            row(ask, it, (recorded, &days))
        });
        Ok(Rows(rows.collect()))
    }

    fn tables(_: &Rows) -> Vec<Table> {
        Vec::new()
    }
}

fn row(
    ask: &Ask<'_, Recent, ()>,
    it: &Exposed,
    (recorded, days): (&Recorded, &[i64]),
) -> TelesalesCompliance {
    let limit = abandon_rate::limit(ask.tenant, Some(it.campaign.abandon_rate_limit_pct));
    let is_over = it.exposure.breaches(limit);
    let breach_day = |day: &i64| TelesalesBreachDay {
        date: Bucket {
            granularity: Granularity::Day,
            number: *day,
        },
        breaches: recorded.days.get(day).copied().unwrap_or_default(),
    };
    TelesalesCompliance {
        campaign_id: Id(it.id),
        window_from: Instant(ask.subject.window.from),
        window_to: Instant(ask.subject.window.to),
        current: abandon_rate::now(ask, Some((it.id, &it.campaign)), &it.exposure),
        abandon_basis: limit.basis.name(),
        dials_to_recover: it.exposure.calls_to_recover(limit),
        blocked_count: it.blocked,
        since: recorded.since.filter(|_| is_over),
        highest_rate_pct: recorded
            .highest
            .map(|(dials, abandoned, _)| DecimalNumber::percent(abandoned, dials)),
        highest_at: recorded.highest.map(|(.., at)| at),
        breach_days: days.iter().map(breach_day).collect(),
    }
}
