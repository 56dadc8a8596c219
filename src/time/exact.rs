//! Instants as texts that are read as the same instant again, as a start and as an end.

use chrono::{DateTime, FixedOffset, SecondsFormat, SubsecRound, Timelike, Utc};

/// Last second of a day, 23:59:59, as seconds since midnight. An end at it takes it in.
pub(super) const LAST_SECOND: u32 = 86_399;

/// Formats an instant to the microsecond, as the database keeps it, so that it is parsed as the same
/// instant even as an end.
pub fn exactly(instant: DateTime<Utc>) -> String {
    let instant = instant.trunc_subsecs(6);
    let is_last = instant.num_seconds_from_midnight() == LAST_SECOND;
    // A different offset avoids the last second of a day, which ends would include.
    match FixedOffset::east_opt(3600).filter(|_| is_last) {
        Some(offset) => instant
            .with_timezone(&offset)
            .to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    }
}
