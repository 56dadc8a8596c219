//! The `Callboard-Window` header: the window of an answer, so that a client can ask for exactly the same (contract,
//! section 11).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::time::Window;

pub const NAME: HeaderName = HeaderName::from_static("callboard-window");

/// Meaning of the header, for the OpenAPI document.
pub const ABOUT: &str = "The window as `from/to` in full precision: sent on as explicit ends, it is the same window. Absent \
    where an end is open, or campaigns have windows of their own.";

/// The value: `2026-06-01T00:00:00Z/2026-06-30T08:00:00.123456Z`.
pub fn value(window: &Window) -> Bytes {
    window.exactly().into()
}

/// Adds a value that [`value`] wrote.
pub fn add(headers: &mut HeaderMap, value: Bytes) -> Result<()> {
    let value = HeaderValue::from_maybe_shared(value).map_err(Error::internal)?;
    headers.insert(NAME, value);
    Ok(())
}
