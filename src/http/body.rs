//! Small JSON bodies, read as a whole.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Maximum size of such a body, in bytes.
const MOST: usize = 64 << 10;

/// The members of a JSON object. Errors of [`json`], and `Malformed` if it is not an object.
pub async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>> {
    let bytes = json(headers, body).await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Malformed(error.to_string()))
}

/// The bytes of a JSON body. `UnsupportedMedia` for another content type, `TooLarge` beyond 64 KiB, `Malformed` if it is
/// incomplete.
pub async fn json(headers: &HeaderMap, body: Body) -> Result<Vec<u8>> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMedia {
            accepted: "application/json",
        });
    }
    let (mut bytes, mut stream) = (Vec::new(), body.into_data_stream());
    while let Some(part) = stream
        .try_next()
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?
    {
        if bytes.len() + part.len() > MOST {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// A body without a content type is taken as JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let kind = kind
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}
