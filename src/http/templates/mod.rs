//! `/api/export-templates`: layouts of files, by name (contract, section 14).

mod shape;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::context::Client;
use super::extract::{ExportsManage, Permitted, TemplatesRead};
use super::named::{self, path_name};
use super::openapi::{guard, guard_methods};
use super::{body, paths};
use crate::app::App;
use crate::auth::audit::{self, Actor, Changes, Event, Target};
use crate::db::Scope;
use crate::envelope::{Data, Page};
use crate::error::{Error, Faults, Result};
use crate::page::PageRequest;
use crate::templates::MAX_BODY;
use crate::templates::request::{self, SETTABLE, Wanted};
use crate::templates::store::{self, ExportTemplate, NAME};
use shape::ExportTemplatePut;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router
        .routes(routes!(list))
        .routes(routes!(show, put, delete));
    let router = guard::<TemplatesRead>(router, paths::TEMPLATES);
    let changes = [HttpMethod::Put, HttpMethod::Delete];
    let router = guard_methods::<ExportsManage>(router, paths::TEMPLATE, &changes);
    guard::<TemplatesRead>(router, paths::TEMPLATE)
}

/// Records a change in the audit log: its members, of which only the short ones are told.
async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    (tenant, name): (i64, &str),
    changes: Changes,
) -> Result<()> {
    let target = Target {
        kind: "template",
        id: tenant,
        name: Some(name),
    };
    audit::record_change(scope, actor, event, target, changes).await
}

/// Settable members that differ, with both values if they are short.
fn changes(before: Option<&ExportTemplate>, after: &ExportTemplate) -> Result<Changes> {
    let before = before.map(ExportTemplate::shown).transpose()?;
    let is_short = |name: &str, _: &Value| ["report", "title", "about"].contains(&name);
    let states = (before.as_ref(), &after.shown()?);
    Ok(named::changes(states, &SETTABLE, is_short))
}

/// The templates of the account, by name and without their logos.
#[utoipa::path(get, path = paths::TEMPLATES, tag = "Export templates", operation_id = "export_templates",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of templates.", body = Page<ExportTemplate>,
            example = json!({"current_page": 1, "data": [{"name": "agents-acme", "report": "telesales.agent-performance",
                "title": "Agents of ACME", "columns": [{"field": "name", "label": "Agent", "width": 24.0, "format": null},
                    {"field": "conv_rate", "label": null, "width": null, "format": "0.0"}],
                "sort": [{"field": "conv_rate", "desc": true}],
                "conditional": [{"field": "conv_rate", "when": {"<": 5}, "fill": "#FFC7CE"}], "has_logo": false, "about": true,
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = super::error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<TemplatesRead>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ExportTemplate>>> {
    let wanted = PageRequest::of_query(query.as_deref())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(store::page(&mut scope, wanted).await?))
}

/// A template.
#[utoipa::path(get, path = paths::TEMPLATE, tag = "Export templates", operation_id = "export_template_show",
    params(("name" = String, Path, description = "The name of the template.")),
    responses(
        (status = 200, description = "The template.", body = Data<ExportTemplate>,
            example = json!({"data": {"name": "agents-acme", "report": "telesales.agent-performance",
                "title": "Agents of ACME", "columns": [{"field": "name", "label": "Agent", "width": 24.0, "format": null}],
                "sort": [], "conditional": [], "has_logo": false, "about": true,
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 404, description = "The account has no such template.", body = super::error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<TemplatesRead>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<ExportTemplate>>> {
    let name = path_name(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = store::find(&mut scope, &name).await?;
    Ok(Json(Data { data }))
}

/// Add a template, or replace it whole.
///
/// A name has 1 to 63 lower-case letters, digits, - and _, the first a letter or a digit. An account has at most 100
/// templates. Files take one by `template=`, exports in `template` or `templates`, schedules in `template`.
#[utoipa::path(put, path = paths::TEMPLATE, tag = "Export templates", operation_id = "export_template_put",
    params(("name" = String, Path, description = "The name of the template.")),
    request_body(content = ExportTemplatePut, example = json!({"report": "telesales.agent-performance", "title": "Agents of ACME",
        "columns": [{"field": "name", "label": "Agent", "width": 24}, {"field": "dials", "format": "#,##0"},
            {"field": "conv_rate", "format": "0.0"}],
        "sort": [{"field": "conv_rate", "desc": true}],
        "conditional": [{"field": "conv_rate", "when": {"<": 5}, "fill": "#FFC7CE"}]})),
    responses(
        (status = 200, description = "The template is replaced.", body = Data<ExportTemplate>,
            example = json!({"data": {"name": "agents-acme", "report": "telesales.agent-performance", "title": null,
                "columns": [{"field": "name", "label": "Agent", "width": 24.0, "format": null}], "sort": [], "conditional": [],
                "has_logo": false, "about": true,
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T09:00:00+00:00"}})),
        (status = 201, description = "The template is added.", body = Data<ExportTemplate>,
            example = json!({"data": {"name": "agents-acme", "report": "telesales.agent-performance", "title": null,
                "columns": [{"field": "name", "label": "Agent", "width": 24.0, "format": null}], "sort": [], "conditional": [],
                "has_logo": false, "about": true,
                "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 409, description = "The account has 100 templates, or a schedule of another report uses it.",
            body = super::error::Body, example = json!({"message": "An account has at most 100 export templates."})),
        (status = 413, description = "The body is larger than 1 MiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn put(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Data<ExportTemplate>>)> {
    let (tenant, now) = (caller.tenant.id, app.clock.now());
    let Path(name) = path.map_err(|_| Error::NotFound)?;
    let members = body::map(&body::read(&headers, body, MAX_BODY).await?)?;
    if !store::is_name(&name) {
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
    let shown = before.as_ref().map(ExportTemplate::shown).transpose()?;
    let Wanted {
        report,
        template,
        logo,
    } = request::read(&members, shown.as_ref())?;
    let row = (report.as_str(), template, logo);
    let after = store::put(&mut scope, &name, row, before.as_ref(), now).await?;
    let changes = changes(before.as_ref(), &after)?;
    let (status, event) = match &before {
        // Nothing of it is kept, not even the time of the change.
        Some(_) if changes.is_empty() => {
            let data = before.unwrap_or(after);
            return Ok((StatusCode::OK, Json(Data { data })));
        }
        Some(_) => (StatusCode::OK, Event::TemplateChanged),
        None => (StatusCode::CREATED, Event::TemplateCreated),
    };
    let actor = caller.actor(address, now);
    record(&mut scope, actor, event, (tenant, &name), changes).await?;
    scope.commit().await?;
    Ok((status, Json(Data { data: after })))
}

/// Delete a template. Not one that a schedule uses.
#[utoipa::path(delete, path = paths::TEMPLATE, tag = "Export templates", operation_id = "export_template_delete",
    params(("name" = String, Path, description = "The name of the template.")),
    responses(
        (status = 204, description = "The template is deleted."),
        (status = 404, description = "The account has no such template.", body = super::error::Body),
        (status = 409, description = "A schedule uses it.", body = super::error::Body,
            example = json!({"message": "The schedule Agents, daily uses this template."})),
    ))]
async fn delete(
    Permitted { caller, .. }: Permitted<ExportsManage>,
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
    let target = (tenant, name.as_str());
    record(
        &mut scope,
        actor,
        Event::TemplateDeleted,
        target,
        Changes::new(),
    )
    .await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
