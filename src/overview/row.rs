//! The parts of an overview, as clients see them.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::paces::Done;
use crate::closed::{CampaignStatus, WarningCode, WarningSeverity};
use crate::percent::{DecimalNumber, PercentText};
use crate::time::{Instant, Zone};

/// A page of campaigns, and the warnings of the account.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewPage {
    /// Page number, from 1.
    pub current_page: i64,
    /// Campaigns of this page: those with the most severe warnings first, then by dials of today.
    pub data: Vec<OverviewRow>,
    /// Number of the last page; 1 if there are no rows.
    pub last_page: i64,
    /// Rows per page.
    pub per_page: i64,
    /// Number of rows on all pages.
    pub total: i64,
    /// Warnings that are of no campaign.
    pub warnings: Vec<OverviewWarning>,
}

/// A campaign that is active or paused, or had a call in the last 7 days.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// draft, active, paused or completed.
    #[schema(value_type = CampaignStatus)]
    pub status: String,
    /// Dials, or attempts, since local midnight.
    pub dials_today: i64,
    /// Those that were answered.
    pub answers_today: i64,
    /// answers ÷ dials × 100, two decimals.
    pub answer_rate_pct: PercentText,
    /// The same of this weekday a week before, until the minute that it is now; null without a dial then.
    pub answer_rate_before_pct: Option<PercentText>,
    /// Start of the last call.
    pub last_call_at: Option<Instant>,
    /// Calls without a result, of today and the seven days before.
    pub in_progress: i64,
    /// Leads of the campaign; only those created since complete_from, if the account has one.
    pub leads_total: i64,
    /// Leads that are left to call: AutoCall, in status pending, in_progress or retry; Telesales, without a dial.
    pub leads_left: i64,
    /// Leads that are done with a day; null under 2 days with calls, or where there are too many calls to tell.
    pub pace: Option<Pace>,
    /// Warnings, the most severe first, then the oldest.
    pub warnings: Vec<OverviewWarning>,
}

/// Leads that are done with a day, and the days left at this rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverviewPace)]
pub struct Pace {
    /// Leads done with per local day with calls, over the last 7 of those in four weeks, today excluded; at most one decimal.
    pub leads_finished_per_day: DecimalNumber<1>,
    /// Number of these days.
    pub basis_days: i64,
    /// leads_left ÷ leads_finished_per_day, at most one decimal; null if no lead was done with.
    pub days_left: Option<DecimalNumber<1>>,
    /// Local date on which no lead is left at this pace; null if no lead was done with, or after more than 100 years.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<NaiveDate>,
}

/// Something that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverviewWarning {
    /// Kind of the warning.
    #[schema(value_type = WarningCode)]
    pub code: &'static str,
    /// breach, warning or note.
    #[schema(value_type = WarningSeverity)]
    pub severity: &'static str,
    /// Time since when; null if it is not known.
    pub since: Option<Instant>,
    /// The campaign; null for the account.
    pub campaign_id: Option<i64>,
    /// A caller ID, an export or a webhook; null for the campaign itself.
    pub subject: Option<String>,
    /// The figures that it was told by.
    #[schema(value_type = Object)]
    pub figures: Map<String, Value>,
}

/// The longest time that a campaign may last, in days.
const LONGEST: u64 = 36_500;

impl Pace {
    /// `None` under two days.
    pub fn new(done: Done, left: i64, (zone, now): (Zone, DateTime<Utc>)) -> Option<Self> {
        if done.days < 2 {
            return None;
        }
        let days_left = Self::days_left(done, left);
        let whole = days_left.and_then(|days| days.floor().to_u64());
        let today = zone.local(now).date();
        Some(Self {
            leads_finished_per_day: DecimalNumber::ratio(done.leads, done.days),
            basis_days: done.days,
            days_left: days_left.map(DecimalNumber::new),
            ends_on: whole
                .filter(|days| *days <= LONGEST)
                .and_then(|days| today.checked_add_days(Days::new(days))),
        })
    }

    /// Days until no lead is left. `None` if no lead was done with.
    pub fn days_left(done: Done, left: i64) -> Option<Decimal> {
        let left = Decimal::from(left) * Decimal::from(done.days);
        left.checked_div(done.leads.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_says_when_no_lead_is_left() {
        let now = "2026-06-30T02:00:00Z".parse().unwrap();
        let pace = |leads, days, left| Pace::new(Done { leads, days }, left, (Zone::UTC, now));
        assert!(pace(100, 1, 10).is_none());
        let told = serde_json::to_value(pace(4_608, 7, 2_104)).unwrap();
        let expected = serde_json::json!({"leads_finished_per_day": 658.3, "basis_days": 7, "days_left": 3.2, "ends_on": "2026-07-03"});
        assert_eq!(told, expected);
        let none = pace(0, 7, 5).unwrap();
        assert!(none.days_left.is_none() && none.ends_on.is_none());
        assert!(pace(1, 7, i64::MAX / 8).unwrap().ends_on.is_none());
    }
}
