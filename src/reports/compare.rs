//! Answers beside those of an earlier window: its ends, checked, and both bodies as one (contract, section 12).
//!
//! The arithmetic of dates is `time/compare.rs`, the pairing of rows `table/compared.rs`. Must not know any report.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::report::Body;
use crate::error::{Error, Faults, Result};
use crate::input::{COMPARE, Ends};
use crate::rollups::Kept;
use crate::table::Table;
use crate::table::compared::compared;
use crate::time::compare::Comparing;
use crate::time::{Instant, Window};

/// Ends of the window that `window`, given by `ends`, is compared with. Adds faults of `compare`; limits of reports are
/// theirs to check.
pub fn earlier(
    comparing: Comparing,
    (ends, window): (Ends, &Window),
    (kept, now): (Kept, DateTime<Utc>),
    faults: &mut Faults,
) -> Option<Ends> {
    let zone = window.zone;
    let Some((from, to)) = comparing.ends((ends.from, ends.to), window, now) else {
        faults.add(COMPARE.name, "would begin before the year 1.");
        return None;
    };
    if to.ends_before(from, zone) {
        faults.add(COMPARE.name, "must not end before it begins.");
    }
    kept.check(COMPARE.name, from.start(zone), faults);
    kept.check(COMPARE.name, to.end(zone), faults);
    Some(Ends {
        from: Some(from),
        to: Some(to),
    })
}

/// The body of the earlier window.
pub struct Before<B> {
    pub body: B,
    /// The window that was read.
    pub window: Window,
    /// Both windows as asked for: that of the answer, and this one.
    pub asked: (Window, Window),
}

/// A response.
#[derive(Serialize)]
pub(super) struct Written<'a, B> {
    pub data: &'a B,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison<'a, B>>,
}

/// The figures of the earlier window, in a response.
#[derive(Serialize)]
pub(super) struct Comparison<'a, B> {
    pub from: Instant,
    pub to: Instant,
    pub data: &'a B,
}

impl<B: Body> Before<B> {
    /// The tables of both windows as one.
    pub fn compared(&self, tables: Vec<Table>, of: fn(&B) -> Vec<Table>) -> Vec<Table> {
        let (window, earlier) = &self.asked;
        let pairs = tables.into_iter().zip(of(&self.body));
        pairs
            .map(|(table, before)| compared(table, before, (window, earlier)))
            .collect()
    }
}

/// The whole body.
pub fn json<B: Body>(body: &B, before: Option<&Before<B>>) -> Result<String> {
    let comparison = before.map(|before| Comparison {
        from: Instant(before.window.from),
        to: Instant(before.window.to),
        data: &before.body,
    });
    let written = Written {
        data: body,
        comparison,
    };
    serde_json::to_string(&written).map_err(Error::internal)
}

/// The whole body without timestamps that follow the clock, for the ETag: those of the figures, and the earlier window,
/// which moves with the one that it is compared with. `None` if there are none.
pub fn json_without_timestamps<B: Body>(
    body: &B,
    before: Option<&Before<B>>,
) -> Result<Option<String>> {
    let still = body.without_timestamps();
    if still.is_none() && before.is_none() {
        return Ok(None);
    }
    let body = still.as_ref().unwrap_or(body);
    let Some(before) = before else {
        return json(body, None).map(Some);
    };
    let still = before.body.without_timestamps();
    let comparison = Some(Comparison {
        from: Instant::default(),
        to: Instant::default(),
        data: still.as_ref().unwrap_or(&before.body),
    });
    let written = Written {
        data: body,
        comparison,
    };
    serde_json::to_string(&written)
        .map(Some)
        .map_err(Error::internal)
}
