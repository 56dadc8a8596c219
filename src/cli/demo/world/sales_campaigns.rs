//! The demo's Telesales campaigns: their states, their shares of the agents' calls, and their abandoned calls.

use super::DAYS;
use super::calendar::{Day, HOUR, Moment};

/// The largest campaign, and the night desk's.
pub const MAIN: i64 = 43;
pub const OVERSEAS: i64 = 46;
/// Had excess abandoned calls last week.
const BREACHED: i64 = 44;
/// Near its end.
const ENDING: i64 = 45;
/// Over its limit of abandoned calls.
const OVER: i64 = 47;
const PLANNED: i64 = 48;
const FINISHED: i64 = 49;
const PAUSED: i64 = 50;

/// Ages in days.
const BREACHED_AGE: i64 = 10;
const OVER_AGE: i64 = 7;
/// Days before today with excess abandoned calls.
const EXCESS_ABANDONED: std::ops::RangeInclusive<i64> = 8..=10;

pub struct SalesCampaign {
    pub id: i64,
    pub name: String,
    pub status: &'static str,
    /// Days since its creation.
    pub age: i64,
    /// Leads that wait for their first call.
    pub reserve: u32,
}

pub fn campaigns(today: Day) -> [SalesCampaign; 8] {
    let (quarter, season) = (today.quarter(), today.season());
    let before = Day(today.0 - DAYS);
    let campaign = |id, name, status, age, reserve| SalesCampaign {
        id,
        name,
        status,
        age,
        reserve,
    };
    let all = DAYS + 1;
    [
        campaign(
            MAIN,
            format!("Outbound Sales {quarter}"),
            "active",
            all,
            1_500,
        ),
        campaign(
            BREACHED,
            format!("{season} Upgrade"),
            "active",
            BREACHED_AGE,
            600,
        ),
        campaign(
            ENDING,
            format!("Home Internet {}", before.season()),
            "active",
            all,
            0,
        ),
        campaign(
            OVERSEAS,
            format!("Overseas Families {season}"),
            "active",
            all,
            600,
        ),
        campaign(
            OVER,
            format!("Win-back Cards {quarter}"),
            "active",
            OVER_AGE,
            400,
        ),
        campaign(
            PLANNED,
            format!("Quà Tết {}", today.tet_year()),
            "draft",
            2,
            300,
        ),
        campaign(
            FINISHED,
            format!("Tri ân khách hàng {}", before.quarter()),
            "completed",
            all,
            0,
        ),
        campaign(PAUSED, format!("Bảo hiểm xe {quarter}"), "paused", 12, 250),
    ]
}

/// Campaigns besides the largest one, each with its share of the calls that those before it leave, a number of days ago.
pub fn shares(ago: i64) -> [(i64, f64); 5] {
    let during = |is_during, share| if is_during { share } else { 0.0 };
    [
        (FINISHED, during(ago >= 14, 0.15)),
        (PAUSED, during((3..=11).contains(&ago), 0.08)),
        (OVER, during(ago <= OVER_AGE, 0.15)),
        (BREACHED, during(ago <= BREACHED_AGE, 0.3)),
        // Fewer each day, because it nears its end.
        (ENDING, 0.25 * ago as f64 / DAYS as f64),
    ]
}

/// Shares of dials that are abandoned in the campaign over its limit: near the limit, then over it.
const NEAR_LIMIT: f64 = 0.027;
const OVER_LIMIT: f64 = 0.0325;

/// Chances of answered calls to find no free agent.
pub struct Abandoning {
    today: Day,
    /// The time at which one campaign exceeds its limit.
    over_since: Moment,
    /// Its dials and abandoned calls.
    dials: u32,
    abandoned: u32,
}

impl Abandoning {
    pub fn until(now: Moment) -> Self {
        let today = now.day();
        // Today, if there were enough calls since.
        let over_since = if now.hour() >= 12 && !today.is_sunday() {
            today.at(10 * HOUR)
        } else {
            Day(today.0 - 1).at(13 * HOUR)
        };
        Self {
            today,
            over_since,
            dials: 0,
            abandoned: 0,
        }
    }

    pub fn chance(&self, campaign: i64, at: Moment) -> f64 {
        let ago = self.today.0 - at.day().0;
        match campaign {
            OVER => {
                let share = if at < self.over_since {
                    NEAR_LIMIT
                } else {
                    OVER_LIMIT
                };
                let is_due = f64::from(self.abandoned) < share * f64::from(self.dials);
                f64::from(u8::from(is_due))
            }
            BREACHED if EXCESS_ABANDONED.contains(&ago) => 0.09,
            _ => 0.02,
        }
    }

    /// Counts a call.
    pub fn count(&mut self, campaign: i64, result: &str) {
        if campaign == OVER && result != "blocked" {
            self.dials += 1;
            self.abandoned += u32::from(result == "abandoned");
        }
    }
}
