//! The abandon limit: the rule shared by the reports and the minute check.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::auth::settings::AbandonBasis;

/// Dials of a window: all, abandoned, and answered by the customer.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Exposure {
    pub dials: i64,
    pub abandoned: i64,
    pub answers: i64,
}

/// A limit of abandoned calls, in percent of those calls. Abandoned calls are dials, and answered.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub pct: Decimal,
    pub basis: AbandonBasis,
}

impl Exposure {
    /// True if the abandon rate is strictly above the limit.
    pub fn breaches(&self, limit: Limit) -> bool {
        self.headroom(limit) < Decimal::ZERO
    }

    /// Further calls that may all be abandoned without a breach. `None` if the limit is 100: any number may.
    pub fn abandons_left(&self, limit: Limit) -> Option<i64> {
        let each_costs = Decimal::ONE_HUNDRED - limit.pct;
        let left = self
            .headroom(limit)
            .max(Decimal::ZERO)
            .checked_div(each_costs)?;
        left.floor().to_i64()
    }

    /// Further calls that must follow, none of them abandoned, until the rate is back at the limit. `None` if the limit is 0
    /// and no number is enough.
    pub fn calls_to_recover(&self, limit: Limit) -> Option<i64> {
        let over = -self.headroom(limit);
        if over <= Decimal::ZERO {
            return Some(0);
        }
        over.checked_div(limit.pct)?.ceil().to_i64()
    }

    /// Share of the limit that is used, 1 at the limit. The largest number if the limit is 0 and calls are abandoned.
    pub fn used(&self, limit: Limit) -> Decimal {
        if self.abandoned == 0 {
            return Decimal::ZERO;
        }
        let allowed = limit.pct * Decimal::from(self.base(limit));
        let used = Decimal::ONE_HUNDRED * Decimal::from(self.abandoned);
        used.checked_div(allowed).unwrap_or(Decimal::MAX)
    }

    /// The calls that the limit is a share of.
    pub const fn base(&self, limit: Limit) -> i64 {
        match limit.basis {
            AbandonBasis::Dials => self.dials,
            AbandonBasis::Answers => self.answers,
        }
    }

    /// limit × calls − 100 × abandoned
    fn headroom(&self, limit: Limit) -> Decimal {
        let abandoned = Decimal::ONE_HUNDRED * Decimal::from(self.abandoned);
        limit.pct * Decimal::from(self.base(limit)) - abandoned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALS: AbandonBasis = AbandonBasis::Dials;

    fn limit(pct: i64, basis: AbandonBasis) -> Limit {
        let pct = Decimal::from(pct);
        Limit { pct, basis }
    }

    const fn exposure(dials: i64, abandoned: i64, answers: i64) -> Exposure {
        Exposure {
            dials,
            abandoned,
            answers,
        }
    }

    #[test]
    fn headroom_is_what_may_still_be_abandoned() {
        let exposure = |dials, abandoned| exposure(dials, abandoned, 0);
        let three = limit(3, DIALS);
        assert!(
            !exposure(100, 3).breaches(three),
            "at the limit is not above it"
        );
        assert!(exposure(100, 4).breaches(three));
        assert_eq!(exposure(1000, 0).abandons_left(three), Some(30));
        assert!(!exposure(1030, 30).breaches(three) && exposure(1031, 31).breaches(three));
        assert_eq!(exposure(100, 50).abandons_left(three), Some(0));
        assert_eq!(exposure(100, 50).abandons_left(limit(100, DIALS)), None);
    }

    #[test]
    fn a_limit_may_be_a_share_of_answers() {
        let answers = limit(3, AbandonBasis::Answers);
        let calls = exposure(1000, 10, 200);
        assert!(calls.breaches(answers) && !calls.breaches(limit(3, DIALS)));
        assert_eq!(calls.calls_to_recover(answers), Some(134));
        assert!(!exposure(1134, 10, 334).breaches(answers));
        assert!(exposure(1133, 10, 333).breaches(answers));
    }

    #[test]
    fn calls_until_the_rate_is_back_are_the_fewest() {
        let three = limit(3, DIALS);
        assert_eq!(exposure(100, 3, 0).calls_to_recover(three), Some(0));
        assert_eq!(exposure(100, 4, 0).calls_to_recover(three), Some(34));
        assert!(!exposure(134, 4, 0).breaches(three) && exposure(133, 4, 0).breaches(three));
        assert_eq!(exposure(9, 1, 0).calls_to_recover(limit(0, DIALS)), None);
        assert_eq!(exposure(9, 0, 0).calls_to_recover(limit(0, DIALS)), Some(0));
    }

    #[test]
    fn the_share_of_the_limit_that_is_used_has_an_order() {
        let used = |dials, abandoned, pct| exposure(dials, abandoned, 0).used(limit(pct, DIALS));
        assert_eq!(used(100, 3, 3), Decimal::ONE);
        assert!(used(100, 4, 3) > used(100, 3, 3) && used(0, 0, 3) == Decimal::ZERO);
        assert_eq!(used(100, 1, 0), Decimal::MAX);
    }
}
