//! What a question is, and the one place where its types are forgotten.
//!
//! A [`Question`] is written once, typed; a [`Definition`] is what the rest of Callboard sees of it: a name, a schema,
//! an answer that can be had as JSON or as a table, page by page.

use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::query::Query;
use super::reach::reach;
use super::reading::Reading;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::rollups::Source;
use crate::table::{self, Row, Schemas, Table};

/// What stands about a question in documents.
#[derive(Debug)]
pub struct About {
    /// Its `query_type`.
    pub name: &'static str,
    pub title: &'static str,
    /// What its rows are, in a sentence or two.
    pub summary: &'static str,
    pub of: Of,
    /// A body that asks it, and the body of an answer.
    pub request: &'static str,
    pub response: &'static str,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Attempts,
    /// Then dates are those of their creation, and attempts are looked at over all time.
    Leads,
}

pub trait Question: 'static {
    const ABOUT: About;
    type Row: Row + Serialize + ToSchema + Send + Sync + 'static;

    /// The rows of the page asked for, in order.
    fn rows(reading: &mut Reading<'_>) -> impl Future<Output = Result<Paged<Self::Row>>> + Send;
}

/// The rows of a page, and how many there are on all pages.
#[derive(Debug)]
pub struct Paged<R> {
    pub total: usize,
    pub rows: Vec<R>,
}

impl<R> Default for Paged<R> {
    fn default() -> Self {
        Self {
            total: 0,
            rows: Vec::new(),
        }
    }
}

impl<R> Paged<R> {
    /// The page asked for of all rows. Past the last page there is nothing.
    pub fn of(all: Vec<R>, query: &Query) -> Self {
        let (before, through) = query.places();
        let (before, through) = (place(before), place(through));
        let total = all.len();
        Self {
            total,
            rows: all.into_iter().take(through).skip(before).collect(),
        }
    }

    pub fn map<T>(self, make: impl FnMut(R) -> T) -> Paged<T> {
        Paged {
            total: self.total,
            rows: self.rows.into_iter().map(make).collect(),
        }
    }
}

/// A place as an index.
pub fn place(place: i64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Rows>>> + Send + 'a>>;

/// A question without its types.
pub struct Definition {
    pub about: &'static About,
    rows: for<'a, 'b> fn(&'a mut Reading<'b>) -> Answering<'a>,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.about.name)
    }
}

/// A name is one question's.
impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.about.name == other.about.name
    }
}

impl Eq for Definition {}

impl Hash for Definition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.about.name.hash(state);
    }
}

impl Definition {
    pub const fn of<Q: Question>() -> Self {
        Self {
            about: &Q::ABOUT,
            rows: |reading| {
                Box::pin(async move { Ok(Box::new(Q::rows(reading).await?) as Box<dyn Rows>) })
            },
            schema: table::reference::<Q::Row>,
        }
    }

    /// The schema of one of its rows, by reference; what it refers to is added to `schemas`.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }
}

/// Rows whose type is forgotten, and what may be had of them.
trait Rows: Send + Sync {
    fn total(&self) -> usize;
    fn json(&self) -> serde_json::Result<Box<serde_json::value::RawValue>>;
    fn table(&self, name: &'static str) -> Table;
}

impl<R: Row + Serialize + Send + Sync> Rows for Paged<R> {
    fn total(&self) -> usize {
        self.total
    }

    fn json(&self) -> serde_json::Result<Box<serde_json::value::RawValue>> {
        serde_json::value::to_raw_value(&self.rows)
    }

    fn table(&self, name: &'static str) -> Table {
        Table::of(name, &self.rows)
    }
}

/// An answer: the page that was asked for.
pub struct Answer {
    /// What was read: the rows themselves where the roll-ups do not know it, or cannot be trusted.
    pub source: Source,
    rows: Box<dyn Rows>,
    name: &'static str,
    page: i64,
    page_size: i64,
}

/// The body of an answer.
#[derive(Serialize)]
struct Page {
    query_type: &'static str,
    data: Box<serde_json::value::RawValue>,
    total: usize,
    page: i64,
    page_size: i64,
}

impl Answer {
    /// How many rows there are on all pages.
    pub fn total(&self) -> usize {
        self.rows.total()
    }

    pub fn json(&self) -> Result<String> {
        let data = self.rows.json().map_err(Error::internal)?;
        let Self {
            name,
            page,
            page_size,
            ..
        } = *self;
        let body = Page {
            query_type: name,
            data,
            total: self.total(),
            page,
            page_size,
        };
        serde_json::to_string(&body).map_err(Error::internal)
    }

    pub fn table(&self) -> Table {
        self.rows.table(self.name)
    }
}

/// Answers from one snapshot. Invalid where the window has too many buckets.
pub async fn answer(scope: &mut Scope, query: &Query, wanted: Source) -> Result<Answer> {
    let accounts = reach(scope, query, wanted).await?;
    let source = if accounts.iter().all(|account| account.source == wanted) {
        wanted
    } else {
        Source::Raw
    };
    let mut reading = Reading {
        query,
        scope,
        accounts,
    };
    let rows = (query.question.rows)(&mut reading).await?;
    Ok(Answer {
        source,
        rows,
        name: query.question.about.name,
        page: query.page,
        page_size: query.page_size,
    })
}
