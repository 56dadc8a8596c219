//! Exports: order, status, list and cancel. `/api/autocall/campaigns/{id}/reports/export`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::context::Client;
use super::extract::{AutocallExportReport, Permitted, path_id};
use super::language::Accepted;
use super::once::{Key, Once, Run};
use super::orders::{Asked, By, ExportOrdered};
use super::{body, openapi, orders, paths};
use crate::app::App;
use crate::auth::audit::{self, Details, Event};
use crate::envelope::{Data, Page};
use crate::error::{Error, Result};
use crate::exports::estimate::ExportDryRun;
use crate::exports::job::Export;
use crate::exports::link::Links;
use crate::exports::queue::{self, Among};
use crate::exports::request::{Order, PARAMETERS, TEMPLATES, find_campaign, keep_campaign};
use crate::page::PageRequest;

/// An order of an export.
pub struct AutocallExportOrder;

impl PartialSchema for AutocallExportOrder {
    fn schema() -> RefOr<Schema> {
        let order = openapi::object("An order of an export.", PARAMETERS);
        let RefOr::T(Schema::Object(mut order)) = order else {
            return order;
        };
        let name = ObjectBuilder::new().schema_type(Type::String);
        let templates = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
            .description(Some(
                "Names of export templates by report, such as autocall.trend; with report_type full only.",
            ))
            .additional_properties(Some(Schema::from(name)))
            .build();
        order
            .properties
            .insert(TEMPLATES.to_owned(), templates.into());
        order.into()
    }
}

impl ToSchema for AutocallExportOrder {}

/// Order an export.
///
/// It is made in the background from one snapshot: poll it by its `job_id` until it is `ready` or `failed`.
#[utoipa::path(post, path = paths::EXPORTS, tag = "AutoCall exports", operation_id = "autocall_export_order",
    params(
        ("id" = i64, Path, description = "The campaign."),
    ),
    request_body(content = AutocallExportOrder, example = json!({"report_type": "full", "from": "2026-06-01", "to": "2026-06-30", "format": "xlsx"})),
    responses(
        (status = 200, description = "With dry_run: what would be made.", body = Data<ExportDryRun>,
            example = json!({"data": {"report_type": "full", "format": "xlsx", "timezone": "Asia/Ho_Chi_Minh",
                "from": "2026-05-31T17:00:00+00:00", "to": "2026-06-30T17:00:00+00:00", "rows": 6334, "estimated_seconds": 1,
                "rows_per_second": 61_250, "measured_files": 4}})),
        (status = 202, description = "The export is queued.", body = Data<ExportOrdered>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "queued", "report_type": "full", "estimated_seconds": 30}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such campaign.", body = super::error::Body),
        (status = 409, description = "A request with this Idempotency-Key is still running.", body = super::error::Body,
            example = json!({"message": "A request with this Idempotency-Key is still running."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid fields, all of them listed.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
pub async fn order(
    Permitted { caller, .. }: Permitted<AutocallExportReport>,
    State(app): State<Arc<App>>,
    (Client(address), Accepted(accepted)): (Client, Accepted),
    (asked, key): (Asked, Key),
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (campaign, now) = (path_id(path)?, app.clock.now());
    let path = paths::EXPORTS.replace("{id}", &campaign.to_string());
    let begun = orders::begin(&app, &caller, asked, (key, &path), (&headers, body)).await?;
    let mut run = match begun {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    keep(&mut run, campaign).await?;
    let members = body::map(run.body()?)?;
    let by = By {
        caller: &caller,
        address,
        now,
    };
    let (tenant, members) = (&caller.tenant, (&members, accepted));
    let order = Order::read(&mut run.scope, tenant, campaign, members, now).await;
    place(run, order, by).await
}

/// Keeps the campaign of an order from being deleted. `NotFound` if the account has none.
pub async fn keep(run: &mut Run, campaign: i64) -> Result<()> {
    if run.is_dry {
        return find_campaign(&mut run.scope, campaign).await.map(drop);
    }
    keep_campaign(&mut run.scope, campaign).await
}

/// Makes an order that was read, or tells what it would make.
pub async fn place(mut run: Box<Run>, order: Result<Order>, by: By<'_>) -> Result<Response> {
    let order = run.checked(order)?.entry();
    if run.is_dry {
        return orders::tell(run, &order).await;
    }
    let By {
        caller,
        address,
        now,
    } = by;
    let submitted = queue::submit(&mut run.scope, order, caller.user_id, now).await?;
    let details = Details {
        user: Some(caller.user_id),
        session: Some(caller.session),
        address: Some(address),
        subject: Some(&submitted.id),
    };
    audit::record(&mut run.scope, Event::ExportCreated, details, now).await?;
    orders::answer(run, submitted).await
}

/// The exports of a campaign, newest first.
#[utoipa::path(get, path = paths::EXPORTS, tag = "AutoCall exports", operation_id = "autocall_exports",
    params(
        ("id" = i64, Path, description = "The campaign."),
        PageRequest,
    ),
    responses(
        (status = 200, description = "A page of exports.", body = Page<Export>,
            example = json!({"current_page": 1, "data": [
                {"job_id": "export_b8c4d6e3", "status": "running", "report_type": "full", "progress_pct": 45},
                {"job_id": "export_9a8b7c6d", "status": "failed", "report_type": "full", "progress_pct": 0, "error": "Cancelled."},
                {"job_id": "export_1f2e3d4c", "status": "expired", "report_type": "kpis"}],
                "last_page": 1, "per_page": 50, "total": 3})),
        (status = 404, description = "The account has no such campaign.", body = super::error::Body),
        (status = 422, description = "An invalid page.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
pub async fn list(
    Permitted { caller, .. }: Permitted<AutocallExportReport>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Export>>> {
    let (campaign, now) = (path_id(path)?, app.clock.now());
    let mut scope = app.db.read(caller.tenant.id).await?;
    find_campaign(&mut scope, campaign).await?;
    let wanted = PageRequest::of_query(query.as_deref())?;
    let found = queue::page(&mut scope, campaign, wanted).await?;
    let links = Links::of(&app);
    Ok(Json(found.map(|stored| stored.seen(now, &links))))
}

/// The status of an export.
#[utoipa::path(get, path = paths::EXPORT, tag = "AutoCall exports", operation_id = "autocall_export_show",
    params(
        ("id" = i64, Path, description = "The campaign."),
        ("job_id" = String, Path, description = "The export."),
    ),
    responses(
        (status = 200, description = "The export in its current state.", body = Data<Export>,
            example = json!({"data": {"job_id": "export_a7b3c5d2", "status": "ready",
                "download_url": "https://reports.example.com/api/public/exports/export_a7b3c5d2/Renewal%20Q3_full_2026-06-01_2026-06-30.xlsx?expires=1782810083&signature=5d1f0c7a",
                "expires_in_seconds": 3600, "file_size": 542_600, "completed_at": "2026-06-30T08:01:23+00:00"}})),
        (status = 404, description = "The campaign has no such export.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
pub async fn show(
    Permitted { caller, .. }: Permitted<AutocallExportReport>,
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Data<Export>>> {
    let (campaign, job) = campaign_and_job(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let stored = queue::find(&mut scope, Among::Campaign(campaign), &job).await?;
    Ok(Json(Data {
        data: stored.seen(app.clock.now(), &Links::of(&app)),
    }))
}

/// Cancel a queued or running export. It becomes failed, with the error `Cancelled.`
#[utoipa::path(delete, path = paths::EXPORT, tag = "AutoCall exports", operation_id = "autocall_export_cancel",
    params(
        ("id" = i64, Path, description = "The campaign."),
        ("job_id" = String, Path, description = "The export."),
    ),
    responses(
        (status = 204, description = "The export is cancelled."),
        (status = 404, description = "The campaign has no such export.", body = super::error::Body),
        (status = 409, description = "The export is finished.", body = super::error::Body,
            example = json!({"message": "This export is ready and can no longer be cancelled."})),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
pub async fn cancel(
    Permitted { caller, .. }: Permitted<AutocallExportReport>,
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode> {
    let (campaign, job) = campaign_and_job(path)?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    queue::cancel(&mut scope, Among::Campaign(campaign), &job, app.clock.now()).await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The ids in a path. Ids that no campaign or job can have are not found.
fn campaign_and_job(path: Result<Path<(String, String)>, PathRejection>) -> Result<(i64, String)> {
    let Path((campaign, job)) = path.map_err(|_| Error::NotFound)?;
    if job.contains('\0') {
        return Err(Error::NotFound);
    }
    Ok((campaign.parse().map_err(|_| Error::NotFound)?, job))
}
