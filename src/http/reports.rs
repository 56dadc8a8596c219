//! The routes of the reports: one for each definition, all answered by the same few lines.

use std::io::Seek;
use std::path::Path as FolderPath;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;

use super::caching::{self, Conditions};
use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess, path_id};
use super::openapi;
use crate::answers::{self, AnswerKey};
use crate::app::App;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::exports::hourly;
use crate::files::{self, Heading};
use crate::query::{self, Choice};
use crate::reports;
use crate::reports::report::{
    About, Answer, Definition, FORMAT, Format, Module, Occasion, Place, Request,
};
use crate::rollups::Source;
use crate::table::Table;
use crate::time::Clock;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let mut router = OpenApiRouter::new();
    for report in reports::ALL {
        router = match report.about.module {
            Module::Autocall => add::<AutocallApiAccess>(router, report),
            Module::Telesales => add::<TelesalesApiAccess>(router, report),
        };
    }
    router
}

fn add<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    report: &'static Definition,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_report(router.get_openapi_mut(), report);
    let formats = if report.about.files {
        &[Format::Json, Format::Csv, Format::Xlsx][..]
    } else {
        &[Format::Json]
    };
    router = openapi::guard::<G>(
        router.route(&report.path(), route::<G>(report, formats)),
        &report.path(),
    );
    if report.about.files {
        openapi::add_export(router.get_openapi_mut(), report);
        let path = report.export_path();
        router = openapi::guard::<G>(
            router.route(&path, route::<G>(report, EXPORT_FORMATS)),
            &path,
        );
    }
    router
}

/// What `/export` offers, the default first.
const EXPORT_FORMATS: &[Format] = &[Format::Xlsx, Format::Csv];

fn route<G: Grant>(
    report: &'static Definition,
    formats: &'static [Format],
) -> MethodRouter<Arc<App>> {
    let across = move |Permitted { caller, .. }: Permitted<G>,
                       State(app): State<Arc<App>>,
                       conditions: Conditions,
                       RawQuery(query): RawQuery| async move {
        let question = Question {
            report,
            formats,
            path_id: None,
            query: query.unwrap_or_default(),
        };
        answer(&app, caller.tenant.id, question, &conditions).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<Arc<App>>,
                            conditions: Conditions,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        let question = Question {
            report,
            formats,
            path_id: Some(path_id(path)?),
            query: query.unwrap_or_default(),
        };
        answer(&app, caller.tenant.id, question, &conditions).await
    };
    match report.about.place {
        Place::OfCampaign => get(of_campaign),
        Place::AcrossCampaigns | Place::OfAccount => get(across),
    }
}

/// What was asked of which report. With the account, it is all that an answer depends on: who asks is not in it.
#[derive(Clone)]
struct Question {
    report: &'static Definition,
    formats: &'static [Format],
    path_id: Option<i64>,
    query: String,
}

/// An answer, and what stands about it in a file.
struct Answered {
    answer: Answer,
    account: String,
    made_at: DateTime<Utc>,
    by_hour: Option<Table>,
}

impl Question {
    /// Whether a file may be what is asked for. Files are made for the one who asks, and not kept.
    fn is_for_file(&self) -> bool {
        let named = || {
            query::last(&self.query, &FORMAT).is_some_and(|format| format != Format::Json.name())
        };
        self.formats[0] != Format::Json || (self.report.about.files && named())
    }

    fn key(&self) -> AnswerKey {
        let about = self.report.about;
        let query = query::canonical(&self.query, self.report.parameters().chain([&FORMAT]));
        AnswerKey::new(about.name, query.len(), (about.module, self.path_id, query))
    }

    /// Answers from one snapshot, the account's own settings included.
    async fn answer(self, mut scope: Scope, clock: Clock) -> Result<Answered> {
        let made_at = clock.now();
        let tenant = Tenant::load(&mut scope).await?;
        let occasion = Occasion {
            tenant: &tenant,
            now: made_at,
            path_id: self.path_id,
        };
        let request = Request {
            occasion,
            query: &self.query,
            formats: self.formats,
            source: Source::Rolled,
        };
        let answer = self.report.answer(&mut scope, request).await?;
        let by_hour = if answer.format == Format::Xlsx {
            let request = Request {
                occasion,
                query: &self.query,
                formats: self.formats,
                source: Source::Rolled,
            };
            hourly::read(&mut scope, self.report, request, &answer).await?
        } else {
            None
        };
        Ok(Answered {
            answer,
            account: tenant.name,
            made_at,
            by_hour,
        })
    }
}

async fn answer(
    app: &App,
    tenant: i64,
    question: Question,
    conditions: &Conditions,
) -> Result<Response> {
    let (about, clock) = (question.report.about, app.clock);
    if question.is_for_file() {
        // On the heap, for it is large, and would be moved about with every request for an answer that is kept.
        let read = |scope| question.clone().answer(scope, clock);
        let answered = Box::pin(app.db.answer(tenant, read)).await?;
        let workshop = app.exports.store.workshop().to_owned();
        return aside(move || file(about, &answered, &workshop)).await;
    }
    let key = (tenant, question.key());
    let read = move |scope| {
        let question = question.clone();
        async move {
            let Answered { answer, .. } = question.answer(scope, clock).await?;
            aside(move || written(&answer)).await
        }
    };
    let found = app
        .answers
        .get(&app.db, key.clone(), conditions.max_age, read)
        .await?;
    caching::encode(&app.answers, &key, &found, conditions).await?;
    caching::respond(found, conditions)
}

/// Does what may take a while, so that others have their turn meanwhile.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(files::workbook::panic_cause)?
}

fn written(answer: &Answer) -> Result<answers::Body> {
    let json = answer.outcome.json()?;
    let tag = caching::tag(answer.outcome.timeless_json()?.as_deref().unwrap_or(&json));
    Ok(answers::Body {
        encoded: Bytes::from(json).into(),
        tag,
    })
}

fn file(about: &'static About, answered: &Answered, workshop: &FolderPath) -> Result<Response> {
    let Answered {
        answer,
        account,
        made_at,
        by_hour,
    } = answered;
    let table = answer
        .outcome
        .tables()
        .into_iter()
        .next()
        .ok_or_else(|| Error::internal("a file without a table"))?;
    let (kind, body) = match answer.format {
        Format::Json => return Err(Error::internal("a file that is none")),
        Format::Csv => {
            let pieces = files::csv::pieces(table, answer.caption.zone);
            (
                files::csv::CONTENT_TYPE,
                Body::from_stream(stream::iter(pieces)),
            )
        }
        Format::Xlsx => {
            let mut file = tempfile::tempfile_in(workshop)?;
            let (title, summary, caption) = (about.title, about.summary, &answer.caption);
            let heading = Heading {
                title,
                summary,
                caption,
                account,
                made_at: *made_at,
                by_hour: by_hour.as_ref(),
            };
            files::workbook::write(&heading, &table, &mut file, workshop)?;
            file.rewind().map_err(Error::internal)?;
            let file = ReaderStream::new(tokio::fs::File::from_std(file));
            (files::workbook::CONTENT_TYPE, Body::from_stream(file))
        }
    };
    let name = files::name::of_report(about.name, &answer.caption, answer.format.name());
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = (
        [
            (CONTENT_TYPE, kind.to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ],
        body,
    )
        .into_response();
    caching::private_no_cache(response.headers_mut());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn questions_that_differ_in_one_parameter_have_different_keys() {
        let mut keys = HashSet::new();
        for report in reports::ALL {
            let parameters = report.parameters().chain([&FORMAT]);
            let queries = parameters
                .flat_map(|parameter| [1, 2].map(|value| format!("{}={value}", parameter.name)));
            for query in queries.chain([String::new()]) {
                for path_id in [None, Some(1), Some(2)] {
                    let formats = &[Format::Json];
                    let question = Question {
                        report,
                        formats,
                        path_id,
                        query: query.clone(),
                    };
                    let about = report.about;
                    let named = format!("{:?} {} {path_id:?} {query}", about.module, about.name);
                    assert!(
                        keys.insert(question.key()),
                        "{named} has the key of another question"
                    );
                    let question = Question {
                        query: format!("unknown=1&{query}"),
                        ..question
                    };
                    assert!(
                        keys.contains(&question.key()),
                        "{named} has no key of its own"
                    );
                }
            }
        }
    }
}
