//! Exports of evidence of compliance: order, status, list and cancel. `/api/telesales/reports/compliance/export`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa::openapi::{RefOr, Schema};
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
use crate::exports::estimate::ExportDryRun;
use crate::exports::evidence::order::{EvidenceOrder, PARAMETERS};
use crate::exports::evidence::ordered::REPORT_TYPE;
use crate::exports::job::Export;
use crate::exports::queue;
use crate::page::PageRequest;

/// An order of evidence.
pub struct TelesalesEvidenceOrder;

impl PartialSchema for TelesalesEvidenceOrder {
    fn schema() -> RefOr<Schema> {
        let about = "An order of evidence of compliance: what it is about.";
        openapi::object(about, PARAMETERS)
    }
}

impl ToSchema for TelesalesEvidenceOrder {}

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router
        .routes(routes!(order))
        .routes(routes!(show, cancel))
        .routes(routes!(list));
    let mut router = openapi::guard::<SalesCallsFile>(router, paths::COMPLIANCE_EXPORT);
    orders::describe(router.get_openapi_mut(), paths::COMPLIANCE_EXPORT);
    let router = openapi::guard::<SalesCallsFile>(router, paths::COMPLIANCE_EXPORT_JOB);
    openapi::guard::<SalesCallsFile>(router, paths::COMPLIANCE_EXPORTS)
}

/// Order evidence of compliance as a file.
///
/// Campaigns with limit and rule, their rates by local day, recorded breaches, and every abandoned and blocked call, made in the
/// background from one snapshot: poll it by its `job_id` until it is `ready` or `failed`. A workbook, or a zip of CSV files with
/// `SHA256SUMS`; the sheet `About` and `about.csv` have the SHA-256 of each CSV. Each order is in the audit log.
#[utoipa::path(post, path = paths::COMPLIANCE_EXPORT, tag = "Telesales reports", operation_id = "telesales_compliance_export_order",
    request_body(content = TelesalesEvidenceOrder, example = json!({"window_minutes": 43200, "timezone": "Asia/Ho_Chi_Minh", "format": "xlsx", "lang": "vi"})),
    responses(
        (status = 200, description = "With dry_run: what would be made.", body = Data<ExportDryRun>,
            example = json!({"data": {"report_type": "compliance", "format": "xlsx", "timezone": "Asia/Ho_Chi_Minh",
                "from": "2026-05-31T08:00:00+00:00", "to": "2026-06-30T08:00:00+00:00", "rows": 1_204, "estimated_seconds": 1,
                "rows_per_second": 60_000, "measured_files": 0}})),
        (status = 202, description = "The export is queued.", body = Data<ExportOrdered>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "queued", "report_type": "compliance", "estimated_seconds": 2}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such campaign.", body = super::error::Body),
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
    let key = (key, paths::COMPLIANCE_EXPORT);
    let mut run = match orders::begin(&app, &caller, asked, key, (&headers, body)).await? {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    let members = body::map(run.body()?)?;
    let of = (&caller.tenant, caller.user_id);
    let order = EvidenceOrder::read(&mut run.scope, of, (&members, accepted), now).await;
    let by = By {
        caller: &caller,
        address,
        now,
    };
    place(run, order, by).await
}

/// Makes an order that was read, or tells what it would make.
pub async fn place(
    mut run: Box<Run>,
    order: Result<EvidenceOrder>,
    by: By<'_>,
) -> Result<Response> {
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
        kind: REPORT_TYPE,
        id: caller.tenant.id,
        name: Some(&submitted.id),
    };
    let (actor, event) = (caller.actor(address, now), Event::CallsDownloaded);
    audit::record_change(&mut run.scope, actor, event, target, order.told()).await?;
    orders::answer(run, submitted).await
}

/// The account's exports of evidence, newest first.
#[utoipa::path(get, path = paths::COMPLIANCE_EXPORTS, tag = "Telesales reports", operation_id = "telesales_compliance_exports",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of exports.", body = Page<Export>,
            example = json!({"current_page": 1, "data": [
                {"job_id": "export_b8c4d6e3", "status": "running", "report_type": "compliance", "progress_pct": 45}],
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

/// The status of an export of evidence.
#[utoipa::path(get, path = paths::COMPLIANCE_EXPORT_JOB, tag = "Telesales reports", operation_id = "telesales_compliance_export_show",
    params(("job_id" = String, Path, description = "The export.")),
    responses(
        (status = 200, description = "The export in its current state.", body = Data<Export>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "ready",
                "download_url": "https://reports.example.com/api/public/exports/export_a7b3c5d2/compliance_2026-05-31_2026-06-30.xlsx?expires=1782810083&signature=5d1f0c7a",
                "expires_in_seconds": 3600, "file_size": 542_600, "completed_at": "2026-06-30T08:01:23+00:00"}})),
        (status = 404, description = "The account has no such export of evidence.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<SalesCallsFile>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Export>>> {
    account_exports::show(&app, &caller, REPORT_TYPE, path).await
}

/// Cancel a queued or running export of evidence. It becomes failed, with the error `Cancelled.`
#[utoipa::path(delete, path = paths::COMPLIANCE_EXPORT_JOB, tag = "Telesales reports", operation_id = "telesales_compliance_export_cancel",
    params(("job_id" = String, Path, description = "The export.")),
    responses(
        (status = 204, description = "The export is cancelled."),
        (status = 404, description = "The account has no such export of evidence.", body = super::error::Body),
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
