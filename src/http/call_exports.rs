//! Exports of lists of calls: order, status, list and cancel. `/api/telesales/calls/export`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa::openapi::{HttpMethod, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::context::Client;
use super::extract::{Permitted, SalesCallsFile};
use super::language::Accepted;
use super::once::{Key, Once, Run};
use super::orders::{Asked, By, ExportOrdered};
use super::{account_exports, body, openapi, orders, paths};
use crate::app::App;
use crate::auth::audit::{self, Event, Target};
use crate::envelope::{Data, Page};
use crate::error::Result;
use crate::exports::calls::{self, CallsOrder, REPORT_TYPE};
use crate::exports::estimate::ExportDryRun;
use crate::exports::job::Export;
use crate::exports::queue;
use crate::page::PageRequest;

/// An order of a list of calls.
pub struct TelesalesCallsExportOrder;

impl PartialSchema for TelesalesCallsExportOrder {
    fn schema() -> RefOr<Schema> {
        let about = "An order of a list of calls: its parameters.";
        openapi::object(about, calls::list().file_parameters())
    }
}

impl ToSchema for TelesalesCallsExportOrder {}

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router
        .routes(routes!(order))
        .routes(routes!(show, cancel))
        .routes(routes!(list));
    let post = [HttpMethod::Post];
    let mut router = openapi::guard_methods::<SalesCallsFile>(router, paths::CALLS_EXPORT, &post);
    orders::describe(router.get_openapi_mut(), paths::CALLS_EXPORT);
    let router = openapi::guard::<SalesCallsFile>(router, paths::CALLS_EXPORT_JOB);
    openapi::guard::<SalesCallsFile>(router, paths::CALLS_EXPORTS)
}

/// Order a list of Telesales calls as a file of any window and any number of rows.
///
/// It is made in the background from one snapshot: poll it by its `job_id` until it is `ready` or `failed`. Dates may be left
/// out; those of a named window are those of the time of the order. Each order is in the audit log.
#[utoipa::path(post, path = paths::CALLS_EXPORT, tag = "Calls", operation_id = "telesales_calls_export_order",
    request_body(content = TelesalesCallsExportOrder, example = json!({"date_from": "2026-01-01", "date_to": "2026-06-30", "format": "csv"})),
    responses(
        (status = 200, description = "With dry_run: what would be made.", body = Data<ExportDryRun>,
            example = json!({"data": {"report_type": "calls", "format": "csv", "timezone": "Asia/Ho_Chi_Minh",
                "from": "2025-12-31T17:00:00+00:00", "to": "2026-06-30T17:00:00+00:00", "rows": 812_044, "estimated_seconds": 3,
                "rows_per_second": 300_000, "measured_files": 0}})),
        (status = 202, description = "The export is queued.", body = Data<ExportOrdered>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "queued", "report_type": "calls", "estimated_seconds": 30}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such campaign, team or agent.", body = super::error::Body),
        (status = 409, description = "A request with this Idempotency-Key is still running.", body = super::error::Body,
            example = json!({"message": "A request with this Idempotency-Key is still running."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Invalid fields, all of them listed.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn order(
    Permitted { caller, .. }: Permitted<SalesCallsFile>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    Accepted(accepted): Accepted,
    (asked, key): (Asked, Key),
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let now = app.clock.now();
    let key = (key, paths::CALLS_EXPORT);
    let mut run = match orders::begin(&app, &caller, asked, key, (&headers, body)).await? {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    let members = body::map(run.body()?)?;
    let members = (&members, accepted);
    let order = CallsOrder::read(&mut run.scope, &caller.tenant, members, now).await;
    let by = By {
        caller: &caller,
        address,
        now,
    };
    place(run, order, by).await
}

/// Makes an order that was read, or tells what it would make.
pub async fn place(mut run: Box<Run>, order: Result<CallsOrder>, by: By<'_>) -> Result<Response> {
    let order = run.checked(order)?;
    if run.is_dry {
        return orders::tell(run, &order.entry()).await;
    }
    let By {
        caller,
        address,
        now,
    } = by;
    let submitted = queue::submit(&mut run.scope, order.entry(), caller.user_id, now).await?;
    let target = Target {
        kind: calls::list().file_name(),
        id: caller.tenant.id,
        name: Some(&submitted.id),
    };
    let actor = caller.actor(address, now);
    let told = order.request.told(order.rows, &order.caption);
    audit::record_change(&mut run.scope, actor, Event::CallsDownloaded, target, told).await?;
    orders::answer(run, submitted).await
}

/// The account's exports of calls, newest first.
#[utoipa::path(get, path = paths::CALLS_EXPORTS, tag = "Calls", operation_id = "telesales_calls_exports",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of exports.", body = Page<Export>,
            example = json!({"current_page": 1, "data": [
                {"job_id": "export_b8c4d6e3", "status": "running", "report_type": "calls", "progress_pct": 45}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<SalesCallsFile>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Export>>> {
    account_exports::page(&app, &caller, REPORT_TYPE, query.as_deref()).await
}

/// The status of an export of calls.
#[utoipa::path(get, path = paths::CALLS_EXPORT_JOB, tag = "Calls", operation_id = "telesales_calls_export_show",
    params(("job_id" = String, Path, description = "The export.")),
    responses(
        (status = 200, description = "The export in its current state.", body = Data<Export>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "ready",
                "download_url": "https://reports.example.com/api/public/exports/export_a7b3c5d2/calls_2026-01-01_2026-06-30.csv?expires=1782810083&signature=5d1f0c7a",
                "expires_in_seconds": 3600, "file_size": 542_600, "completed_at": "2026-06-30T08:01:23+00:00"}})),
        (status = 404, description = "The account has no such export of calls.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<SalesCallsFile>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Export>>> {
    account_exports::show(&app, &caller, REPORT_TYPE, path).await
}

/// Cancel a queued or running export of calls. It becomes failed, with the error `Cancelled.`
#[utoipa::path(delete, path = paths::CALLS_EXPORT_JOB, tag = "Calls", operation_id = "telesales_calls_export_cancel",
    params(("job_id" = String, Path, description = "The export.")),
    responses(
        (status = 204, description = "The export is cancelled."),
        (status = 404, description = "The account has no such export of calls.", body = super::error::Body),
        (status = 409, description = "The export is finished.", body = super::error::Body,
            example = json!({"message": "This export is ready and can no longer be cancelled."})),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn cancel(
    Permitted { caller, .. }: Permitted<SalesCallsFile>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    account_exports::cancel(&app, &caller, REPORT_TYPE, path).await
}
