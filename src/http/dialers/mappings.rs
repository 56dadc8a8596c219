//! `/api/ingest/mappings`: how columns of spreadsheets become fields, by name.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::audit::{self, Actor, Changes, Event, Target};
use crate::db::Scope;
use crate::dialers::sheet::request::{self, MAX_BODY, SETTABLE};
use crate::dialers::sheet::store::{self, SheetMapping};
use crate::envelope::{Data, Page};
use crate::error::{Error, Faults, Result};
use crate::http::context::Client;
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::named::{self, path_name};
use crate::http::openapi::guard;
use crate::http::{body, error, paths};
use crate::page::PageRequest;
use crate::templates::store::{NAME, is_name};

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router
        .routes(routes!(list))
        .routes(routes!(show, put, delete));
    let router = guard::<IngestWrite>(router, paths::MAPPINGS);
    guard::<IngestWrite>(router, paths::MAPPING)
}

/// A mapping, whole: a member that is left out, or null, takes its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
struct SheetMappingPut {
    /// Kind of the lines.
    kind: String,
    /// What it is for, and where its columns are documented.
    #[schema(max_length = 1_000, pattern = r"^[^\x00]*$")]
    about: Option<String>,
    /// Zone of times without an offset. Default: the account's.
    timezone: Option<String>,
    /// Order of day, month and year: `dd`, `mm`, `yyyy` (or `yy`), and `hh`, `mm`, `ss`, `AM/PM` behind it. Times are read in
    /// any usual form, ISO 8601 always. Default: told by the column, where a day over 12 proves it.
    #[schema(example = "dd/mm/yyyy hh:mm:ss")]
    date_format: Option<String>,
    /// By field: the name of a column, a list of columns that are joined by a blank, or `{"constant": value}`. Fields are
    /// those of the kind; `ignore`, which leaves a row out; and of calls `phone`, `campaign` and `agent`.
    #[schema(value_type = Object)]
    columns: Map<String, Value>,
    /// By field: their values, without case, and ours. `*` is any other value.
    #[schema(value_type = Option<Object>)]
    values: Option<Map<String, Value>>,
}

async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    (tenant, name): (i64, &str),
    changes: Changes,
) -> Result<()> {
    let target = Target {
        kind: "mapping",
        id: tenant,
        name: Some(name),
    };
    audit::record_change(scope, actor, event, target, changes).await
}

/// Settable members that differ, with both values if they are short.
fn changes(before: Option<&SheetMapping>, after: &SheetMapping) -> Result<Changes> {
    let before = before.map(SheetMapping::shown).transpose()?;
    let is_short = |_: &str, value: &Value| !value.is_object();
    let states = (before.as_ref(), &after.shown()?);
    Ok(named::changes(states, &SETTABLE, is_short))
}

/// The mappings of the account, by name.
#[utoipa::path(get, path = paths::MAPPINGS, tag = "Ingest", operation_id = "mappings",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of mappings.", body = Page<SheetMapping>,
            example = json!({"current_page": 1, "data": [{"name": "call-center", "kind": "telesales_call", "about": null, "timezone": null,
                "date_format": "dd/mm/yyyy hh:mm:ss",
                "columns": {"started_at": ["Ngày gọi", "Giờ gọi"], "lead_id": "Mã KH", "campaign_id": {"constant": 7},
                    "result": "Trạng thái"},
                "values": {"result": {"Nghe máy": "answered", "Không nghe máy": "no_answer"}},
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<SheetMapping>>> {
    let wanted = PageRequest::of_query(query.as_deref())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(store::page(&mut scope, wanted).await?))
}

/// A mapping.
#[utoipa::path(get, path = paths::MAPPING, tag = "Ingest", operation_id = "mapping_show",
    params(("name" = String, Path, description = "The name of the mapping.")),
    responses(
        (status = 200, description = "The mapping.", body = Data<SheetMapping>,
            example = json!({"data": {"name": "call-center", "kind": "telesales_call", "about": null, "timezone": null, "date_format": null,
                "columns": {"started_at": "Ngày gọi", "lead_id": "Mã KH", "campaign_id": {"constant": 7}, "result": "Trạng thái"},
                "values": {"result": {"Nghe máy": "answered", "*": "no_answer"}},
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 404, description = "The account has no such mapping.", body = error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<SheetMapping>>> {
    let name = path_name(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = store::find(&mut scope, &name).await?;
    Ok(Json(Data { data }))
}

/// Add a mapping, or replace it whole.
///
/// A name has 1 to 63 lower-case letters, digits, - and _, the first a letter or a digit. An account has at most 200 mappings.
/// `POST /api/ingest/csv` takes one by `map=`; a dry run of it suggests one.
#[utoipa::path(put, path = paths::MAPPING, tag = "Ingest", operation_id = "mapping_put",
    params(("name" = String, Path, description = "The name of the mapping.")),
    request_body(content = SheetMappingPut, example = json!({"kind": "telesales_call", "date_format": "dd/mm/yyyy hh:mm:ss",
        "columns": {"uuid": "Mã cuộc gọi", "started_at": ["Ngày gọi", "Giờ gọi"], "lead_id": "Mã KH",
            "campaign_id": {"constant": 7}, "result": "Trạng thái", "talk_sec": "Thời lượng"},
        "values": {"result": {"Nghe máy": "answered", "Không nghe máy": "no_answer", "Máy bận": "busy", "*": "failed"}}})),
    responses(
        (status = 200, description = "The mapping is replaced.", body = Data<SheetMapping>,
            example = json!({"data": {"name": "teams", "kind": "team", "about": null, "timezone": null, "date_format": null,
                "columns": {"id": "Mã", "name": "Tên"}, "values": {},
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T09:00:00+00:00"}})),
        (status = 201, description = "The mapping is added.", body = Data<SheetMapping>,
            example = json!({"data": {"name": "teams", "kind": "team", "about": null, "timezone": null, "date_format": null,
                "columns": {"id": "Mã", "name": "Tên"}, "values": {},
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = error::Body),
        (status = 409, description = "The account has 200 mappings.", body = error::Body,
            example = json!({"message": "An account has at most 200 mappings."})),
        (status = 413, description = "The body is larger than 256 KiB.", body = error::Body),
        (status = 415, description = "The body is not application/json.", body = error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = error::Body),
    ))]
async fn put(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Data<SheetMapping>>)> {
    let (tenant, now) = (caller.tenant.id, app.clock.now());
    let Path(name) = path.map_err(|_| Error::NotFound)?;
    let members = body::map(&body::read(&headers, body, MAX_BODY).await?)?;
    if !is_name(&name) {
        let mut faults = Faults::default();
        faults.add("name", NAME);
        let refused = faults.combine(request::read(&members, None));
        return Err(refused.err().unwrap_or(Error::NotFound)); // infallible: there is a fault
    }
    let mut scope = app.db.write(tenant).await?;
    store::lock(&mut scope).await?;
    let before = match store::find(&mut scope, &name).await {
        Err(Error::NotFound) => None,
        found => Some(found?),
    };
    let shown = before.as_ref().map(SheetMapping::shown).transpose()?;
    let mapping = request::read(&members, shown.as_ref())?;
    let after = store::put(&mut scope, (&name, before.is_none()), mapping, now).await?;
    let changes = changes(before.as_ref(), &after)?;
    let (status, event) = match &before {
        // Nothing of it is kept, not even the time of the change.
        Some(_) if changes.is_empty() => {
            let data = before.unwrap_or(after);
            return Ok((StatusCode::OK, Json(Data { data })));
        }
        Some(_) => (StatusCode::OK, Event::MappingChanged),
        None => (StatusCode::CREATED, Event::MappingCreated),
    };
    let actor = caller.actor(address, now);
    record(&mut scope, actor, event, (tenant, &name), changes).await?;
    scope.commit().await?;
    Ok((status, Json(Data { data: after })))
}

/// Delete a mapping.
#[utoipa::path(delete, path = paths::MAPPING, tag = "Ingest", operation_id = "mapping_delete",
    params(("name" = String, Path, description = "The name of the mapping.")),
    responses(
        (status = 204, description = "The mapping is deleted."),
        (status = 404, description = "The account has no such mapping.", body = error::Body),
    ))]
async fn delete(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let (name, now) = (path_name(path)?, app.clock.now());
    let tenant = caller.tenant.id;
    let mut scope = app.db.write(tenant).await?;
    store::lock(&mut scope).await?;
    store::find(&mut scope, &name).await?;
    store::delete(&mut scope, &name).await?;
    let actor = caller.actor(address, now);
    let event = Event::MappingDeleted;
    record(&mut scope, actor, event, (tenant, &name), Changes::new()).await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
