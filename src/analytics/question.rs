//! Questions and their type erasure.
//!
//! A [`Question`] is typed; other modules see it as a [`Definition`] with a name and a schema. A [`Query`] is answered page
//! by page, as JSON or as a table.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::about::About;
use super::page::Paged;
use super::query::Query;
use super::reach::reach;
use super::reading::Reading;
use crate::asked::{Answer, Answering, Asked, Outcome};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::Caption;
use crate::rollups::Source;
use crate::table::{self, Row, Schemas, Table};

pub trait Question: 'static {
    const ABOUT: About;
    type Row: Row + Serialize + ToSchema + Send + Sync + 'static;

    /// The rows of the requested page, in order.
    fn rows(reading: &mut Reading<'_>) -> impl Future<Output = Result<Paged<Self::Row>>> + Send;
}

type ReadingRows<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Rows>>> + Send + 'a>>;

/// A type-erased question.
pub struct Definition {
    pub about: &'static About,
    rows: for<'a, 'b> fn(&'a mut Reading<'b>) -> ReadingRows<'a>,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.about.name)
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

    /// A reference to the schema of a row. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }
}

/// Type-erased rows.
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

/// The requested page.
struct Computed {
    rows: Box<dyn Rows>,
    name: &'static str,
    page: i64,
    page_size: i64,
}

/// The body of a response.
#[derive(Serialize)]
struct Page {
    query_type: &'static str,
    data: Box<serde_json::value::RawValue>,
    total: usize,
    page: i64,
    page_size: i64,
}

impl Outcome for Computed {
    fn json(&self) -> Result<String> {
        let body = Page {
            query_type: self.name,
            data: self.rows.json().map_err(Error::internal)?,
            total: self.rows.total(),
            page: self.page,
            page_size: self.page_size,
        };
        serde_json::to_string(&body).map_err(Error::internal)
    }

    fn tables(&self) -> Vec<Table> {
        vec![self.rows.table(self.name)]
    }
}

impl Asked for Query {
    fn name(&self) -> &'static str {
        self.about.name
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.filters.heap()
    }

    /// `Invalid` if the window has too many buckets.
    fn ask<'a>(&'a self, scope: &'a mut Scope, _: DateTime<Utc>, source: Source) -> Answering<'a> {
        Box::pin(answer(scope, self, source))
    }
}

async fn answer(scope: &mut Scope, query: &Query, wanted: Source) -> Result<Answer> {
    let known = super::ALL
        .iter()
        .find(|question| question.about == query.about);
    let question = known.ok_or_else(|| Error::internal("a question that nobody answers"))?;
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
    let rows = (question.rows)(&mut reading).await?;
    Ok(Answer {
        source,
        caption: Caption {
            window: None,
            zone: query.zone,
            filters: Vec::new(),
        },
        outcome: Box::new(Computed {
            rows,
            name: query.about.name,
            page: query.page,
            page_size: query.page_size,
        }),
    })
}
