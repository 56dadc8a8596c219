//! A turn: one transaction in which a tenant's answers are recorded and its next deliveries are claimed.
//!
//! Owns the statements of the queue. The tenant's webhooks are locked first, so that two instances take turns.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{Executor, FromRow};
use uuid::Uuid;

use super::flights::{Flight, Flights};
use crate::app::App;
use crate::db::{Lane, Scope};
use crate::error::Result;
use crate::webhooks::attempt::{Answer, Message, Target};
use crate::webhooks::{health, plan, target};

/// A claimed delivery.
#[derive(Debug)]
pub struct Claimed {
    pub message: Message,
    pub target: Arc<Target>,
    pub progress: Progress,
    pub flight: Flight,
}

/// The place of a delivery in its plan, before this try.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub webhook: i64,
    planned_tries: i16,
    first: DateTime<Utc>,
    is_replay: bool,
}

/// An answered try.
#[derive(Debug)]
pub struct Answered {
    pub delivery: Uuid,
    pub progress: Progress,
    pub answer: Answer,
}

#[derive(FromRow)]
struct ClaimedRow {
    id: Uuid,
    webhook_id: i64,
    event: String,
    data: Json<serde_json::Value>,
    created_at: DateTime<Utc>,
    planned_tries: i16,
    first_attempt_at: DateTime<Utc>,
    is_replay: bool,
}

/// Records answers and claims deliveries with claim `claim`; none without `flights`.
pub async fn turn(
    app: &App,
    tenant: i64,
    claim: Uuid,
    answered: &[Answered],
    flights: Option<&Flights>,
) -> Result<Vec<Claimed>> {
    let now = app.clock.now();
    let mut scope = app.db.lane(Lane::Queue).write(tenant).await?;
    let locked = scope.select::<target::Row>(include_str!("../sql/lock_webhooks.sql"));
    let mut webhooks = locked.fetch_all(scope.connection()).await?;
    webhooks.retain(|webhook| webhook.status == "active");
    if !answered.is_empty() {
        record(&mut scope, claim, answered).await?;
        let answers = answered
            .iter()
            .map(|answered| (answered.progress.webhook, &answered.answer));
        let suspended = health::record(&mut scope, answers, now).await?;
        webhooks.retain(|webhook| !suspended.contains(&webhook.id));
    }
    let ids: Vec<i64> = webhooks.iter().map(|webhook| webhook.id).collect();
    let places = flights.map_or_else(Vec::new, |flights| flights.reserve(tenant, &ids));
    let rows = if places.is_empty() {
        Vec::new()
    } else {
        claim_rows(&mut scope, app, claim, &places, now).await?
    };
    scope.commit().await?;
    Ok(board(app, tenant, webhooks, places, rows, now))
}

async fn record(scope: &mut Scope, claim: Uuid, answered: &[Answered]) -> Result<()> {
    let ends: Vec<End> = answered.iter().map(End::of).collect();
    let finish = scope
        .query(include_str!("../sql/finish.sql"))
        .bind(
            answered
                .iter()
                .map(|answered| answered.delivery)
                .collect::<Vec<_>>(),
        )
        .bind(claim)
        .bind(ends.iter().map(|end| end.status).collect::<Vec<_>>())
        .bind(ends.iter().map(|end| end.next).collect::<Vec<_>>())
        .bind(ends.iter().map(|end| end.planned_tries).collect::<Vec<_>>());
    let answers = || answered.iter().map(|answered| &answered.answer);
    let statuses: Vec<Option<i16>> = answers()
        .map(|answer| answer.status.and_then(|status| i16::try_from(status).ok()))
        .collect();
    let finish = finish
        .bind(statuses)
        .bind(
            answers()
                .map(|answer| answer.body.clone())
                .collect::<Vec<_>>(),
        )
        .bind(
            answers()
                .map(|answer| answer.error.clone())
                .collect::<Vec<_>>(),
        )
        .bind(answers().map(|answer| answer.at).collect::<Vec<_>>());
    finish.execute(scope.connection()).await?;
    Ok(())
}

/// The state of a delivery after a try.
struct End {
    status: &'static str,
    planned_tries: i16,
    next: Option<DateTime<Utc>>,
}

impl End {
    /// A replay does not count as a try of the plan: a delivery whose plan is not over goes on with it.
    fn of(answered: &Answered) -> Self {
        let (progress, answer) = (&answered.progress, &answered.answer);
        let planned_tries = progress.planned_tries + i16::from(!progress.is_replay);
        let planned_tries = planned_tries.min(plan::TRIES);
        let next = if answer.is_success() {
            None
        } else {
            let (first, chance) = (progress.first, rand::random());
            plan::next(planned_tries, first, answer.at, answer.retry_after, chance)
        };
        let status = match next {
            Some(_) => "pending",
            None if answer.is_success() => "delivered",
            None => "failed",
        };
        Self {
            status,
            planned_tries,
            next,
        }
    }
}

async fn claim_rows(
    scope: &mut Scope,
    app: &App,
    claim: Uuid,
    places: &[Flight],
    now: DateTime<Utc>,
) -> Result<Vec<ClaimedRow>> {
    let mut rooms = HashMap::<i64, i32>::new();
    for place in places {
        *rooms.entry(place.webhook()).or_default() += 1;
    }
    let (ids, rooms): (Vec<i64>, Vec<i32>) = rooms.into_iter().unzip();
    scope.connection().execute(IN_ORDER).await?;
    let claimed = scope
        .select::<ClaimedRow>(include_str!("../sql/claim.sql"))
        .bind(claim)
        .bind(ids)
        .bind(rooms)
        .bind(now)
        .bind(app.webhooks.pace.lease.as_secs_f64());
    let mut rows = claimed.fetch_all(scope.connection()).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Gives each claimed delivery its webhook and its place.
fn board(
    app: &App,
    tenant: i64,
    webhooks: Vec<target::Row>,
    places: Vec<Flight>,
    rows: Vec<ClaimedRow>,
    now: DateTime<Utc>,
) -> Vec<Claimed> {
    if rows.is_empty() {
        return Vec::new();
    }
    let targets: HashMap<i64, Arc<Target>> = webhooks
        .into_iter()
        .map(|webhook| (webhook.id, Arc::new(webhook.target(app, tenant, now))))
        .collect();
    let mut free = HashMap::<i64, Vec<Flight>>::new();
    for place in places {
        free.entry(place.webhook()).or_default().push(place);
    }
    rows.into_iter()
        .filter_map(|row| {
            let webhook = row.webhook_id;
            Some(Claimed {
                target: Arc::clone(targets.get(&webhook)?),
                flight: free.get_mut(&webhook)?.pop()?,
                progress: Progress {
                    webhook,
                    planned_tries: row.planned_tries,
                    first: row.first_attempt_at,
                    is_replay: row.is_replay,
                },
                message: Message {
                    id: row.id,
                    event: row.event,
                    data: row.data.0,
                    created_at: row.created_at,
                },
            })
        })
        .collect()
}

/// Releases deliveries whose tries this instance gives up.
pub async fn release(app: &App, tenant: i64, claim: Uuid, deliveries: Vec<Uuid>) -> Result<()> {
    let mut scope = app.db.lane(Lane::Queue).write(tenant).await?;
    let release = scope
        .query(include_str!("../sql/release.sql"))
        .bind(claim)
        .bind(deliveries);
    release.execute(scope.connection()).await?;
    scope.commit().await
}

/// Makes the planner read indexes in their order. With the statistics of a queue, which are out of date soon, it would read
/// and sort every pending delivery.
pub const IN_ORDER: &str = "set local enable_bitmapscan = off; set local enable_seqscan = off; set local enable_sort = off";

/// Tenants with deliveries that are due.
pub async fn due(app: &App) -> Result<Vec<i64>> {
    let mut queue = app.db.queue().await?;
    queue.execute(IN_ORDER).await?;
    let due = sqlx::query_scalar(include_str!("../sql/due.sql")).bind(app.clock.now());
    Ok(due.fetch_all(&mut *queue).await?)
}
