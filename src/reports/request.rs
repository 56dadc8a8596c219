//! Requests for reports: parsed once, equal if they ask for the same, checked in the order of the contract.
//!
//! Owns the type erasure of reports. Must not know HTTP.

use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::compare::{self, Before};
use super::report::{Ask, Context, FORMAT, Format, Report, Subject};
use crate::asked::{Answer, Answering, Asked, Outcome};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::files::Caption;
use crate::files::layout::Layout;
use crate::input::{Ends, Query};
use crate::rollups::{Older, Source};
use crate::table::Table;
use crate::time::Window;
use crate::time::compare::Comparing;

/// A request for any report. Cheap to clone.
#[derive(Clone)]
pub struct Request(Arc<dyn Erased>);

/// [`Parsed`] without its types.
trait Erased: Asked {
    fn format(&self) -> Format;
    fn layout(&self) -> &Layout;
    fn by_hour(&self) -> Option<Request>;
    fn compared_with(&self, earlier: &Window) -> Request;
    fn check<'a>(&'a self, scope: &'a mut Scope, context: Context<'a>) -> Checking<'a>;
    fn answer<'a>(
        &'a self,
        scope: &'a mut Scope,
        context: Context<'a>,
        source: Source,
    ) -> Answering<'a>;
}

type Checking<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl Request {
    pub(super) fn new<R: Report>(parsed: Parsed<R>) -> Self {
        Self(Arc::new(parsed))
    }

    /// The request as the cache and `verify` see it.
    pub fn into_asked(self) -> Arc<dyn Asked> {
        self.0
    }

    /// Size of the value in bytes.
    pub fn size(&self) -> usize {
        self.0.size()
    }

    pub fn format(&self) -> Format {
        self.0.format()
    }

    /// What it says of the looks of a file.
    pub fn layout(&self) -> &Layout {
        self.0.layout()
    }

    /// The request for the same series by hour, compared with nothing. `None` if this is not a daily series.
    pub fn by_hour(&self) -> Option<Self> {
        self.0.by_hour()
    }

    /// The same request, compared with exactly that window.
    pub fn compared_with(&self, earlier: &Window) -> Self {
        self.0.compared_with(earlier)
    }

    /// Checks as [`Request::answer`] does, without computing figures.
    pub async fn check(&self, scope: &mut Scope, context: Context<'_>) -> Result<()> {
        self.0.check(scope, context).await
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

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        let (one, other): (&dyn Asked, &dyn Asked) = (&*self.0, &*other.0);
        one == other
    }
}

impl Eq for Request {}

impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let asked: &dyn Asked = &*self.0;
        asked.hash(state);
    }
}

/// A request for the report `R`, typed. Two reports have two types, so their requests are never equal.
pub(super) struct Parsed<R: Report> {
    path_id: Option<i64>,
    format: Format,
    /// Of a file. JSON does not depend on it, and no two requests differ by it.
    layout: Layout,
    subject: <R::Subject as Subject>::Asked,
    compare: Option<Comparing>,
    options: R::Options,
    /// Faults of the parameters that are known without the tenant.
    faults: Faults,
}

impl<R: Report> Parsed<R> {
    pub(super) fn read(raw: &str, path_id: Option<i64>, open: &[Format]) -> Self {
        let parameters = R::Subject::PARAMETERS.iter().chain(R::ROUTE.parameters);
        let format = R::Subject::HAS_FORMAT.then_some(&FORMAT);
        let layout = R::ROUTE.files.then_some(Layout::PARAMETERS);
        let all = parameters.chain(format).chain(layout.into_iter().flatten());
        let mut query = Query::parse(raw, all);
        let default = open.first().copied().unwrap_or(Format::Json);
        Self {
            path_id,
            format: format
                .and_then(|format| query.choice_of(format, open))
                .unwrap_or(default),
            layout: layout.map_or_else(Layout::default, |_| Layout::read(&mut query)),
            subject: R::Subject::read(&mut query),
            compare: query.comparing(),
            options: R::options(&mut query),
            faults: query.into_faults(),
        }
    }

    pub(super) fn of_window(campaign: i64, window: &Window) -> Option<Self> {
        let subject = R::Subject::of_window(window)?;
        Some(Self::of_subject(Some(campaign), subject))
    }

    /// The request for those parameters, with default options.
    pub(super) fn of_subject(
        path_id: Option<i64>,
        subject: <R::Subject as Subject>::Asked,
    ) -> Self {
        Self {
            path_id,
            format: Format::Json,
            layout: Layout::default(),
            subject,
            compare: None,
            options: R::Options::default(),
            faults: Faults::default(),
        }
    }

    /// The same request for the window with those ends, compared with nothing.
    fn moved(&self, to: Ends) -> Self {
        Self {
            path_id: self.path_id,
            format: self.format,
            layout: self.layout.clone(),
            subject: R::Subject::moved(&self.subject, to),
            compare: None,
            options: self.options.clone(),
            faults: Faults::default(),
        }
    }

    /// Answers for the window, and for the earlier one, from one snapshot.
    async fn compute(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        source: Source,
    ) -> Result<Answer> {
        let (subject, earlier) = self.subject(scope, context).await?;
        let Some((ends, window)) = earlier.zip(subject.caption().window) else {
            let figures = self.figures(scope, context, source, subject).await?;
            return Ok(figures.answer(None));
        };
        let figures = self.figures(scope, context, source, subject).await?;
        let earlier = self.moved(ends);
        let (subject, _) = earlier.subject(scope, context).await?;
        let asked = (window, subject.caption().window.unwrap_or(window));
        let before = earlier.figures(scope, context, source, subject).await?;
        Ok(figures.answer(Some((before, asked))))
    }

    /// The figures of one window, from the roll-ups if they can be trusted.
    async fn figures(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        source: Source,
        subject: R::Subject,
    ) -> Result<Figures<R>> {
        if source == Source::Rolled && R::trusted(&subject) {
            return self.read_from(scope, context, subject, source).await;
        }
        if source == Source::Rolled {
            for older in Older::all(scope).await? {
                older.enter(scope).await?;
                let figures = self.rolled(scope, context).await;
                if let Some(figures) = Older::leave(scope, figures).await? {
                    return Ok(figures);
                }
            }
        }
        scope.plan_by_arguments().await?;
        self.read_from(scope, context, subject, Source::Raw).await
    }

    /// The figures from the roll-ups, if they can be trusted.
    async fn rolled(&self, scope: &mut Scope, context: Context<'_>) -> Result<Option<Figures<R>>> {
        let (subject, _) = self.subject(scope, context).await?;
        if !R::trusted(&subject) {
            return Ok(None);
        }
        let figures = self
            .read_from(scope, context, subject, Source::Rolled)
            .await?;
        Ok(Some(figures))
    }

    /// The subject, checked, and the ends of the window that it is compared with.
    async fn subject(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
    ) -> Result<(R::Subject, Option<Ends>)> {
        let found = R::Subject::find(scope, self.path_id).await?;
        let mut faults = self.faults.clone();
        let subject = R::Subject::resolve(&self.subject, found, context, &mut faults);
        let both = self.compare.zip(subject.as_ref());
        let earlier = both.and_then(|(comparing, subject)| {
            subject.earlier(&self.subject, comparing, context, &mut faults)
        });
        let mut subject = faults.into_result(subject)?;
        subject.check(scope).await?;
        Ok((subject, earlier))
    }

    async fn read_from(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        mut subject: R::Subject,
        source: Source,
    ) -> Result<Figures<R>> {
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
        Ok(Figures {
            source,
            caption: ask.subject.caption(),
            body,
        })
    }
}

/// The figures of one window.
struct Figures<R: Report> {
    source: Source,
    caption: Caption,
    body: R::Body,
}

impl<R: Report> Figures<R> {
    /// An answer, beside the figures of an earlier window and both windows as asked for.
    fn answer(self, before: Option<(Self, (Window, Window))>) -> Answer {
        let Self {
            mut source,
            mut caption,
            body,
        } = self;
        let before = before.map(|(figures, asked)| {
            if figures.source == Source::Raw {
                source = Source::Raw;
            }
            let window = figures.caption.window.unwrap_or(asked.1);
            caption.earlier = Some(window);
            Before {
                body: figures.body,
                window,
                asked,
            }
        });
        Answer {
            source,
            caption,
            outcome: Box::new(Computed::<R> { body, before }),
        }
    }
}

impl<R: Report> PartialEq for Parsed<R> {
    fn eq(&self, other: &Self) -> bool {
        self.path_id == other.path_id
            && self.format == other.format
            && self.subject == other.subject
            && self.compare == other.compare
            && self.options == other.options
            && self.faults == other.faults
    }
}

impl<R: Report> Eq for Parsed<R> {}

impl<R: Report> Hash for Parsed<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            path_id,
            format,
            subject,
            compare,
            options,
            ..
        } = self;
        (path_id, format, subject, compare, options).hash(state);
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

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn by_hour(&self) -> Option<Request> {
        let options = R::by_hour(&self.options)?;
        Some(Request::new(Self {
            path_id: self.path_id,
            format: self.format,
            layout: self.layout.clone(),
            subject: self.subject.clone(),
            compare: None,
            options,
            faults: self.faults.clone(),
        }))
    }

    fn compared_with(&self, earlier: &Window) -> Request {
        Request::new(Self {
            path_id: self.path_id,
            format: self.format,
            layout: self.layout.clone(),
            subject: self.subject.clone(),
            compare: Some(Comparing::with(earlier)),
            options: self.options.clone(),
            faults: self.faults.clone(),
        })
    }

    fn check<'a>(&'a self, scope: &'a mut Scope, context: Context<'a>) -> Checking<'a> {
        Box::pin(async move { self.subject(scope, context).await.map(drop) })
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

struct Computed<R: Report> {
    body: R::Body,
    before: Option<Before<R::Body>>,
}

impl<R: Report> Outcome for Computed<R> {
    fn json(&self) -> Result<String> {
        compare::json(&self.body, self.before.as_ref())
    }

    fn json_without_timestamps(&self) -> Result<Option<String>> {
        compare::json_without_timestamps(&self.body, self.before.as_ref())
    }

    fn tables(&self) -> Vec<Table> {
        let tables = R::tables(&self.body);
        match &self.before {
            Some(before) => before.compared(tables, R::tables),
            None => tables,
        }
    }
}
