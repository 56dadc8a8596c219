//! `GET /api/telesales/reports/abandon-rate/breaches`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Permitted, TelesalesApiAccess};
use super::{openapi, paths};
use crate::app::App;
use crate::envelope::Page;
use crate::error::Result;
use crate::reports::telesales::abandon_rate::TelesalesAbandonBreach;
use crate::reports::telesales::breaches::{self, Wanted};

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(page));
    let described = breaches::PARAMETERS.map(openapi::described);
    openapi::add_query(router.get_openapi_mut(), paths::BREACHES, described);
    openapi::guard::<TelesalesApiAccess>(router, paths::BREACHES)
}

/// Recorded breaches of abandon limits, newest first, complete.
#[utoipa::path(get, path = paths::BREACHES, tag = "Telesales reports", operation_id = "telesales_breaches",
    responses(
        (status = 200, description = "A page of breaches.", body = Page<TelesalesAbandonBreach>,
            example = json!({"current_page": 1, "data": [
                {"campaign_id": 43, "attempts_total": 8120, "attempts_abandoned": 261, "abandon_rate_pct": 3.21,
                 "window_minutes": 43200, "window_from": "2026-05-10T02:11:00+00:00", "window_to": "2026-06-09T02:11:00+00:00",
                 "campaign_name": "Winback", "limit_pct": 3, "detected_at": "2026-06-09T02:11:00+00:00"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 404, description = "The account has no such campaign.", body = super::error::Body),
        (status = 422, description = "Invalid parameters, all of them listed.", body = super::error::Body),
    ))]
async fn page(
    Permitted { caller, .. }: Permitted<TelesalesApiAccess>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<TelesalesAbandonBreach>>> {
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(breaches::page(&mut scope, wanted).await?))
}
