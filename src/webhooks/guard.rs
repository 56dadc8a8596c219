//! The addresses that a webhook may lead to.
//!
//! Owns the judgement of addresses and the resolution of names. Must not know webhooks, nor what is sent. A name is judged
//! twice: when a URL is stored, and by [`Filter`] for the addresses that a connection is made to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::{Host, Url};

/// Maximum length of a URL, in code points.
pub const MAX_URL: usize = 2_048;
/// Maximum wait for a name's addresses.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of concurrent lookups. A lookup outlives its caller, and holds a thread.
const LOOKUPS: usize = 64;

/// Resolves names to addresses.
pub trait Names: fmt::Debug + Send + Sync {
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the operating system.
#[derive(Debug)]
struct SystemNames(Arc<Semaphore>);

impl Names for SystemNames {
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let lookups = Arc::clone(&self.0);
        Box::pin(async move {
            let lookup = lookups.acquire_owned().await.map_err(io::Error::other)?;
            let resolve = move || {
                let _lookup = lookup;
                let found = (host.as_str(), 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(resolve)
                .await
                .map_err(io::Error::other)?
        })
    }
}

/// The reason why a URL is not used. The text is the rest of a sentence that begins with the URL, and names no address: a
/// client must not learn the addresses of the operator's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("must be a URL such as https://example.com/hooks.")]
    Malformed,
    #[error("may not contain a user name or a password.")]
    Userinfo,
    #[error("must be https.")]
    Plain,
    #[error("leads to an address that is not public, or not in a network that the server allows.")]
    Address,
}

/// Judges URLs and addresses. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Networks that may be private, and to which http is allowed.
    allowed: Arc<[IpNet]>,
    names: Arc<dyn Names>,
}

impl Guard {
    pub fn new(allowed: impl Into<Arc<[IpNet]>>) -> Self {
        let names = SystemNames(Arc::new(Semaphore::new(LOOKUPS)));
        Self {
            allowed: allowed.into(),
            names: Arc::new(names),
        }
    }

    /// The same networks with another resolver.
    pub fn with_names(self, names: Arc<dyn Names>) -> Self {
        Self { names, ..self }
    }

    /// Reads a URL and judges its addresses. A name that does not resolve is accepted.
    pub async fn url(&self, text: &str) -> Result<Url, Refusal> {
        let url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
        // The parser repairs other spellings, such as `https:\\\\host` and `https:host`.
        let (authority, is_usual) = authority(text);
        let has_blank = text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
        if has_blank
            || !is_usual
            || !matches!(url.scheme(), "http" | "https")
            || url.host().is_none()
        {
            return Err(Refusal::Malformed);
        }
        if authority.contains('@') {
            return Err(Refusal::Userinfo);
        }
        self.check(&url).await?;
        Ok(url)
    }

    /// Judges the addresses of a URL: all must pass. A name that does not resolve passes.
    pub async fn check(&self, url: &Url) -> Result<(), Refusal> {
        let is_plain = url.scheme() != "https";
        if is_plain && self.allowed.is_empty() {
            return Err(Refusal::Plain);
        }
        let addresses = match url.host() {
            None => return Err(Refusal::Malformed),
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => {
                let lookup = self.names.addresses(name.to_owned());
                let found = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await;
                found.ok().and_then(Result::ok).unwrap_or_default()
            }
        };
        self.judge(&addresses, is_plain)
    }

    /// Judges the addresses that one name has. `is_plain`: without TLS.
    fn judge(&self, addresses: &[IpAddr], is_plain: bool) -> Result<(), Refusal> {
        let is_allowed = |address: &IpAddr| {
            let address = address.to_canonical();
            self.allowed.iter().any(|net| net.contains(&address))
        };
        let passes = |address: &IpAddr| is_allowed(address) || (!is_plain && is_global(*address));
        if addresses.iter().all(passes) {
            return Ok(());
        }
        let is_public = addresses.iter().all(|address| is_global(*address));
        Err(if is_public {
            Refusal::Plain
        } else {
            Refusal::Address
        })
    }

    /// The resolver of connections with or without TLS.
    pub fn filter(&self, is_plain: bool) -> Filter {
        Filter {
            guard: self.clone(),
            is_plain,
        }
    }
}

/// The part of a URL between `//` and its path. False if there is none.
fn authority(url: &str) -> (&str, bool) {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    (&rest[..end], end > 0)
}

/// A resolver for connections: it returns addresses only if all of them pass. The connection is made to these addresses,
/// so that a name cannot change between the check and the connection. Literal addresses in a URL do not come here; they are
/// judged by [`Guard::check`].
#[derive(Debug)]
pub struct Filter {
    guard: Guard,
    is_plain: bool,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, is_plain) = (self.guard.clone(), self.is_plain);
        Box::pin(async move {
            let addresses = guard.names.addresses(name.as_str().to_owned()).await?;
            guard.judge(&addresses, is_plain)?;
            // The port is that of the URL.
            let sockets = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// IANA IPv4 Special-Purpose Address Registry: networks that are not globally reachable; besides, multicast and the
/// deprecated relays of 6to4.
const V4_REFUSED: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];
/// Globally reachable exceptions.
const V4_GLOBAL: &[Ipv4Net] = &[v4(192, 0, 0, 9, 32), v4(192, 0, 0, 10, 32)];

/// Global unicast addresses; everything outside is refused.
const V6_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// IANA IPv6 Special-Purpose Address Registry: networks among them that are not globally reachable, or for which it does
/// not say so (Teredo, 6to4).
const V6_REFUSED: &[Ipv6Net] = &[
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];
/// Globally reachable exceptions.
const V6_GLOBAL: &[Ipv6Net] = &[
    v6([0x2001, 1, 0, 0, 0, 0, 0, 1], 128),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 2], 128),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 3], 128),
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28),
];
/// IPv4 addresses behind NAT64 (RFC 6052).
const V6_NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Tests if IANA calls an address globally reachable. IPv4 addresses inside IPv6 ones are judged as IPv4.
fn is_global(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let is_in = |nets: &[Ipv4Net]| nets.iter().any(|net| net.contains(&address));
            is_in(V4_GLOBAL) || !is_in(V4_REFUSED)
        }
        IpAddr::V6(address) if V6_NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_global(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => {
            let is_in = |nets: &[Ipv6Net]| nets.iter().any(|net| net.contains(&address));
            V6_UNICAST.contains(&address) && (is_in(V6_GLOBAL) || !is_in(V6_REFUSED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_globally_reachable_addresses_are_global() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.0.9",
            "192.0.1.0",
            "192.31.196.1",
            "192.175.48.1",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4:112::1",
            "2001:20::1",
            "2001:200::1",
            "2620:4f:8000::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_global(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.8",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global(address.parse().unwrap()), "{address}");
        }
    }

    #[derive(Debug)]
    struct Fixed(&'static [(&'static str, &'static [&'static str])]);

    impl Names for Fixed {
        fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let found = self.0.iter().find(|(name, _)| *name == host);
            let found =
                found.map(|(_, all)| all.iter().map(|text| text.parse().unwrap()).collect());
            Box::pin(async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) })
        }
    }

    #[tokio::test]
    async fn a_url_must_be_https_to_a_public_address_or_lead_to_an_allowed_network() {
        let names = Arc::new(Fixed(&[
            ("public.example", &["1.1.1.1", "2606:4700::1111"]),
            ("inside.example", &["10.1.2.3"]),
            ("both.example", &["1.1.1.1", "10.1.2.3"]),
            ("mixed.example", &["10.1.2.3", "127.0.0.1"]),
        ]));
        let (strict, open) = (Guard::new([]), Guard::new(["10.0.0.0/8".parse().unwrap()]));
        let [strict, open] = [strict, open].map(|guard| guard.with_names(names.clone()));
        use Refusal::{Address, Malformed, Plain, Userinfo};
        for (url, refusal, refusal_if_allowed) in [
            ("https://public.example/x?y", None, None),
            ("https://unknown.example", None, None),
            ("https://1.1.1.1:8443/", None, None),
            ("HTTPS://PUBLIC.example/", None, None),
            ("http://public.example/", Some(Plain), Some(Plain)),
            ("http://1.1.1.1/", Some(Plain), Some(Plain)),
            ("https://inside.example/", Some(Address), None),
            ("http://inside.example/", Some(Plain), None),
            ("https://both.example/", Some(Address), None),
            ("http://both.example/", Some(Plain), Some(Address)),
            ("https://mixed.example/", Some(Address), Some(Address)),
            ("https://10.0.0.1/", Some(Address), None),
            ("http://10.0.0.1/", Some(Plain), None),
            ("https://[::ffff:10.0.0.1]/", Some(Address), None),
            ("https://127.0.0.1/", Some(Address), Some(Address)),
            ("https://2130706433/", Some(Address), Some(Address)),
            ("https://0x7f.1/", Some(Address), Some(Address)),
            ("https://0177.0.0.1/", Some(Address), Some(Address)),
            ("https://[::1]/", Some(Address), Some(Address)),
            ("https://[fd00::1]/", Some(Address), Some(Address)),
            ("https://169.254.169.254/", Some(Address), Some(Address)),
            ("https://me@public.example/", Some(Userinfo), Some(Userinfo)),
            ("https://:x@public.example/", Some(Userinfo), Some(Userinfo)),
            ("https://@public.example/", Some(Userinfo), Some(Userinfo)),
            ("https://:@public.example/", Some(Userinfo), Some(Userinfo)),
            ("https://public.example/@x?y=@", None, None),
            ("https:public.example", Some(Malformed), Some(Malformed)),
            ("https:/public.example", Some(Malformed), Some(Malformed)),
            ("https:///public.example", Some(Malformed), Some(Malformed)),
            ("https:\\\\public.example", Some(Malformed), Some(Malformed)),
            ("ftp://public.example/", Some(Malformed), Some(Malformed)),
            ("file:///etc/passwd", Some(Malformed), Some(Malformed)),
            ("public.example", Some(Malformed), Some(Malformed)),
            ("https://", Some(Malformed), Some(Malformed)),
            (
                "https://public.example/ x",
                Some(Malformed),
                Some(Malformed),
            ),
            (
                "https://pub\tlic.example/",
                Some(Malformed),
                Some(Malformed),
            ),
        ] {
            assert_eq!(strict.url(url).await.err(), refusal, "{url}");
            assert_eq!(
                open.url(url).await.err(),
                refusal_if_allowed,
                "{url}, allowed"
            );
        }
    }

    #[tokio::test]
    async fn a_connection_gets_addresses_only_if_all_of_them_pass() {
        let names = Arc::new(Fixed(&[
            ("public.example", &["1.1.1.1"]),
            ("inside.example", &["10.1.2.3"]),
            ("both.example", &["1.1.1.1", "127.0.0.1"]),
        ]));
        let guard = Guard::new(["10.0.0.0/8".parse().unwrap()]).with_names(names);
        for (name, with_tls, plain) in [
            ("public.example", true, false),
            ("inside.example", true, true),
            ("both.example", false, false),
            ("unknown.example", false, false),
        ] {
            let resolves = async |is_plain| {
                guard
                    .filter(is_plain)
                    .resolve(name.parse().unwrap())
                    .await
                    .is_ok()
            };
            assert_eq!(
                (resolves(false).await, resolves(true).await),
                (with_tls, plain),
                "{name}"
            );
        }
    }
}
