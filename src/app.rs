//! The state that requests, workers and commands share; made by `boot`, and by tests.

use std::sync::Arc;
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
use crate::time::Clock;

/// What every request needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Database,
    pub clock: Clock,
    pub keys: Keys,
    pub passwords: Checker,
    /// How often who may ask.
    pub limits: Limits,
    /// Proxies whose word on who asks is taken.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Origins whose pages may ask from a browser.
    pub cors_origins: Arc<[String]>,
    /// Who is calling, for those who have called a moment ago.
    pub sessions: Sessions,
    /// Reports as they were answered a moment ago, by what was asked.
    pub answers: Answers,
    pub exports: Exports,
    /// Bytes of an ingest body that is all or nothing, unpacked, at most.
    pub atomic_limit: u64,
}

/// Bytes of an atomic ingest body, unpacked, at most (contract, section 6).
const MAX_ATOMIC: u64 = 1 << 30;

impl App {
    /// What it reads for one request it may keep for others, so long. It counts no requests, trusts no proxy and
    /// knows no origin.
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
            exports,
            atomic_limit: MAX_ATOMIC,
        }
    }

    /// As an operator wants it.
    pub fn configured(db: Database, keys: Keys, config: &Config, exports: Exports) -> Self {
        let clock = Clock::System;
        Self {
            limits: if config.rate_limit == Switch::On {
                Limits::on(clock)
            } else {
                Limits::off()
            },
            trusted_proxies: config.trusted_proxies.0.clone().into(),
            cors_origins: config.cors_origins.0.clone().into(),
            ..Self::new(db, clock, keys, config.keep(), exports)
        }
    }
}
