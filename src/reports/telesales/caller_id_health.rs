//! Caller-ID health: figures of each number of the pool, and signs that carriers block it.

use rust_decimal::Decimal;

use super::{ANSWERS, DIALS, Filter};
use crate::asked::About;
use crate::auth::settings::Settings;
use crate::closed;
use crate::db::Scope;
use crate::error::Result;
use crate::figure::{Set, WITHOUT};
use crate::keys::{KeyList, named};
use crate::percent::{DecimalNumber, mean};
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::rollups::{Bind, Detail, Plan, RollupScope, Source, Statements, statements};
use crate::table::{Chart, Table, row};
use crate::time::{Instant, NamedWindow};

pub struct CallerIdHealth;

/// Dials since midnight, over all campaigns and agents.
const TODAY: Set = &[
    ("window", "today"),
    ("date_from", WITHOUT),
    ("date_to", WITHOUT),
    ("campaign_id", WITHOUT),
    ("agent_ids", WITHOUT),
    ("team_id", WITHOUT),
    ("result", DIALS),
];

row! {
    /// One caller ID.
    pub struct TelesalesCallerId {
        /// The number. If there are more than 10,000, the last row is (other), without type, cap and health.
        cid: String => "Caller ID" as key("cid"),
        /// Display name.
        display_name: Option<String> => "Name" as KEY,
        /// Telco: viettel, mobifone, vinaphone, vietnamobile, landline or other.
        #[schema(value_type = Option<closed::Carrier>)]
        carrier: Option<String> => "Carrier" as KEY,
        /// mobile, fixed_02x, hotline_1900, hotline_1800 or brandname.
        #[schema(value_type = Option<closed::CallerIdType>)]
        cli_type: Option<String> => "Type" as KEY,
        /// active, cooldown, paused or disabled.
        #[schema(value_type = Option<closed::PoolStatus>)]
        pool_status: Option<String> => "Pool status" as SETTING,
        /// End of its cooldown.
        cooldown_until: Option<Instant> => "Cooldown until" as SETTING,
        /// Maximum calls a day.
        daily_cap: Option<i64> => "Daily cap" as SETTING,
        /// Dials with it in the window.
        total_calls: i64 => "Calls" as calls(&[("result", DIALS)]),
        /// Dials answered by the customer.
        answered_calls: i64 => "Answered" as calls(&[("result", ANSWERS)]).up(),
        /// ASR: answered ÷ calls × 100, at most one decimal.
        asr_pct: DecimalNumber<1> => "ASR, %" as ratio("answered_calls", "total_calls").up(),
        /// ACD: talk time ÷ answered, whole seconds.
        acd_sec: i64 => "ACD, s" as average("talk_time_sec", "answered_calls").up(),
        /// Answers with less talk time than the account's short_call_sec (10 s by default).
        short_calls: i64 => "Short calls" as calls(&[("result", ANSWERS), ("talk_under", SHORT_CALL_SEC)]).down(),
        /// short ÷ calls × 100, at most one decimal.
        short_call_ratio_pct: DecimalNumber<1> => "Short calls, %" as ratio("short_calls", "total_calls").down(),
        /// Dials with result rejected.
        rejected_calls: i64 => "Rejected" as calls(&[("result", "rejected")]).down(),
        /// no_data without calls; healthy below the account's health_min_calls (20); from there on suspected_block
        /// (ASR below 10 %, or 25 % rejected and more), warning (ASR below 30 %, or 30 % short and more), else healthy.
        #[schema(value_type = Option<closed::CallerIdHealth>)]
        health_status: Option<&'static str> => "Health" as KEY,
        /// Dials with it today, by the request's zone, over all campaigns and agents.
        health_calls_today: i64 => "Calls today" as calls(TODAY),
    }
    besides {
        /// Talk time of dials with it, seconds.
        talk_time_sec => "Talk time, s" as sum(&[("result", DIALS)]),
    }
}

const KEYS: KeyList = KeyList {
    order: r#"key collate "C""#,
    columns: &[
        "display_name",
        "carrier",
        "cli_type",
        "pool_status",
        "cooldown_until",
        "daily_cap",
    ],
    counters: &["calls", "answers", "talk_sec", "short", "rejected", "today"],
};

static STATEMENTS: Statements = statements!(KEYS, "caller_id_health");

#[derive(sqlx::FromRow)]
struct Counters {
    key: Option<String>,
    display_name: Option<String>,
    carrier: Option<String>,
    cli_type: Option<String>,
    pool_status: Option<String>,
    cooldown_until: Option<Instant>,
    daily_cap: Option<i64>,
    calls: i64,
    answers: i64,
    talk_sec: i64,
    short: i64,
    rejected: i64,
    today: i64,
}

impl Report for CallerIdHealth {
    const ABOUT: About = About {
        name: "caller-id-health",
        title: "Caller-ID health",
        summary: "Every caller ID of the account, in order, with its dials in the window and its health. The thresholds \
                  are settings of the account.",
        example: include_str!("caller_id_health.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesCallerId>;

    fn trusted(filter: &Filter) -> bool {
        filter.trusted_without_sources()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let settings = &ask.tenant.settings;
        let filter = &ask.subject;
        let rows = filter.select(scope, &STATEMENTS, ask.source);
        let today = NamedWindow::Today.window(filter.window.zone, ask.now);
        let today = filter.kept.with_rows(&today);
        let rows = match ask.source {
            Source::Rolled => {
                let of = RollupScope::Account;
                rows.bind_plan(&filter.plan(Detail::Coarse)?)
                    .bind_plan(&Plan::whole(&today, Detail::Coarse, of, filter.kept)?)
            }
            Source::Raw => rows
                .bind(settings.short_call_sec)
                .bind(today.from)
                .bind(today.to),
        };
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|counters| caller_id(counters, settings))
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "cid",
            values: &["total_calls", "answered_calls", "rejected_calls"],
        };
        vec![Table::of("caller-id-health", body).with_chart(chart)]
    }
}

fn caller_id(counters: Counters, settings: &Settings) -> TelesalesCallerId {
    TelesalesCallerId {
        asr_pct: DecimalNumber::percent(counters.answers, counters.calls),
        acd_sec: mean(counters.talk_sec, counters.answers),
        short_call_ratio_pct: DecimalNumber::percent(counters.short, counters.calls),
        health_status: counters.key.is_some().then(|| {
            health(
                Calls {
                    all: counters.calls,
                    answers: counters.answers,
                    short: counters.short,
                    rejected: counters.rejected,
                },
                settings,
            )
        }),
        cid: named(counters.key),
        display_name: counters.display_name,
        carrier: counters.carrier,
        cli_type: counters.cli_type,
        pool_status: counters.pool_status,
        cooldown_until: counters.cooldown_until,
        daily_cap: counters.daily_cap,
        total_calls: counters.calls,
        answered_calls: counters.answers,
        short_calls: counters.short,
        rejected_calls: counters.rejected,
        health_calls_today: counters.today,
    }
}

/// Figures that determine the health of a caller ID.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Calls {
    pub all: i64,
    pub answers: i64,
    pub short: i64,
    pub rejected: i64,
}

impl Calls {
    /// These and others.
    pub const fn with(self, others: Self) -> Self {
        Self {
            all: self.all + others.all,
            answers: self.answers + others.answers,
            short: self.short + others.short,
            rejected: self.rejected + others.rejected,
        }
    }
}

/// Determined by exact ratios, not by the rounded ones in the response.
pub fn health(calls: Calls, settings: &Settings) -> &'static str {
    let all = Decimal::from(calls.all);
    let times_100 = |part: i64| Decimal::from(part) * Decimal::ONE_HUNDRED;
    let asr_below = |pct: Decimal| times_100(calls.answers) < pct * all;
    let rejected = times_100(calls.rejected) >= settings.health_block_rejected_pct * all;
    let short = times_100(calls.short) >= settings.health_warn_short_pct * all;
    match calls.all {
        0 => "no_data",
        _ if all < settings.health_min_calls => "healthy",
        _ if asr_below(settings.health_block_asr_pct) || rejected => "suspected_block",
        _ if asr_below(settings.health_warn_asr_pct) || short => "warning",
        _ => "healthy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_turns_exactly_at_its_thresholds() {
        let health = |all, answers, short, rejected| {
            health(
                Calls {
                    all,
                    answers,
                    short,
                    rejected,
                },
                &Settings::default(),
            )
        };
        assert_eq!(health(0, 0, 0, 0), "no_data");
        assert_eq!(health(19, 0, 0, 19), "healthy", "too few to judge");
        assert_eq!(health(20, 1, 0, 0), "suspected_block");
        assert_eq!(
            health(20, 2, 0, 0),
            "warning",
            "an ASR of 10 is not below 10"
        );
        assert_eq!(
            health(10_000, 999, 0, 0),
            "suspected_block",
            "9.99 is below 10, though it is shown as 10"
        );
        assert_eq!(health(20, 20, 0, 5), "suspected_block", "25 % rejected");
        assert_eq!(health(100, 100, 0, 24), "healthy");
        assert_eq!(health(100, 29, 0, 0), "warning");
        assert_eq!(
            health(100, 30, 29, 0),
            "healthy",
            "an ASR of 30 is not below 30"
        );
        assert_eq!(health(100, 100, 30, 0), "warning");
    }
}
