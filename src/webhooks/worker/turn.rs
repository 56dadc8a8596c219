//! A turn: one transaction in which a tenant's answers are recorded and its next deliveries are claimed.
//!
//! Owns the statements of the queue. The tenant's webhooks are locked first, so that two instances take turns.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
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
    let mut scope = begin(app, tenant).await?;
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
    let ends: Vec<End<'_>> = answered.iter().map(End::of).collect();
    let record = scope
        .query("select callboard_record_tries($1, $2, $3)")
        .bind(claim)
        .bind(Json(ends));
    record.execute(scope.connection()).await?;
    Ok(())
}

/// A delivery after a try, as `callboard_record_tries` takes it.
#[derive(Serialize)]
struct End<'a> {
    id: Uuid,
    webhook_id: i64,
    status: &'static str,
    planned_tries: i16,
    next_attempt_at: Option<DateTime<Utc>>,
    response_status: Option<u16>,
    response_body: Option<&'a str>,
    error: Option<&'a str>,
    delivered_at: Option<DateTime<Utc>>,
}

impl<'a> End<'a> {
    /// A replay does not count as a try of the plan: a delivery whose plan is not over goes on with it.
    fn of(answered: &'a Answered) -> Self {
        let (progress, answer) = (&answered.progress, &answered.answer);
        let planned_tries = progress.planned_tries + i16::from(!progress.is_replay);
        let planned_tries = planned_tries.min(plan::TRIES);
        let is_success = answer.is_success();
        let next_attempt_at = if is_success {
            None
        } else {
            let (first, chance) = (progress.first, rand::random());
            plan::next(planned_tries, first, answer.at, answer.retry_after, chance)
        };
        let status = match next_attempt_at {
            Some(_) => "pending",
            None if is_success => "delivered",
            None => "failed",
        };
        Self {
            id: answered.delivery,
            webhook_id: progress.webhook,
            status,
            planned_tries,
            next_attempt_at,
            response_status: answer.status,
            response_body: answer.body.as_deref(),
            error: answer.error.as_deref(),
            delivered_at: is_success.then_some(answer.at),
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
    let mut scope = begin(app, tenant).await?;
    let release = scope
        .query(include_str!("../sql/release.sql"))
        .bind(claim)
        .bind(deliveries);
    release.execute(scope.connection()).await?;
    scope.commit().await
}

/// Makes the planner read a few rows by an index, in its order. The statistics of a queue are always out of date: planned for
/// an empty one, a statement would read every delivery of a tenant, and keep that plan.
pub const BY_INDEX: &str = "set local enable_bitmapscan = off; set local enable_seqscan = off; set local enable_sort = off; \
     set local enable_hashjoin = off; set local enable_mergejoin = off";

async fn begin(app: &App, tenant: i64) -> Result<Scope> {
    let mut scope = app.db.lane(Lane::Queue).write(tenant).await?;
    scope.connection().execute(BY_INDEX).await?;
    Ok(scope)
}

/// Tenants with deliveries that are due.
pub async fn due(app: &App) -> Result<Vec<i64>> {
    let mut queue = app.db.queue().await?;
    queue.execute(BY_INDEX).await?;
    let due = sqlx::query_scalar(include_str!("../sql/due.sql")).bind(app.clock.now());
    Ok(due.fetch_all(&mut *queue).await?)
}
