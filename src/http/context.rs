//! Per-request context: client address in, rate-limit headers out.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use ipnet::IpNet;

use super::connections::Upload;
use crate::app::App;
use crate::auth::limit::{LimitState, whole_seconds};
use crate::error::{Error, Result};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The context of a request. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct RequestContext(Arc<Inner>);

struct Inner {
    /// Peer of the connection.
    peer: IpAddr,
    /// `None` if the request has no body.
    upload: Option<Upload>,
    limited: Mutex<Option<Limited>>,
}

#[derive(Clone, Copy)]
struct Limited {
    limit: u32,
    remaining: u32,
    /// In seconds since 1970.
    reset: u64,
}

impl RequestContext {
    pub fn new(peer: SocketAddr, upload: Option<Upload>) -> Self {
        Self(Arc::new(Inner {
            peer: peer.ip(),
            upload,
            limited: Mutex::default(),
        }))
    }

    /// The body of the request, if it has one.
    pub fn upload(&self) -> Option<&Upload> {
        self.0.upload.as_ref()
    }

    /// The context of a request.
    pub fn of(parts: &Parts) -> Result<&Self> {
        parts
            .extensions
            .get()
            .ok_or_else(|| Error::internal("a request from nowhere"))
    }

    /// The answer, whatever it is, tells that state. TooManyRequests where the request is one too many. Of
    /// several limits the last one counts.
    pub fn set_rate_limit(&self, state: LimitState, now: DateTime<Utc>) -> Result<()> {
        let now = now
            .signed_duration_since(DateTime::UNIX_EPOCH)
            .to_std()
            .unwrap_or_default();
        let LimitState {
            limit,
            remaining,
            full_in,
            ..
        } = state;
        let limited = Limited {
            limit,
            remaining,
            reset: whole_seconds(now.saturating_add(full_in)),
        };
        *self
            .0
            .limited
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(limited);
        state.check()
    }

    /// Writes the rate-limit headers, if the request was limited.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let limited = *self
            .0
            .limited
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(Limited {
            limit,
            remaining,
            reset,
        }) = limited
        else {
            return;
        };
        headers.insert(LIMIT, HeaderValue::from(limit));
        headers.insert(REMAINING, HeaderValue::from(remaining));
        headers.insert(RESET, HeaderValue::from(reset));
    }
}

/// The client's address, possibly behind trusted proxies.
pub struct Client(pub IpAddr);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        Ok(Self(client(
            RequestContext::of(parts)?.0.peer,
            &parts.headers,
            &app.trusted_proxies,
        )))
    }
}

/// The nearest hop that is not a trusted proxy. Hops behind it can be forged.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut nearest = peer.to_canonical();
    while is_ours(nearest) {
        match hops.next().and_then(hop) {
            Some(next) => nearest = next,
            None => break,
        }
    }
    nearest
}

/// An address, which some proxies write with a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text
        .parse()
        .ok()
        .or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_we_trust_say_who_the_client_is() {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        for (peer, forwarded, client_is) in [
            ("192.0.2.9", &["203.0.113.7"][..], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            (
                "10.0.0.1",
                &["1.1.1.1, 203.0.113.7 , 10.2.3.4"],
                "203.0.113.7",
            ),
            (
                "10.0.0.1",
                &["1.1.1.1", "203.0.113.7", "10.9.9.9,10.2.3.4"],
                "203.0.113.7",
            ),
            ("10.0.0.1", &["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
            ("10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", &["[2001:470::1]:80"], "2001:470::1"),
            ("2001:db8::5", &["2001:470::1"], "2001:470::1"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7, unknown, 10.2.3.4"], "10.2.3.4"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), client_is, "{peer} {forwarded:?}");
        }
    }
}
