//! The abandon limit: the rule shared by the report and the minute check.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Dials of a window: all, abandoned, and answered by the customer.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Exposure {
    pub dials: i64,
    pub abandoned: i64,
    pub answers: i64,
}

impl Exposure {
    /// True if the abandon rate is strictly above the limit, in percent of dials.
    pub fn breaches(&self, limit: Decimal) -> bool {
        self.headroom(limit) < Decimal::ZERO
    }

    /// Further dials that may all be abandoned without a breach. `None` if the limit is 100: any number may.
    pub fn abandons_left(&self, limit: Decimal) -> Option<i64> {
        let each_costs = Decimal::ONE_HUNDRED - limit;
        let left = self
            .headroom(limit)
            .max(Decimal::ZERO)
            .checked_div(each_costs)?;
        left.floor().to_i64()
    }

    /// limit × dials − 100 × abandoned
    fn headroom(&self, limit: Decimal) -> Decimal {
        limit * Decimal::from(self.dials) - Decimal::ONE_HUNDRED * Decimal::from(self.abandoned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headroom_is_what_may_still_be_abandoned() {
        let exposure = |dials, abandoned| Exposure {
            dials,
            abandoned,
            answers: 0,
        };
        let three = Decimal::from(3);
        assert!(
            !exposure(100, 3).breaches(three),
            "at the limit is not above it"
        );
        assert!(exposure(100, 4).breaches(three));
        assert_eq!(exposure(1000, 0).abandons_left(three), Some(30));
        assert!(!exposure(1030, 30).breaches(three) && exposure(1031, 31).breaches(three));
        assert_eq!(exposure(100, 50).abandons_left(three), Some(0));
        assert_eq!(exposure(100, 50).abandons_left(Decimal::ONE_HUNDRED), None);
    }
}
