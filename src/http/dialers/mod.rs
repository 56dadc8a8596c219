//! `/api/ingest/…`: doors for the records of dialers, and how they are read (contract, section 10).

mod mappings;
mod sheet;

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

use super::error;
use crate::app::App;
use crate::dialers::tally::Tally;
use crate::envelope::Data;
use crate::error::Faults;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    sheet::add(mappings::add(router))
}

/// The response to a body of which nothing was stored: faults and counts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DialerRefusal)]
struct Refusal {
    /// The fixed message of a 422.
    message: &'static str,
    /// Faults of the first 100 refused lines, by `lines.<n>.<field>`, or of a parameter or column, by name.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    errors: Faults,
    /// The counts; absent if a parameter or column is at fault.
    #[schema(value_type = Option<Tally>, nullable = false)]
    data: Tally,
}

/// The counts, or a refusal if lines were refused and none stored.
fn answer(tally: Tally) -> Response {
    if tally.lines.is_refused() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let refusal = Refusal {
            message: error::message(status),
            errors: tally.lines.faults(),
            data: tally,
        };
        return (status, Json(refusal)).into_response();
    }
    Json(Data { data: tally }).into_response()
}
