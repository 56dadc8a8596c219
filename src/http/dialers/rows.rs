//! Doors for files of records: `/api/ingest/asterisk` and `/api/ingest/vicidial`.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MODULE, Refusal, answer, door, media};
use crate::app::App;
use crate::auth::Caller;
use crate::dialers::leg::{Record, Source};
use crate::dialers::store::Door;
use crate::dialers::tally::Tally;
use crate::dialers::{asterisk, take, vicidial};
use crate::envelope::Data;
use crate::error::Result;
use crate::http::extract::{DialerWrite, Permitted};
use crate::http::{error, ingest, openapi, paths};
use crate::input::{Kind, Parameter, Query};

/// Records of these dialers have local times without an offset, so that a default would move calls unseen.
const ZONE: Parameter = Parameter::required(
    "timezone",
    Kind::Zone,
    "IANA zone of the dialer's clock: its records have local times without an offset.",
);
const COLUMNS: Parameter = Parameter::optional(
    "columns",
    Kind::Text,
    "Names of the columns, comma-separated, of rows without a header: src,dst,start,answer,end,disposition. Default: the \
     18 or 21 columns of cdr_csv.",
);
const DATE_FORMAT: Parameter = Parameter::optional(
    "date_format",
    Kind::Text,
    "Order of day and month, such as dd/mm/yyyy, of dates that do not prove it.",
);

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router
        .routes(routes!(post_asterisk))
        .routes(routes!(post_vicidial));
    let given = [&ZONE, &MODULE, &COLUMNS, &DATE_FORMAT].map(openapi::described);
    openapi::add_parameters(router.get_openapi_mut(), paths::INGEST_ASTERISK, given);
    let given = [&ZONE, &MODULE].map(openapi::described);
    openapi::add_parameters(router.get_openapi_mut(), paths::INGEST_VICIDIAL, given);
    let router = openapi::guard::<DialerWrite>(router, paths::INGEST_ASTERISK);
    openapi::guard::<DialerWrite>(router, paths::INGEST_VICIDIAL)
}

/// Records of Asterisk: rows of call records, manager events, JSON rows, lines of queue logs.
///
/// Rows have a header, or the columns that `columns` names, or the 18 or 21 of cdr_csv. Which of these forms a body has is
/// told by its content. Rows of one call (`linkedid`, else `uniqueid`) are one attempt, whenever they come; a row that is sent
/// again changes nothing. Rows that cannot be read are rejected by their numbers, the others are stored.
#[utoipa::path(post, path = paths::INGEST_ASTERISK, tag = "Ingest", operation_id = "ingest_asterisk",
    request_body(content((String = "text/csv"), (String = "text/plain"), (String = "application/json"))),
    responses(
        (status = 200, description = "The records are committed, except those rejected.", body = Data<Tally>,
            example = json!({"data": {"received": 3, "stored": 3, "rejected": 0, "errors": [], "calls": 1, "collapsed": 2,
                "ignored": 0, "ignored_for": {}, "quarantined": 0, "unmapped": 0,
                "created": {"campaigns": 1, "leads": 1, "agents": 0, "caller_ids": 0}}})),
        (status = 400, description = "The body is incomplete or not gzip: nothing is stored.", body = error::Body),
        (status = 413, description = "More than 1 GiB, unpacked.", body = error::Body),
        (status = 415, description = "Unsupported encoding.", body = error::Body),
        (status = 422, description = "Nothing was stored: every record was rejected, or a parameter is missing or invalid.", body = Refusal),
        (status = 507, description = "A disk is full, the server's or the database's.", body = error::Body),
    ))]
async fn post_asterisk(
    Permitted { caller, .. }: Permitted<DialerWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let mut query = Query::parse(
        &raw.unwrap_or_default(),
        [&ZONE, &MODULE, &COLUMNS, &DATE_FORMAT],
    );
    query.require(&ZONE);
    let columns = query.storable_text(&COLUMNS);
    let columns = columns.and_then(|text| match asterisk::parse_columns(&text) {
        Ok(columns) => Some(columns),
        Err(fault) => {
            query.fail("columns", fault);
            None
        }
    });
    let format = query.storable_text(&DATE_FORMAT);
    let dates = format.and_then(|format| {
        let order = asterisk::DateOrder::of_format(&format);
        if order.is_none() {
            query.fail(
                "date_format",
                "must have dd, mm and yyyy, such as dd/mm/yyyy.",
            );
        }
        order
    });
    let zone = query.zone().unwrap_or(caller.tenant.timezone);
    let door = door(&mut query, &caller, Source::Asterisk, zone);
    let door = query.finish(Some(door))?;
    let media = media(&headers);
    let options = asterisk::Options {
        zone,
        columns,
        dates,
    };
    let read = move |file| asterisk::records(&media, file, &options);
    taken(app, &caller, door, (headers, body), read).await
}

/// Records of VICIdial: rows of its logs, and of its call export.
///
/// Rows have a header, with commas or tabs: of `vicidial_log`, `vicidial_agent_log`, `vicidial_carrier_log`, or of the call
/// export report. The logs of one call are one call, whenever they come; a row that is sent again changes nothing. Rows that
/// cannot be read are rejected by their numbers, the others are stored.
#[utoipa::path(post, path = paths::INGEST_VICIDIAL, tag = "Ingest", operation_id = "ingest_vicidial",
    request_body(content((String = "text/csv"), (String = "text/plain"))),
    responses(
        (status = 200, description = "The records are committed, except those rejected.", body = Data<Tally>,
            example = json!({"data": {"received": 2, "stored": 2, "rejected": 0, "errors": [], "calls": 2, "collapsed": 0,
                "ignored": 0, "ignored_for": {}, "quarantined": 0, "unmapped": 0,
                "created": {"campaigns": 1, "leads": 2, "agents": 1, "caller_ids": 1}}})),
        (status = 400, description = "The body is incomplete or not gzip: nothing is stored.", body = error::Body),
        (status = 413, description = "More than 1 GiB, unpacked.", body = error::Body),
        (status = 415, description = "Unsupported encoding.", body = error::Body),
        (status = 422, description = "Nothing was stored: every record was rejected, or a parameter is missing or invalid.", body = Refusal),
        (status = 507, description = "A disk is full, the server's or the database's.", body = error::Body),
    ))]
async fn post_vicidial(
    Permitted { caller, .. }: Permitted<DialerWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let mut query = Query::parse(&raw.unwrap_or_default(), [&ZONE, &MODULE]);
    query.require(&ZONE);
    let zone = query.zone().unwrap_or(caller.tenant.timezone);
    let door = door(&mut query, &caller, Source::Vicidial, zone);
    let door = query.finish(Some(door))?;
    let read = move |file| vicidial::rows(file, zone);
    taken(app, &caller, door, (headers, body), read).await
}

/// Reads the body to its end, and stores its records.
async fn taken<I>(
    app: Arc<App>,
    caller: &Caller,
    door: Door,
    (headers, body): (HeaderMap, Body),
    read: impl FnOnce(BufReader<File>) -> I + Send + 'static,
) -> Result<Response>
where
    I: Iterator<Item = (u64, Record)>,
{
    let stream = ingest::unpacked(&headers, body)?;
    let _turn = app.db.atomic_body_slot(caller.tenant.id).await?;
    let folder = app.exports.store.temp_dir();
    let spooled = crate::ingest::spool(stream, app.atomic_limit, folder).await?;
    let file = BufReader::new(spooled.into_inner().into_std().await);
    let now = app.clock.now();
    let work = async move {
        let read = move || Ok(read(file));
        take::records(&app.db, door, now, read, |_| ()).await
    };
    Ok(answer(ingest::in_task(work).await?))
}
