//! `POST /api/ingest`: call data as a stream of lines, or as a JSON array.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use serde::Serialize;
use tokio::io::AsyncBufRead;
use tokio_util::io::StreamReader;
use tracing::Instrument;
use utoipa::openapi::path::ParameterBuilder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{IngestWrite, Permitted};
use super::openapi::IngestItems;
use super::{error, openapi, paths};
use crate::app::App;
use crate::envelope::Data;
use crate::error::{Error, Faults, Result};
use crate::ingest::{self, Locale, Tally, Target};
use crate::input::{Kind, Parameter, Query, ZONE_OF_ACCOUNT};

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(post));
    let given = [
        openapi::described(&ATOMIC),
        openapi::described(&ZONE_OF_ACCOUNT),
        of_encoding(),
    ];
    openapi::add_parameters(router.get_openapi_mut(), paths::INGEST, given);
    openapi::guard::<IngestWrite>(router, paths::INGEST)
}

/// The `Content-Encoding` request header.
pub fn of_encoding() -> ParameterBuilder {
    let about = "gzip (or x-gzip), or identity, which is treated as absent.";
    openapi::header_parameter("Content-Encoding", about, ENCODING)
}

/// Accepted encodings, in any case.
const ENCODING: &str = "^(([Xx]-)?[Gg][Zz][Ii][Pp]|[Ii][Dd][Ee][Nn][Tt][Ii][Tt][Yy])?$";

pub const ATOMIC: Parameter = Parameter::optional(
    "atomic",
    Kind::Flag,
    "All or nothing: one bad line rejects the whole body.",
);

/// The response to a body of which nothing was stored: faults and counts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = IngestRefusal)]
pub struct Refusal {
    /// The fixed message of a 422.
    message: &'static str,
    /// Faults of the first 100 refused lines, by `lines.<n>.<field>` or `items.<n>.<field>`, or of a parameter, by name.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    errors: Faults,
    /// The counts; absent if a parameter is at fault.
    #[schema(value_type = Option<Tally>, nullable = false)]
    data: Tally,
}

/// Ingest call data, one JSON object a line.
///
/// Each line is an `IngestLine` (see the schemas): it has a `kind` and states a complete row of it; an absent or null field
/// takes its default, except in kinds whose existing rows keep what a line lacks. Rows are upserted by their key within the account, so a body may be sent again. A later line wins,
/// unless it lacks the field that finishes a row of its kind (`result`) and the stored row has it. Bad lines are reported
/// by number and field; the others are stored. 200 means committed. `application/json` is accepted too: one object or an
/// array, at most 16 MiB, whose items are reported by `index`.
#[utoipa::path(post, path = paths::INGEST, tag = "Ingest", operation_id = "ingest",
    request_body(content(
        (String = "application/x-ndjson",
            example = "{\"kind\":\"team\",\"id\":1,\"name\":\"North\"}\n{\"kind\":\"agent\",\"id\":3,\"name\":\"Nguyen Van A\",\"username\":\"agent01\",\"team_id\":1}\n"),
        (IngestItems = "application/json",
            example = json!([{"kind": "team", "id": 1, "name": "North"}])))),
    responses(
        (status = 200, description = "Every valid line is committed.", body = Data<Tally>,
            example = json!({"data": {"received": 3, "stored": 2, "rejected": 1,
                "errors": [{"line": 3, "errors": {"result": ["must be one of: answered, no_answer, busy, failed, abandoned."]}}]}})),
        (status = 400, description = "The body is incomplete or not gzip: earlier lines may be stored. Or it is not a JSON object or array: nothing is stored.", body = super::error::Body),
        (status = 413, description = "More than 16 MiB of JSON, or with atomic more than 1 GiB, unpacked.", body = super::error::Body),
        (status = 415, description = "Unsupported content type or encoding.", body = super::error::Body),
        (status = 507, description = "A disk is full, the server's or the database's; earlier chunks are stored, unless atomic.", body = super::error::Body),
        (status = 422, description = "Nothing was stored: every line was refused, with atomic at least one, or a parameter is invalid.", body = Refusal),
    ))]
pub async fn post(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let mut query = Query::parse(&raw.unwrap_or_default(), [&ATOMIC, &ZONE_OF_ACCOUNT]);
    let atomic = query.flag(&ATOMIC);
    let zone = query.zone().unwrap_or(caller.tenant.timezone);
    let locale = Locale {
        zone,
        country_code: caller.tenant.settings.country_code(),
    };
    let target = query.finish(Some(Target {
        tenant: caller.tenant.id,
        locale,
        atomic,
        events: true,
    }))?;
    let media = Media::of(&headers)?;
    let body = unpacked(&headers, body)?;
    let turn = if atomic {
        Some(app.db.atomic_body_slot(target.tenant).await?)
    } else {
        None
    };
    let folder = app.exports.store.temp_dir();
    let spooled = match media {
        Media::Json => {
            let body = ingest::spool(body, ingest::MAX_JSON_BODY, folder).await?;
            ingest::Body::Json(ingest::checked_json(body).await?)
        }
        // An atomic body is one transaction, which must not stay open while waiting for a client.
        Media::Lines if atomic => {
            ingest::Body::Lines(ingest::spool(body, app.atomic_limit, folder).await?)
        }
        Media::Lines => return stored(ingest_lines(app, target, body)).await,
    };
    let spooled = ingest::Spooled::new(spooled).await?;
    stored(async move {
        let _turn = turn;
        ingest::ingest_again(&app.db, target, spooled, |_| ()).await
    })
    .await
}

async fn ingest_lines(app: Arc<App>, target: Target, body: Stream) -> Result<Tally> {
    ingest::ingest(&app.db, target, ingest::Body::Lines(body), |_| ()).await
}

async fn stored(work: impl Future<Output = Result<Tally>> + Send + 'static) -> Result<Response> {
    Ok(answer(in_task(work).await?))
}

/// Runs an ingest in a task of its own, because a client that disconnects cancels this one at any point.
pub async fn in_task<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let done = tokio::spawn(work.in_current_span())
        .await
        .map_err(Error::internal)?;
    // A timeout of a writing statement means load, not a long request.
    done.map_err(|error| match error {
        Error::TimedOut => Error::Unavailable("a statement that stores took too long".into()),
        error => error,
    })
}

fn answer(tally: Tally) -> Response {
    if tally.is_refused() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let refusal = Refusal {
            message: error::message(status),
            errors: tally.faults(),
            data: tally,
        };
        return (status, Json(refusal)).into_response();
    }
    Json(Data { data: tally }).into_response()
}

pub type Stream = Box<dyn AsyncBufRead + Unpin + Send>;

/// The body, unpacked if it is gzip. `UnsupportedEncoding` for any other coding.
pub fn unpacked(headers: &HeaderMap, body: Body) -> Result<Stream> {
    let packed = is_gzip(headers)?;
    let body = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    Ok(if packed {
        Box::new(ingest::gunzip(body))
    } else {
        Box::new(body)
    })
}

/// True if the body is gzip. `UnsupportedEncoding` for any other coding.
fn is_gzip(headers: &HeaderMap) -> Result<bool> {
    let mut encodings = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(HeaderValue::as_bytes);
    let is = |encoding: &[u8], names: &[&str]| {
        names
            .iter()
            .any(|name| encoding.eq_ignore_ascii_case(name.as_bytes()))
    };
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(false),
        (Some(encoding), None) if is(encoding, &["", "identity"]) => Ok(false),
        (Some(encoding), None) if is(encoding, &["gzip", "x-gzip"]) => Ok(true),
        _ => Err(Error::UnsupportedEncoding { accepted: "gzip" }),
    }
}

/// Media type of a body.
enum Media {
    Lines,
    Json,
}

impl Media {
    /// `UnsupportedMedia` for any other type.
    fn of(headers: &HeaderMap) -> Result<Self> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/x-ndjson") {
            Ok(Self::Lines)
        } else if kind.eq_ignore_ascii_case("application/json") {
            Ok(Self::Json)
        } else {
            Err(Error::UnsupportedMedia {
                accepted: "application/x-ndjson, application/json",
            })
        }
    }
}
