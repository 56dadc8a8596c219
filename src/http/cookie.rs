//! The session cookie of the page: its name and attributes, and the requests that may use it (contract, section 15).
//!
//! A browser adds a cookie to every request to a host, whatever page makes it and whatever the port. A request that could
//! change something is therefore taken only with signs that our own page made it. Must not know what a session is.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest, Sha256};

use super::connections::Occasionally;
use crate::error::{Error, Result};

const NAME: &str = "callboard";
/// Prefix by which browsers refuse a cookie that another host, or a connection without encryption, set.
const HOST_ONLY: &str = "__Host-";
/// Header that no form can send, and no page of another origin without a preflight, which is never granted.
const PAGE: HeaderName = HeaderName::from_static("x-callboard-page");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The address under which a client reaches this server.
pub struct Site {
    /// Origins of pages that are ours: the public URL's and the request's own.
    origins: Vec<String>,
    /// Name of the cookie, without the prefix.
    name: String,
    /// True if the cookie may be `Secure`: over https, and on a loopback host.
    is_secure: bool,
}

impl Site {
    /// The site of a request. Behind a proxy that encrypts, its scheme is known from the public URL only.
    pub fn of(headers: &HeaderMap, public_url: Option<&str>) -> Self {
        let host = text(headers, &HOST).unwrap_or_default();
        let public = public_url.and_then(origin_of);
        let sent = text(headers, &ORIGIN).and_then(origin_of);
        let is_public = public.as_ref().is_some_and(|public| {
            let scheme = public.split("://").next().unwrap_or_default();
            sent.as_ref() == Some(public) || origin(scheme, host) == *public
        });
        let own = match &public {
            Some(public) if is_public => public.clone(),
            _ => origin("http", host),
        };
        Self {
            name: name(public_url.unwrap_or(&own)),
            is_secure: own.starts_with("https://") || is_loopback(host),
            origins: public.into_iter().chain([own]).collect(),
        }
    }

    /// The value of the cookie, if the request has it.
    pub fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let secure = cookie(headers, &format!("{HOST_ONLY}{}", self.name));
        // Anybody on the way can set the other one, so it counts only where there is nothing better.
        let plain = || cookie(headers, &self.name).filter(|_| !self.is_secure);
        secure.or_else(plain)
    }

    /// `Forbidden` if the request, made with the cookie, could change something and our own page did not make it.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<()> {
        if [Method::GET, Method::HEAD].contains(method) {
            return Ok(());
        }
        let names_page = headers.get(PAGE).is_some_and(|value| value == "1");
        if names_page {
            self.check_origin(headers)
        } else {
            Err(Error::Forbidden)
        }
    }

    /// `Forbidden` if a browser tells that a page of another origin made the request. Other clients tell nothing.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<()> {
        let is_ours = |value: &HeaderValue| {
            let sent = value.to_str().ok().and_then(origin_of);
            sent.is_some_and(|sent| self.origins.contains(&sent))
        };
        let mut sites = headers.get_all(FETCH_SITE).iter();
        if let Some(other) = headers.get_all(ORIGIN).iter().find(|it| !is_ours(it)) {
            self.log_refusal(other);
            Err(Error::Forbidden)
        } else if sites.all(|site| site == "same-origin") {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    /// The setting that is missing shows in no other place.
    fn log_refusal(&self, origin: &HeaderValue) {
        static LOG: LazyLock<Occasionally> = LazyLock::new(Occasionally::default);
        if LOG.is_due() {
            let ours = self.origins.join(" ");
            tracing::info!(
                ?origin,
                ours,
                "refused a page of another origin; if it is ours, CALLBOARD_PUBLIC_URL is wrong"
            );
        }
    }

    /// `Set-Cookie` with that value. It ends with the browser; the session itself ends when idle.
    pub fn set(&self, value: &str) -> Result<HeaderValue> {
        self.with_attributes(value, "")
    }

    /// `Set-Cookie` that removes the cookie.
    pub fn removed(&self) -> Result<HeaderValue> {
        self.with_attributes("", "; Max-Age=0")
    }

    fn with_attributes(&self, value: &str, end: &str) -> Result<HeaderValue> {
        let (prefix, secure) = if self.is_secure {
            (HOST_ONLY, "; Secure")
        } else {
            ("", "")
        };
        let name = &self.name;
        let line =
            format!("{prefix}{name}={value}; Path=/{secure}; HttpOnly; SameSite=Strict{end}");
        HeaderValue::from_str(&line).map_err(Error::internal)
    }
}

/// Name of the cookie of a server at that URL. Where another server may be at the same host, by another port or path, it
/// ends in six hex digits of the URL's hash.
fn name(url: &str) -> String {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let after_address = place.rfind(']').map_or(place, |end| &place[end..]);
    if !after_address.contains([':', '/']) {
        return NAME.to_owned();
    }
    let hash = Sha256::digest(url);
    format!("{NAME}-{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2])
}

/// The origin of a URL, or of the header `Origin`, whose `null` is none.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(origin(scheme, rest.split('/').next().unwrap_or_default()))
}

/// An origin as browsers write it: in lower case, without the scheme's own port.
fn origin(scheme: &str, authority: &str) -> String {
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(own_port).unwrap_or(&authority);
    format!("{scheme}://{authority}")
}

/// True if a host, with or without its port, is this machine as the browser sees it.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.to_ascii_lowercase();
    let is_address = name
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    is_address || name == "localhost" || name.ends_with(".localhost")
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(own, value)| (own == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    #[test]
    fn the_cookie_is_secure_and_of_one_host_wherever_browsers_take_such() {
        for (host, public, name, is_secure) in [
            (
                "reports.example.com",
                Some("https://reports.example.com"),
                "callboard",
                true,
            ),
            (
                "reports.example.com:443",
                Some("https://reports.example.com"),
                "callboard",
                true,
            ),
            (
                "reports.example.com",
                Some("http://reports.example.com"),
                "callboard",
                false,
            ),
            (
                "example.com",
                Some("https://example.com/calls"),
                "callboard-d2f5c9",
                true,
            ),
            (
                "10.0.0.5:8080",
                Some("http://10.0.0.5:8080"),
                "callboard-dfd941",
                false,
            ),
            (
                "127.0.0.1:8080",
                Some("http://127.0.0.1:8080"),
                "callboard-d30a57",
                true,
            ),
            (
                "localhost:8080",
                Some("http://127.0.0.1:8080"),
                "callboard-d30a57",
                true,
            ),
            ("[::1]:8080", None, "callboard-23f440", true),
            ("[::1]", None, "callboard", true),
            ("demo.localhost", None, "callboard", true),
            ("localhost.example.com", None, "callboard", false),
            ("127.0.0.1.example.com", None, "callboard", false),
        ] {
            let site = Site::of(&headers(&[("host", host)]), public);
            assert_eq!(
                (site.name.as_str(), site.is_secure),
                (name, is_secure),
                "{host}"
            );
            let set = site.set("1.x").expect("a header");
            let (prefix, secure) = if is_secure {
                ("__Host-", " Secure;")
            } else {
                ("", "")
            };
            let line = format!("{prefix}{name}=1.x; Path=/;{secure} HttpOnly; SameSite=Strict");
            assert_eq!(set, line.as_str(), "{host}");
        }
    }

    #[test]
    fn behind_a_proxy_the_public_url_tells_the_scheme() {
        let public = Some("https://reports.example.com");
        let page = "https://reports.example.com";
        let site = Site::of(
            &headers(&[("host", "backend:8080"), ("origin", page)]),
            public,
        );
        assert!(site.is_secure, "the proxy names itself, the page does not");
        let sent = [
            ("host", "backend:8080"),
            ("cookie", "callboard=a; __Host-callboard=b"),
        ];
        let sent = headers(&sent);
        assert_eq!(Site::of(&sent, public).cookie(&sent), Some("b"));
    }

    #[test]
    fn a_cookie_that_anybody_could_set_counts_only_without_encryption() {
        for (host, cookies, value) in [
            ("127.0.0.1", "callboard=a", None),
            ("127.0.0.1", "__Host-callboard=b", Some("b")),
            ("127.0.0.1", "x=y; __Host-callboard=b ;z", Some("b")),
            ("10.0.0.5", "callboard=a", Some("a")),
            ("10.0.0.5", "xcallboard=a;callboardx=b;callboard", None),
        ] {
            let sent = headers(&[("host", host), ("cookie", cookies)]);
            assert_eq!(
                Site::of(&sent, None).cookie(&sent),
                value,
                "{host} {cookies}"
            );
        }
    }

    #[test]
    fn only_our_own_page_changes_anything() {
        let ours = "http://127.0.0.1:8080";
        let allowed = |method: &Method, more: &[(&'static str, &str)]| {
            let sent = headers(&[&[("host", "127.0.0.1:8080")], more].concat());
            Site::of(&sent, Some(ours)).check(method, &sent).is_ok()
        };
        let page = ("x-callboard-page", "1");
        for more in [
            &[page][..],
            &[page, ("origin", ours)],
            &[page, ("origin", ours), ("sec-fetch-site", "same-origin")],
        ] {
            assert!(allowed(&Method::POST, more), "{more:?}");
        }
        for more in [
            &[][..],
            &[("origin", ours), ("sec-fetch-site", "same-origin")],
            &[("x-callboard-page", "0")],
            &[page, ("origin", "null")],
            &[page, ("origin", "")],
            &[page, ("origin", "https://127.0.0.1:8080")],
            &[page, ("origin", "http://127.0.0.1:8081")],
            &[page, ("origin", "http://127.0.0.1")],
            &[page, ("origin", "http://localhost:8080")],
            &[page, ("origin", "http://127.0.0.1:8080.evil.example")],
            &[page, ("origin", ours), ("origin", "http://evil.example")],
            &[page, ("sec-fetch-site", "same-site")],
            &[page, ("sec-fetch-site", "cross-site")],
            &[page, ("sec-fetch-site", "none")],
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert!(!allowed(&method, more), "{more:?}");
            }
            for method in [Method::GET, Method::HEAD] {
                assert!(allowed(&method, more), "{more:?}");
            }
        }
    }
}
