//! `POST /api/ingest`: call data as a stream of lines.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use futures_util::TryStreamExt;
use tokio::io::AsyncBufRead;
use tokio_util::io::StreamReader;
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{IngestWrite, Permitted};
use super::openapi;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ingest::{self, Locale, Tally, Target};
use crate::query::{Kind, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::reports::report::Data;

pub const PATH: &str = "/api/ingest";

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let mut router = OpenApiRouter::new().routes(routes!(post));
    let encoding = openapi::header_parameter("Content-Encoding", "gzip, or identity, which is as if absent.", ENCODING);
    let given = [openapi::described(&ATOMIC), openapi::described(&ZONE_OF_ACCOUNT), encoding];
    openapi::add_parameters(router.get_openapi_mut(), PATH, given);
    openapi::guard::<IngestWrite>(router, PATH)
}

/// How documents spell the encodings that are taken, in any case.
const ENCODING: &str = "^([Gg][Zz][Ii][Pp]|[Ii][Dd][Ee][Nn][Tt][Ii][Tt][Yy])?$";

pub const ATOMIC: Parameter =
    Parameter::optional("atomic", Kind::Flag, "All or nothing: with one bad line nothing is stored.");

/// Stores call data, one JSON object a line.
///
/// Each line is an `IngestLine` (see the schemas): it has a `kind` and states a whole row of it: what it leaves out, or gives as null, takes its default.
/// Rows are upserted by their key within the account, so a body may be sent again; a later line wins. Bad lines
/// are told by number and field and do not keep the others from being stored. 200 means committed.
#[utoipa::path(post, path = PATH, tag = "Ingest",
    request_body(content = String, content_type = "application/x-ndjson",
        example = "{\"kind\":\"team\",\"id\":1,\"name\":\"North\"}\n{\"kind\":\"agent\",\"id\":3,\"name\":\"Nguyen Van A\",\"username\":\"agent01\",\"team_id\":1}\n"),
    responses(
        (status = 200, description = "Every valid line is committed.", body = Data<Tally>,
            example = json!({"data": {"received": 3, "stored": 2, "rejected": 1,
                "errors": [{"line": 3, "errors": {"result": ["must be one of: answered, no_answer, busy, failed, abandoned."]}}]}})),
        (status = 400, description = "The body broke off or is no gzip; the lines before may be stored.", body = super::error::Body),
        (status = 415, description = "Another content type or encoding.", body = super::error::Body),
        (status = 422, description = "A bad parameter; or, with atomic, a bad line: `lines.<n>.<field>`.", body = super::error::Body),
    ))]
pub async fn post(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Tally>>> {
    let mut query = Query::parse(&raw.unwrap_or_default());
    let atomic = query.flag(&ATOMIC);
    let zone = query.zone(caller.tenant.timezone);
    let locale = Locale { zone, country_code: caller.tenant.settings.country_code() };
    let target = query.finish(Some(Target { tenant: caller.tenant.id, locale, atomic }))?;
    if !is_ndjson(&headers) {
        return Err(Error::UnsupportedMedia { accepted: "application/x-ndjson" });
    }
    let packed = is_gzip(&headers)?;
    let body = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    // All or nothing is one transaction, which is not to wait for a client while others wait for it.
    let body: Stream = if atomic { Box::new(ingest::spool(body).await?) } else { Box::new(body) };
    let stream: Stream = if packed { Box::new(ingest::gunzip(body)) } else { body };
    // A task of its own, because a client that hangs up ends this one wherever it stands.
    let stored = tokio::spawn(async move { ingest::ingest(&app.db, target, stream, |_| ()).await }.in_current_span());
    Ok(Json(Data { data: stored.await.map_err(Error::internal)?? }))
}

type Stream = Box<dyn AsyncBufRead + Unpin + Send>;

/// Whether the body is packed. UnsupportedEncoding where it is in a way that is not taken.
fn is_gzip(headers: &HeaderMap) -> Result<bool> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(false),
        (Some(encoding), None) if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") => Ok(false),
        (Some(encoding), None) if encoding.eq_ignore_ascii_case(b"gzip") => Ok(true),
        _ => Err(Error::UnsupportedEncoding { accepted: "gzip" }),
    }
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-ndjson"))
}
