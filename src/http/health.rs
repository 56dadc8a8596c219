//! Liveness and readiness.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::paths;
use crate::app::App;
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::time::zone::database::Database;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Always ok; otherwise the response is an error.
    #[schema(example = "ok")]
    status: &'static str,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// Always ok; otherwise the response is an error.
    #[schema(example = "ok")]
    status: &'static str,
    /// Release of the tz database in use: the system's or the bundled one, whichever is newer.
    #[schema(example = "2026f")]
    tz_database: &'static str,
}

/// Liveness: the process responds.
#[utoipa::path(get, path = paths::HEALTHZ, tag = "Running", responses((status = 200, description = "Alive.", body = Data<Health>)))]
pub async fn healthz() -> Json<Data<Health>> {
    Json(Data {
        data: Health { status: "ok" },
    })
}

/// Readiness: the database is reachable and has every migration of this version, and the server is not stopping.
#[utoipa::path(get, path = paths::READYZ, tag = "Running", responses(
    (status = 200, description = "Ready.", body = Data<Readiness>),
    (status = 503, description = "Not ready.", body = super::error::Body),
))]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Data<Readiness>>> {
    if app.stopping.load(Ordering::Acquire) {
        return Err(Error::Unavailable("the server is stopping".into()));
    }
    app.db.ready().await?;
    Ok(Json(Data {
        data: Readiness {
            status: "ok",
            tz_database: Database::current().release().as_str(),
        },
    }))
}
