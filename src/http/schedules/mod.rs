//! `/api/schedules`: schedules and their runs (contract, section 14).

mod shape;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::context::Client;
use super::extract::{ExportsManage, Permitted, ScheduleRun as RunGrant, path_id};
use super::openapi::guard;
use super::{body, paths};
use crate::app::App;
use crate::auth::audit::{self, Actor, Event, Target};
use crate::auth::{Caller, Tenant};
use crate::db::Scope;
use crate::envelope::{Data, Page};
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::schedules::request::{self, Context, Wanted};
use crate::schedules::runs::{self, ScheduleRun};
use crate::schedules::store::{self, Schedule};
use shape::{ScheduleChange, ScheduleCreate};

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router
        .routes(routes!(create, list))
        .routes(routes!(show, change, delete))
        .routes(routes!(run))
        .routes(routes!(list_runs));
    for path in [paths::SCHEDULES, paths::SCHEDULE, paths::SCHEDULE_RUNS] {
        router = guard::<ExportsManage>(router, path);
    }
    guard::<RunGrant>(router, paths::SCHEDULE_RUN)
}

/// Records a change in the audit log, receivers included.
async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    schedule: &Schedule,
    changes: Vec<(&'static str, Value, Value)>,
) -> Result<()> {
    let target = Target {
        kind: "schedule",
        id: schedule.id,
        name: Some(&schedule.name),
    };
    let changes = changes
        .into_iter()
        .map(|(name, old, new)| (name.to_owned(), (old, new)))
        .collect();
    audit::record_change(scope, actor, event, target, changes).await
}

/// `LacksPermission` unless the caller may have the report itself.
fn check(caller: &Caller, wanted: &Wanted) -> Result<()> {
    let needed = wanted.subject.report.permissions();
    if needed.iter().all(|permission| caller.may(*permission)) {
        return Ok(());
    }
    let names = needed.iter().map(|permission| permission.name());
    Err(Error::LacksPermission(names.collect()))
}

fn context<'a>(app: &App, tenant: &'a Tenant) -> Context<'a> {
    Context {
        tenant,
        now: app.clock.now(),
        sends_mail: app.schedules.mail.is_some(),
    }
}

/// Create a schedule.
///
/// Its runs have the permissions that its maker has at that moment. An account has at most 100 schedules.
#[utoipa::path(post, path = paths::SCHEDULES, tag = "Schedules", operation_id = "schedule_create",
    request_body(content = ScheduleCreate, example = json!({"name": "Agents, daily", "report": "telesales.agent-performance",
        "window": "yesterday", "format": "xlsx", "lang": "vi", "at": {"time": "07:30", "days": ["mon", "tue"], "timezone": "Asia/Ho_Chi_Minh"},
        "deliver": {"webhook": 1099511627776_i64}})),
    responses(
        (status = 201, description = "The schedule.", body = Data<Schedule>,
            example = json!({"data": {"id": 1099511627777_i64, "name": "Agents, daily", "report": "telesales.agent-performance",
                "params": {}, "window": "yesterday", "format": "xlsx", "template": null, "lang": null,
                "at": {"time": "07:30", "days": ["mon", "tue"], "timezone": "Asia/Ho_Chi_Minh"},
                "deliver": {"webhook": 1099511627776_i64}, "webhook_name": "example.com", "active": true, "next_run_at": "2026-07-06T00:30:00+00:00",
                "last_run": null, "created_by": 1, "created_at": "2026-06-30T08:00:00+00:00",
                "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 409, description = "The account has 100 schedules.", body = super::error::Body,
            example = json!({"message": "An account has at most 100 schedules."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn create(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Data<Schedule>>)> {
    let now = app.clock.now();
    let members = body::object(&headers, body).await?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    let tenant = Tenant::load(&mut scope).await?;
    let context = context(&app, &tenant);
    let wanted = request::read(&mut scope, context, members, None).await?;
    check(&caller, &wanted)?;
    let data = store::create(&mut scope, &wanted, caller.user_id, now).await?;
    let (actor, values) = (caller.actor(address, now), data.changes(None)?);
    record(&mut scope, actor, Event::ScheduleCreated, &data, values).await?;
    scope.commit().await?;
    Ok((StatusCode::CREATED, Json(Data { data })))
}

/// The schedules of the account, newest first.
#[utoipa::path(get, path = paths::SCHEDULES, tag = "Schedules", operation_id = "schedules",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of schedules.", body = Page<Schedule>,
            example = json!({"current_page": 1, "data": [{"id": 1099511627777_i64, "name": "Agents, daily",
                "report": "telesales.agent-performance", "params": {}, "window": "yesterday", "format": "xlsx", "template": null, "lang": null,
                "at": {"time": "07:30", "timezone": "Asia/Ho_Chi_Minh"}, "deliver": {"webhook": 1099511627776_i64},
                "webhook_name": "example.com", "active": true, "next_run_at": "2026-07-01T00:30:00+00:00",
                "last_run": {"id": "run_019f1a2b3c4d7000800000000000a1b2", "due_at": "2026-06-30T00:30:00+00:00",
                    "started_at": "2026-06-30T00:30:01+00:00", "finished_at": "2026-06-30T00:30:02+00:00",
                    "status": "delivered", "late": false, "manual": false, "rows": 12, "bytes": 9120, "error": null},
                "created_by": 1, "created_at": "2026-06-29T08:00:00+00:00", "updated_at": "2026-06-29T08:00:00+00:00"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = super::error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Schedule>>> {
    let wanted = PageRequest::of_query(query.as_deref())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(store::page(&mut scope, wanted).await?))
}

/// A schedule.
#[utoipa::path(get, path = paths::SCHEDULE, tag = "Schedules", operation_id = "schedule_show",
    params(("id" = i64, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule.", body = Data<Schedule>,
            example = json!({"data": {"id": 1099511627777_i64, "name": "Funnel, monthly", "report": "autocall.funnel",
                "params": {"campaign_id": 7}, "window": "last_month", "format": "csv", "template": null, "lang": null,
                "at": {"time": "06:00", "day_of_month": 1, "timezone": "Asia/Ho_Chi_Minh"},
                "deliver": {"webhook": 1099511627776_i64}, "webhook_name": "example.com", "active": false, "next_run_at": null, "last_run": null,
                "created_by": 1, "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 404, description = "The account has no such schedule.", body = super::error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Schedule>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = store::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}

/// Change a schedule: the members that the body names.
///
/// A changed `at` counts anew from now, and so does a schedule that is active again.
#[utoipa::path(patch, path = paths::SCHEDULE, tag = "Schedules", operation_id = "schedule_change",
    params(("id" = i64, Path, description = "The schedule.")),
    request_body(content = ScheduleChange, example = json!({"active": false})),
    responses(
        (status = 200, description = "The schedule.", body = Data<Schedule>,
            example = json!({"data": {"id": 1099511627777_i64, "name": "Agents, daily", "report": "telesales.agent-performance",
                "params": {}, "window": "yesterday", "format": "xlsx", "template": null, "lang": null,
                "at": {"time": "07:30", "timezone": "Asia/Ho_Chi_Minh"}, "deliver": {"webhook": 1099511627776_i64},
                "webhook_name": "example.com", "active": false, "next_run_at": null, "last_run": null, "created_by": 1,
                "created_at": "2026-06-30T07:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such schedule.", body = super::error::Body),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn change(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Schedule>>> {
    let (id, now) = (path_id(path)?, app.clock.now());
    store::find(&mut app.db.read(caller.tenant.id).await?, id).await?;
    let members = body::object(&headers, body).await?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    let before = store::lock(&mut scope, id).await?;
    let (tenant, shown) = (Tenant::load(&mut scope).await?, before.shown()?);
    let context = context(&app, &tenant);
    let wanted = request::read(&mut scope, context, members, Some(&shown)).await?;
    check(&caller, &wanted)?;
    let after = store::change(&mut scope, &before, &wanted, now).await?;
    let changes = after.changes(Some(&before))?;
    if changes.is_empty() {
        // Nothing of it is kept, not even the time of the change.
        return Ok(Json(Data { data: before }));
    }
    let actor = caller.actor(address, now);
    record(&mut scope, actor, Event::ScheduleChanged, &after, changes).await?;
    scope.commit().await?;
    Ok(Json(Data { data: after }))
}

/// Delete a schedule with its runs and their files.
#[utoipa::path(delete, path = paths::SCHEDULE, tag = "Schedules", operation_id = "schedule_delete",
    params(("id" = i64, Path, description = "The schedule.")),
    responses(
        (status = 204, description = "The schedule is deleted."),
        (status = 404, description = "The account has no such schedule.", body = super::error::Body),
    ))]
async fn delete(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let (id, now) = (path_id(path)?, app.clock.now());
    let mut scope = app.db.write(caller.tenant.id).await?;
    let schedule = store::lock(&mut scope, id).await?;
    for key in store::files(&mut scope, id).await? {
        app.exports.store.remove(&key).await?;
    }
    store::delete(&mut scope, id).await?;
    let actor = caller.actor(address, now);
    record(
        &mut scope,
        actor,
        Event::ScheduleDeleted,
        &schedule,
        Vec::new(),
    )
    .await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Run a schedule now, outside its times.
///
/// Its window is that of now, and its next due time stays.
#[utoipa::path(post, path = paths::SCHEDULE_RUN, tag = "Schedules", operation_id = "schedule_run",
    params(("id" = i64, Path, description = "The schedule.")),
    responses(
        (status = 202, description = "The run.", body = Data<ScheduleRun>,
            example = json!({"data": {"id": "run_019f1a2b3c4d7000800000000000a1b2", "due_at": "2026-06-30T08:00:00+00:00",
                "started_at": null, "finished_at": null, "status": "queued", "late": false, "manual": true, "rows": null,
                "bytes": null, "error": null}})),
        (status = 404, description = "The account has no such schedule.", body = super::error::Body),
    ))]
async fn run(
    Permitted { caller, .. }: Permitted<RunGrant>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<Data<ScheduleRun>>)> {
    let (id, now) = (path_id(path)?, app.clock.now());
    let mut scope = app.db.write(caller.tenant.id).await?;
    let schedule = store::lock(&mut scope, id).await?;
    let data = runs::order(&mut scope, id, now).await?;
    let actor = caller.actor(address, now);
    record(&mut scope, actor, Event::ScheduleRun, &schedule, Vec::new()).await?;
    scope.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Data { data })))
}

/// The runs of a schedule, newest first. They are kept for 90 days.
#[utoipa::path(get, path = paths::SCHEDULE_RUNS, tag = "Schedules", operation_id = "schedule_runs",
    params(
        ("id" = i64, Path, description = "The schedule."),
        PageRequest,
    ),
    responses(
        (status = 200, description = "A page of runs.", body = Page<ScheduleRun>,
            example = json!({"current_page": 1, "data": [{"id": "run_019f1a2b3c4d7000800000000000a1b2",
                "due_at": "2026-06-30T00:30:00+00:00", "started_at": "2026-06-30T02:00:01+00:00",
                "finished_at": "2026-06-30T02:00:02+00:00", "status": "delivered", "late": true, "manual": false, "rows": 12,
                "bytes": 9120, "error": null}], "last_page": 1, "per_page": 50, "total": 1})),
        (status = 404, description = "The account has no such schedule.", body = super::error::Body),
        (status = 422, description = "An invalid page.", body = super::error::Body),
    ))]
async fn list_runs(
    Permitted { caller, .. }: Permitted<ExportsManage>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ScheduleRun>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    store::find(&mut scope, id).await?;
    let wanted = PageRequest::of_query(query.as_deref())?;
    Ok(Json(runs::page(&mut scope, id, wanted).await?))
}
