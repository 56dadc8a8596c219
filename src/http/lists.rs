//! Paged lists, each with the same handler and operation.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::extract::{Grant, Permitted};
use super::openapi;
use crate::app::App;
use crate::envelope::Page;
use crate::error::Result;
use crate::resources::list::{self, Listed, Wanted};

/// Adds the list at `path`.
pub fn add<G: Grant, T: Listed>(
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
    let wanted = Wanted::read::<T>(query.as_deref().unwrap_or_default())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(list::page(&mut scope, wanted, None).await?))
}
