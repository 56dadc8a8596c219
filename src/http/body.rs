//! JSON bodies, read as a whole.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::error::{Error, Result};

/// Maximum size of a small body, such as a login, in bytes.
const SMALL: usize = 64 << 10;
/// Maximum size of a body of a resource, in bytes (contract, section 8).
pub const LARGE: usize = 16 << 20;

/// The members of a JSON object of at most 64 KiB. Errors of [`json`], and `Malformed` if it is not an object.
pub async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>> {
    map(&json(headers, body).await?)
}

/// The members of a JSON object. `Malformed` if it is not an object.
pub fn map(bytes: &[u8]) -> Result<Map<String, Value>> {
    serde_json::from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))
}

/// The bytes of a JSON body of at most 64 KiB. Errors of [`read`].
pub async fn json(headers: &HeaderMap, body: Body) -> Result<Vec<u8>> {
    read(headers, body, SMALL).await
}

/// The bytes of a JSON body of at most `most` bytes. `UnsupportedMedia` for another content type, `TooLarge` beyond
/// `most`, `Malformed` if it is incomplete.
pub async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>> {
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
        if bytes.len() + part.len() > most {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// All bytes of a stream. `TooLarge` beyond `most`, `Malformed` if it breaks off.
pub async fn whole(stream: impl AsyncRead + Unpin, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = stream.take(most as u64 + 1);
    let read = stream.read_to_end(&mut bytes).await;
    read.map_err(|error| Error::Malformed(error.to_string()))?;
    if bytes.len() > most {
        return Err(Error::TooLarge);
    }
    Ok(bytes)
}

/// The members of a JSON object, each as sent; the last one of a repeated name. `Malformed` if it is not an object.
pub fn members(bytes: &[u8]) -> Result<BTreeMap<String, Box<RawValue>>> {
    serde_json::from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))
}

/// Like [`members`], for a POST whose body may be empty: no members then.
pub fn optional_members(bytes: &[u8]) -> Result<BTreeMap<String, Box<RawValue>>> {
    if is_blank(bytes) {
        return Ok(BTreeMap::new());
    }
    members(bytes)
}

/// Like [`map`], for a POST whose body may be empty or null: no members then.
pub fn optional_map(bytes: &[u8]) -> Result<Map<String, Value>> {
    if is_blank(bytes) {
        return Ok(Map::new());
    }
    let members: Option<_> =
        serde_json::from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))?;
    Ok(members.unwrap_or_default())
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
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
