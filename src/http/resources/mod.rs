//! `/api/autocall`: scripts, campaigns, leads, voices and media (contract, section 8).
//!
//! Owns statuses and bodies of these routes. Members, states and statements are those of [`crate::resources`].

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
}
