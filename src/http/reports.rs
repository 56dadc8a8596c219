//! The routes of the reports: one for each definition, all answered by the same few lines.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use utoipa_axum::router::OpenApiRouter;

use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess, path_id};
use super::openapi;
use crate::app::App;
use crate::auth::Tenant;
use crate::error::Result;
use crate::reports::report::{Answer, Definition, Format, Module, Occasion, Place, Request};
use crate::reports::{self};

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
    router.route(&report.path(), route::<G>(report, &[Format::Json]))
}

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
    let request = Request { occasion, query: query.unwrap_or_default(), formats };
    let answer = report.answer(&mut scope, request).await?;
    let mut response = write(&answer)?;
    response.headers_mut().insert(CACHE_CONTROL, const { axum::http::HeaderValue::from_static("private, no-cache") });
    response.headers_mut().insert(VARY, const { axum::http::HeaderValue::from_static("Authorization") });
    Ok(response)
}

fn write(answer: &Answer) -> Result<Response> {
    Ok(([(CONTENT_TYPE, "application/json")], answer.outcome.json()?).into_response())
}
