//! Abandon rate: the share of abandoned dials up to now, against the campaign's limit.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use super::exposure::{Exposure, Limit};
use super::{ANSWERS, CAMPAIGN_ID, DIALS, SOURCE, sees_leads, size_of_texts, trusted};
use crate::asked::About;
use crate::auth::Tenant;
use crate::closed::CampaignStatus;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::figure::{Set, WITHOUT};
use crate::files::Caption;
use crate::input::{Kind, Parameter, Query, ZONE_UTC};
use crate::percent::DecimalNumber;
use crate::reports::report::{Ask, Context, Module, Object, Place, Report, Route, Subject};
use crate::rollups::{
    Bind, Detail, Kept, Plan, RollupScope, Source, Statements, Wanted, statements,
};
use crate::table::{Id, Table, flat, recorded, row};
use crate::time::instant::rounded_up;
use crate::time::{Instant, Window, Zone};

pub struct AbandonRate;

/// Default length of the window: 30 days.
pub const WINDOW_MINUTES: i64 = 43_200;
/// Breaches in an answer.
const MOST_BREACHES: i64 = 100;
/// Limit for the whole tenant, in percent.
const ACCOUNT_LIMIT: Decimal = Decimal::from_parts(3, 0, 0, false, 0);

pub const MINUTES: Parameter = Parameter::optional(
    "window_minutes",
    Kind::Integer {
        range: 1..=129_600,
        default: WINDOW_MINUTES,
    },
    "Length of the measurement window, which ends now, rounded up to whole seconds.",
);

const OF_DIALS: Set = &with_result(DIALS);
const OF_ABANDONED: Set = &with_result("abandoned");
const OF_ANSWERS: Set = &with_result(ANSWERS);

/// Calls with these results of the report's own window, whatever agents, team or window a request names: it ignores those.
const fn with_result(results: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("result", results),
        ("agent_ids", WITHOUT),
        ("team_id", WITHOUT),
        ("window", WITHOUT),
    ]
}

row! {
    /// Dials of a window, and abandoned ones.
    pub struct TelesalesAbandonMeasure {
        /// The campaign; null for the whole account.
        campaign_id: Option<Id> => "Campaign" as key("campaign_id"),
        /// Dials in the window.
        attempts_total: i64 => "Dials" as calls(OF_DIALS),
        /// Abandoned dials: answered without an agent.
        attempts_abandoned: i64 => "Abandoned" as calls(OF_ABANDONED).down(),
        /// abandoned ÷ dials × 100, at most two decimals.
        abandon_rate_pct: DecimalNumber<2> => "Abandon rate, %" as ratio("attempts_abandoned", "attempts_total").down(),
        /// Length of the window, minutes.
        window_minutes: i64 => "Window, min" as SETTING,
        /// Start of the window.
        window_from: Instant => "From" as key("date_from"),
        /// End of the window; of the current one now, rounded up to whole seconds.
        window_to: Instant => "To" as key("date_to"),
    }
}

row! {
    /// The current state: the window ends with the request.
    pub struct TelesalesAbandonNow {
        #[serde(flatten)]
        measure: TelesalesAbandonMeasure as flat::<TelesalesAbandonMeasure>(),
        /// The account.
        tenant_id: Id => "Account" as SETTING,
        /// Name of the campaign; null for the whole account.
        campaign_name: Option<String> => "Name" as KEY,
        /// draft, active, paused or completed; null for the whole account.
        #[schema(value_type = Option<CampaignStatus>)]
        campaign_status: Option<String> => "Status" as SETTING,
        /// Allowed rate, percent.
        limit_pct: DecimalNumber<6> => "Limit, %" as SETTING,
        /// True if the rate exceeds the limit: abandoned × 100 > limit × dials, or × answers by the account's abandon_basis.
        breached: bool => "Breached" as SETTING,
        /// Dials answered by the customer.
        answers_total: i64 => "Answers" as calls(OF_ANSWERS).up(),
        /// abandoned ÷ answers × 100, at most two decimals: the legal basis in the US.
        abandon_rate_of_answers_pct: DecimalNumber<2> => "Abandon rate of answers, %" as ratio("attempts_abandoned", "answers_total").down(),
        /// Further dials, or answers by the account's abandon_basis, that may all be abandoned without a breach; null if the limit is 100 and any number may.
        abandons_left: Option<i64> => "Abandons left" as plain(Kind::Headroom).up(),
    }
}

row! {
    /// A recorded breach.
    pub struct TelesalesAbandonBreach {
        #[serde(flatten)]
        measure: TelesalesAbandonMeasure as flat::<TelesalesAbandonMeasure>(),
        /// Name of the campaign at the time.
        campaign_name: String => "Name" as KEY,
        /// Its limit at the time, percent.
        limit_pct: DecimalNumber<6> => "Limit, %" as SETTING,
        /// Time at which the breach was detected.
        detected_at: Instant => "Detected at" as KEY,
    }
}

row! {
    /// The current state and recorded breaches.
    pub struct TelesalesAbandonRate {
        /// The current state.
        current: TelesalesAbandonNow,
        /// The newest 100 breaches, newest first.
        breaches: Vec<TelesalesAbandonBreach> as recorded::<Vec<TelesalesAbandonBreach>>(),
    }
}

/// A campaign, or the whole account, over the last minutes.
#[derive(Debug)]
pub struct Recent {
    pub(super) campaign_id: Option<i64>,
    pub(super) campaign: Option<Campaign>,
    pub(super) minutes: i64,
    /// Sources of the leads whose calls count. Recorded breaches are of all calls.
    pub(super) sources: Option<Vec<String>>,
    pub(super) window: Window,
    trusted: bool,
    pub(super) kept: Kept,
}

/// The parameters as requested.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AskedRecent {
    campaign_id: Option<i64>,
    minutes: i64,
    /// In ascending order.
    sources: Option<Vec<String>>,
    zone: Zone,
}

impl AskedRecent {
    /// The parameters of a campaign, or of all, with the leads of every source.
    pub fn of(campaign_id: Option<i64>, minutes: i64, zone: Zone) -> Self {
        Self {
            campaign_id,
            minutes,
            sources: None,
            zone,
        }
    }
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Campaign {
    pub name: String,
    pub status: String,
    pub abandon_rate_limit_pct: Decimal,
}

impl Subject for Recent {
    const PARAMETERS: &'static [Parameter] = &[CAMPAIGN_ID, SOURCE, MINUTES, ZONE_UTC];
    const HAS_FORMAT: bool = true;
    type Asked = AskedRecent;
    type Found = ();

    fn read(query: &mut Query) -> AskedRecent {
        AskedRecent {
            campaign_id: query.id(&CAMPAIGN_ID),
            minutes: query.integer(&MINUTES),
            sources: query.text_list(&SOURCE),
            zone: query.zone().unwrap_or(Zone::UTC),
        }
    }

    fn heap(asked: &AskedRecent) -> usize {
        size_of_texts(asked.sources.as_deref())
    }

    async fn find(_: &mut Scope, _: Option<i64>) -> Result<()> {
        Ok(())
    }

    fn resolve(asked: &AskedRecent, (): (), context: Context<'_>, _: &mut Faults) -> Option<Self> {
        let kept = Kept::of(context.tenant, MINUTES.name);
        // Whole seconds, so that a client can ask for exactly the window it is shown.
        let to = rounded_up(context.now);
        Some(Self {
            kept,
            campaign_id: asked.campaign_id,
            campaign: None,
            minutes: asked.minutes,
            sources: asked.sources.clone(),
            window: Window {
                from: to - TimeDelta::minutes(asked.minutes),
                to,
                zone: asked.zone,
            },
            trusted: false,
        })
    }

    async fn check(&mut self, scope: &mut Scope) -> Result<()> {
        if let Some(id) = self.campaign_id {
            let find = include_str!("abandon_campaign.sql");
            let campaign = scope
                .select(find)
                .bind(id)
                .fetch_optional(scope.connection())
                .await?;
            if campaign.is_none() {
                Error::missing(CAMPAIGN_ID.plain(), [id]).map_or(Ok(()), Err)?;
            }
            self.campaign = campaign;
        }
        self.trusted = trusted(scope, self.campaign_id).await?
            && (self.sources.is_none() || sees_leads(scope).await?);
        Ok(())
    }

    fn trusted(&self) -> bool {
        self.trusted
    }

    fn read_from(&mut self, source: Source) -> Source {
        self.kept.statements(source, [&self.window])
    }

    fn begin_with_rows(&mut self) {
        self.window = self.kept.with_rows(&self.window);
    }

    fn caption(&self) -> Caption {
        Caption {
            window: Some(self.window),
            zone: self.window.zone,
            filters: Vec::new(),
            earlier: None,
        }
    }
}

/// A row of `abandon_breaches`, from the database or from the data of an event.
#[derive(sqlx::FromRow, Deserialize)]
pub struct RecordedBreach {
    campaign_id: Id,
    attempts_total: i64,
    attempts_abandoned: i64,
    window_minutes: i64,
    window_from: Instant,
    window_to: Instant,
    campaign_name: String,
    #[serde(deserialize_with = "decimal")]
    limit_pct: Decimal,
    detected_at: Instant,
}

/// A decimal written as text, because JSON numbers are read as binary fractions.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

static STATEMENTS: Statements = statements!("abandon_rate");

impl TelesalesAbandonNow {
    /// The same without the bounds of its window, which end with the request.
    pub(super) fn without_window(&self) -> Self {
        let mut still = self.clone();
        still.measure.window_from = Instant::default();
        still.measure.window_to = Instant::default();
        still
    }
}

impl Object for TelesalesAbandonRate {
    /// Those of recorded breaches are facts and stay.
    fn without_timestamps(&self) -> Option<Self> {
        Some(Self {
            current: self.current.without_window(),
            breaches: self.breaches.clone(),
        })
    }
}

impl Report for AbandonRate {
    const ABOUT: About = About {
        name: "abandon-rate",
        title: "Abandon rate",
        summary: "Abandoned dials of the last minutes up to now against the limit, of one campaign or of the whole \
                  account, and the breaches that the check of every minute recorded.",
        example: include_str!("abandon_rate.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: false,
    };
    /// Its window ends now, and begins at any microsecond.
    const NEEDS_ROWS: bool = true;
    type Subject = Recent;
    type Options = ();
    type Body = TelesalesAbandonRate;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Recent, ()>) -> Result<TelesalesAbandonRate> {
        let Recent {
            campaign_id,
            ref sources,
            window,
            kept,
            ..
        } = ask.subject;
        let of = RollupScope::of(campaign_id.is_some(), false);
        let by_source = sources.is_some();
        let (asked, detail) = (
            Wanted {
                scope: of,
                by_source,
            },
            if by_source {
                Detail::Hours
            } else {
                Detail::Fine
            },
        );
        let exposure = scope.select(STATEMENTS.of(ask.source, asked));
        let exposure = match ask.source {
            Source::Rolled => exposure
                .bind(campaign_id.unwrap_or(0))
                .bind(sources.clone())
                .bind_plan(&Plan::whole(&window, detail, of, kept)?),
            Source::Raw => exposure
                .bind(window.from)
                .bind(window.to)
                .bind(campaign_id)
                .bind(sources.clone()),
        };
        let exposure: Exposure = exposure.fetch_one(scope.connection()).await?;
        let breaches = scope.select(include_str!("breaches.sql"));
        let breaches = breaches.bind(campaign_id).bind(MOST_BREACHES).bind(0_i64);
        let breaches: Vec<RecordedBreach> = breaches.fetch_all(scope.connection()).await?;
        Ok(TelesalesAbandonRate {
            current: now(
                ask,
                ask.subject.campaign_id.zip(ask.subject.campaign.as_ref()),
                &exposure,
            ),
            breaches: breaches.into_iter().map(Into::into).collect(),
        })
    }

    fn tables(_: &TelesalesAbandonRate) -> Vec<Table> {
        Vec::new()
    }
}

/// The limit of a campaign, by default that of the account as a whole.
pub fn limit(tenant: &Tenant, of_campaign: Option<Decimal>) -> Limit {
    Limit {
        pct: of_campaign.unwrap_or(ACCOUNT_LIMIT),
        basis: tenant.settings.abandon_basis,
    }
}

/// The current state of a campaign, or of the account.
pub(super) fn now(
    ask: &Ask<'_, Recent, ()>,
    campaign: Option<(i64, &Campaign)>,
    exposure: &Exposure,
) -> TelesalesAbandonNow {
    let recent = &ask.subject;
    let (campaign_id, campaign) = campaign.unzip();
    let of_campaign = campaign.map(|campaign| campaign.abandon_rate_limit_pct);
    let limit = limit(ask.tenant, of_campaign);
    TelesalesAbandonNow {
        measure: TelesalesAbandonMeasure {
            campaign_id: campaign_id.map(Id),
            attempts_total: exposure.dials,
            attempts_abandoned: exposure.abandoned,
            abandon_rate_pct: DecimalNumber::percent(exposure.abandoned, exposure.dials),
            window_minutes: recent.minutes,
            window_from: Instant(recent.window.from),
            window_to: Instant(recent.window.to),
        },
        tenant_id: Id(ask.tenant.id),
        campaign_name: campaign.map(|campaign| campaign.name.clone()),
        campaign_status: campaign.map(|campaign| campaign.status.clone()),
        limit_pct: DecimalNumber::new(limit.pct),
        breached: exposure.breaches(limit),
        answers_total: exposure.answers,
        abandon_rate_of_answers_pct: DecimalNumber::percent(exposure.abandoned, exposure.answers),
        abandons_left: exposure.abandons_left(limit),
    }
}

impl From<RecordedBreach> for TelesalesAbandonBreach {
    fn from(recorded: RecordedBreach) -> Self {
        Self {
            measure: TelesalesAbandonMeasure {
                campaign_id: Some(recorded.campaign_id),
                attempts_total: recorded.attempts_total,
                attempts_abandoned: recorded.attempts_abandoned,
                abandon_rate_pct: DecimalNumber::percent(
                    recorded.attempts_abandoned,
                    recorded.attempts_total,
                ),
                window_minutes: recorded.window_minutes,
                window_from: recorded.window_from,
                window_to: recorded.window_to,
            },
            campaign_name: recorded.campaign_name,
            limit_pct: DecimalNumber::new(recorded.limit_pct),
            detected_at: recorded.detected_at,
        }
    }
}
