//! What a report is, and the one place where its types are forgotten.
//!
//! A [`Report`] is written once, typed; a [`Definition`] is what the rest of Callboard sees of it: a route, an
//! operation of the OpenAPI document, an answer that can be had as JSON or as tables. Must not know HTTP.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{RefOr, Schema};

use crate::auth::Tenant;
use crate::db::Scope;
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::files::Caption;
use crate::query::{Kind, Parameter, Query, choice};
use crate::rollups::Source;
use crate::table::{self, Schemas, Table};

/// What stands about a report in documents, routes and file names.
#[derive(Debug)]
pub struct About {
    pub module: Module,
    /// The last part of its path, its file's name: `agent-performance`.
    pub name: &'static str,
    pub title: &'static str,
    /// What it tells, in a sentence or two.
    pub summary: &'static str,
    pub place: Place,
    pub parameters: &'static [Parameter],
    /// A whole body, from the documents where the contract agrees with them.
    pub example: &'static str,
    /// Whether it can be had as a file by `format=` and `/export`.
    pub files: bool,
}

pub use crate::rollups::Module;

/// Where a report is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/api/autocall/campaigns/{id}/reports/{name}`
    OfCampaign,
    /// `/api/autocall/campaigns/{name}`
    AcrossCampaigns,
    /// `/api/telesales/reports/{name}`
    OfAccount,
}

choice! {
    /// What an answer is written as.
    pub enum Format { Json = "json", Csv = "csv", Xlsx = "xlsx" }
}

pub const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(Format::NAMES),
    "What the answer is written as; json by default.",
);

/// What a request brings besides its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
    /// The id in the path, where the report's place has one.
    pub path_id: Option<i64>,
}

/// What a report is about: its window and its filters, with the three looks they are given in turn.
pub trait Subject: Send + Sync + Sized {
    /// The parameters all reports on this subject take.
    const PARAMETERS: &'static [Parameter];
    /// What the path names.
    type Found: Send + Sync;

    /// Looks up what the path names. NotFound where the account has no such thing.
    fn find(
        scope: &mut Scope,
        occasion: Occasion<'_>,
    ) -> impl Future<Output = Result<Self::Found>> + Send;

    /// Reads the parameters. None, with faults noted, where that cannot be done.
    fn read(query: &mut Query, found: Self::Found, occasion: Occasion<'_>) -> Option<Self>;

    /// Looks up what the parameters name. NotFound where it is not the account's.
    fn check(&mut self, scope: &mut Scope) -> impl Future<Output = Result<()>> + Send;

    /// Whether the roll-ups can be trusted for what was looked up.
    fn trusted(&self) -> bool;

    fn caption(&self) -> Caption;
}

/// A question put to a report: all that its figures depend on.
#[derive(Debug)]
pub struct Ask<'a, S, O> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
    /// What to read: the figures are the same.
    pub source: Source,
    pub subject: S,
    pub options: O,
}

pub trait Report: 'static {
    const ABOUT: About;
    type Subject: Subject + 'static;
    /// What its own parameters come to; `()` without any.
    type Options: Send + Sync + 'static;
    /// What stands under `data`.
    type Body: Body + 'static;

    /// Reads the report's own parameters.
    fn options(query: &mut Query) -> Self::Options;

    /// Computes the figures, from one snapshot.
    fn run(
        scope: &mut Scope,
        ask: &Ask<'_, Self::Subject, Self::Options>,
    ) -> impl Future<Output = Result<Self::Body>> + Send;

    /// The same figures as tables, for files.
    fn tables(body: &Self::Body) -> Vec<Table>;
}

/// What stands under `data`: one object, or a list of rows.
pub trait Body: Serialize + Send + Sync {
    /// Its schema by reference; what it refers to is added to `schemas`.
    fn reference(schemas: &mut Schemas) -> RefOr<Schema>;

    /// See [`Object::timeless`].
    fn timeless(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// A body that is one object.
pub trait Object: Serialize + ToSchema + Send + Sync {
    /// The same with everything held still that moves with the clock although no figure does: two answers with the
    /// same figures agree in it. None where nothing moves.
    fn timeless(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

impl<T: Object> Body for T {
    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        table::reference::<T>(schemas)
    }

    fn timeless(&self) -> Option<Self> {
        Object::timeless(self)
    }
}

impl<T: Serialize + ToSchema + Send + Sync> Body for Vec<T> {
    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(table::reference::<T>(schemas))
            .into()
    }
}

/// A computed report whose type is forgotten.
pub trait Outcome: Send + Sync {
    /// The whole body: `{"data": …}`.
    fn json(&self) -> Result<String>;
    /// The same of its figures alone, where that differs: see [`Object::timeless`].
    fn timeless_json(&self) -> Result<Option<String>>;
    fn tables(&self) -> Vec<Table>;
}

struct Computed<R: Report>(R::Body);

impl<R: Report> Outcome for Computed<R> {
    fn json(&self) -> Result<String> {
        json(&self.0)
    }

    fn timeless_json(&self) -> Result<Option<String>> {
        self.0.timeless().map(|body| json(&body)).transpose()
    }

    fn tables(&self) -> Vec<Table> {
        R::tables(&self.0)
    }
}

fn json(body: &impl Body) -> Result<String> {
    serde_json::to_string(&Data { data: body }).map_err(Error::internal)
}

pub struct Answer {
    /// What was read: the rows themselves where the roll-ups cannot be trusted.
    pub source: Source,
    pub format: Format,
    pub caption: Caption,
    pub outcome: Box<dyn Outcome>,
}

/// One request for a report: who asks, for what, and which formats are open, the default first.
pub struct Request<'a> {
    pub occasion: Occasion<'a>,
    pub query: &'a str,
    pub formats: &'a [Format],
    /// What to read where there is a choice.
    pub source: Source,
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// A report without its types.
pub struct Definition {
    pub about: &'static About,
    subject_parameters: &'static [Parameter],
    answer: for<'a> fn(&'a mut Scope, Request<'a>) -> Answering<'a>,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.about.name)
    }
}

impl Definition {
    pub const fn of<R: Report>() -> Self {
        Self {
            about: &R::ABOUT,
            subject_parameters: R::Subject::PARAMETERS,
            answer: |scope, request| Box::pin(answer::<R>(scope, request)),
            schema: R::Body::reference,
        }
    }

    /// Answers a request, in the contract's order: what the path names, every parameter, what they name.
    pub async fn answer(&self, scope: &mut Scope, request: Request<'_>) -> Result<Answer> {
        (self.answer)(scope, request).await
    }

    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + Clone + use<> {
        self.subject_parameters.iter().chain(self.about.parameters)
    }

    /// The schema of what stands under `data`; the schemas it refers to are added to `schemas`.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }

    /// Where the report is to be had as a file.
    pub fn export_path(&self) -> String {
        format!("{}/export", self.path())
    }

    pub fn path(&self) -> String {
        let name = self.about.name;
        match self.about.place {
            Place::OfCampaign => format!("/api/autocall/campaigns/{{id}}/reports/{name}"),
            Place::AcrossCampaigns => format!("/api/autocall/campaigns/{name}"),
            Place::OfAccount => format!("/api/telesales/reports/{name}"),
        }
    }
}

async fn answer<R: Report>(scope: &mut Scope, request: Request<'_>) -> Result<Answer> {
    let occasion = request.occasion;
    let found = R::Subject::find(scope, occasion).await?;
    let has_format = R::ABOUT.module != Module::Autocall || request.formats.len() > 1;
    let parameters = R::Subject::PARAMETERS.iter().chain(R::ABOUT.parameters);
    let mut query = Query::parse(
        request.query,
        parameters.chain(has_format.then_some(&FORMAT)),
    );
    let format = match request.formats {
        [only] if !has_format => *only,
        open => query.choice_of(&FORMAT, open).unwrap_or(open[0]),
    };
    let subject = R::Subject::read(&mut query, found, occasion);
    let options = R::options(&mut query);
    let mut subject = query.finish(subject)?;
    subject.check(scope).await?;

    let source = if subject.trusted() {
        request.source
    } else {
        Source::Raw
    };
    let ask = Ask {
        tenant: occasion.tenant,
        now: occasion.now,
        source,
        subject,
        options,
    };
    let body = compute::<R>(scope, &ask).await?;
    Ok(Answer {
        source,
        format,
        caption: ask.subject.caption(),
        outcome: Box::new(Computed::<R>(body)),
    })
}

/// The tables of a report on a subject that is looked up already. Its own parameters are given as a query has them.
pub async fn tables<R: Report>(
    scope: &mut Scope,
    tenant: &Tenant,
    now: DateTime<Utc>,
    subject: R::Subject,
    options: String,
) -> Result<Vec<Table>> {
    let source = if subject.trusted() {
        Source::Rolled
    } else {
        Source::Raw
    };
    let mut query = Query::parse(&options, R::ABOUT.parameters);
    let options = R::options(&mut query);
    let subject = query.finish(Some(subject))?;
    let body = compute::<R>(
        scope,
        &Ask {
            tenant,
            now,
            source,
            subject,
            options,
        },
    )
    .await?;
    Ok(R::tables(&body))
}

async fn compute<R: Report>(
    scope: &mut Scope,
    ask: &Ask<'_, R::Subject, R::Options>,
) -> Result<R::Body> {
    if ask.source == Source::Raw {
        scope.plan_by_arguments().await?;
    }
    R::run(scope, ask).await
}
