//! `/api/ingest/…`: doors for the records of dialers, and how they are read (contract, section 10).

mod causes;
mod documents;
mod mappings;
mod quarantine;
mod routing;
mod rows;
mod sheet;
mod unmapped;

use std::sync::Arc;

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

use super::error;
use crate::app::App;
use crate::auth::Caller;
use crate::closed::ProductName;
use crate::dialers::leg::Source;
use crate::dialers::store::Door;
use crate::dialers::tally::Tally;
use crate::envelope::Data;
use crate::error::Faults;
use crate::input::{Kind, Parameter, Query};
use crate::rollups::Module;
use crate::time::Zone;

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = quarantine::add(causes::add(router));
    let router = rows::add(documents::add(router));
    let router = unmapped::add(routing::add(router));
    sheet::add(mappings::add(router))
}

const MODULE: Parameter = Parameter::optional(
    "module",
    Kind::Choice(ProductName::VALUES),
    "Product of calls that no rule of the routing names. Default: autocall; for VICIdial telesales.",
);

/// The content type of a body.
fn media(headers: &HeaderMap) -> String {
    let media = headers.get(CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok());
    media.unwrap_or_default().to_owned()
}

/// The door of a request. Times without an offset are read in `zone`.
fn door(query: &mut Query, caller: &Caller, source: Source, zone: Zone) -> Door {
    let wanted = query.listed(&MODULE);
    let mut door = Door::of(&caller.tenant, source);
    door.locale.zone = zone;
    door.unrouted = wanted.and_then(Module::named).unwrap_or(door.unrouted);
    door
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
