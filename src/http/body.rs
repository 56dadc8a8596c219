//! Bodies that are read whole: one JSON object, and not a large one.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};

use crate::error::{Error, Faults, Result};

/// The most bytes that are read.
const MOST: usize = 64 << 10;

/// The members of a JSON object. UnsupportedMedia where the body says it is something else, TooLarge where it has
/// more than 64 KiB, Malformed where it is no JSON object.
pub async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMedia);
    }
    let malformed = |error: &dyn std::fmt::Display| Error::Malformed(error.to_string());
    let (mut bytes, mut stream) = (Vec::new(), body.into_data_stream());
    while let Some(part) = stream.try_next().await.map_err(|error| malformed(&error))? {
        if bytes.len() + part.len() > MOST {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    serde_json::from_slice(&bytes).map_err(|error| malformed(&error))
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
