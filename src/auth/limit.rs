//! Rate limits by token, by account and by client address: the one list of what is counted together, and the buckets
//! it is counted in.
//!
//! A bucket holds as many requests as its limit, and is refilled evenly within a minute. Buckets are this
//! instance's own: with several instances, each counts what it answers.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::settings::Settings;
use crate::error::{Error, Result};
use crate::time::Clock;

/// Requests that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Autocall,
    LeadImport,
    Start,
    Telesales,
    Analytics,
    Ingest,
    Auth,
    /// Logins from one client address.
    LoginAddress,
    /// Logins from one client address under one name.
    LoginName,
    /// Requests for signed links from one client address.
    Link,
}

impl Group {
    /// How many requests a minute an account's tokens have each. A login is nobody's account's yet.
    pub fn limit(self, settings: &Settings) -> u32 {
        let of_account = match self {
            Self::Autocall => settings.rate_limit_autocall,
            Self::LeadImport => settings.rate_limit_lead_import,
            Self::Start => settings.rate_limit_start,
            Self::Telesales => settings.rate_limit_telesales,
            Self::Analytics => settings.rate_limit_analytics,
            Self::Ingest => settings.rate_limit_ingest,
            Self::Auth => settings.rate_limit_auth,
            Self::LoginAddress => return 30,
            Self::LoginName => return 5,
            Self::Link => return 120,
        };
        of_account.to_u32().unwrap_or(1)
    }
}

/// What a limit stands at after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute, and at once.
    pub limit: u32,
    /// Requests that would be answered now.
    pub remaining: u32,
    /// How long until all of them would be.
    pub full_in: Duration,
    /// Of a request too many: how long until one would be answered.
    pub retry_in: Option<Duration>,
}

impl Standing {
    /// TooManyRequests where the request was one too many.
    pub fn check(self) -> Result<()> {
        match self.retry_in {
            None => Ok(()),
            Some(wait) => Err(Error::TooManyRequests {
                retry_after: whole_seconds(wait).max(1),
            }),
        }
    }
}

/// Rounded up.
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Whose bucket. The limit is in it, so that a bucket begins anew when its account is given another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    group: Group,
    limit: u32,
    who: u128,
    name: u64,
}

/// The buckets that are not full. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Limits(Option<Inner>);

#[derive(Clone)]
struct Inner {
    clock: Clock,
    /// Apart from one another: many tokens evict no account, many addresses no token.
    tokens: Buckets,
    accounts: Buckets,
    addresses: Buckets,
    names: std::hash::RandomState,
}

type Buckets = moka::sync::Cache<Key, Arc<Bucket>, std::hash::RandomState>;

/// How many buckets are kept of each sort, about 500 bytes each. The least recently used make room, and are full
/// again when they come back.
pub const BUCKETS: u64 = 100_000;

/// Limit of all tokens of an account together, as a multiple of one token's.
const TOKENS_OF_ACCOUNT: u32 = 10;

/// In which an empty bucket is refilled.
const PERIOD: Duration = Duration::from_secs(60);

impl Limits {
    /// Nothing is counted.
    pub fn off() -> Self {
        Self(None)
    }

    pub fn on(clock: Clock) -> Self {
        let buckets = || {
            moka::sync::Cache::builder()
                .max_capacity(BUCKETS)
                .eviction_policy(EvictionPolicy::lru())
                // By then it is full, as a new one is.
                .time_to_idle(PERIOD)
                .build_with_hasher(std::hash::RandomState::new())
        };
        let names = std::hash::RandomState::new();
        Self(Some(Inner {
            clock,
            tokens: buckets(),
            accounts: buckets(),
            addresses: buckets(),
            names,
        }))
    }

    /// Counts a request of a session, and of its account: the standing of the limit that refused, or the session's.
    /// A request that either refuses costs nothing. None where nothing is counted.
    pub fn of_session(
        &self,
        group: Group,
        settings: &Settings,
        tenant: i64,
        session: Uuid,
    ) -> Option<Standing> {
        let Inner {
            clock,
            tokens,
            accounts,
            ..
        } = self.0.as_ref()?;
        let limit = group.limit(settings);
        let token = bucket(
            tokens,
            Key {
                group,
                limit,
                who: session.as_u128(),
                name: 0,
            },
            *clock,
        );
        let of_token = token.count();
        if of_token.retry_in.is_some() {
            return Some(of_token);
        }
        let limit = limit.saturating_mul(TOKENS_OF_ACCOUNT);
        let key = Key {
            group,
            limit,
            who: u128::from(tenant.cast_unsigned()),
            name: 0,
        };
        let of_account = bucket(accounts, key, *clock).count();
        if of_account.retry_in.is_none() {
            return Some(of_token);
        }
        token.give_back();
        Some(of_account)
    }

    /// Counts a login from an address.
    pub fn of_address(&self, address: IpAddr) -> Option<Standing> {
        self.of_stranger(Group::LoginAddress, address, 0)
    }

    /// Counts a request for a signed link from an address.
    pub fn of_link(&self, address: IpAddr) -> Option<Standing> {
        self.of_stranger(Group::Link, address, 0)
    }

    /// Counts a login from an address under a name, in the spelling it is compared in.
    pub fn of_name(&self, address: IpAddr, name: &str) -> Option<Standing> {
        let name = self.0.as_ref()?.names.hash_one(name);
        self.of_stranger(Group::LoginName, address, name)
    }

    fn of_stranger(&self, group: Group, address: IpAddr, name: u64) -> Option<Standing> {
        let Inner {
            clock, addresses, ..
        } = self.0.as_ref()?;
        let key = Key {
            group,
            limit: group.limit(&Settings::default()),
            who: rate_limit_prefix(address),
            name,
        };
        Some(bucket(addresses, key, *clock).count())
    }

    /// How many buckets are kept, once what is under way is done.
    pub fn kept(&self) -> u64 {
        self.0
            .iter()
            .flat_map(|inner| [&inner.tokens, &inner.accounts, &inner.addresses])
            .fold(0, |kept, buckets| {
                buckets.run_pending_tasks();
                kept + buckets.entry_count()
            })
    }
}

/// The client at an address: with IPv6, its network of 64 bits, which is the least that anybody is given.
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

struct Bucket {
    limit: u32,
    full_at: FullAt,
    limiter: RateLimiter<(), FullAt, Stopwatch, NoOpMiddleware<Duration>>,
}

impl Bucket {
    fn new(limit: u32, clock: Clock) -> Self {
        let full_at = FullAt::default();
        let quota = Quota::per_minute(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
        let stopwatch = Stopwatch {
            clock,
            started: clock.elapsed(),
        };
        Self {
            limit,
            full_at: full_at.clone(),
            limiter: RateLimiter::new(quota, full_at, stopwatch),
        }
    }

    fn count(&self) -> Standing {
        let counted = self.limiter.check_key(&());
        let now = self.limiter.clock().now();
        let full_in =
            Duration::from_nanos(self.full_at.0.load(Ordering::Acquire)).saturating_sub(now);
        let retry_in = counted.err().map(|too_many| too_many.wait_time_from(now));
        let missing = full_in.as_nanos().div_ceil(self.nanos_each().into());
        let remaining = self
            .limit
            .saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX));
        Standing {
            limit: self.limit,
            remaining,
            full_in,
            retry_in,
        }
    }

    /// Takes back one request that was counted.
    fn give_back(&self) {
        let each = self.nanos_each();
        let _ = self
            .full_at
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |at| {
                Some(at.saturating_sub(each))
            });
    }

    /// How long one request takes to be refilled, in nanoseconds.
    fn nanos_each(&self) -> u64 {
        let period = u64::try_from(PERIOD.as_nanos()).unwrap_or(u64::MAX);
        (period / u64::from(self.limit.max(1))).max(1)
    }
}

/// When a bucket is full, in nanoseconds on its stopwatch. Kept here because governor's own state does not tell.
#[derive(Clone, Default)]
struct FullAt(Arc<AtomicU64>);

impl StateStore for FullAt {
    type Key = ();

    fn measure_and_replace<T, F, E>(&self, (): &(), decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut full_at = self.0.load(Ordering::Acquire);
        loop {
            let (told, next) = decide((full_at > 0).then(|| full_at.into()))?;
            match self.0.compare_exchange_weak(
                full_at,
                next.into(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(told),
                Err(changed) => full_at = changed,
            }
        }
    }
}

/// Our clock as governor reads one: the time since a bucket was made.
struct Stopwatch {
    clock: Clock,
    started: Duration,
}

impl governor::clock::Clock for Stopwatch {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;

    /// A clock and what sets it forward, in milliseconds.
    fn clock() -> (Clock, impl Fn(i64)) {
        let micros: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(1_782_000_000_000_000)));
        (Clock::Set(micros), |ms| {
            micros.fetch_add(ms * 1000, Ordering::Relaxed);
        })
    }

    #[test]
    fn a_bucket_holds_its_limit_and_is_refilled_evenly() {
        let (clock, wait) = clock();
        let (limits, settings, session) =
            (Limits::on(clock), Settings::default(), Uuid::from_u128(1));
        let ask = || {
            limits
                .of_session(Group::Autocall, &settings, 1, session)
                .unwrap()
        };
        for asked in 1..=120 {
            let standing = ask();
            assert_eq!(
                (standing.limit, standing.remaining, standing.retry_in),
                (120, 120 - asked, None)
            );
            assert_eq!(standing.full_in, Duration::from_millis(500) * asked);
        }
        for _ in 0..3 {
            let refused = ask();
            assert_eq!(
                (refused.remaining, refused.full_in),
                (0, PERIOD),
                "what is refused costs nothing"
            );
            assert_eq!(refused.retry_in, Some(Duration::from_millis(500)));
        }
        wait(499);
        assert_eq!(ask().retry_in, Some(Duration::from_millis(1)));
        wait(1);
        assert_eq!(
            (ask().retry_in, ask().retry_in),
            (None, Some(Duration::from_millis(500)))
        );
        wait(30_250);
        let standing = ask();
        assert_eq!(
            (standing.remaining, standing.full_in),
            (59, Duration::from_millis(30_250))
        );
        wait(3_600_000);
        assert_eq!(ask().remaining, 119, "never more than the limit");
    }

    #[test]
    fn everybody_has_a_bucket_for_each_group() {
        let (clock, _) = clock();
        let (limits, mut settings) = (Limits::on(clock), Settings::default());
        let ask = |group, settings: &Settings, who| {
            limits
                .of_session(group, settings, 1, Uuid::from_u128(who))
                .unwrap()
        };
        for _ in 0..5 {
            assert!(ask(Group::Start, &settings, 1).check().is_ok());
        }
        assert!(ask(Group::Start, &settings, 1).check().is_err());
        assert!(ask(Group::Start, &settings, 2).check().is_ok());
        assert!(ask(Group::LeadImport, &settings, 1).check().is_ok());
        settings.set("rate_limit_start", "7").unwrap();
        assert_eq!(ask(Group::Start, &settings, 1).remaining, 6);
        assert_eq!(
            Limits::off().of_session(Group::Start, &settings, 1, Uuid::nil()),
            None
        );
    }

    #[test]
    fn tokens_of_an_account_have_ten_times_a_tokens_limit_together() {
        let (clock, wait) = clock();
        let (limits, settings) = (Limits::on(clock), Settings::default());
        let ask = |tenant, who| {
            limits
                .of_session(Group::Start, &settings, tenant, Uuid::from_u128(who))
                .unwrap()
        };
        for asked in 0..50 {
            assert!(ask(1, asked / 4).check().is_ok(), "{asked}");
        }
        let refused = ask(1, 100);
        assert_eq!(
            (refused.limit, refused.remaining, refused.full_in),
            (50, 0, PERIOD)
        );
        assert_eq!(refused.retry_in, Some(Duration::from_millis(1_200)));
        assert_eq!(ask(2, 200).limit, 5, "another account's limit is its own");
        wait(1_200);
        let answered = ask(1, 100);
        assert_eq!(
            (answered.limit, answered.remaining),
            (5, 4),
            "the refused request cost its token nothing"
        );
    }

    #[test]
    fn a_token_over_its_own_limit_takes_nothing_from_its_account() {
        let (clock, _) = clock();
        let (limits, settings) = (Limits::on(clock), Settings::default());
        let ask = |who| {
            limits
                .of_session(Group::Start, &settings, 1, Uuid::from_u128(who))
                .unwrap()
        };
        for asked in 0..1_000 {
            let standing = ask(1);
            assert_eq!(
                (standing.limit, standing.retry_in.is_none()),
                (5, asked < 5)
            );
        }
        assert_eq!(
            (0..50)
                .filter(|asked| ask(10 + asked).check().is_ok())
                .count(),
            45
        );
    }

    #[test]
    fn logins_are_counted_by_address_and_name() {
        let (clock, _) = clock();
        let limits = Limits::on(clock);
        let at = |address: &str| address.parse::<IpAddr>().unwrap();
        for _ in 0..5 {
            assert!(
                limits
                    .of_name(at("192.0.2.1"), "ann")
                    .unwrap()
                    .check()
                    .is_ok()
            );
        }
        let too_many = limits
            .of_name(at("::ffff:192.0.2.1"), "ann")
            .unwrap()
            .check();
        assert!(
            matches!(too_many, Err(Error::TooManyRequests { retry_after: 12 })),
            "{too_many:?}"
        );
        assert!(
            limits
                .of_name(at("192.0.2.1"), "bob")
                .unwrap()
                .check()
                .is_ok()
        );
        assert!(
            limits
                .of_name(at("192.0.2.2"), "ann")
                .unwrap()
                .check()
                .is_ok()
        );
        for number in 0..30 {
            assert!(
                limits
                    .of_address(at(&format!("2001:db8::{number}")))
                    .unwrap()
                    .check()
                    .is_ok()
            );
        }
        assert!(
            limits
                .of_address(at("2001:db8::ffff:1"))
                .unwrap()
                .check()
                .is_err(),
            "one network, one client"
        );
        assert!(
            limits
                .of_address(at("2001:db8:0:1::1"))
                .unwrap()
                .check()
                .is_ok()
        );
    }

    #[test]
    fn a_million_who_ask_once_leave_bounded_traces_and_push_nobody_out_who_asks_on() {
        let (clock, _) = clock();
        let (limits, settings) = (Limits::on(clock), Settings::default());
        let busy = || {
            limits
                .of_session(Group::Start, &settings, 0, Uuid::from_u128(u128::MAX))
                .unwrap()
        };
        for _ in 0..5 {
            busy();
        }
        for who in 0..1_000_000 {
            let tenant = i64::try_from(who).unwrap() + 1;
            limits
                .of_session(Group::Start, &settings, tenant, Uuid::from_u128(who))
                .unwrap();
            if who % 10_000 == 0 {
                assert!(busy().check().is_err(), "forgotten after {who}");
            }
        }
        assert!(limits.kept() <= 2 * BUCKETS, "{}", limits.kept());
    }
}
