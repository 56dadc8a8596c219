//! Content codings as clients and answers speak of them: who accepts which, and what an answer says of its own.

use axum::body::{Body, to_bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use hyper::body::Body as _;

use super::headers::items;
use crate::encoded::{Coding, Encoded, SMALL};
use crate::error::{Error, Result};

/// Bodies that are made whole have no more bytes than this.
const LARGEST: usize = 64 << 20;

impl Coding {
    /// The coding that a client wants most of ours. None where it wants none, or the body as it is.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return None;
        }
        let wanted = |names: &[&str]| {
            items(headers.get_all(ACCEPT_ENCODING).iter())
                .filter_map(|item| quality(item, names))
                .max()
        };
        let any = wanted(&["*"]);
        let brotli = wanted(&["br"]).or(any).unwrap_or(0);
        let gzip = wanted(&["gzip", "x-gzip"]).or(any).unwrap_or(0);
        let most = brotli.max(gzip);
        // One that is not named is what is left when nothing else is wanted.
        if most == 0 || wanted(&["identity"]).is_some_and(|identity| identity > most) {
            return None;
        }
        Some(if brotli == most {
            Self::Brotli
        } else {
            Self::Gzip
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The quality of an item, in thousandths, where it is one of those names.
fn quality(item: &str, names: &[&str]) -> Option<u16> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next()?;
    if !names.iter().any(|named| named.eq_ignore_ascii_case(name)) {
        return None;
    }
    let quality =
        parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let quality: f32 = quality.map_or(Some(1.0), |quality| quality.parse().ok())?;
    Some((quality.clamp(0.0, 1.0) * 1000.0) as u16) // within range
}

/// The body of an answer in the coding of its client where that was made, else as it is.
pub fn body(encoded: &Encoded, coding: Option<Coding>, headers: &mut HeaderMap) -> Body {
    let made = coding.and_then(|coding| Some((coding, encoded.made(coding)?)));
    let Some((coding, packed)) = made else {
        return Body::from(encoded.plain().clone());
    };
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    Body::from(packed.clone())
}

/// Packs an answer in JSON that is made for one client. Others pass as they are: files, streams, what is small, and
/// what no one may keep, because the size of a packed secret tells about it.
pub async fn pack(response: Response, coding: Option<Coding>) -> Result<Response> {
    if !is_packable(&response) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    parts
        .headers
        .append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(coding) = coding else {
        return Ok(Response::from_parts(parts, body));
    };
    // An answer to HEAD has lost its body already, and with it the length that it would have.
    if body.is_end_stream() {
        parts
            .headers
            .insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        parts.headers.remove(CONTENT_LENGTH);
        return Ok(Response::from_parts(parts, body));
    }
    let encoded = Encoded::from(to_bytes(body, LARGEST).await.map_err(Error::internal)?);
    encoded.coded(coding).await?;
    parts.headers.remove(CONTENT_LENGTH);
    let body = self::body(&encoded, Some(coding), &mut parts.headers);
    Ok(Response::from_parts(parts, body))
}

fn is_packable(response: &Response) -> bool {
    let headers = response.headers();
    let is = |name, value: &str| {
        headers
            .get(name)
            .is_some_and(|is: &HeaderValue| is.as_bytes() == value.as_bytes())
    };
    let declared = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    let size = response
        .body()
        .size_hint()
        .exact()
        .filter(|size| *size > 0)
        .or_else(declared);
    size.is_some_and(|size| size > SMALL as u64)
        && is(CONTENT_TYPE, "application/json")
        && !headers.contains_key(CONTENT_DISPOSITION)
        && !is(CACHE_CONTROL, "no-store")
        && !is_decided(headers)
}

/// True if the answer was made for the codings that its client accepts.
fn is_decided(headers: &HeaderMap) -> bool {
    items(headers.get_all(VARY).iter()).any(|name| name.eq_ignore_ascii_case("accept-encoding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coding_is_the_one_wanted_most() {
        let accepted = |value: &'static str| {
            Coding::accepted(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        for value in [
            "br",
            "gzip, deflate, br, zstd",
            "gzip;q=0.5, BR;q=0.6",
            "*",
            "gzip;q=0, *;q=0.1",
            "br;q=0.001",
        ] {
            assert_eq!(accepted(value), Some(Coding::Brotli), "{value}");
        }
        for value in [
            "gzip",
            "x-gzip",
            "GZIP;Q=0.1",
            "br;q=0, *",
            "gzip, br;q=0.9",
            "gzip ; q=1.0, identity;q=0.5",
        ] {
            assert_eq!(accepted(value), Some(Coding::Gzip), "{value}");
        }
        for value in [
            "",
            "identity",
            "deflate",
            "br;q=0",
            "gzip;q=x",
            "*;q=0",
            "gzip;q=0.5, identity",
        ] {
            assert_eq!(accepted(value), None, "{value}");
        }
        assert_eq!(Coding::accepted(&HeaderMap::new()), None);
    }
}
