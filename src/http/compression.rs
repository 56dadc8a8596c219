//! Content codings: negotiation with the client, and compression of responses.

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

/// Upper bound on the size of a body that is compressed as a whole.
const LARGEST: usize = 64 << 20;

impl Coding {
    /// The client's preferred coding. `None` if it accepts none or prefers `identity`.
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
        // An unnamed `identity` is acceptable, but ranks below every named coding.
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

/// The quality of an item in thousandths, if it has one of those names.
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

/// The body in the client's coding if it has been encoded, else as it is.
pub fn body(encoded: &Encoded, coding: Option<Coding>, headers: &mut HeaderMap) -> Body {
    let made = coding.and_then(|coding| Some((coding, encoded.made(coding)?)));
    let Some((coding, packed)) = made else {
        return Body::from(encoded.plain().clone());
    };
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    Body::from(packed.clone())
}

/// Compresses a JSON response made for one client. Files, streams and small bodies pass unchanged, and so do `no-store`
/// responses, because the size of a compressed secret reveals something about it.
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
    // The body of a response to HEAD is dropped already, so its encoded length is unknown.
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

/// True if the response was already negotiated with the client.
fn is_decided(headers: &HeaderMap) -> bool {
    items(headers.get_all(VARY).iter()).any(|name| name.eq_ignore_ascii_case("accept-encoding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_coding_is_chosen() {
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
