//! The worker: sends deliveries that are due, in every instance.
//!
//! Owns the order of work: one task decides, and only it knows which tenants have something to do. A tenant has one turn at
//! a time ([`turn`]): answers are recorded and the next deliveries claimed in one transaction, so that the busier a tenant is,
//! the more one transaction does. Tenants are visited in the order in which they were woken, by a notification, by an answer,
//! or by time. Idle tenants cost nothing.

mod flights;
mod turn;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CHANNEL, TASK, attempt, sweep};
use crate::app::App;
use crate::metrics::{DELIVERED, FAILED, metrics};
use crate::supervise;
use flights::Flights;
pub use turn::BY_INDEX;
use turn::{Answered, Claimed};

/// Delay before listening again after a lost connection.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Notifications that wait for the worker. Beyond them, deliveries are found by time.
const MAX_WOKEN: usize = 4_096;
/// Turns at a time: one for each connection of the lane.
const TURNS: usize = 2;
/// Share of the time that the search for due deliveries may take: one part in that many.
const SEARCH_SHARE: u32 = 5;
/// Time that tries have to end at a stop.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends deliveries until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut beside = JoinSet::new();
    beside.spawn(sweep::run(app.clone()));
    supervise::keep(TASK, || {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            let (wake, woken) = mpsc::channel(MAX_WOKEN);
            let mut listener = JoinSet::new();
            listener.spawn(listen(app.clone(), wake));
            Worker::new(app).work(woken, &stop).await;
        }
    })
    .await;
    beside.shutdown().await;
}

/// Passes on the tenants of new deliveries.
async fn listen(app: App, wake: mpsc::Sender<i64>) {
    loop {
        if let Ok(mut listener) = app.db.listen(CHANNEL).await {
            while let Ok(notification) = listener.recv().await {
                if let Ok(tenant) = notification.payload().parse() {
                    // If there is no room, the delivery is found by time.
                    let _ = wake.try_send(tenant);
                }
            }
        }
        sleep(LISTEN_AGAIN).await;
    }
}

struct Worker {
    app: App,
    /// The claim of this worker.
    claim: Uuid,
    flights: Flights,
    /// Tenants that wait for their turn, in order.
    queue: VecDeque<i64>,
    tenants: HashMap<i64, Tenant>,
    turns: JoinSet<Turned>,
    tries: JoinSet<Tried>,
}

/// A tenant with something to do. Others are not kept.
#[derive(Default)]
struct Tenant {
    is_queued: bool,
    has_turn: bool,
    /// Woken during its turn.
    is_woken: bool,
    /// Answers to record, with the ends of their leases.
    answered: Vec<(Answered, Instant)>,
    /// Deliveries whose tries are under way.
    under_way: HashSet<Uuid>,
}

/// The end of a turn: the claimed deliveries, or the answers if they could not be recorded.
struct Turned {
    tenant: i64,
    /// Begin of the turn, and so of the leases.
    begun: Instant,
    claimed: Option<Vec<Claimed>>,
    answered: Vec<(Answered, Instant)>,
}

/// The end of a try; without an answer after a panic.
struct Tried {
    tenant: i64,
    delivery: Uuid,
    answered: Option<Answered>,
    lease_end: Instant,
}

impl Worker {
    fn new(app: App) -> Self {
        Self {
            app,
            claim: Uuid::new_v4(),
            flights: Flights::new(),
            queue: VecDeque::new(),
            tenants: HashMap::new(),
            turns: JoinSet::new(),
            tries: JoinSet::new(),
        }
    }

    async fn work(mut self, mut woken: mpsc::Receiver<i64>, stop: &CancellationToken) {
        let mut ticks = ticks(self.app.webhooks.pace.look_every);
        let mut search = JoinSet::new();
        loop {
            self.begin_turns();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(tenant) = woken.recv() => self.wake(tenant),
                Some(Ok(turned)) = self.turns.join_next() => self.turned(turned),
                Some(Ok(tried)) = self.tries.join_next() => self.tried(tried),
                Some(Ok(due)) = search.join_next() => {
                    let due: Vec<i64> = due;
                    due.into_iter().for_each(|tenant| self.wake(tenant));
                }
                _ = ticks.tick() => {
                    self.wake_unrecorded();
                    if search.is_empty() {
                        search.spawn(find_due(self.app.clone()));
                    }
                }
            }
        }
        self.stop().await;
    }

    /// Puts a tenant into the queue of turns.
    fn wake(&mut self, tenant: i64) {
        let state = self.tenants.entry(tenant).or_default();
        if state.has_turn {
            state.is_woken = true;
        } else if !state.is_queued {
            state.is_queued = true;
            self.queue.push_back(tenant);
        }
    }

    /// Wakes tenants whose answers could not be recorded.
    fn wake_unrecorded(&mut self) {
        let is_unrecorded = |state: &Tenant| !state.answered.is_empty() && !state.has_turn;
        let unrecorded: Vec<i64> = self
            .tenants
            .iter()
            .filter(|(_, state)| is_unrecorded(state))
            .map(|(tenant, _)| *tenant)
            .collect();
        unrecorded.into_iter().for_each(|tenant| self.wake(tenant));
    }

    fn begin_turns(&mut self) {
        while self.turns.len() < TURNS {
            let Some(tenant) = self.queue.pop_front() else {
                return;
            };
            let state = self.tenants.entry(tenant).or_default();
            (state.is_queued, state.has_turn, state.is_woken) = (false, true, false);
            let mut answered = std::mem::take(&mut state.answered);
            let begun = Instant::now();
            // Others may have claimed these deliveries.
            answered.retain(|(_, lease_end)| begun < *lease_end);
            let (app, claim, flights) = (self.app.clone(), self.claim, self.flights.clone());
            self.turns.spawn(async move {
                let (answers, ends): (Vec<Answered>, Vec<Instant>) = answered.into_iter().unzip();
                let turn = turn::turn(&app, tenant, claim, &answers, Some(&flights));
                let claimed = supervise::attempt(TASK, turn).await;
                let answered = if claimed.is_some() {
                    Vec::new()
                } else {
                    answers.into_iter().zip(ends).collect()
                };
                Turned {
                    tenant,
                    begun,
                    claimed,
                    answered,
                }
            });
        }
    }

    fn turned(&mut self, turned: Turned) {
        let Turned {
            tenant,
            begun,
            claimed,
            answered,
        } = turned;
        let lease_end = begun + self.app.webhooks.pace.lease;
        let state = self.tenants.entry(tenant).or_default();
        state.has_turn = false;
        // The next tick wakes the tenant.
        state.answered.extend(answered);
        for claimed in claimed.into_iter().flatten() {
            state.under_way.insert(claimed.message.id);
            let app = self.app.clone();
            self.tries
                .spawn(attempt_one(app, tenant, claimed, lease_end));
        }
        if state.is_woken {
            self.wake(tenant);
        } else if state.answered.is_empty() && state.under_way.is_empty() {
            self.tenants.remove(&tenant);
        }
    }

    fn tried(&mut self, tried: Tried) {
        let Tried {
            tenant,
            delivery,
            answered,
            lease_end,
        } = tried;
        let state = self.tenants.entry(tenant).or_default();
        state.under_way.remove(&delivery);
        state
            .answered
            .extend(answered.map(|answered| (answered, lease_end)));
        self.wake(tenant);
    }

    /// Gives tries under way a moment to end, records the answers, and releases the rest.
    async fn stop(mut self) {
        let ending = async {
            while let Some(Ok(turned)) = self.turns.join_next().await {
                let state = self.tenants.entry(turned.tenant).or_default();
                state.answered.extend(turned.answered);
                // Dropped unsent, and released below.
                let unsent = turned.claimed.into_iter().flatten();
                state
                    .under_way
                    .extend(unsent.map(|claimed| claimed.message.id));
            }
            while let Some(Ok(tried)) = self.tries.join_next().await {
                self.tried(tried);
            }
        };
        let _ = timeout(STOP_TIMEOUT, ending).await;
        self.tries.abort_all();
        for (tenant, state) in self.tenants {
            let answers: Vec<Answered> = state
                .answered
                .into_iter()
                .map(|(answered, _)| answered)
                .collect();
            let end = async {
                if !answers.is_empty() {
                    turn::turn(&self.app, tenant, self.claim, &answers, None).await?;
                }
                let under_way: Vec<Uuid> = state.under_way.into_iter().collect();
                if !under_way.is_empty() {
                    turn::release(&self.app, tenant, self.claim, under_way).await?;
                }
                Ok(())
            };
            supervise::attempt(TASK, end).await;
        }
    }
}

/// Makes the try of a delivery.
async fn attempt_one(app: App, tenant: i64, claimed: Claimed, lease_end: Instant) -> Tried {
    let Claimed {
        message,
        target,
        progress,
        flight,
    } = claimed;
    let (delivery, begun) = (message.id, Instant::now());
    let send = async { Ok(attempt::send(&app, &target, &message).await) };
    let answer = supervise::attempt(TASK, send).await;
    flight.took(begun.elapsed());
    let is_success = answer.as_ref().is_some_and(|answer| answer.is_success());
    let outcome = if is_success { DELIVERED } else { FAILED };
    metrics().webhook_deliveries.add([outcome], 1);
    let answered = answer.map(|answer| Answered {
        delivery,
        progress,
        answer,
    });
    Tried {
        tenant,
        delivery,
        answered,
        lease_end,
    }
}

/// Tenants with deliveries that are due. The longer the search takes, the longer is the pause after it.
async fn find_due(app: App) -> Vec<i64> {
    let begun = Instant::now();
    let due = supervise::attempt(TASK, turn::due(&app)).await;
    let due = due.unwrap_or_default();
    let pause = begun.elapsed() * (SEARCH_SHARE - 1);
    if pause > app.webhooks.pace.look_every {
        sleep(pause).await;
    }
    due
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
