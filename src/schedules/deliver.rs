//! Delivery of a run: the file is announced to a webhook.

use serde_json::json;
use sqlx::types::Json;

use super::make::{Failure, Made};
use super::runs::Job;
use super::store::Schedule;
use crate::app::App;
use crate::db::Lane;
use crate::error::Error;
use crate::webhooks::event::EXPORT_READY;

/// Marks the run delivered and announces its file, both or neither. False if the claim is lost. From there on, what the
/// receiver says is recorded with the webhook's deliveries.
pub async fn deliver(
    app: &App,
    job: &Job,
    schedule: &Schedule,
    made: &Made,
) -> Result<bool, Failure> {
    let now = app.clock.now();
    let expires_at = now + app.schedules.link_ttl;
    let mut scope = app.db.lane(Lane::Queue).write(job.tenant).await?;
    let finish = scope
        .query(include_str!("sql/finish.sql"))
        .bind(job.id.clone())
        .bind(job.claim)
        .bind(made.key.clone())
        .bind(made.name.clone());
    let finish = finish
        .bind(made.bytes)
        .bind(made.rows)
        .bind(now)
        .bind(expires_at);
    let finished = finish.execute(scope.connection()).await;
    if finished.map_err(Error::from)?.rows_affected() == 0 {
        return Ok(false);
    }
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
        .bind(schedule.wanted()?.webhook)
        .bind(EXPORT_READY)
        .bind(Json(data))
        .bind(now);
    let announced = announce.execute(scope.connection()).await;
    if announced.map_err(Error::from)?.rows_affected() == 0 {
        return Err(Failure::Permanent(
            "The webhook does not exist any more.".into(),
        ));
    }
    scope.commit().await?;
    Ok(true)
}
