//! Bodies that are read whole: JSON, and not much of it.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};

use crate::error::{Error, Faults, Result};

/// The most bytes that are read.
const MOST: usize = 64 << 10;

/// The members of a JSON object. As [`json`], and Malformed where it is no JSON object.
pub async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>> {
    let bytes = json(headers, body).await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Malformed(error.to_string()))
}

/// What should be JSON. UnsupportedMedia where the body says it is something else, TooLarge where it has more than
/// 64 KiB, Malformed where it breaks off.
pub async fn json(headers: &HeaderMap, body: Body) -> Result<Vec<u8>> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMedia { accepted: "application/json" });
    }
    let (mut bytes, mut stream) = (Vec::new(), body.into_data_stream());
    while let Some(part) = stream.try_next().await.map_err(|error| Error::Malformed(error.to_string()))? {
        if bytes.len() + part.len() > MOST {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// What says nothing of itself is taken for JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// A member that is a text of at most so many characters, which the database can hold. An empty one is as if absent.
pub fn text(object: &Map<String, Value>, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
    let text = match object.get(name)? {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text,
        _ => {
            faults.add(name, format!("The {name} field must be a string."));
            return None;
        }
    };
    if text.contains('\0') {
        faults.add(name, format!("The {name} field may not contain a NUL character."));
    } else if text.chars().count() > most {
        faults.add(name, format!("The {name} field may not have more than {most} characters."));
    } else {
        return Some(text.clone());
    }
    None
}

/// As [`text`], of a member that must be there.
pub fn required_text(object: &Map<String, Value>, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
    let before = faults.len();
    let text = text(object, name, most, faults);
    if text.is_none() && faults.len() == before {
        faults.add(name, format!("The {name} field is required."));
    }
    text
}
