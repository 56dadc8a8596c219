//! Small JSON bodies, read as a whole.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};

use crate::error::{Error, Faults, Result};
use crate::text::nfc;

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

/// A member that is a text, trimmed, of at most `most` code points in normal form. A blank one is treated as absent.
pub fn text(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    bounded(string(object, name, faults)?.trim(), name, most, faults)
}

/// As [`text`], of a member that must be there.
pub fn required_text(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    required(name, faults, |faults| text(object, name, most, faults))
}

/// As [`required_text`], of a text in which blanks count.
pub fn required_verbatim(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    required(name, faults, |faults| {
        bounded(string(object, name, faults)?, name, most, faults)
    })
}

fn required(
    name: &str,
    faults: &mut Faults,
    read: impl Fn(&mut Faults) -> Option<String>,
) -> Option<String> {
    let before = faults.len();
    let text = read(faults);
    if text.is_none() && faults.len() == before {
        faults.add(name, format!("The {name} field is required."));
    }
    text
}

fn string<'a>(object: &'a Map<String, Value>, name: &str, faults: &mut Faults) -> Option<&'a str> {
    match object.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        _ => {
            faults.add(name, format!("The {name} field must be a string."));
            None
        }
    }
}

fn bounded(text: &str, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
    if text.contains('\0') {
        faults.add(
            name,
            format!("The {name} field may not contain a NUL character."),
        );
    } else if nfc(text).chars().count() > most {
        faults.add(
            name,
            format!("The {name} field may not have more than {most} characters."),
        );
    } else {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    None
}
