//! Records of dialers that could not be read: `/api/ingest/quarantine` (contract, section 10).

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::auth::audit::{self, Changes, Event, Target};
use crate::dialers::quarantine::{self, Quarantined};
use crate::dialers::retry::{self, Retried};
use crate::dialers::tally::Tally;
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::http::context::Client;
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::{error, ingest, lists, openapi, paths};
use crate::input::{Kind, Parameter, Query};
use crate::store::Label;

const AFTER: Parameter = Parameter::optional(
    "after",
    Kind::Pattern("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    "Only records after that one: `next` of the answer before.",
);

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = lists::add::<IngestWrite, Quarantined>(router, paths::QUARANTINE);
    let router = router
        .routes(routes!(download, delete))
        .routes(routes!(retry))
        .routes(routes!(retry_all));
    let mut router = openapi::guard::<IngestWrite>(router, paths::QUARANTINED);
    let described = [openapi::described(&AFTER)];
    openapi::add_parameters(router.get_openapi_mut(), paths::QUARANTINE_RETRY, described);
    let router = openapi::guard::<IngestWrite>(router, paths::QUARANTINED_RETRY);
    openapi::guard::<IngestWrite>(router, paths::QUARANTINE_RETRY)
}

/// The id in a path. One that no record can have is not found.
fn path_record(path: Result<Path<String>, PathRejection>) -> Result<Uuid> {
    let Path(id) = path.map_err(|_| Error::NotFound)?;
    id.parse().map_err(|_| Error::NotFound)
}

/// A record that could not be read, as it came.
#[utoipa::path(get, path = paths::QUARANTINED, tag = "Ingest", operation_id = "quarantine_download",
    params(("id" = String, Path, description = "The record.")),
    responses(
        (status = 200, description = "The bytes of the record, as a file.", body = inline(openapi::Binary),
            content_type = "application/octet-stream"),
        (status = 404, description = "The account has no such record.", body = error::Body),
    ))]
async fn download(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<([(HeaderName, HeaderValue); 4], Vec<u8>)> {
    let id = path_record(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let kept = quarantine::find(&mut scope, id).await?;
    let label = Label {
        content_type: "application/octet-stream",
        name: &format!("{}-{id}.bin", kept.source),
    };
    let disposition = HeaderValue::from_str(&label.disposition()).map_err(Error::internal)?;
    // Anybody may have sent it: no browser may show it, or guess what it is.
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(label.content_type)),
        (CONTENT_DISPOSITION, disposition),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, kept.body))
}

/// Delete a record that could not be read.
#[utoipa::path(delete, path = paths::QUARANTINED, tag = "Ingest", operation_id = "quarantine_delete",
    params(("id" = String, Path, description = "The record.")),
    responses(
        (status = 204, description = "The record is deleted."),
        (status = 404, description = "The account has no such record.", body = error::Body),
    ))]
async fn delete(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let (id, now) = (path_record(path)?, app.clock.now());
    let tenant = caller.tenant.id;
    let mut scope = app.db.write(tenant).await?;
    if !quarantine::settle(&mut scope, id).await? {
        return Err(Error::NotFound);
    }
    let target = Target {
        kind: "quarantine",
        id: tenant,
        name: Some(&id.to_string()),
    };
    let actor = caller.actor(address, now);
    audit::record_change(
        &mut scope,
        actor,
        Event::QuarantineDeleted,
        target,
        Changes::new(),
    )
    .await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read a record again that could not be read. If it still cannot, it stays, with its reason.
#[utoipa::path(post, path = paths::QUARANTINED_RETRY, tag = "Ingest", operation_id = "quarantine_retry_one",
    params(("id" = String, Path, description = "The record.")),
    responses(
        (status = 200, description = "The record has left quarantine, or still is in it.", body = Data<Tally>),
        (status = 404, description = "The account has no such record.", body = error::Body),
        (status = 409, description = "This version cannot read records of that dialer.", body = error::Body),
        (status = 507, description = "The disk of the database is full.", body = error::Body),
    ))]
async fn retry(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Tally>>> {
    let id = path_record(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let kept = quarantine::find(&mut scope, id).await?;
    drop(scope);
    let now = app.clock.now();
    let work = async move { retry::one(&app.db, &caller.tenant, kept, now).await };
    let data = ingest::in_task(work).await?;
    Ok(Json(Data { data }))
}

/// Read records again that could not be read, the oldest first, at most 500 a request.
#[utoipa::path(post, path = paths::QUARANTINE_RETRY, tag = "Ingest", operation_id = "quarantine_retry",
    responses(
        (status = 200, description = "Counts, and the record to go on after.", body = Data<Retried>,
            example = json!({"data": {"retried": 12, "stored": 11, "quarantined": 1, "next": null}})),
        (status = 422, description = "An invalid id.", body = error::Body),
        (status = 507, description = "The disk of the database is full.", body = error::Body),
    ))]
async fn retry_all(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Data<Retried>>> {
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), [&AFTER]);
    let after = query.storable_text(&AFTER).and_then(|text| {
        let id = text.parse::<Uuid>().ok();
        if id.is_none() {
            query.fail(AFTER.name, "must be the id of a record.");
        }
        id
    });
    let after = query.finish(Some(after))?;
    let now = app.clock.now();
    let work = async move { retry::all(&app.db, &caller.tenant, after, now).await };
    let data = ingest::in_task(work).await?;
    Ok(Json(Data { data }))
}
