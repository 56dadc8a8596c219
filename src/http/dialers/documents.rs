//! `/api/ingest/freeswitch`: the door for documents that a switch posts, one for each leg.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MODULE, door, media};
use crate::app::App;
use crate::dialers::leg::Source;
use crate::dialers::tally::Tally;
use crate::dialers::{document, quarantine};
use crate::envelope::Data;
use crate::error::Result;
use crate::http::extract::{DialerWrite, Permitted};
use crate::http::{body, error, ingest, openapi, paths};
use crate::input::{Kind, Parameter, Query};

const UUID: Parameter = Parameter::optional(
    "uuid",
    Kind::Text,
    "The uuid that the switch puts behind the address. Read where the document itself tells none.",
);

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(post));
    let given = [&UUID, &MODULE].map(openapi::described);
    openapi::add_parameters(router.get_openapi_mut(), paths::INGEST_FREESWITCH, given);
    openapi::guard::<DialerWrite>(router, paths::INGEST_FREESWITCH)
}

/// A call record of FreeSWITCH, as mod_json_cdr or mod_xml_cdr posts it.
///
/// JSON, XML, or a form of them in any of their encodings. Basic authentication is accepted too: its password is the token.
/// The legs of one call are one attempt, whenever they come; a document that is posted again changes nothing. 200 means
/// committed: a document that cannot be read is kept in quarantine, and is a 200 too, so that the switch does not repeat it
/// for ever.
#[utoipa::path(post, path = paths::INGEST_FREESWITCH, tag = "Ingest", operation_id = "ingest_freeswitch",
    request_body(content((String = "application/json"), (String = "application/x-www-form-urlencoded"),
        (String = "application/x-www-form-base64-encoded"), (String = "application/xml"),
        (String = "text/xml"))),
    responses(
        (status = 200, description = "The document is committed, as a call or in quarantine.", body = Data<Tally>,
            example = json!({"data": {"received": 1, "stored": 1, "rejected": 0, "errors": [], "calls": 1, "collapsed": 0,
                "ignored": 0, "ignored_for": {}, "quarantined": 0, "unmapped": 0,
                "created": {"campaigns": 0, "leads": 1, "agents": 0, "caller_ids": 0}}})),
        (status = 400, description = "The body is incomplete or not gzip: nothing is stored.", body = error::Body),
        (status = 413, description = "The document is larger than 1 MiB.", body = error::Body),
        (status = 415, description = "Unsupported encoding.", body = error::Body),
        (status = 422, description = "Invalid parameters, all of them listed.", body = error::Body),
        (status = 507, description = "The disk of the database is full.", body = error::Body),
    ))]
async fn post(
    Permitted { caller, .. }: Permitted<DialerWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Tally>>> {
    let mut query = Query::parse(&raw.unwrap_or_default(), [&UUID, &MODULE]);
    let uuid = query.storable_text(&UUID);
    let module = query.listed(&MODULE).map(str::to_owned);
    let zone = caller.tenant.timezone;
    let door = door(&mut query, &caller, Source::Freeswitch, zone);
    let door = query.finish(Some(door))?;
    let how = quarantine::Door {
        media: Some(media(&headers)),
        uuid,
        module,
        ..quarantine::Door::default()
    };
    let body = body::whole(ingest::unpacked(&headers, body)?, quarantine::MAX_BODY).await?;
    let now = app.clock.now();
    let work = async move { document::store(&app.db, door, &how, &body, now).await };
    let data = ingest::in_task(work).await?;
    Ok(Json(Data { data }))
}
