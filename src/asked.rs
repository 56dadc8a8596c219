//! A request for figures as a value: read once, and equal to every request that asks the same.
//!
//! Owns the interface that the cache, `verify`, exports and HTTP share, of reports and analytics alike. Must not know
//! one of them.

use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;

use chrono::{DateTime, Utc};

use crate::answers::Value;
use crate::db::Scope;
use crate::error::Result;
use crate::files::Caption;
use crate::rollups::Source;
use crate::table::Table;

/// A request that was read and can be answered. With the tenant and the data, it is all that an answer depends on.
pub trait Asked: Value {
    /// For logs. A request may hold personal data, so nothing else of it is logged.
    fn name(&self) -> &'static str;

    /// Size of the value in bytes.
    fn size(&self) -> usize;

    /// Answers from one snapshot. `source`: the source to read where there is a choice.
    fn ask<'a>(&'a self, scope: &'a mut Scope, now: DateTime<Utc>, source: Source)
    -> Answering<'a>;
}

pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

impl PartialEq for dyn Asked {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other.as_any())
    }
}

impl Eq for dyn Asked {}

impl Hash for dyn Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.feed(state);
    }
}

pub struct Answer {
    /// The source that was read: rows where the roll-ups cannot answer the request, or are stale.
    pub source: Source,
    pub caption: Caption,
    pub outcome: Box<dyn Outcome>,
}

/// Figures whose type is erased.
pub trait Outcome: Send + Sync {
    /// The whole body.
    fn json(&self) -> Result<String>;

    /// The body without timestamps that move with the clock, for its ETag. None where it has none.
    fn timeless_json(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// The same figures as tables, for files.
    fn tables(&self) -> Vec<Table>;
}
