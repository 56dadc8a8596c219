//! `/api/exports`: exports of both products, listed and ordered again.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::context::Client;
use super::extract::{
    AutocallExportReport, ExportsRead, Permitted, SalesCallsFile, check, path_job,
};
use super::once::{Key, Once};
use super::orders::{Asked, By, ExportOrdered};
use super::{body, call_exports, evidence, exports, openapi, orders, paths};
use crate::app::App;
use crate::envelope::{Data, Page};
use crate::error::{Error, Result};
use crate::exports::again::{MEMBERS, Of, Ordered};
use crate::exports::calls::CallsOrder;
use crate::exports::estimate::ExportDryRun;
use crate::exports::evidence::order::EvidenceOrder;
use crate::exports::link::Links;
use crate::exports::listed::{self, ListedExport, Sees, Wanted};
use crate::exports::request::Order;

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(page));
    let described = listed::PARAMETERS.map(openapi::described);
    openapi::add_query(router.get_openapi_mut(), paths::ALL_EXPORTS, described);
    let router = openapi::guard::<ExportsRead>(router, paths::ALL_EXPORTS);
    let mut router = router.routes(routes!(again));
    orders::describe(router.get_openapi_mut(), paths::EXPORT_AGAIN);
    openapi::guard::<ExportsRead>(router, paths::EXPORT_AGAIN)
}

/// Exports of both products that the token may order, newest first.
///
/// Reports of campaigns need `autocall_api_access` and `autocall_export_report`, lists of calls and evidence of compliance
/// `telesales_api_access` and `calls_read`; a token without them has an empty list.
#[utoipa::path(get, path = paths::ALL_EXPORTS, tag = "AutoCall exports", operation_id = "exports",
    responses(
        (status = 200, description = "A page of exports.", body = Page<ListedExport>,
            example = json!({"current_page": 1, "data": [
                {"job_id": "export_a7b3c5d2", "status": "running", "report_type": "full", "progress_pct": 62, "error": null,
                 "download_url": null, "expires_in_seconds": null, "kind": "autocall", "campaign_id": 5, "campaign_name": "Renewal Q3",
                 "format": "xlsx", "lang": "vi", "template": null, "timezone": "Asia/Ho_Chi_Minh",
                 "from": "2026-05-31T17:00:00+00:00", "to": "2026-06-30T17:00:00+00:00", "created_by": 1, "created_by_username": "lan",
                 "created_at": "2026-06-30T08:00:00+00:00", "completed_at": null, "rows": null, "rows_expected": 6334,
                 "size_bytes": null, "estimated_seconds": 3, "expires_at": null, "schedule_id": null}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "Invalid parameters, all of them listed.", body = super::error::Body),
    ))]
async fn page(
    Permitted { caller, .. }: Permitted<ExportsRead>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ListedExport>>> {
    let sees = Sees {
        reports: check::<AutocallExportReport>(&caller).is_ok(),
        calls: check::<SalesCallsFile>(&caller).is_ok(),
    };
    let wanted = Wanted::read(query.as_deref().unwrap_or_default(), caller.user_id, sees)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let (now, links) = (app.clock.now(), Links::of(&app));
    Ok(Json(listed::page(&mut scope, &wanted, now, &links).await?))
}

/// The window of an export that is ordered again.
pub struct ExportAgain;

impl PartialSchema for ExportAgain {
    fn schema() -> RefOr<Schema> {
        openapi::object("The window of an export that is ordered again.", MEMBERS)
    }
}

impl ToSchema for ExportAgain {}

/// Order an export again.
///
/// The new export has the report, filters, format, language, template and zone of the earlier one, whatever has become of that, and
/// its window to the microsecond but for the ends that are given; `compare` and `until` count from now. It needs what its order
/// needs: `autocall_api_access` and `autocall_export_report`, or `telesales_api_access` and `calls_read` for a list of calls and for
/// evidence of compliance.
#[utoipa::path(post, path = paths::EXPORT_AGAIN, tag = "AutoCall exports", operation_id = "export_again",
    params(("job_id" = String, Path, description = "The earlier export, in any state.")),
    request_body(content = Option<ExportAgain>, example = json!({"from": "2026-07-01", "to": "2026-07-31"})),
    responses(
        (status = 200, description = "With dry_run: what would be made.", body = Data<ExportDryRun>,
            example = json!({"data": {"report_type": "full", "format": "xlsx", "timezone": "Asia/Ho_Chi_Minh",
                "from": "2026-06-30T17:00:00+00:00", "to": "2026-07-31T17:00:00+00:00", "rows": 6334, "estimated_seconds": 1,
                "rows_per_second": 61_250, "measured_files": 4}})),
        (status = 202, description = "The new export is queued.", body = Data<ExportOrdered>,
            example = json!({"data": {"job_id": "export_c2d4e6f8", "status": "queued", "report_type": "full", "estimated_seconds": 1}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such export, or no longer what it is of.", body = super::error::Body),
        (status = 409, description = "A request with this Idempotency-Key is still running.", body = super::error::Body,
            example = json!({"message": "A request with this Idempotency-Key is still running."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Invalid fields, all of them listed.", body = super::error::Body),
        (status = 503, description = "The database is unreachable.", body = super::error::Body),
    ))]
async fn again(
    Permitted { caller, .. }: Permitted<ExportsRead>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    (asked, key): (Asked, Key),
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (job, now) = (path_job(path)?, app.clock.now());
    let path = paths::EXPORT_AGAIN.replace("{job_id}", &job);
    let begun = orders::begin(&app, &caller, asked, (key, &path), (&headers, body)).await?;
    let mut run = match begun {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    let given = body::optional_map(run.body()?)?;
    let ordered = Ordered::find(&mut run.scope, &job).await?;
    match ordered.of {
        Of::Reports(_) => check::<AutocallExportReport>(&caller)?,
        Of::Calls | Of::Evidence => check::<SalesCallsFile>(&caller)?,
    }
    if let Of::Reports(campaign) = ordered.of {
        exports::keep(&mut run, campaign).await?;
    }
    let members = ordered.members(&given);
    let members = (&members, ordered.accepted);
    let by = By {
        caller: &caller,
        address,
        now,
    };
    let (scope, tenant) = (&mut run.scope, &caller.tenant);
    let told = |error| match error {
        Error::Invalid(faults) => Error::Invalid(faults.renamed(|it| ordered.told(it))),
        other => other,
    };
    match ordered.of {
        Of::Reports(campaign) => {
            let order = Order::read(scope, tenant, campaign, members, now).await;
            exports::place(run, order, by).await
        }
        Of::Calls => {
            let order = CallsOrder::read(scope, tenant, members, now).await;
            call_exports::place(run, order.map_err(told), by).await
        }
        Of::Evidence => {
            let of = (tenant, caller.user_id);
            let order = EvidenceOrder::read(scope, of, members, now).await;
            evidence::place(run, order.map_err(told), by).await
        }
    }
}
