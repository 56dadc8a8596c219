//! `GET /api/exports`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{ExportsRead, Permitted};
use super::{openapi, paths};
use crate::app::App;
use crate::auth::Permission;
use crate::envelope::Page;
use crate::error::Result;
use crate::exports::link::Links;
use crate::exports::listed::{self, ListedExport, Sees, Wanted};

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(page));
    let described = listed::PARAMETERS.map(openapi::described);
    openapi::add_query(router.get_openapi_mut(), paths::ALL_EXPORTS, described);
    openapi::guard::<ExportsRead>(router, paths::ALL_EXPORTS)
}

/// Exports of both products that the token may order, newest first.
///
/// Reports of campaigns need `autocall_api_access` and `autocall_export_report`, lists of calls `telesales_api_access` and
/// `calls_read`; a token without them has an empty list.
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
    use Permission::{AutocallApiAccess, AutocallExportReport, CallsRead, TelesalesApiAccess};
    let sees = Sees {
        reports: caller.may(AutocallApiAccess) && caller.may(AutocallExportReport),
        calls: caller.may(TelesalesApiAccess) && caller.may(CallsRead),
    };
    let wanted = Wanted::read(query.as_deref().unwrap_or_default(), caller.user_id, sees)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let (now, links) = (app.clock.now(), Links::of(&app));
    Ok(Json(listed::page(&mut scope, &wanted, now, &links).await?))
}
