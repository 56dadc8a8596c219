//! The cache of paces: leads that are done with, by campaign.
//!
//! They are counted from rows, over whole days before today, so that they are read much more rarely than an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use crate::cache::{Cache, Named};
use crate::time::Zone;

/// Paces by tenant, product, zone and day.
pub type Paces = Cache<PaceKey, Arc<ByCampaign>>;

/// Leads that are done with, by campaign.
pub type ByCampaign = BTreeMap<i64, Done>;

/// Leads that were done with on some days with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub leads: i64,
    pub days: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaceKey {
    /// Name of the product.
    pub module: &'static str,
    pub zone: Zone,
    pub today: NaiveDate,
}

impl Named for PaceKey {
    fn name(&self) -> &'static str {
        "pace"
    }
}

/// A pace is kept as long as so many answers: ten minutes, by default.
const ANSWERS: u32 = 120;
/// Maximum size of all paces, in bytes.
const CAPACITY: u64 = 16 << 20;
/// Size of a campaign's pace in bytes, about.
const EACH: usize = 64;

/// An empty cache, where answers are kept for `keep`.
pub fn paces(keep: Duration) -> Paces {
    Cache::new(keep * ANSWERS, CAPACITY, |_, by_campaign| {
        EACH * (1 + by_campaign.len())
    })
}
