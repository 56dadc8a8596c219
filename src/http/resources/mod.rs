//! `/api/autocall`: scripts, campaigns, leads, voices and media (contract, section 8).
//!
//! Owns statuses and bodies of these routes. Members, states and statements are those of [`crate::resources`].

mod author;
mod campaigns;
mod lead_bodies;
mod leads;
mod media;
mod scripts;
mod voices;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = campaigns::add(router);
    let router = leads::add(router);
    let router = scripts::add(router);
    let router = voices::add(router);
    media::add(router)
}
