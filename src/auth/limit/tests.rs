use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

/// Returns a clock and a function that advances it by milliseconds.
fn clock() -> (Clock, impl Fn(i64)) {
    let micros: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(1_782_000_000_000_000)));
    (Clock::Set(micros), |ms| {
        micros.fetch_add(ms * 1000, Ordering::Relaxed);
    })
}

#[test]
fn a_bucket_holds_its_limit_and_is_refilled_evenly() {
    let (clock, wait) = clock();
    let (limits, settings, session) = (Limits::on(clock), Settings::default(), Uuid::from_u128(1));
    let ask = || {
        limits
            .count_session(Group::Autocall, &settings, 1, session)
            .unwrap()
    };
    for asked in 1..=120 {
        let state = ask();
        assert_eq!(
            (state.limit, state.remaining, state.retry_in),
            (120, 120 - asked, None)
        );
        assert_eq!(state.full_in, Duration::from_millis(500) * asked);
    }
    for _ in 0..3 {
        let refused = ask();
        assert_eq!(
            (refused.remaining, refused.full_in),
            (0, PERIOD),
            "a refused request costs nothing"
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
    let state = ask();
    assert_eq!(
        (state.remaining, state.full_in),
        (59, Duration::from_millis(30_250))
    );
    wait(3_600_000);
    assert_eq!(ask().remaining, 119, "never more than the limit");
}

#[test]
fn each_token_has_a_bucket_per_group() {
    let (clock, _) = clock();
    let (limits, mut settings) = (Limits::on(clock), Settings::default());
    let ask = |group, settings: &Settings, subject| {
        limits
            .count_session(group, settings, 1, Uuid::from_u128(subject))
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
        Limits::off().count_session(Group::Start, &settings, 1, Uuid::nil()),
        None
    );
}

#[test]
fn all_tokens_of_a_tenant_share_ten_times_the_limit_of_one() {
    let (clock, wait) = clock();
    let (limits, settings) = (Limits::on(clock), Settings::default());
    let ask = |tenant, subject| {
        limits
            .count_session(Group::Start, &settings, tenant, Uuid::from_u128(subject))
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
    assert_eq!(
        ask(2, 200).limit,
        5,
        "another tenant has a limit of its own"
    );
    wait(1_200);
    let answered = ask(1, 100);
    assert_eq!(
        (answered.limit, answered.remaining),
        (5, 4),
        "the refused request did not count against its token"
    );
}

#[test]
fn a_token_over_its_limit_does_not_count_against_its_tenant() {
    let (clock, _) = clock();
    let (limits, settings) = (Limits::on(clock), Settings::default());
    let ask = |subject| {
        limits
            .count_session(Group::Start, &settings, 1, Uuid::from_u128(subject))
            .unwrap()
    };
    for asked in 0..1_000 {
        let state = ask(1);
        assert_eq!((state.limit, state.retry_in.is_none()), (5, asked < 5));
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
                .count_login_name(at("192.0.2.1"), "ann")
                .unwrap()
                .check()
                .is_ok()
        );
    }
    let too_many = limits
        .count_login_name(at("::ffff:192.0.2.1"), "ann")
        .unwrap()
        .check();
    assert!(
        matches!(too_many, Err(Error::TooManyRequests { retry_after: 12 })),
        "{too_many:?}"
    );
    assert!(
        limits
            .count_login_name(at("192.0.2.1"), "bob")
            .unwrap()
            .check()
            .is_ok()
    );
    assert!(
        limits
            .count_login_name(at("192.0.2.2"), "ann")
            .unwrap()
            .check()
            .is_ok()
    );
    for number in 0..30 {
        assert!(
            limits
                .count_login(at(&format!("2001:db8::{number}")))
                .unwrap()
                .check()
                .is_ok()
        );
    }
    assert!(
        limits
            .count_login(at("2001:db8::ffff:1"))
            .unwrap()
            .check()
            .is_err(),
        "one network, one client"
    );
    assert!(
        limits
            .count_login(at("2001:db8:0:1::1"))
            .unwrap()
            .check()
            .is_ok()
    );
}

#[test]
fn a_million_single_requests_stay_bounded_and_evict_no_busy_bucket() {
    let (clock, _) = clock();
    let (limits, settings) = (Limits::on(clock), Settings::default());
    let busy = || {
        limits
            .count_session(Group::Start, &settings, 0, Uuid::from_u128(u128::MAX))
            .unwrap()
    };
    for _ in 0..5 {
        busy();
    }
    for subject in 0..1_000_000 {
        let tenant = i64::try_from(subject).unwrap() + 1;
        limits
            .count_session(Group::Start, &settings, tenant, Uuid::from_u128(subject))
            .unwrap();
        if subject % 10_000 == 0 {
            assert!(busy().check().is_err(), "evicted after {subject}");
        }
    }
    assert!(
        limits.bucket_count() <= 2 * MAX_BUCKETS,
        "{}",
        limits.bucket_count()
    );
}
