//! Rules of warnings: pure, over figures that are read elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::calls::{Campaign, Counts};
use super::paces::Done;
use super::periods::Periods;
use super::row::{OverviewWarning, Pace};
use crate::auth::settings::{Settings, count};
use crate::closed::{WarningCode, WarningSeverity};
use crate::percent::{DecimalNumber, PercentText};
use crate::reports::telesales::caller_id_health::{Calls, health};
use crate::reports::telesales::exposure::{Exposure, Limit};
use crate::reports::typical::quartiles;
use crate::time::Instant;

/// Kind of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    AbandonBreached,
    AbandonNear,
    CallerIdSuspectedBlock,
    CallerIdWarning,
    NoCalls,
    AnswerRateDrop,
    LeadsRunningOut,
    CallsWithoutResult,
    ExportFailed,
    WebhookSuspended,
}

/// Severity of a warning, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Breach,
    Warning,
    Note,
}

impl Code {
    pub fn name(self) -> &'static str {
        WarningCode::VALUES[self as usize]
    }

    pub const fn severity(self) -> Severity {
        match self {
            Self::AbandonBreached => Severity::Breach,
            Self::AbandonNear
            | Self::CallerIdSuspectedBlock
            | Self::NoCalls
            | Self::AnswerRateDrop
            | Self::LeadsRunningOut
            | Self::WebhookSuspended => Severity::Warning,
            Self::CallerIdWarning | Self::CallsWithoutResult | Self::ExportFailed => Severity::Note,
        }
    }
}

/// A warning before it is written.
#[derive(Debug, Clone)]
pub struct Warning {
    pub code: Code,
    pub since: Option<Instant>,
    pub campaign: Option<i64>,
    pub subject: Option<String>,
    pub figures: Value,
}

impl Warning {
    fn of(campaign: &Campaign, code: Code, since: Option<Instant>, figures: Value) -> Self {
        Self {
            code,
            since,
            campaign: Some(campaign.id),
            subject: None,
            figures,
        }
    }

    pub fn shown(self) -> OverviewWarning {
        let figures = match self.figures {
            Value::Object(figures) => figures,
            _ => Map::new(),
        };
        OverviewWarning {
            code: self.code.name(),
            severity: WarningSeverity::VALUES[self.code.severity() as usize],
            since: self.since,
            campaign_id: self.campaign,
            subject: self.subject,
            figures,
        }
    }
}

/// Sorts warnings: the most severe first, then the oldest; those of unknown age last.
pub fn sort(warnings: &mut [Warning]) {
    let time = |warning: &Warning| {
        warning
            .since
            .map_or(DateTime::<Utc>::MAX_UTC, |since| since.0)
    };
    warnings.sort_by(|one, other| {
        let order = |it: &Warning| (it.code.severity(), time(it), it.code);
        let subjects = one.subject.cmp(&other.subject);
        order(one).cmp(&order(other)).then(subjects)
    });
}

/// The state of a campaign against its limit of abandoned calls, if it is over it or near it.
pub fn against_limit(exposure: Exposure, limit: Limit, settings: &Settings) -> Option<Code> {
    let near = settings.warn_abandon_near_pct / Decimal::ONE_HUNDRED;
    let is_judged = exposure.dials >= count(settings.warn_abandon_near_dials);
    match exposure.breaches(limit) {
        true => Some(Code::AbandonBreached),
        false if is_judged && exposure.used(limit) >= near => Some(Code::AbandonNear),
        false => None,
    }
}

/// A campaign over its limit of abandoned calls, or near it.
pub fn abandoned(
    campaign: &Campaign,
    exposure: Exposure,
    (code, limit): (Code, Limit),
    since: Option<Instant>,
) -> Warning {
    let figures = json!({
        "calls": exposure.base(limit),
        "abandoned": exposure.abandoned,
        "rate_pct": DecimalNumber::<2>::percent(exposure.abandoned, exposure.base(limit)),
        "limit_pct": DecimalNumber::<6>::new(limit.pct),
        "abandon_basis": limit.basis.name(),
        "abandons_left": exposure.abandons_left(limit),
        "dials_to_recover": exposure.calls_to_recover(limit),
    });
    Warning::of(campaign, code, since, figures)
}

/// Days on which there were calls at this time, so that there should be some today.
const USUAL_DAYS: usize = 3;

/// The state of a caller ID by its calls, if it is not healthy.
pub fn caller_id(calls: Calls, settings: &Settings) -> Option<Code> {
    match health(calls, settings) {
        "suspected_block" => Some(Code::CallerIdSuspectedBlock),
        "warning" => Some(Code::CallerIdWarning),
        _ => None,
    }
}

/// An active campaign without calls for longer than usual at this time.
pub fn no_calls(
    campaign: &Campaign,
    periods: &Periods,
    (settings, now): (&Settings, DateTime<Utc>),
) -> Option<Warning> {
    let times = || periods.same_times.iter();
    let with_calls = times().filter(|it| campaign.counts(periods, it.quarter).dials > 0);
    if !campaign.is_active() || with_calls.count() < USUAL_DAYS {
        return None;
    }
    let hours = times().map(|it| campaign.counts(periods, it.hour).dials);
    let gaps = hours.filter(|dials| *dials > 0).map(|dials| 3600 / dials);
    let [_, gap, _] = quartiles(gaps.collect())?;
    let quiet = count(settings.warn_no_calls_sec).max(count(settings.warn_no_calls_gaps) * gap);
    let quiet = TimeDelta::seconds(quiet);
    let last = campaign.last_call_at;
    if last.is_some_and(|last| now - last.0 <= quiet) {
        return None;
    }
    let figures = json!({"usual_gap_sec": gap, "quiet_sec": quiet.num_seconds()});
    Some(Warning::of(campaign, Code::NoCalls, last, figures))
}

/// An answer rate of the last hour that is far below what it usually is in this hour of the day.
pub fn answer_rate_drop(
    campaign: &Campaign,
    periods: &Periods,
    settings: &Settings,
) -> Option<Warning> {
    let last = campaign.counts(periods, periods.last_hour);
    let same = periods.same_times.iter();
    let same = same.map(|it| campaign.counts(periods, it.hour));
    let usual = usual_above(last, same, settings)?;
    let Counts { dials, answers, .. } = last;
    let figures = json!({
        "dials": dials,
        "answers": answers,
        "answer_rate_pct": PercentText::percent(answers, dials),
        "usual_from_pct": PercentText::new(usual),
    });
    Some(Warning::of(campaign, Code::AnswerRateDrop, None, figures))
}

/// The lower quartile of the answer rates of the same hours on other days, if that of the last hour is far below it.
pub fn usual_above(
    last: Counts,
    same: impl Iterator<Item = Counts>,
    settings: &Settings,
) -> Option<Decimal> {
    if last.dials < count(settings.warn_answer_rate_drop_dials) {
        return None;
    }
    let [usual, ..] = quartiles(same.filter_map(rate).collect())?;
    let is_low = rate(last)? < usual - settings.warn_answer_rate_drop_points;
    is_low.then_some(usual)
}

/// answers ÷ dials × 100
fn rate(of: Counts) -> Option<Decimal> {
    let answers = Decimal::from(of.answers) * Decimal::ONE_HUNDRED;
    answers.checked_div(of.dials.into())
}

/// Leads of a campaign that do not last long enough. `done`: the pace of one that is judged by it.
pub fn leads_running_out(
    campaign: &Campaign,
    (left, done): (i64, Option<Done>),
    settings: &Settings,
) -> Option<Warning> {
    let days = Pace::days_left(done?, left)?;
    let figures = json!({"leads_left": left, "days_left": DecimalNumber::<1>::new(days)});
    let is_soon = days < settings.warn_leads_days;
    is_soon.then(|| Warning::of(campaign, Code::LeadsRunningOut, None, figures))
}

/// Calls that are in progress for too long to be true.
pub fn calls_without_result(campaign: &Campaign, periods: &Periods) -> Option<Warning> {
    let calls = campaign.counts(periods, periods.stale).in_progress;
    let figures = json!({"calls": calls});
    (calls > 0).then(|| Warning::of(campaign, Code::CallsWithoutResult, None, figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_names_of_their_set() {
        assert_eq!(
            Code::WebhookSuspended as usize + 1,
            WarningCode::VALUES.len()
        );
        assert_eq!(Code::AbandonBreached.name(), "abandon_breached");
        assert_eq!(Code::AnswerRateDrop.name(), "answer_rate_drop");
        assert_eq!(Code::WebhookSuspended.name(), "webhook_suspended");
        assert_eq!(Severity::Note as usize + 1, WarningSeverity::VALUES.len());
    }

    #[test]
    fn the_most_severe_and_then_the_oldest_warnings_come_first() {
        let warning = |code, second: Option<i64>| Warning {
            code,
            since: second
                .and_then(|second| DateTime::from_timestamp(second, 0))
                .map(Instant),
            campaign: None,
            subject: None,
            figures: Value::Null,
        };
        let mut all = [
            warning(Code::ExportFailed, Some(1)),
            warning(Code::AbandonNear, None),
            warning(Code::NoCalls, Some(9)),
            warning(Code::NoCalls, Some(5)),
            warning(Code::AbandonBreached, Some(7)),
        ];
        sort(&mut all);
        let order = all.map(|it| (it.code.name(), it.since.map(|since| since.0.timestamp())));
        assert_eq!(
            order,
            [
                ("abandon_breached", Some(7)),
                ("no_calls", Some(5)),
                ("no_calls", Some(9)),
                ("abandon_near", None),
                ("export_failed", Some(1)),
            ]
        );
    }
}
