//! Downloads by signed link, without a token.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, IF_RANGE, LOCATION, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::context::{Client, RequestContext};
use super::openapi;
use super::paths;
use crate::app::App;
use crate::auth::audit::{self, Details, Event};
use crate::error::{Error, Result};
use crate::exports::link::Links;
use crate::exports::queue::{self, File};
use crate::files::name::content_type;
use crate::input::{Kind, Parameter, Query};
use crate::schedules::runs;
use crate::store::Label;

const EXPIRES: Parameter = Parameter::required(
    "expires",
    Kind::Text,
    "Expiry of the link, in seconds since 1970.",
);
const SIGNATURE: Parameter = Parameter::required("signature", Kind::Text, "Signature of the link.");

/// Download a finished export.
///
/// The link is the `download_url` of the export. It needs no token: anyone who has the link can download the file.
#[utoipa::path(get, path = paths::DOWNLOAD, tag = "AutoCall exports", operation_id = "autocall_export_download",
    params(
        ("job_id" = String, Path, description = "The export."),
        ("file_name" = String, Path, description = "The name of the file."),
        ("expires" = i64, Query, description = EXPIRES.about),
        ("signature" = String, Query, description = SIGNATURE.about, pattern = "^[0-9a-f]{64}$"),
        ("Range" = Option<String>, Header, description = "A range of bytes, as `bytes=0-1023`: one range, not several."),
        ("If-Range" = Option<String>, Header, description = "The ETag that the range applies to; if the file has another, the whole file is sent."),
    ),
    responses(
        (status = 200, description = "The file: a workbook, a CSV or a zip.",
            body = inline(openapi::Binary), content_type = "application/octet-stream"),
        (status = 206, description = "A part of the file.", body = inline(openapi::Binary), content_type = "application/octet-stream"),
        (status = 302, description = "The file is in a bucket, at the URL in `Location`."),
        (status = 403, description = "The signature is invalid.", body = super::error::Body),
        (status = 410, description = "The link has expired, and its file is deleted.", body = super::error::Body,
            example = json!({"message": "This link has expired."})),
        (status = 416, description = "The file has no such bytes.", body = super::error::Body),
        (status = 429, description = "More than 120 downloads a minute from this address.", body = super::error::Body),
        (status = 503, description = "The export store is unreachable.", body = super::error::Body),
    ))]
pub async fn download(
    State(app): State<Arc<App>>,
    Client(address): Client,
    Extension(context): Extension<RequestContext>,
    method: Method,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let now = app.clock.now();
    if let Some(standing) = app.limits.count_link(address) {
        context.set_rate_limit(standing, now)?;
    }
    let Path((job, name)) = path.map_err(|_| Error::Forbidden)?;
    let query = Query::parse(&query.unwrap_or_default(), [&EXPIRES, &SIGNATURE]);
    let given = |parameter| query.text(parameter).unwrap_or_default();
    Links::of(&app).check(&job, &name, given(&EXPIRES), given(&SIGNATURE), now)?;
    let file = if runs::is_run(&job) {
        runs::file_for_link(&app.db, &job).await?
    } else {
        queue::file_for_link(&app.db, &job).await?
    };
    let left = (file.expires_at - now)
        .to_std()
        .unwrap_or_default()
        .max(Duration::from_secs(1));
    let response = match app
        .exports
        .store
        .address(&file.key, method.clone(), left)
        .await?
    {
        Some(address) => redirect(address.as_str())?,
        None => send(&app, &file, &method, &headers).await?,
    };
    // Neither a HEAD nor a refused range is a download.
    if method == Method::GET && !response.status().is_client_error() {
        let mut scope = app.db.write(file.tenant).await?;
        let details = Details {
            address: Some(address),
            subject: Some(&job),
            ..Details::default()
        };
        audit::record_hourly(&mut scope, Event::ExportDownloaded, details, now).await?;
        scope.commit().await?;
    }
    Ok(response)
}

fn redirect(address: &str) -> Result<Response> {
    let address = HeaderValue::from_str(address).map_err(Error::internal)?;
    Ok((
        StatusCode::FOUND,
        [(LOCATION, address), (CACHE_CONTROL, NO_STORE)],
    )
        .into_response())
}

/// The link is a secret while it is valid, and the file is private.
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

async fn send(app: &App, file: &File, method: &Method, headers: &HeaderMap) -> Result<Response> {
    let size = u64::try_from(file.size).unwrap_or(0);
    // Each attempt at a job has a key of its own.
    let tag = HeaderValue::from_str(&format!("\"{}\"", file.key)).map_err(Error::internal)?;
    let is_of_this = headers.get(IF_RANGE).is_none_or(|wanted| *wanted == tag);
    let wanted = headers
        .get(RANGE)
        .filter(|_| is_of_this)
        .and_then(|range| range.to_str().ok());
    let (status, range) = match wanted.map_or(Wanted::Whole, |range| read_range(range, size)) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            return Ok((
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(CONTENT_RANGE, format!("bytes */{size}"))],
            )
                .into_response());
        }
    };
    // A file that is missing before its expiry was deleted by someone else.
    let gone = |error| {
        if matches!(error, Error::NotFound) {
            Error::Expired
        } else {
            error
        }
    };
    let body = if method == Method::HEAD {
        app.exports.store.look(&file.key).await.map_err(gone)?;
        Body::empty()
    } else {
        Body::from_stream(
            app.exports
                .store
                .read(&file.key, range.clone())
                .await
                .map_err(gone)?,
        )
    };
    let label = Label {
        content_type: content_type(&file.name),
        name: &file.name,
    };
    let disposition = HeaderValue::from_str(&label.disposition()).map_err(Error::internal)?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let answered = response.headers_mut();
    answered.insert(CONTENT_TYPE, HeaderValue::from_static(label.content_type));
    answered.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    answered.insert(CONTENT_DISPOSITION, disposition);
    answered.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answered.insert(ETAG, tag);
    answered.insert(CACHE_CONTROL, NO_STORE);
    answered.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answered.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        answered.insert(
            CONTENT_RANGE,
            HeaderValue::from_str(&part).map_err(Error::internal)?,
        );
    }
    Ok(response)
}

/// The requested bytes of a file.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// `bytes=0-99`, `bytes=100-`, `bytes=-100`. Any other range is ignored (RFC 9110, section 14.2).
fn read_range(text: &str, size: u64) -> Wanted {
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    let range = match (
        first.is_empty(),
        last.is_empty(),
        number(first),
        number(last),
    ) {
        (true, false, _, Some(length)) => size.saturating_sub(length)..size,
        (false, true, Some(first), _) => first..size,
        (false, false, Some(first), Some(last)) if first <= last => {
            first..last.saturating_add(1).min(size)
        }
        _ => return Wanted::Whole,
    };
    if range.start >= range.end {
        Wanted::Nothing
    } else {
        Wanted::Part(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_rfc_9110_has_it() {
        for (text, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..10),
            ("bytes=4-", 4..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("bytes=9-18446744073709551615", 9..10),
        ] {
            assert_eq!(read_range(text, 10), Wanted::Part(range), "{text}");
        }
        for text in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(read_range(text, 10), Wanted::Nothing, "{text}");
        }
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=3-2",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=+1-2",
            "bytes=a-b",
        ] {
            assert_eq!(read_range(text, 10), Wanted::Whole, "{text}");
        }
        assert_eq!(read_range("bytes=0-", 0), Wanted::Nothing);
    }
}
