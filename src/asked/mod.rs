//! A request for figures as a value: parsed once, and equal to every request for the same.
//!
//! Owns the interface of reports and analytics to the cache, `verify`, exports and HTTP, and the shape of their
//! definitions. Must not know any report or question.

mod definition;

use std::any::Any;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;

use chrono::{DateTime, Utc};

use crate::db::Scope;
use crate::error::Result;
use crate::files::Caption;
use crate::rollups::Source;
use crate::table::Table;
pub use definition::{About, Definition};

/// A parsed request. With the tenant and the data, it determines the response.
pub trait Asked: Value {
    /// Name for logs. A request may contain personal data, so nothing else of it is logged.
    fn name(&self) -> &'static str;

    /// Size of the value in bytes.
    fn size(&self) -> usize;

    /// Answers from one snapshot. `source`: the source to read if there is a choice.
    fn ask<'a>(&'a self, scope: &'a mut Scope, now: DateTime<Utc>, source: Source)
    -> Answering<'a>;
}

/// `Eq` and `Hash` of an erased type.
pub trait Value: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn feed(&self, state: &mut dyn Hasher);
}

impl<Q: Eq + Hash + Send + Sync + 'static> Value for Q {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Q>().is_some_and(|other| self == other)
    }

    fn feed(&self, mut state: &mut dyn Hasher) {
        self.hash(&mut state);
    }
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
    /// The source that was read: rows if the roll-ups cannot answer the request, or are stale.
    pub source: Source,
    pub caption: Caption,
    pub outcome: Box<dyn Outcome>,
}

/// Type-erased figures.
pub trait Outcome: Send + Sync {
    /// The complete body.
    fn json(&self) -> Result<String>;

    /// The body without timestamps that follow the clock, for the ETag. `None` if it has none.
    fn json_without_timestamps(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// The same figures as tables, for files.
    fn tables(&self) -> Vec<Table>;
}
