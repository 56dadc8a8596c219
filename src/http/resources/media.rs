//! `/api/autocall/media`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::envelope::Data;
use crate::error::Result;
use crate::http::extract::{AutocallApiAccess, Permitted, path_id};
use crate::http::openapi::{self, resources};
use crate::http::{lists, paths};
use crate::resources::media::{self, MediaFile};
use crate::resources::members::Members;

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = lists::add::<AutocallApiAccess, MediaFile>(router, paths::MEDIA);
    let router = router.routes(routes!(show));
    let mut router = openapi::guard::<AutocallApiAccess>(router, paths::MEDIA_FILE);
    let members = Members::default();
    resources::complete::<MediaFile>(
        router.get_openapi_mut(),
        &[paths::MEDIA_FILE],
        &members,
        &[],
    );
    router
}

/// One file.
#[utoipa::path(get, path = paths::MEDIA_FILE, tag = "AutoCall resources", operation_id = "autocall_media_file",
    params(("id" = i64, Path, description = "The file.")),
    responses((status = 200, description = "The file.", body = Data<MediaFile>)))]
pub async fn show(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<MediaFile>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = media::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}
