//! `/api/ingest/…`: doors for the records of dialers, and how they are read (contract, section 10).

mod mappings;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    mappings::add(router)
}
