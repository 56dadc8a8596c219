//! Settings of webhooks: the networks they may lead to, the HTTP client, and the intervals of the workers.

use std::fs;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Proxy};

use super::guard::Guard;
use crate::config::{Config, Hidden};
use crate::error::{Cause, Error, Result};

/// Idle connections kept for each receiver, and the time that they are kept.
const IDLE_CONNECTIONS: usize = 4;
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Settings of webhooks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Settings {
    pub guard: Guard,
    pub pace: Pace,
    authorities: Vec<Certificate>,
    /// The only proxy. It resolves names itself.
    proxy: Option<Proxy>,
    /// Built on first use, because it reads the authorities of the system.
    clients: Arc<OnceLock<Clients>>,
}

/// Clients with TLS and without: each resolves names by its own rule.
#[derive(Debug)]
struct Clients {
    secure: Client,
    plain: Client,
}

/// Intervals of the workers. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time for a whole answer.
    pub timeout: Duration,
    /// Time after which another instance takes over a claimed delivery.
    pub lease: Duration,
    /// Interval of polling for due deliveries without a notification.
    pub look_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            look_every: Duration::from_secs(1),
        }
    }
}

impl Settings {
    /// Without a proxy and further authorities.
    pub fn new(guard: Guard) -> Self {
        Self {
            guard,
            pace: Pace::default(),
            authorities: Vec::new(),
            proxy: None,
            clients: Arc::default(),
        }
    }

    /// `Setup` if the proxy or the authorities cannot be used.
    pub fn of(config: &Config) -> Result<Self> {
        let setup = |setting: &'static str| {
            move |error: reqwest::Error| Error::Setup(Cause::from(error).context(setting))
        };
        let proxy = config.webhook_proxy.as_ref().map(Hidden::reveal);
        let proxy = proxy.filter(|proxy| !proxy.is_empty()).map(Proxy::all);
        let proxy = proxy
            .transpose()
            .map_err(setup("CALLBOARD_WEBHOOK_PROXY"))?;
        let authorities = match &config.webhook_ca {
            None => Vec::new(),
            Some(path) => {
                let at = |error: std::io::Error| {
                    let place = format!("CALLBOARD_WEBHOOK_CA: {}", path.display());
                    Error::Setup(Cause::from(error).context(place))
                };
                let pem = fs::read(path).map_err(at)?;
                let found = Certificate::from_pem_bundle(&pem);
                let found = found.map_err(setup("CALLBOARD_WEBHOOK_CA"))?;
                if found.is_empty() {
                    return Err(Error::setup(
                        "CALLBOARD_WEBHOOK_CA: the file has no certificate in PEM",
                    ));
                }
                found
            }
        };
        let settings = Self {
            authorities,
            proxy,
            ..Self::new(Guard::new(config.webhook_allow.0.clone()))
        };
        if !settings.authorities.is_empty() {
            // An unusable certificate is found at the start.
            settings.client(false)?;
        }
        Ok(settings)
    }

    /// The same settings with another guard.
    pub fn with_guard(self, guard: Guard) -> Self {
        Self {
            guard,
            clients: Arc::default(),
            ..self
        }
    }

    /// True if a proxy makes the connections, so that their addresses are unknown here.
    pub fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// The client for URLs without TLS (`is_plain`) or with it.
    pub fn client(&self, is_plain: bool) -> Result<&Client> {
        let clients = match self.clients.get() {
            Some(clients) => clients,
            None => {
                let clients = Clients {
                    secure: self.build(false)?,
                    plain: self.build(true)?,
                };
                self.clients.get_or_init(|| clients)
            }
        };
        Ok(if is_plain {
            &clients.plain
        } else {
            &clients.secure
        })
    }

    fn build(&self, is_plain: bool) -> Result<Client> {
        // Installs the TLS crypto provider of the process unless one is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("Callboard/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .http1_only()
            .https_only(!is_plain)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tls_certs_merge(self.authorities.clone());
        let client = match &self.proxy {
            Some(proxy) => client.no_proxy().proxy(proxy.clone()),
            None => client
                .no_proxy()
                .dns_resolver(Arc::new(self.guard.filter(is_plain))),
        };
        let failed = |error| Error::Setup(Cause::from(error).context("the client of webhooks"));
        client.build().map_err(failed)
    }
}
