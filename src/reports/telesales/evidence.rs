//! Evidence of compliance as tables: campaigns against their limits, their days, and recorded breaches.
//!
//! The figures of a campaign are those of `compliance`, read by the same code. Must not know the file that they are put into.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};

use super::abandon_rate::{self, AskedRecent, Recent, RecordedBreach, TelesalesAbandonBreach};
use super::compliance::{Compliance, TelesalesCompliance};
use super::exposure::Exposure;
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::DecimalNumber;
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::reports::request::{Parsed, Request};
use crate::reports::series::bind_segments;
use crate::rollups::{Bind, Detail, Plan, RollupScope, Source, Statements, statements};
use crate::table::{Id, Table, row};
use crate::time::{Bucket, Granularity, Instant, Window};

/// The ids of the reports that have the words of the columns.
pub const OF_COMPLIANCE: &str = "telesales.compliance";
pub const OF_BREACHES: &str = "telesales.abandon-rate";

/// Local days that the longest window touches, and more than any zone has in it.
const MOST_DAYS: usize = 100;
/// Breaches of a batch.
const BATCH: usize = 2_000;

row! {
    /// A campaign against its limit.
    pub struct EvidenceCampaign {
        /// The campaign.
        campaign_id: Id => "Campaign" as KEY,
        /// Its name.
        campaign_name: Option<String> => "Name" as KEY,
        /// draft, active, paused or completed.
        campaign_status: Option<String> => "Status" as SETTING,
        /// Length of the window, minutes.
        window_minutes: i64 => "Window, min" as SETTING,
        /// Start of the window.
        window_from: Instant => "From" as SETTING,
        /// End of the window.
        window_to: Instant => "To" as SETTING,
        /// Allowed rate, percent.
        limit_pct: DecimalNumber<6> => "Limit, %" as SETTING,
        /// Calls that the limit is a share of.
        abandon_basis: &'static str => "Limit is a share of" as SETTING,
        /// Dials in the window.
        attempts_total: i64 => "Dials" as SETTING,
        /// Dials answered by the customer.
        answers_total: i64 => "Answers" as SETTING,
        /// Abandoned dials.
        attempts_abandoned: i64 => "Abandoned" as SETTING,
        /// abandoned ÷ dials × 100.
        abandon_rate_pct: DecimalNumber<2> => "Abandon rate, %" as SETTING,
        /// abandoned ÷ answers × 100.
        abandon_rate_of_answers_pct: DecimalNumber<2> => "Abandon rate of answers, %" as SETTING,
        /// True if the rate exceeds the limit.
        breached: bool => "Breached" as SETTING,
        /// Calls that may still be abandoned.
        abandons_left: Option<i64> => "Abandons left" as SETTING,
        /// Calls that must follow until the rate is back at the limit.
        dials_to_recover: Option<i64> => "Dials to recover" as SETTING,
        /// Calls with result blocked.
        blocked_count: i64 => "Blocked" as SETTING,
        /// Start of the present unbroken time above the limit.
        since: Option<Instant> => "Since" as SETTING,
        /// Highest recorded rate of the last 30 local days.
        highest_rate_pct: Option<DecimalNumber<2>> => "Highest rate, %" as SETTING,
        /// Time at which it was recorded.
        highest_at: Option<Instant> => "Highest at" as SETTING,
    }
}

row! {
    /// A local day of a campaign.
    pub struct EvidenceDay {
        /// The campaign.
        campaign_id: Id => "Campaign" as KEY,
        /// Its name.
        campaign_name: Option<String> => "Name" as KEY,
        /// The day.
        #[schema(value_type = String)]
        date: Bucket => "Day" as KEY,
        /// Dials of the day.
        attempts_total: i64 => "Dials" as SETTING,
        /// Dials answered by the customer.
        answers_total: i64 => "Answers" as SETTING,
        /// Abandoned dials.
        attempts_abandoned: i64 => "Abandoned" as SETTING,
        /// abandoned ÷ dials × 100.
        abandon_rate_pct: DecimalNumber<2> => "Abandon rate, %" as SETTING,
        /// abandoned ÷ answers × 100.
        abandon_rate_of_answers_pct: DecimalNumber<2> => "Abandon rate of answers, %" as SETTING,
        /// Calls with result blocked.
        blocked_count: i64 => "Blocked" as SETTING,
        /// Allowed rate, percent.
        limit_pct: DecimalNumber<6> => "Limit, %" as SETTING,
        /// Calls that the limit is a share of.
        abandon_basis: &'static str => "Limit is a share of" as SETTING,
    }
}

row! {
    /// A recorded breach.
    pub struct EvidenceBreach {
        /// The campaign.
        campaign_id: Option<Id> => "Campaign" as KEY,
        /// Its name at the time.
        campaign_name: String => "Name" as KEY,
        /// Time at which the breach was detected.
        detected_at: Instant => "Detected at" as KEY,
        /// Dials in the window.
        attempts_total: i64 => "Dials" as SETTING,
        /// Abandoned dials.
        attempts_abandoned: i64 => "Abandoned" as SETTING,
        /// abandoned ÷ dials × 100.
        abandon_rate_pct: DecimalNumber<2> => "Abandon rate, %" as SETTING,
        /// Its limit at the time, percent.
        limit_pct: DecimalNumber<6> => "Limit, %" as SETTING,
        /// Length of the window, minutes.
        window_minutes: i64 => "Window, min" as SETTING,
        /// Start of the window.
        window_from: Instant => "From" as SETTING,
        /// End of the window.
        window_to: Instant => "To" as SETTING,
    }
}

/// The request for the table of campaigns, nearest to their limits first.
pub fn campaigns(asked: AskedRecent) -> Request {
    Request::new(Parsed::<Campaigns>::of_subject(None, asked))
}

/// The request for the table of a campaign's days, every one of the window.
pub fn days(asked: AskedRecent) -> Request {
    Request::new(Parsed::<Days>::of_subject(None, asked))
}

/// Number of the days of a window.
pub fn count_days(window: &Window) -> usize {
    touched(window).len()
}

fn touched(window: &Window) -> Vec<i64> {
    let touched = Granularity::Day.touched(window, MOST_DAYS);
    touched.unwrap_or_default()
}

struct Campaigns;

impl Report for Campaigns {
    const ABOUT: About = About {
        name: "campaigns",
        ..Compliance::ABOUT
    };
    const ROUTE: Route = ROUTE;
    const NEEDS_ROWS: bool = true;
    type Subject = Recent;
    type Options = ();
    type Body = Vec<EvidenceCampaign>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Recent, ()>) -> Result<Self::Body> {
        let rows = Compliance::run(scope, ask).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        vec![Table::of(Self::ABOUT.name, body)]
    }
}

struct Days;

static STATEMENTS: Statements = statements!("abandon_days");

#[derive(Debug, Default, sqlx::FromRow)]
struct Day {
    day: i64,
    #[sqlx(flatten)]
    exposure: Exposure,
    blocked: i64,
}

impl Report for Days {
    const ABOUT: About = About {
        name: "days",
        ..Compliance::ABOUT
    };
    const ROUTE: Route = ROUTE;
    const NEEDS_ROWS: bool = true;
    type Subject = Recent;
    type Options = ();
    type Body = Vec<EvidenceDay>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Recent, ()>) -> Result<Self::Body> {
        let recent = &ask.subject;
        let Some((id, campaign)) = recent.campaign_id.zip(recent.campaign.as_ref()) else {
            return Ok(Vec::new());
        };
        let window = &recent.window;
        let rows = scope.select::<Day>(STATEMENTS.of(ask.source, RollupScope::Campaign));
        let rows = rows.bind(id);
        let rows = match ask.source {
            Source::Rolled => {
                let sums = (Detail::Fine, RollupScope::Campaign);
                let plan = Plan::cut(window, Granularity::Day, sums, recent.kept)?;
                rows.bind_plan(&plan)
            }
            Source::Raw => bind_segments(rows.bind(window.from).bind(window.to), window),
        };
        let rows = rows.fetch_all(scope.connection()).await?;
        let limit = abandon_rate::limit(ask.tenant, Some(campaign.abandon_rate_limit_pct));
        let none = Day::default();
        let day = |number: i64| {
            let counts = rows.iter().find(|row| row.day == number).unwrap_or(&none);
            let Exposure {
                dials,
                abandoned,
                answers,
            } = counts.exposure;
            EvidenceDay {
                campaign_id: Id(id),
                campaign_name: Some(campaign.name.clone()),
                date: Bucket {
                    granularity: Granularity::Day,
                    number,
                },
                attempts_total: dials,
                answers_total: answers,
                attempts_abandoned: abandoned,
                abandon_rate_pct: DecimalNumber::percent(abandoned, dials),
                abandon_rate_of_answers_pct: DecimalNumber::percent(abandoned, answers),
                blocked_count: counts.blocked,
                limit_pct: DecimalNumber::new(limit.pct),
                abandon_basis: limit.basis.name(),
            }
        };
        Ok(touched(window).into_iter().map(day).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        vec![Table::of(Self::ABOUT.name, body)]
    }
}

/// They have no route: their tables are parts of a file.
const ROUTE: Route = Route {
    module: Module::Telesales,
    place: Place::OfAccount,
    parameters: &[],
    files: false,
};

/// Breaches of a campaign, or of all, recorded in a window, in batches.
pub fn breaches<'a>(
    scope: &'a mut Scope,
    campaign: Option<i64>,
    window: &Window,
) -> BoxStream<'a, Result<Table>> {
    let rows = scope.select::<RecordedBreach>(include_str!("breaches_within.sql"));
    let rows = rows.bind(campaign).bind(window.from).bind(window.to);
    let batches = rows.fetch(scope.connection()).try_chunks(BATCH);
    let batches = batches.map(|batch| match batch {
        Ok(rows) => Ok(table_of_breaches(rows)),
        Err(error) => Err(error.1.into()),
    });
    batches.boxed()
}

/// Number of those breaches.
pub async fn count_breaches(
    scope: &mut Scope,
    campaign: Option<i64>,
    window: &Window,
) -> Result<i64> {
    let count = scope.select::<(i64,)>(include_str!("breaches_within_counted.sql"));
    let count = count.bind(campaign).bind(window.from).bind(window.to);
    Ok(count.fetch_one(scope.connection()).await?.0)
}

/// The table of breaches.
pub fn table_of_breaches(rows: Vec<RecordedBreach>) -> Table {
    let rows = rows.into_iter().map(TelesalesAbandonBreach::from);
    let rows: Vec<EvidenceBreach> = rows.map(Into::into).collect();
    Table::of("breaches", &rows)
}

impl From<TelesalesCompliance> for EvidenceCampaign {
    fn from(row: TelesalesCompliance) -> Self {
        let (now, measure) = (row.current.clone(), row.current.measure);
        Self {
            campaign_id: row.campaign_id,
            campaign_name: now.campaign_name,
            campaign_status: now.campaign_status,
            window_minutes: measure.window_minutes,
            window_from: row.window_from,
            window_to: row.window_to,
            limit_pct: now.limit_pct,
            abandon_basis: row.abandon_basis,
            attempts_total: measure.attempts_total,
            answers_total: now.answers_total,
            attempts_abandoned: measure.attempts_abandoned,
            abandon_rate_pct: measure.abandon_rate_pct,
            abandon_rate_of_answers_pct: now.abandon_rate_of_answers_pct,
            breached: now.breached,
            abandons_left: now.abandons_left,
            dials_to_recover: row.dials_to_recover,
            blocked_count: row.blocked_count,
            since: row.since,
            highest_rate_pct: row.highest_rate_pct,
            highest_at: row.highest_at,
        }
    }
}

impl From<TelesalesAbandonBreach> for EvidenceBreach {
    fn from(breach: TelesalesAbandonBreach) -> Self {
        let measure = breach.measure;
        Self {
            campaign_id: measure.campaign_id,
            campaign_name: breach.campaign_name,
            detected_at: breach.detected_at,
            attempts_total: measure.attempts_total,
            attempts_abandoned: measure.attempts_abandoned,
            abandon_rate_pct: measure.abandon_rate_pct,
            limit_pct: breach.limit_pct,
            window_minutes: measure.window_minutes,
            window_from: measure.window_from,
            window_to: measure.window_to,
        }
    }
}
