//! The planner: what a question is read from, and which window and buckets it has.
//!
//! Pure: a query and what was found go in, a decision comes out.

use chrono::{DateTime, TimeDelta, Utc};

use super::query::Query;
use super::question::Of;
use crate::error::{Error, Result};
use crate::rollups::Source;
use crate::time::Window;

/// The most buckets that a question along time has.
pub const MAX_BUCKETS: usize = 100_000;

/// No attempt starts earlier (contract, section 6).
const BEGINNING: i64 = 315_532_800;
/// Nor later: the year 20000, from which on roll-ups tell no instant from another.
const END: i64 = 568_971_820_800;

/// What an account's attempts are read from. Roll-ups know no duration, no sentiment and no lead.
pub fn source(query: &Query, trusted: bool, wanted: Source) -> Source {
    let filters = &query.filters;
    let known = query.question.about.of == Of::Attempts && !filters.by_figures() && filters.payload.is_none();
    if known && trusted { wanted } else { Source::Raw }
}

/// The window as it was asked for, all of time where it was not.
pub fn asked(query: &Query) -> Window {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default(); // infallible: the two instants above
    let filters = &query.filters;
    Window { from: filters.from.unwrap_or(at(BEGINNING)), to: filters.to.unwrap_or(at(END)), zone: query.zone }
}

/// Whether an end of the window is where the attempts themselves end.
pub fn is_open(query: &Query) -> bool {
    query.filters.from.is_none() || query.filters.to.is_none()
}

/// The window along which time is cut, an open end being the first or the last attempt. None where there is none.
pub fn along(query: &Query, ends: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<Window> {
    let from = query.filters.from.or(ends.map(|(first, _)| first))?;
    let to = query.filters.to.or(ends.map(|(_, last)| last + TimeDelta::microseconds(1)))?;
    Some(Window { from, to, zone: query.zone })
}

/// Every bucket of that window, in order. Invalid where they are more than [`MAX_BUCKETS`].
pub fn buckets(query: &Query, window: &Window) -> Result<Vec<i64>> {
    let too_many = || Error::invalid(super::query::GRANULARITY, "The window has more than 100,000 buckets.");
    query.granularity.touched(window, MAX_BUCKETS).ok_or_else(too_many)
}
