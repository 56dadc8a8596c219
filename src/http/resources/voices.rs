//! `/api/autocall/voices`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::http::extract::{AutocallApiAccess, Permitted};
use crate::http::openapi::{self, resources};
use crate::http::{lists, paths};
use crate::resources::members::Members;
use crate::resources::voices::{self, Voice};

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = lists::add::<AutocallApiAccess, Voice>(router, paths::VOICES);
    let router = router.routes(routes!(show));
    let mut router = openapi::guard::<AutocallApiAccess>(router, paths::VOICE);
    let members = Members::default();
    resources::complete::<Voice>(router.get_openapi_mut(), &[paths::VOICE], &members, &[]);
    router
}

/// One voice.
#[utoipa::path(get, path = paths::VOICE, tag = "AutoCall resources", operation_id = "autocall_voice",
    params(("id" = String, Path, description = "The voice.")),
    responses((status = 200, description = "The voice.", body = Data<Voice>)))]
pub async fn show(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Voice>>> {
    let Path(id) = path.map_err(|_| Error::NotFound)?;
    if id.contains('\0') {
        return Err(Error::NotFound);
    }
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = voices::find(&mut scope, &id).await?;
    Ok(Json(Data { data }))
}
