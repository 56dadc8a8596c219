//! Questions and their type erasure.
//!
//! A [`Question`] is typed; other modules see it as a [`Definition`]. A [`Query`] is answered page by page, as JSON or as a
//! table.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::Paged;
use super::plan;
use super::query::Query;
use super::reach::{Reached, reach};
use super::reading::Reading;
use crate::asked::{self, About, Answer, Answering, Asked, Outcome};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::figure::Form;
use crate::files::Caption;
use crate::rollups::{Older, Source};
use crate::table::{self, Row, Table};

pub trait Question: 'static {
    const ABOUT: About;
    /// An example body of a request.
    const REQUEST: &'static str;
    type Row: Row + Serialize + ToSchema + Send + Sync + 'static;

    /// The rows of the requested page, in order.
    fn rows(reading: &mut Reading<'_>) -> impl Future<Output = Result<Paged<Self::Row>>> + Send;
}

/// A question without its types.
pub type Definition = asked::Definition<Entry>;

type Computing<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Outcome>>> + Send + 'a>>;

/// The example request and the entry point of a question.
pub struct Entry {
    request: &'static str,
    compute: for<'a, 'b> fn(&'a mut Reading<'b>) -> Computing<'a>,
}

impl Definition {
    pub const fn of<Q: Question>() -> Self {
        let entry = Entry {
            request: Q::REQUEST,
            compute: |reading| Box::pin(page::<Q>(reading)),
        };
        let members = <Q::Row as Row>::MEMBERS.form(Form::List);
        Self::new(&Q::ABOUT, table::reference::<Q::Row>, members, entry)
    }

    /// An example body of a request.
    pub const fn request(&self) -> &'static str {
        self.entry.request
    }
}

async fn page<Q: Question>(reading: &mut Reading<'_>) -> Result<Box<dyn Outcome>> {
    let Paged { total, rows } = Q::rows(reading).await?;
    Ok(Box::new(Page {
        query_type: Q::ABOUT.name,
        data: rows,
        total,
        page: reading.query.page,
        page_size: reading.query.page_size,
    }))
}

/// The body of a response: the requested page.
#[derive(Serialize)]
struct Page<R> {
    query_type: &'static str,
    data: Vec<R>,
    total: usize,
    page: i64,
    page_size: i64,
}

impl<R: Row + Serialize + Send + Sync> Outcome for Page<R> {
    fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    fn tables(&self) -> Vec<Table> {
        vec![Table::of(self.query_type, &self.data)]
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
    let source = source_of(&accounts, wanted);
    // Unless the filters themselves require rows.
    if source != wanted && plan::source(query, true, wanted) == wanted {
        for older in Older::all(scope).await? {
            older.enter(scope).await?;
            let answer = rolled(scope, query, question).await;
            if let Some(answer) = Older::leave(scope, answer).await? {
                return Ok(answer);
            }
        }
    }
    // Statements over rows are planned for their arguments.
    if accounts.iter().any(|account| account.source == Source::Raw) {
        scope.plan_by_arguments().await?;
    }
    read(scope, query, question, accounts, source).await
}

/// Answers from the roll-ups, if those of every account can be trusted.
async fn rolled(
    scope: &mut Scope,
    query: &Query,
    question: &'static Definition,
) -> Result<Option<Answer>> {
    let accounts = reach(scope, query, Source::Rolled).await?;
    if source_of(&accounts, Source::Rolled) != Source::Rolled {
        return Ok(None);
    }
    let answer = read(scope, query, question, accounts, Source::Rolled).await?;
    Ok(Some(answer))
}

/// The source that was wanted if all accounts have it.
fn source_of(accounts: &[Reached], wanted: Source) -> Source {
    if accounts.iter().all(|account| account.source == wanted) {
        wanted
    } else {
        Source::Raw
    }
}

async fn read(
    scope: &mut Scope,
    query: &Query,
    question: &'static Definition,
    accounts: Vec<Reached>,
    source: Source,
) -> Result<Answer> {
    let mut reading = Reading {
        query,
        scope,
        accounts,
    };
    let outcome = (question.entry.compute)(&mut reading).await?;
    Ok(Answer {
        source,
        caption: Caption {
            window: plan::along(query, None),
            zone: query.zone,
            filters: Vec::new(),
            earlier: None,
        },
        outcome,
    })
}
