//! `GET /api/autocall/campaigns` and `GET /api/telesales/campaigns`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess};
use super::openapi;
use crate::app::App;
use crate::campaigns::list::{self, AutocallCampaign, Listed, TelesalesCampaign, Wanted};
use crate::envelope::Page;
use crate::error::Result;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let router = OpenApiRouter::new();
    let router = add::<AutocallApiAccess, AutocallCampaign>(router, "/api/autocall/campaigns");
    add::<TelesalesApiAccess, TelesalesCampaign>(router, "/api/telesales/campaigns")
}

fn add<G: Grant, T: Listed>(
    mut router: OpenApiRouter<Arc<App>>,
    path: &'static str,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_list::<T>(router.get_openapi_mut(), path);
    openapi::guard::<G>(router.route(path, get(page::<G, T>)), path)
}

async fn page<G: Grant, T: Listed>(
    Permitted { caller, .. }: Permitted<G>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<T>>> {
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(list::page(&mut scope, wanted).await?))
}
