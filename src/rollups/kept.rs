//! The rows and sums that are left of an account: rows from an instant on, its complete-from; before it, only sums.
//!
//! Owns the decision what a window is read from. Must not know a report.

use chrono::{DateTime, Utc};

use super::level::{Level, narrow};
use crate::auth::Tenant;
use crate::error::{Error, Faults};
use crate::input::Ends;
use crate::time::{Window, Zone};

/// Source of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Roll-ups, if they can be trusted.
    Rolled,
    /// Raw rows: slow, and the reference for roll-ups.
    Raw,
}

/// The sources that figures of an account may be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    complete_from: Option<DateTime<Utc>>,
    /// Zone of the account.
    zone: Zone,
    /// True if rows are read wherever there are rows: the sums are stale, or to be compared with.
    by_rows: bool,
    /// Parameter of the start of windows, for faults.
    from: &'static str,
}

impl Kept {
    /// Windows begin by the parameter `from`.
    pub fn of(tenant: &Tenant, from: &'static str) -> Self {
        Self::new(tenant.complete_from, tenant.timezone, from)
    }

    pub const fn new(complete_from: Option<DateTime<Utc>>, zone: Zone, from: &'static str) -> Self {
        Self {
            complete_from,
            zone,
            by_rows: false,
            from,
        }
    }

    pub fn complete_from(self) -> Option<DateTime<Utc>> {
        self.complete_from
    }

    /// The first quarter hour whose rows count.
    pub fn rows_from(self) -> i32 {
        self.complete_from
            .map_or(i32::MIN, |cut| narrow(Level::Quarter.bucket(cut)))
    }

    pub fn by_rows(self) -> bool {
        self.by_rows
    }

    /// True if there are only sums of the start of a window.
    pub fn begins_before(self, window: &Window) -> bool {
        self.complete_from.is_some_and(|cut| window.from < cut)
    }

    /// The part of a window that has rows.
    pub fn with_rows(self, window: &Window) -> Window {
        let from = self
            .complete_from
            .map_or(window.from, |cut| window.from.max(cut));
        Window {
            from,
            to: window.to.max(from),
            zone: window.zone,
        }
    }

    /// The source of statements for windows that are to be read from `source`. Where there are only sums, rows are read
    /// through the statements over roll-ups, whose plans say where from ([`Plan`](super::Plan)).
    pub fn statements<'a>(
        &mut self,
        source: Source,
        windows: impl IntoIterator<Item = &'a Window>,
    ) -> Source {
        self.by_rows = source == Source::Raw;
        if windows.into_iter().any(|window| self.begins_before(window)) {
            return Source::Rolled;
        }
        source
    }

    /// An end of a window as a client gave it: before the cut, a whole hour of the account's clock.
    pub fn check(self, field: &str, at: DateTime<Utc>, faults: &mut Faults) {
        if let Some(cut) = self.complete_from
            && at < cut
            && at != self.hour(at)
        {
            faults.add(field, self.fault(cut, "whole hours of the account's time"));
        }
    }

    /// The window of ends as a client gave them in the parameters `fields`; a missing one is that of all time.
    pub fn window(self, ends: Ends, zone: Zone, fields: [&str; 2], faults: &mut Faults) -> Window {
        let mut window = Window::of_all_time(zone);
        if let Some(from) = ends.from {
            window.from = from.start(zone);
            self.check(fields[0], window.from, faults);
        }
        if let Some(to) = ends.to {
            window.to = to.end(zone);
            self.check(fields[1], window.to, faults);
        }
        window
    }

    /// A default start of a window: the hour that holds it where there are only sums.
    pub fn start(self, at: DateTime<Utc>) -> DateTime<Utc> {
        match self.complete_from {
            Some(cut) if at < cut => self.hour(at),
            _ => at,
        }
    }

    /// A default end of a window: the end of the hour that holds the last call where there are only sums.
    pub fn end(self, last: DateTime<Utc>) -> DateTime<Utc> {
        match self.complete_from {
            Some(cut) if last < cut => (self.hour(last) + chrono::TimeDelta::hours(1)).min(cut),
            _ => last + chrono::TimeDelta::microseconds(1),
        }
    }

    /// Start of the local hour that holds an instant.
    fn hour(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let local = at.timestamp() + i64::from(self.zone.offset(at));
        let start = at.timestamp() - local.rem_euclid(3600);
        DateTime::from_timestamp(start, 0).unwrap_or(at)
    }

    /// The refusal of a window whose figures the sums cannot tell.
    pub(super) fn too_fine(self) -> Error {
        let cut = self.complete_from.unwrap_or_default();
        Error::invalid(self.from, self.fault(cut, "coarser units"))
    }

    fn fault(self, cut: DateTime<Utc>, units: &str) -> String {
        let cut = cut.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        format!("lies before {cut}: only sums by {units} are kept there.")
    }
}
