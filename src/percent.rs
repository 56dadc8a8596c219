//! Rounding: ratios, averages, and parts that add up to exactly 100.00.
//!
//! Every ratio is computed here, once, from summed integers and in decimal: rounded half away from
//! zero, and 0 if the divisor is 0 (contract, section 1). Must not know what the figures mean.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// A decimal serialized as a string with exactly `DP` decimals: `"64.07"`, `"0.00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecimalText<const DP: u32>(Decimal);

/// A decimal of at most `DP` decimals, serialized as a number in its shortest form: `64.4`, `64`,
/// `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalNumber<const DP: u32>(Decimal);

/// `"64.07"`: the format of most percentages.
pub type PercentText = DecimalText<2>;

impl<const DP: u32> DecimalText<DP> {
    pub fn new(value: Decimal) -> Self {
        Self(rounded(value, DP))
    }

    /// part ÷ whole.
    pub fn ratio(part: i64, whole: i64) -> Self {
        Self::new(divided(part.into(), whole))
    }

    /// part ÷ whole × 100.
    pub fn percent(part: i64, whole: i64) -> Self {
        Self::new(times_100(part, whole))
    }

    pub fn value(self) -> Decimal {
        self.0
    }
}

impl<const DP: u32> DecimalNumber<DP> {
    pub fn new(value: Decimal) -> Self {
        Self(rounded(value, DP))
    }

    /// part ÷ whole.
    pub fn ratio(part: i64, whole: i64) -> Self {
        Self::new(divided(part.into(), whole))
    }

    /// part ÷ whole × 100.
    pub fn percent(part: i64, whole: i64) -> Self {
        Self::new(times_100(part, whole))
    }

    pub fn value(self) -> Decimal {
        self.0
    }
}

/// sum ÷ n as an integer; 0 if n is 0.
pub fn mean(sum: i64, n: i64) -> i64 {
    let mean = rounded(divided(sum.into(), n), 0);
    i64::try_from(mean).unwrap_or(0) // infallible: a mean of i64 values is one
}

/// (now − before) ÷ before × 100; `None` if before is 0.
pub fn change_pct(now: Decimal, before: Decimal) -> Option<PercentText> {
    let change = (now - before) * Decimal::ONE_HUNDRED;
    change.checked_div(before).map(PercentText::new)
}

/// Change of a percentage in points: now − before.
pub fn change_points(now: Decimal, before: Decimal) -> PercentText {
    PercentText::new(now - before)
}

/// Shares of counts in their sum, adding up to exactly 100.00: largest remainder at two decimals,
/// ties to the larger count, then to the earlier one. All are `0.00` if the sum is 0.
pub fn largest_remainder(counts: &[i64]) -> Vec<PercentText> {
    const WHOLE: i128 = 10_000; // hundredths of a percent
    let sum: i128 = counts.iter().map(|&count| i128::from(count)).sum();
    if sum == 0 {
        return vec![PercentText::new(Decimal::ZERO); counts.len()];
    }
    let scaled: Vec<i128> = counts
        .iter()
        .map(|&count| i128::from(count) * WHOLE)
        .collect();
    let mut shares: Vec<i128> = scaled.iter().map(|part| part / sum).collect();
    let missing = WHOLE - shares.iter().sum::<i128>();

    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse((scaled[at] % sum, counts[at])));
    for &at in order.iter().take(usize::try_from(missing).unwrap_or(0)) {
        shares[at] += 1;
    }
    shares
        .into_iter()
        .map(|share| PercentText::new(Decimal::from_i128_with_scale(share, 2)))
        .collect()
}

fn times_100(part: i64, whole: i64) -> Decimal {
    divided(Decimal::from(part) * Decimal::ONE_HUNDRED, whole)
}

fn divided(part: Decimal, whole: i64) -> Decimal {
    part.checked_div(whole.into()).unwrap_or_default()
}

/// Rounds half away from zero to exactly `dp` decimals, never to `-0.00`.
fn rounded(value: Decimal, dp: u32) -> Decimal {
    let mut value = value.round_dp_with_strategy(dp, RoundingStrategy::MidpointAwayFromZero);
    value.rescale(dp);
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value
}

impl<const DP: u32> std::fmt::Display for DecimalText<DP> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const DP: u32> std::fmt::Display for DecimalNumber<DP> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl<const DP: u32> Serialize for DecimalText<DP> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const DP: u32> Serialize for DecimalNumber<DP> {
    /// Serializes a JSON number: an integer if possible, otherwise the shortest digits of the
    /// decimal.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse::<i64>() {
            Ok(integer) => serializer.serialize_i64(integer),
            Err(_) => serializer.serialize_f64(text.parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

impl<const DP: u32> utoipa::PartialSchema for DecimalText<DP> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let decimals = if DP == 0 {
            String::new()
        } else {
            format!(r"\.[0-9]{{{DP}}}")
        };
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^-?[0-9]+{decimals}$")))
            .into()
    }
}

impl<const DP: u32> utoipa::PartialSchema for DecimalNumber<DP> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new().schema_type(Type::Number).into()
    }
}

impl<const DP: u32> utoipa::ToSchema for DecimalText<DP> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("DecimalText{DP}").into()
    }
}
impl<const DP: u32> utoipa::ToSchema for DecimalNumber<DP> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("DecimalNumber{DP}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(counts: &[i64]) -> Vec<String> {
        largest_remainder(counts)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_ratio_is_rounded_half_away_from_zero() {
        assert_eq!(PercentText::percent(3120, 4823).to_string(), "64.69");
        assert_eq!(PercentText::percent(1, 800).to_string(), "0.13");
        assert_eq!(PercentText::new(Decimal::new(-125, 3)).to_string(), "-0.13");
        assert_eq!(PercentText::new(Decimal::new(-1, 3)).to_string(), "0.00");
        assert_eq!(PercentText::percent(5, 0).to_string(), "0.00");
        assert_eq!(
            PercentText::percent(i64::MAX, 1).to_string(),
            "922337203685477580700.00"
        );
        assert_eq!(mean(5, 2), 3);
        assert_eq!(mean(5, 0), 0);
    }

    #[test]
    fn a_change_is_measured_by_what_was_before() {
        let change = |now: i64, before: i64| change_pct(now.into(), before.into());
        for (now, before, text) in [
            (3, 2, "50.00"),
            (2, 3, "-33.33"),
            (0, 7, "-100.00"),
            (5, 5, "0.00"),
            (1_000_001, 1_000_000, "0.00"),
            (i64::MAX, 1, "922337203685477580600.00"),
        ] {
            assert_eq!(change(now, before).unwrap().to_string(), text);
        }
        assert_eq!(change(5, 0), None);
        let points = change_points(Decimal::new(644, 1), Decimal::new(6_525, 2));
        assert_eq!(points.to_string(), "-0.85");
    }

    #[test]
    fn a_number_is_printed_in_its_shortest_form() {
        let json =
            |part, whole| serde_json::to_string(&DecimalNumber::<2>::percent(part, whole)).unwrap();
        assert_eq!(json(28, 152), "18.42");
        assert_eq!(json(56, 87), "64.37");
        assert_eq!(json(1, 2), "50");
        assert_eq!(json(1, 1000), "0.1");
        assert_eq!(json(0, 0), "0");
    }

    #[test]
    fn shares_follow_the_largest_remainder() {
        assert_eq!(texts(&[1840, 950, 215]), ["61.23", "31.61", "7.16"]);
        assert_eq!(texts(&[1, 1, 1]), ["33.34", "33.33", "33.33"]);
        assert_eq!(texts(&[0, 0]), ["0.00", "0.00"]);
        assert_eq!(texts(&[]), [""; 0]);
        assert_eq!(texts(&[i64::MAX, i64::MAX]), ["50.00", "50.00"]);
    }

    proptest::proptest! {
        #[test]
        fn shares_add_up_to_one_hundred(counts in proptest::collection::vec(0..1_000_000_i64, 1..40)) {
            let sum: Decimal = largest_remainder(&counts).into_iter().map(PercentText::value).sum();
            let whole = if counts.iter().any(|&count| count > 0) { Decimal::ONE_HUNDRED } else { Decimal::ZERO };
            proptest::prop_assert_eq!(sum, whole);
        }
    }
}
