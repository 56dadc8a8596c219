//! `/api/ingest/unmapped`: endings of calls that no table of causes knows.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::dialers::unmapped::{self, Unmapped};
use crate::envelope::Page;
use crate::error::Result;
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::openapi::guard;
use crate::http::{error, paths};
use crate::page::PageRequest;

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    guard::<IngestWrite>(router.routes(routes!(list)), paths::UNMAPPED)
}

/// Endings of calls that no table of causes knows, those of most calls first.
///
/// Their calls are `failed`. `PUT /api/ingest/causes` gives them a result, and their calls are mapped anew.
#[utoipa::path(get, path = paths::UNMAPPED, tag = "Ingest", operation_id = "unmapped", params(PageRequest),
    responses(
        (status = 200, description = "A page of endings.", body = Page<Unmapped>,
            example = json!({"current_page": 1, "data": [{"source": "vicidial", "vocabulary": "status", "name": "XYZ", "calls": 12}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Unmapped>>> {
    let wanted = PageRequest::of_query(query.as_deref())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(unmapped::page(&mut scope, wanted).await?))
}
