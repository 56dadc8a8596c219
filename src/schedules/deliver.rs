//! Delivery of a run: the file is announced to a webhook, and left to the workers that mail.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;

use super::failure::Failure;
use super::mail::content::Content;
use super::make::Made;
use super::runs::Job;
use super::store::Schedule;
use crate::app::App;
use crate::db::{Lane, Scope};
use crate::error::Error;
use crate::webhooks::event::EXPORT_READY;

/// Marks the run delivered, or hands it over to the workers that mail, and announces its file, both or neither. False if the
/// claim is lost. From there on, what a webhook's receiver says is recorded with its deliveries.
pub async fn deliver(
    app: &App,
    job: &Job,
    schedule: &Schedule,
    made: &Made,
) -> Result<bool, Failure> {
    let now = app.clock.now();
    let expires_at = now + app.schedules.link_ttl;
    let receivers = schedule.wanted()?.deliver;
    let mail = (!receivers.email.is_empty())
        .then(|| Content::new(&schedule.name, &made.told, &receivers.email, now));
    let mut scope = app.db.lane(Lane::Queue).write(job.tenant).await?;
    let finish = scope
        .query(match mail {
            Some(_) => include_str!("sql/hand_over.sql"),
            None => include_str!("sql/finish.sql"),
        })
        .bind(job.id.clone())
        .bind(job.claim)
        .bind(made.key.clone())
        .bind(made.name.clone());
    let finish = finish
        .bind(made.bytes)
        .bind(made.rows)
        .bind(now)
        .bind(expires_at);
    let finish = match mail {
        Some(mail) => finish.bind(Json(mail)),
        None => finish,
    };
    let finished = finish.execute(scope.connection()).await;
    if finished.map_err(Error::from)?.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(webhook) = receivers.webhook {
        announce(&mut scope, job, schedule, made, (webhook, now, expires_at)).await?;
    }
    scope.commit().await?;
    Ok(true)
}

/// Writes the event to the webhook, at that time, with the expiry of the file.
async fn announce(
    scope: &mut Scope,
    job: &Job,
    schedule: &Schedule,
    made: &Made,
    (webhook, now, expires_at): (i64, DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Failure> {
    let data = json!({
        "id": job.id,
        "report_type": schedule.report,
        "status": "ready",
        "progress_pct": 100,
        "file_name": made.name,
        "file_size": made.bytes,
        "completed_at": now.to_rfc3339(),
        "expires_at": expires_at.to_rfc3339(),
        "schedule_id": schedule.id,
        "schedule_name": schedule.name,
        "window": schedule.window,
    });
    let announce = scope
        .query(include_str!("sql/announce.sql"))
        .bind(webhook)
        .bind(EXPORT_READY)
        .bind(Json(data))
        .bind(now);
    let announced = announce.execute(scope.connection()).await;
    if announced.map_err(Error::from)?.rows_affected() == 0 {
        return Err(Failure::Permanent(
            "The webhook does not exist any more.".into(),
        ));
    }
    Ok(())
}
