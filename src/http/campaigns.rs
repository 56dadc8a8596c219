//! `GET /api/autocall/campaigns` and `GET /api/telesales/campaigns`

use axum::Json;
use axum::extract::{RawQuery, State};

use super::error;
use super::extract::{AutocallApiAccess, Permitted, TelesalesApiAccess};
use crate::app::App;
use crate::auth::Caller;
use crate::campaigns::list::{self, AutocallCampaign, Listed, Page, TelesalesCampaign, Wanted};
use crate::error::Result;

/// AutoCall campaigns, the newest id first.
#[utoipa::path(get, path = "/api/autocall/campaigns", tag = "Campaigns", operation_id = "autocall_campaigns",
    security(("token" = [])), extensions(("x-permission" = json!("autocall_api_access"))),
    params(
        ("page" = Option<i64>, Query, description = list::PAGE.about, minimum = 1),
        ("per_page" = Option<i64>, Query, description = list::PER_PAGE.about, minimum = 1, maximum = 200),
        ("q" = Option<String>, Query, description = list::Q.about),
        ("status" = Option<String>, Query, description = list::STATUS.about),
    ),
    responses(
        (status = 200, description = "A page of campaigns.", body = Page<AutocallCampaign>,
            example = json!({"current_page": 1, "data": [{"id": 5, "name": "Renewal Q3", "status": "active", "script_id": 1,
                "started_at": "2026-06-01T02:00:00+00:00", "created_at": "2026-05-30T02:00:00+00:00", "total_leads": 5000}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 401, description = "No valid token.", body = error::Body),
        (status = 403, description = "The token lacks the permission.", body = error::Body),
        (status = 422, description = "Parameters that cannot be worked with, every one listed.", body = error::Body),
    ))]
pub async fn autocall(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<AutocallCampaign>>> {
    page(&app, &caller, query).await
}

/// Telesales campaigns, the newest id first.
#[utoipa::path(get, path = "/api/telesales/campaigns", tag = "Campaigns", operation_id = "telesales_campaigns",
    security(("token" = [])), extensions(("x-permission" = json!("telesales_api_access"))),
    params(
        ("page" = Option<i64>, Query, description = list::PAGE.about, minimum = 1),
        ("per_page" = Option<i64>, Query, description = list::PER_PAGE.about, minimum = 1, maximum = 200),
        ("q" = Option<String>, Query, description = list::Q.about),
        ("status" = Option<String>, Query, description = list::STATUS.about),
    ),
    responses(
        (status = 200, description = "A page of campaigns.", body = Page<TelesalesCampaign>,
            example = json!({"current_page": 1, "data": [{"id": 43, "name": "Outbound Sales Q3-2026 03", "status": "active",
                "created_at": "2026-05-30T02:00:00+00:00", "total_leads": 487}], "last_page": 1, "per_page": 50, "total": 1})),
        (status = 401, description = "No valid token.", body = error::Body),
        (status = 403, description = "The token lacks the permission.", body = error::Body),
        (status = 422, description = "Parameters that cannot be worked with, every one listed.", body = error::Body),
    ))]
pub async fn telesales(
    Permitted { caller, .. }: Permitted<TelesalesApiAccess>,
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<TelesalesCampaign>>> {
    page(&app, &caller, query).await
}

async fn page<T: Listed>(app: &App, caller: &Caller, query: Option<String>) -> Result<Json<Page<T>>> {
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(list::page(&mut scope, wanted).await?))
}
