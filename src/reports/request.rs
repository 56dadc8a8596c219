//! Requests for reports: parsed once, equal if they ask for the same, checked in the order of the contract.
//!
//! Owns the type erasure of reports. Must not know HTTP.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::report::{Ask, Body, Context, FORMAT, Format, Report, Subject};
use crate::asked::{Answer, Answering, Asked, Outcome};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::envelope::Data;
use crate::error::{Error, Faults, Result};
use crate::input::Query;
use crate::rollups::{Older, Source};
use crate::table::Table;
use crate::time::Window;

/// A request for any report. Cheap to clone.
#[derive(Clone)]
pub struct Request(Arc<dyn Erased>);

/// [`Parsed`] without its types.
trait Erased: Asked {
    fn format(&self) -> Format;
    fn by_hour(&self) -> Option<Request>;
    fn answer<'a>(
        &'a self,
        scope: &'a mut Scope,
        context: Context<'a>,
        source: Source,
    ) -> Answering<'a>;
}

impl Request {
    pub(super) fn new<R: Report>(parsed: Parsed<R>) -> Self {
        Self(Arc::new(parsed))
    }

    /// The request as the cache and `verify` see it.
    pub fn into_asked(self) -> Arc<dyn Asked> {
        self.0
    }

    pub fn format(&self) -> Format {
        self.0.format()
    }

    /// The request for the same series by hour. `None` if this is not a daily series.
    pub fn by_hour(&self) -> Option<Self> {
        self.0.by_hour()
    }

    /// Checks and answers in the order of the contract: the path, then every parameter, then the rows that they name.
    /// `NotFound`, `Invalid` or `Missing` accordingly. `source`: the source to read if the roll-ups can be trusted.
    pub async fn answer(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        source: Source,
    ) -> Result<Answer> {
        self.0.answer(scope, context, source).await
    }
}

/// A request for the report `R`, typed. Two reports have two types, so their requests are never equal.
pub(super) struct Parsed<R: Report> {
    path_id: Option<i64>,
    format: Format,
    subject: <R::Subject as Subject>::Asked,
    options: R::Options,
    /// Faults of the parameters that are known without the tenant.
    faults: Faults,
}

impl<R: Report> Parsed<R> {
    pub(super) fn read(raw: &str, path_id: Option<i64>, open: &[Format]) -> Self {
        let parameters = R::Subject::PARAMETERS.iter().chain(R::ROUTE.parameters);
        let format = R::Subject::HAS_FORMAT.then_some(&FORMAT);
        let mut query = Query::parse(raw, parameters.chain(format));
        let default = open.first().copied().unwrap_or(Format::Json);
        Self {
            path_id,
            format: format
                .and_then(|format| query.choice_of(format, open))
                .unwrap_or(default),
            subject: R::Subject::read(&mut query),
            options: R::options(&mut query),
            faults: query.into_faults(),
        }
    }

    pub(super) fn of_window(campaign: i64, window: &Window) -> Option<Self> {
        Some(Self {
            path_id: Some(campaign),
            format: Format::Json,
            subject: R::Subject::of_window(window)?,
            options: R::Options::default(),
            faults: Faults::default(),
        })
    }

    async fn compute(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        source: Source,
    ) -> Result<Answer> {
        let subject = self.subject(scope, context).await?;
        if source == Source::Rolled && R::trusted(&subject) {
            return self.read_from(scope, context, subject, source).await;
        }
        if source == Source::Rolled {
            for older in Older::all(scope).await? {
                older.enter(scope).await?;
                let answer = self.rolled(scope, context).await;
                if let Some(answer) = Older::leave(scope, answer).await? {
                    return Ok(answer);
                }
            }
        }
        scope.plan_by_arguments().await?;
        self.read_from(scope, context, subject, Source::Raw).await
    }

    /// Answers from the roll-ups, if they can be trusted.
    async fn rolled(&self, scope: &mut Scope, context: Context<'_>) -> Result<Option<Answer>> {
        let subject = self.subject(scope, context).await?;
        if !R::trusted(&subject) {
            return Ok(None);
        }
        let answer = self
            .read_from(scope, context, subject, Source::Rolled)
            .await?;
        Ok(Some(answer))
    }

    async fn subject(&self, scope: &mut Scope, context: Context<'_>) -> Result<R::Subject> {
        let found = R::Subject::find(scope, self.path_id).await?;
        let mut faults = self.faults.clone();
        let subject = R::Subject::resolve(&self.subject, found, context, &mut faults);
        let mut subject = faults.into_result(subject)?;
        subject.check(scope).await?;
        Ok(subject)
    }

    async fn read_from(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        mut subject: R::Subject,
        source: Source,
    ) -> Result<Answer> {
        if R::NEEDS_ROWS {
            subject.begin_with_rows();
        }
        let ask = Ask {
            tenant: context.tenant,
            now: context.now,
            source: subject.read_from(source),
            subject,
            options: self.options.clone(),
        };
        let body = R::run(scope, &ask).await?;
        Ok(Answer {
            source,
            caption: ask.subject.caption(),
            outcome: Box::new(Computed::<R>(body)),
        })
    }
}

impl<R: Report> PartialEq for Parsed<R> {
    fn eq(&self, other: &Self) -> bool {
        self.path_id == other.path_id
            && self.format == other.format
            && self.subject == other.subject
            && self.options == other.options
            && self.faults == other.faults
    }
}

impl<R: Report> Eq for Parsed<R> {}

impl<R: Report> Hash for Parsed<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.path_id, self.format, &self.subject, &self.options).hash(state);
    }
}

impl<R: Report> Asked for Parsed<R> {
    fn name(&self) -> &'static str {
        R::ABOUT.name
    }

    fn size(&self) -> usize {
        size_of::<Self>() + R::Subject::heap(&self.subject)
    }

    fn ask<'a>(
        &'a self,
        scope: &'a mut Scope,
        now: DateTime<Utc>,
        source: Source,
    ) -> Answering<'a> {
        Box::pin(async move {
            let tenant = Tenant::load(scope).await?;
            let context = Context {
                tenant: &tenant,
                now,
            };
            self.compute(scope, context, source).await
        })
    }
}

impl<R: Report> Erased for Parsed<R> {
    fn format(&self) -> Format {
        self.format
    }

    fn by_hour(&self) -> Option<Request> {
        let options = R::by_hour(&self.options)?;
        Some(Request::new(Self {
            path_id: self.path_id,
            format: self.format,
            subject: self.subject.clone(),
            options,
            faults: self.faults.clone(),
        }))
    }

    fn answer<'a>(
        &'a self,
        scope: &'a mut Scope,
        context: Context<'a>,
        source: Source,
    ) -> Answering<'a> {
        Box::pin(self.compute(scope, context, source))
    }
}

struct Computed<R: Report>(R::Body);

impl<R: Report> Outcome for Computed<R> {
    fn json(&self) -> Result<String> {
        json(&self.0)
    }

    fn json_without_timestamps(&self) -> Result<Option<String>> {
        self.0
            .without_timestamps()
            .map(|body| json(&body))
            .transpose()
    }

    fn tables(&self) -> Vec<Table> {
        R::tables(&self.0)
    }
}

fn json(body: &impl Body) -> Result<String> {
    serde_json::to_string(&Data { data: body }).map_err(Error::internal)
}
