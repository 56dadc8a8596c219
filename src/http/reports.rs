//! The routes of the reports: one for each definition, all answered by the same few lines.

use std::io::Seek;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;

use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess, path_id};
use super::openapi;
use crate::app::App;
use crate::auth::Tenant;
use crate::error::{Error, Result};
use crate::exports::{self, Heading};
use crate::query::Choice;
use crate::reports;
use crate::reports::report::{About, Answer, Definition, Format, Module, Occasion, Place, Request};
use crate::rollups::Source;

pub fn routes() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::new();
    for report in reports::ALL {
        router = match report.about.module {
            Module::Autocall => add::<AutocallApiAccess>(router, report),
            Module::Telesales => add::<TelesalesApiAccess>(router, report),
        };
    }
    router
}

fn add<G: Grant>(mut router: OpenApiRouter<App>, report: &'static Definition) -> OpenApiRouter<App> {
    openapi::add_report(router.get_openapi_mut(), report, G::PERMISSION);
    let formats = if report.about.files { &[Format::Json, Format::Csv, Format::Xlsx][..] } else { &[Format::Json] };
    router = router.route(&report.path(), route::<G>(report, formats));
    if report.about.files {
        openapi::add_export(router.get_openapi_mut(), report, G::PERMISSION);
        router = router.route(&report.export_path(), route::<G>(report, EXPORT_FORMATS));
    }
    router
}

/// What `/export` offers, the default first.
const EXPORT_FORMATS: &[Format] = &[Format::Xlsx, Format::Csv];

fn route<G: Grant>(report: &'static Definition, formats: &'static [Format]) -> MethodRouter<App> {
    let across = move |Permitted { caller, .. }: Permitted<G>, State(app): State<App>, RawQuery(query): RawQuery| async move {
        answer(&app, &caller.tenant, report, formats, None, query.as_deref()).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<App>,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        answer(&app, &caller.tenant, report, formats, Some(path_id(path)?), query.as_deref()).await
    };
    match report.about.place {
        Place::OfCampaign => get(of_campaign),
        Place::AcrossCampaigns | Place::OfAccount => get(across),
    }
}

async fn answer(
    app: &App,
    tenant: &Tenant,
    report: &Definition,
    formats: &[Format],
    path_id: Option<i64>,
    query: Option<&str>,
) -> Result<Response> {
    let mut scope = app.db.read(tenant.id).await?;
    let occasion = Occasion { tenant, now: app.clock.now(), path_id };
    let request = Request { occasion, query: query.unwrap_or_default(), formats, source: Source::Rolled };
    let answer = report.answer(&mut scope, request).await?;
    drop(scope); // its connection is free before the answer is written
    let (about, account, made_at) = (report.about, tenant.name.clone(), occasion.now);
    // A large file takes a while to write, and others are to have their turn meanwhile.
    let written = tokio::task::spawn_blocking(move || write(about, &account, made_at, &answer)).await;
    let mut response = written.map_err(Error::internal)??;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response.headers_mut().insert(VARY, HeaderValue::from_static("Authorization"));
    Ok(response)
}

fn write(about: &'static About, account: &str, made_at: DateTime<Utc>, answer: &Answer) -> Result<Response> {
    let table = || answer.outcome.tables().into_iter().next().ok_or_else(|| Error::internal("a file without a table"));
    let (kind, body) = match answer.format {
        Format::Json => return Ok(([(CONTENT_TYPE, "application/json")], answer.outcome.json()?).into_response()),
        Format::Csv => {
            let pieces = exports::csv::pieces(table()?, answer.caption.zone);
            (exports::csv::CONTENT_TYPE, Body::from_stream(stream::iter(pieces)))
        }
        Format::Xlsx => {
            let mut file = tempfile::tempfile().map_err(Error::internal)?;
            let heading = Heading { about, caption: &answer.caption, account, made_at };
            exports::workbook::write(heading, &table()?, &mut file)?;
            file.rewind().map_err(Error::internal)?;
            let file = ReaderStream::new(tokio::fs::File::from_std(file));
            (exports::workbook::CONTENT_TYPE, Body::from_stream(file))
        }
    };
    let name = exports::file_name(about, &answer.caption, answer.format.name());
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], body).into_response())
}
