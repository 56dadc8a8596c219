//! The body of several reports, made of the body of each.
//!
//! Their texts are taken apart and put together, so that each figure is written by its report. Must not know any report.

use serde::Deserialize;
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::asked::Outcome;
use crate::error::{Error, Result};
use crate::reports::compare::{Comparison, Written};
use crate::table::Table;
use crate::time::{Instant, Window};

/// The outcomes of all parts, by the names of their reports.
pub struct Joined {
    pub parts: Vec<(&'static str, Box<dyn Outcome>)>,
    /// The window that they are compared with.
    pub earlier: Option<Window>,
}

/// The body of a report alone.
#[derive(Deserialize)]
struct Alone<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    comparison: Option<AloneBefore<'a>>,
}

impl<'a> Alone<'a> {
    fn read(body: &'a str) -> Result<Self> {
        serde_json::from_str(body).map_err(Error::internal)
    }
}

#[derive(Deserialize)]
struct AloneBefore<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Figures by report.
struct ByReport<'a>(Vec<(&'static str, &'a RawValue)>);

impl Serialize for ByReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Joined {
    /// The body made of the bodies of the parts, in their order.
    fn body(&self, bodies: &[String], earlier: Option<(Instant, Instant)>) -> Result<String> {
        let bodies = bodies.iter().map(|body| Alone::read(body));
        let bodies = bodies.collect::<Result<Vec<Alone<'_>>>>()?;
        let names = || self.parts.iter().map(|(name, _)| *name);
        let data = names().zip(bodies.iter().map(|body| body.data));
        let before = names().zip(&bodies).filter_map(|(name, body)| {
            let before = body.comparison.as_ref()?;
            Some((name, before.data))
        });
        let (data, before) = (ByReport(data.collect()), ByReport(before.collect()));
        let comparison = earlier.map(|(from, to)| Comparison {
            from,
            to,
            data: &before,
        });
        let written = Written {
            data: &data,
            comparison,
        };
        serde_json::to_string(&written).map_err(Error::internal)
    }
}

impl Outcome for Joined {
    fn json(&self) -> Result<String> {
        let bodies = self.parts.iter().map(|(_, outcome)| outcome.json());
        let bodies = bodies.collect::<Result<Vec<String>>>()?;
        let earlier = self.earlier;
        let earlier = earlier.map(|window| (Instant(window.from), Instant(window.to)));
        self.body(&bodies, earlier)
    }

    fn json_without_timestamps(&self) -> Result<Option<String>> {
        let mut is_other = false;
        let bodies = self.parts.iter().map(|(_, outcome)| {
            let still = outcome.json_without_timestamps()?;
            is_other |= still.is_some();
            still.map_or_else(|| outcome.json(), Ok)
        });
        let bodies = bodies.collect::<Result<Vec<String>>>()?;
        if !is_other {
            return Ok(None);
        }
        let earlier = self.earlier.map(|_| Default::default());
        self.body(&bodies, earlier).map(Some)
    }

    fn tables(&self) -> Vec<Table> {
        let parts = self.parts.iter();
        parts.flat_map(|(_, outcome)| outcome.tables()).collect()
    }
}
