//! Rate limits by token, tenant and client address: the list of rate groups, and the buckets.
//!
//! Buckets are local to this instance: each instance counts the requests it answers.

mod bucket;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use self::bucket::Bucket;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::metrics::metrics;
use crate::time::Clock;

/// Requests that share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Autocall,
    LeadImport,
    Start,
    Telesales,
    Analytics,
    Ingest,
    /// Doors of switches, which post each call.
    Dialers,
    Auth,
    Webhooks,
    /// Tests and replays, which send at once.
    WebhookTest,
    /// Runs of schedules outside their times.
    ScheduleRun,
    /// All other routes under /api.
    Other,
    /// Logins from one client address.
    LoginAddress,
    /// Logins from one client address under one name.
    LoginName,
    /// Requests for signed links from one client address.
    Link,
}

impl Group {
    /// Groups by token, whose limits are settings of the tenant.
    pub const OF_TOKENS: [Self; 12] = [
        Self::Autocall,
        Self::LeadImport,
        Self::Start,
        Self::Telesales,
        Self::Analytics,
        Self::Ingest,
        Self::Dialers,
        Self::Auth,
        Self::Webhooks,
        Self::WebhookTest,
        Self::ScheduleRun,
        Self::Other,
    ];

    /// Groups by client address, whose limits are fixed.
    pub const OF_ADDRESSES: [Self; 3] = [Self::LoginAddress, Self::LoginName, Self::Link];

    /// Name in the OpenAPI document. A tenant's limit of the group is its setting `rate_limit_<name>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Autocall => "autocall",
            Self::LeadImport => "lead_import",
            Self::Start => "start",
            Self::Telesales => "telesales",
            Self::Analytics => "analytics",
            Self::Ingest => "ingest",
            Self::Dialers => "dialers",
            Self::Auth => "auth",
            Self::Webhooks => "webhooks",
            Self::WebhookTest => "webhook_test",
            Self::ScheduleRun => "schedule_run",
            Self::Other => "other",
            Self::LoginAddress => "login_address",
            Self::LoginName => "login_name",
            Self::Link => "link",
        }
    }

    /// Requests per minute for each token of a tenant. Limits by client address do not depend on a
    /// tenant.
    pub fn limit(self, settings: &Settings) -> u32 {
        let of_tenant = match self {
            Self::Autocall => settings.rate_limit_autocall,
            Self::LeadImport => settings.rate_limit_lead_import,
            Self::Start => settings.rate_limit_start,
            Self::Telesales => settings.rate_limit_telesales,
            Self::Analytics => settings.rate_limit_analytics,
            Self::Ingest => settings.rate_limit_ingest,
            Self::Dialers => settings.rate_limit_dialers,
            Self::Auth => settings.rate_limit_auth,
            Self::Webhooks => settings.rate_limit_webhooks,
            Self::WebhookTest => settings.rate_limit_webhook_test,
            Self::ScheduleRun => settings.rate_limit_schedule_run,
            Self::Other => settings.rate_limit_other,
            Self::LoginAddress => return 30,
            Self::LoginName => return 5,
            Self::Link => return 120,
        };
        of_tenant.to_u32().unwrap_or(1)
    }
}

/// State of a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// Requests per minute, and burst size.
    pub limit: u32,
    /// Requests that would be accepted now.
    pub remaining: u32,
    /// Time until the bucket is full.
    pub full_in: Duration,
    /// For a refused request: time until one would be accepted.
    pub retry_in: Option<Duration>,
}

impl LimitState {
    /// Returns `TooManyRequests` if the request was refused.
    pub fn check(self) -> Result<()> {
        match self.retry_in {
            None => Ok(()),
            Some(wait) => Err(Error::TooManyRequests {
                retry_after: whole_seconds(wait).max(1),
            }),
        }
    }
}

/// Rounds up to whole seconds.
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Identity of a bucket. It includes the limit, so a tenant with a new limit starts with a new
/// bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    group: Group,
    limit: u32,
    subject: u128,
    name: u64,
}

/// Buckets that are not full. Cheap to clone; clones share the counts.
#[derive(Clone)]
pub struct Limits(Option<Inner>);

#[derive(Clone)]
struct Inner {
    clock: Clock,
    /// Separate caches: many tokens cannot evict a tenant, and many addresses cannot evict a token.
    tokens: Buckets,
    tenants: Buckets,
    addresses: Buckets,
    names: std::hash::RandomState,
}

type Buckets = moka::sync::Cache<Key, Arc<Bucket>, std::hash::RandomState>;

/// Maximum number of buckets in each cache, at about 500 bytes each. The least recently used bucket
/// is evicted and is full when it returns.
pub const MAX_BUCKETS: u64 = 100_000;

/// Limit of all tokens of a tenant together, as a multiple of one token's limit.
const TOKENS_PER_TENANT: u32 = 10;

/// Time in which an empty bucket refills.
const PERIOD: Duration = Duration::from_secs(60);

impl Limits {
    /// Disables counting.
    pub fn off() -> Self {
        Self(None)
    }

    pub fn on(clock: Clock) -> Self {
        let buckets = || {
            moka::sync::Cache::builder()
                .max_capacity(MAX_BUCKETS)
                .eviction_policy(EvictionPolicy::lru())
                // After this time the bucket is full, like a new one.
                .time_to_idle(PERIOD)
                .build_with_hasher(std::hash::RandomState::new())
        };
        let names = std::hash::RandomState::new();
        Self(Some(Inner {
            clock,
            tokens: buckets(),
            tenants: buckets(),
            addresses: buckets(),
            names,
        }))
    }

    /// Counts a request of a session and of its tenant. Returns the state of the limit that
    /// refused, otherwise that of the session. A refused request costs nothing. Returns `None` if
    /// rate limiting is off.
    pub fn count_session(
        &self,
        group: Group,
        settings: &Settings,
        tenant: i64,
        session: Uuid,
    ) -> Option<LimitState> {
        let Inner {
            clock,
            tokens,
            tenants,
            ..
        } = self.0.as_ref()?;
        let limit = group.limit(settings);
        let token = bucket(
            tokens,
            Key {
                group,
                limit,
                subject: session.as_u128(),
                name: 0,
            },
            *clock,
        );
        let of_token = token.count();
        if of_token.retry_in.is_some() {
            return Some(noted(group, of_token));
        }
        let limit = limit.saturating_mul(TOKENS_PER_TENANT);
        let key = Key {
            group,
            limit,
            subject: u128::from(tenant.cast_unsigned()),
            name: 0,
        };
        let of_tenant = bucket(tenants, key, *clock).count();
        if of_tenant.retry_in.is_none() {
            return Some(of_token);
        }
        token.refund();
        Some(noted(group, of_tenant))
    }

    /// Returns true if a request of a session would be accepted now by its own limit.
    pub fn has_room(&self, group: Group, settings: &Settings, session: Uuid) -> bool {
        self.0.as_ref().is_none_or(|Inner { clock, tokens, .. }| {
            let key = Key {
                group,
                limit: group.limit(settings),
                subject: session.as_u128(),
                name: 0,
            };
            bucket(tokens, key, *clock).has_room()
        })
    }

    /// Counts a login from an address.
    pub fn count_login(&self, address: IpAddr) -> Option<LimitState> {
        self.count_address(Group::LoginAddress, address, 0)
    }

    /// Counts a request for a signed link from an address.
    pub fn count_link(&self, address: IpAddr) -> Option<LimitState> {
        self.count_address(Group::Link, address, 0)
    }

    /// Counts a login from an address under a name. `name` is the normalized user name.
    pub fn count_login_name(&self, address: IpAddr, name: &str) -> Option<LimitState> {
        let name = self.0.as_ref()?.names.hash_one(name);
        self.count_address(Group::LoginName, address, name)
    }

    fn count_address(&self, group: Group, address: IpAddr, name: u64) -> Option<LimitState> {
        let Inner {
            clock, addresses, ..
        } = self.0.as_ref()?;
        let key = Key {
            group,
            limit: group.limit(&Settings::default()),
            subject: rate_limit_prefix(address),
            name,
        };
        Some(noted(group, bucket(addresses, key, *clock).count()))
    }

    /// Number of buckets, after pending evictions.
    pub fn bucket_count(&self) -> u64 {
        self.0
            .iter()
            .flat_map(|inner| [&inner.tokens, &inner.tenants, &inner.addresses])
            .fold(0, |total, buckets| {
                buckets.run_pending_tasks();
                total + buckets.entry_count()
            })
    }
}

/// Counts the request in the metrics if it was refused.
fn noted(group: Group, state: LimitState) -> LimitState {
    if state.retry_in.is_some() {
        metrics().rate_limited.add([group.name()], 1);
    }
    state
}

/// Client behind an address. For IPv6 it is the /64 network, the smallest assigned to a customer.
pub fn rate_limit_prefix(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & !u128::from(u64::MAX),
    }
}

fn bucket(buckets: &Buckets, key: Key, clock: Clock) -> Arc<Bucket> {
    buckets
        .get(&key)
        .unwrap_or_else(|| buckets.get_with(key, || Arc::new(Bucket::new(key.limit, clock))))
}
