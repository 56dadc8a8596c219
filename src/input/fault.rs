//! Texts of faults, each defined only here: the rest of a sentence that begins with the field's name.

use std::fmt::Display;
use std::ops::RangeInclusive;

pub const REQUIRED: &str = "is required.";
pub const NUL: &str = "may not contain a NUL character.";
pub const STRING: &str = "must be a string.";
pub const OBJECT: &str = "must be an object.";
pub const LIST: &str = "must be a list.";
pub const INTEGER: &str = "must be an integer.";
pub const FLAG: &str = "must be true or false.";
pub const FRACTION: &str = "must be a number from 0 to 1.";
/// Fault of a date or datetime.
pub const MOMENT: &str = "must be a date or an ISO 8601 datetime.";

/// Fault of a comparison.
pub const COMPARISON: &str =
    "must be previous_period, previous_week, previous_month, previous_year, or FROM..TO.";

/// The complete sentence, for faults that clients show without the field's name.
pub fn of_field(name: &str, rest: &str) -> String {
    format!("The {name} field {rest}")
}

pub fn one_of<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    format!("must be one of: {}.", values.join(", "))
}

/// Fault of a list of values of a closed set.
pub fn some_of<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    format!("must be one or more of: {}.", values.join(", "))
}

pub fn integer_within<N: Display>(range: &RangeInclusive<N>) -> String {
    format!(
        "must be an integer from {} to {}.",
        range.start(),
        range.end()
    )
}

/// `most`: code points.
pub fn longer_than(most: usize) -> String {
    format!("may not have more than {most} characters.")
}

/// Fault of a list.
pub fn more_than(most: impl Display) -> String {
    format!("may not have more than {most} items.")
}
