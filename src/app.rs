//! State shared by requests, workers and commands; created by `boot`, and by tests.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ipnet::IpNet;

use crate::answers::{self, Answers};
use crate::auth::limit::Limits;
use crate::auth::password::Checker;
use crate::auth::session::{self, Sessions};
use crate::auth::token::Keys;
use crate::config::{Config, Switch};
use crate::db::Database;
use crate::exports::settings::Settings as Exports;
use crate::overview::paces::{self, Paces};
use crate::schedules::settings::Settings as Schedules;
use crate::time::Clock;
use crate::webhooks::guard::Guard;
use crate::webhooks::settings::Settings as Webhooks;

/// State of every request. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Database,
    pub clock: Clock,
    pub keys: Keys,
    pub passwords: Checker,
    /// Rate limits.
    pub limits: Limits,
    /// Trusted proxies.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Allowed CORS origins.
    pub cors_origins: Arc<[String]>,
    /// Cache of authenticated callers.
    pub sessions: Sessions,
    /// Cache of responses, by request.
    pub answers: Answers,
    /// Cache of paces of campaigns.
    pub paces: Paces,
    pub exports: Exports,
    pub webhooks: Webhooks,
    pub schedules: Schedules,
    /// Token of `/metrics`; without one, whoever reaches its address may read them.
    pub metrics_token: Option<Arc<str>>,
    /// True while the server stops: it answers, and wants no more requests.
    pub stopping: Arc<AtomicBool>,
    /// True once the installation is known to have an account.
    pub has_accounts: Arc<AtomicBool>,
    /// Maximum size of an atomic ingest body, unpacked, in bytes.
    pub atomic_limit: u64,
}

/// Maximum size of an atomic ingest body, unpacked, in bytes (contract, section 6).
const MAX_ATOMIC: u64 = 1 << 30;

impl App {
    /// An app that reuses responses for `keep`, without rate limits, trusted proxies or CORS origins.
    pub fn new(db: Database, clock: Clock, keys: Keys, keep: Duration, exports: Exports) -> Self {
        Self {
            db,
            clock,
            keys,
            passwords: Checker::default(),
            limits: Limits::off(),
            trusted_proxies: Arc::default(),
            cors_origins: Arc::default(),
            sessions: session::sessions(keep),
            answers: answers::answers(keep),
            paces: paces::paces(keep),
            exports,
            webhooks: Webhooks::new(Guard::new([])),
            schedules: Schedules::default(),
            metrics_token: None,
            stopping: Arc::default(),
            has_accounts: Arc::default(),
            atomic_limit: MAX_ATOMIC,
        }
    }

    /// Applies the operator's settings.
    pub fn configured(
        db: Database,
        keys: Keys,
        config: &Config,
        exports: Exports,
        (webhooks, schedules): (Webhooks, Schedules),
    ) -> Self {
        let clock = Clock::System;
        Self {
            limits: if config.rate_limit == Switch::On {
                Limits::on(clock)
            } else {
                Limits::off()
            },
            trusted_proxies: config.trusted_proxies.0.clone().into(),
            cors_origins: config.cors_origins.0.clone().into(),
            webhooks,
            schedules,
            metrics_token: config.metrics_token.as_ref().map(|it| it.reveal().into()),
            ..Self::new(db, clock, keys, config.keep(), exports)
        }
    }
}
