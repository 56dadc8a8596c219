//! Figures, printed: `cargo test --release --test it webhooks::measured -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use super::hooks::{Hooks, WEBHOOKS};
use super::receiver::{Receiver, Reply};
use serde_json::json;

const EVENTS_A_SECOND: i64 = 200;
const SECONDS: i64 = 60;
/// Batches a second, each one transaction.
const BATCHES: i64 = 20;

/// 200 events a second for a minute to ten webhooks, one of which never answers: the delay of the others.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute, and measures"]
async fn a_dead_receiver_delays_nobody_else() {
    let hooks = Hooks::with(|app| app.webhooks.pace.look_every = Duration::from_secs(1)).await;
    let mut receivers = Vec::new();
    for _ in 0..10 {
        let receiver = Receiver::start().await;
        let create = json!({"url": receiver.url(), "events": ["*"]});
        hooks.post(WEBHOOKS, &create).await;
        receivers.push(receiver);
    }
    receivers[0].always(Reply::Hang);
    let _worker = hooks.work();
    let mut written = Vec::new();
    let mut ticks = interval(Duration::from_millis(1_000 / BATCHES.unsigned_abs()));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    for batch in 0..SECONDS * BATCHES {
        ticks.tick().await;
        let per_batch = EVENTS_A_SECOND / BATCHES;
        let numbers = batch * per_batch..(batch + 1) * per_batch;
        let subjects: Vec<String> = numbers
            .clone()
            .map(|number| format!("lead:{}", number % 1_000))
            .collect();
        let events: Vec<(&str, i64)> = subjects.iter().map(String::as_str).zip(numbers).collect();
        let at = Instant::now();
        hooks.events(&events).await;
        written.extend(events.iter().map(|_| at));
    }
    println!("written in {:?}", begun.elapsed());
    hooks
        .until("all have arrived", async || {
            receivers[1..]
                .iter()
                .all(|receiver| receiver.count() >= written.len())
        })
        .await;
    let mut delays: Vec<Duration> = receivers[1..]
        .iter()
        .flat_map(Receiver::seen)
        .map(|seen| {
            let number = usize::try_from(seen.number()).expect("small");
            seen.at.saturating_duration_since(written[number])
        })
        .collect();
    delays.sort();
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!(
        "{} deliveries: median {:?}, 99 % {:?}, 99.9 % {:?}, longest {:?}; dead receiver: {} tries",
        delays.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        receivers[0].count()
    );
    assert_eq!(delays.len(), written.len() * 9, "some were sent twice");
}
