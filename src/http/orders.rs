//! Orders of exports, whatever they are of: for real, or to learn what they would make.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use super::once::{Key, Once, Run};
use super::openapi;
use crate::app::App;
use crate::auth::Caller;
use crate::closed::{ExportStatus, ExportedReport};
use crate::envelope::Data;
use crate::error::{Error, Faults, Result};
use crate::exports::entry::Entry;
use crate::exports::estimate::ExportDryRun;
use crate::exports::queue::Submitted;
use crate::input::{Kind, Parameter, Query};

/// Maximum size of an order, in bytes.
const MAX_ORDER: usize = 64 << 10;

const DRY_RUN: Parameter = Parameter::optional(
    "dry_run",
    Kind::Flag,
    "Makes nothing: the order is checked, and answered with 200, its rows and its estimated duration.",
);

/// Options in the URL of an order.
pub struct Asked {
    is_dry: bool,
    faults: Faults,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut query = Query::parse(parts.uri.query().unwrap_or_default(), [&DRY_RUN]);
        Ok(Self {
            is_dry: query.flag(&DRY_RUN),
            faults: query.into_faults(),
        })
    }
}

/// Adds the parameters of the order at a path.
pub fn describe(document: &mut OpenApi, path: &str) {
    openapi::add_parameters(document, path, [openapi::described(&DRY_RUN)]);
    openapi::resources::add_key(document, path);
}

/// The user who orders, and the time.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub caller: &'a Caller,
    pub address: IpAddr,
    pub now: DateTime<Utc>,
}

/// Begins an order, like [`Once::begin`]; one that makes nothing is always new.
pub async fn begin(
    app: &App,
    caller: &Caller,
    asked: Asked,
    (key, path): (Key, &str),
    sent: (&HeaderMap, Body),
) -> Result<Once> {
    if asked.is_dry || !asked.faults.is_empty() {
        let run = Run::dry(app, caller, (key, asked.faults), sent, MAX_ORDER).await?;
        return Ok(Once::New(run));
    }
    Once::begin(app, caller, (key, path), sent, MAX_ORDER).await
}

/// Tells what an order would make.
pub async fn tell(mut run: Box<Run>, order: &Entry) -> Result<Response> {
    let data = ExportDryRun::of(&mut run.scope, order).await?;
    run.finish(StatusCode::OK, &Data { data }).await
}

/// An export that was ordered.
#[derive(Serialize, ToSchema)]
pub struct ExportOrdered {
    /// The id of the export.
    job_id: String,
    /// queued.
    #[schema(value_type = ExportStatus)]
    status: String,
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: String,
    /// Estimated duration once started, from the rows at the time of the order and the speed of earlier exports.
    estimated_seconds: i64,
}

/// Answers an order that was made.
pub async fn answer(run: Box<Run>, submitted: Submitted) -> Result<Response> {
    let Submitted {
        id: job_id,
        status,
        report_type,
        estimated_seconds,
    } = submitted;
    let data = ExportOrdered {
        job_id,
        status,
        report_type,
        estimated_seconds,
    };
    run.finish(StatusCode::ACCEPTED, &Data { data }).await
}
