//! A job: what its worker needs of it, and what its client is told.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::link::Links;
use super::request::ReportType;
use crate::error::{Error, Result};
use crate::query;
use crate::reports::report::Format;
use crate::time::{Instant, Window};

/// A job that is being worked on.
#[derive(Debug, Clone)]
pub struct Job {
    pub tenant: i64,
    pub id: String,
    /// Whose it is to work on.
    pub claim: Uuid,
    pub campaign: i64,
    pub report_type: ReportType,
    pub format: Format,
    pub window: Window,
    pub rows_expected: u64,
    /// This one included.
    pub tries: i16,
}

/// What a job's row says of the work.
#[derive(Debug, FromRow)]
pub struct Work {
    campaign_id: i64,
    report_type: String,
    format: String,
    window_from: DateTime<Utc>,
    window_to: DateTime<Utc>,
    timezone: String,
    rows_expected: i64,
    tries: i16,
}

impl Work {
    pub fn job(self, tenant: i64, id: String, claim: Uuid) -> Result<Job> {
        let unknown = |what: &str| Error::Internal(format!("{id}: {what} is not known here"));
        Ok(Job {
            report_type: query::named(&self.report_type).ok_or_else(|| unknown(&self.report_type))?,
            format: query::named(&self.format).ok_or_else(|| unknown(&self.format))?,
            window: Window {
                from: self.window_from,
                to: self.window_to,
                zone: self.timezone.parse().map_err(|_| unknown(&self.timezone))?,
            },
            tenant,
            claim,
            campaign: self.campaign_id,
            rows_expected: u64::try_from(self.rows_expected).unwrap_or(0),
            tries: self.tries,
            id,
        })
    }
}

/// What a job's row says to its client.
#[derive(Debug, FromRow)]
pub struct Stored {
    pub id: String,
    pub report_type: String,
    pub status: String,
    error: Option<String>,
    progress_pct: i16,
    file_name: Option<String>,
    file_size: Option<i64>,
    completed_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

/// An export as its client sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AutocallExport)]
pub enum Export {
    Ready(Ready),
    Pending(Pending),
    Expired(Expired),
}

/// An export that can be downloaded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportReady)]
pub struct Ready {
    /// Names the export.
    job_id: String,
    /// ready.
    #[schema(pattern = "^ready$")]
    status: &'static str,
    /// Where the file is: no token is needed, whoever has the link has the file. It leads there by a redirect where
    /// files are kept in a bucket.
    download_url: String,
    /// Seconds that the link is still good for.
    expires_in_seconds: i64,
    /// Bytes of the file.
    file_size: i64,
    /// When it was finished.
    completed_at: Instant,
}

/// An export that is waiting, being made, or failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportPending)]
pub struct Pending {
    /// Names the export.
    job_id: String,
    /// queued, running or failed.
    #[schema(pattern = "^(queued|running|failed)$")]
    status: String,
    /// Which report it is.
    report_type: String,
    /// How much of it is done, 0 to 100.
    progress_pct: i16,
    /// With failed only: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// An export whose file is gone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportExpired)]
pub struct Expired {
    /// Names the export.
    job_id: String,
    /// expired.
    #[schema(pattern = "^expired$")]
    status: &'static str,
    /// Which report it was.
    report_type: String,
}

impl Stored {
    /// At that instant: a file whose time is over is gone, whether or not it was swept yet.
    pub fn seen(self, now: DateTime<Utc>, links: &Links<'_>) -> Export {
        let Self { id, report_type, status, error, progress_pct, .. } = self;
        match (status.as_str(), self.file_name, self.file_size, self.completed_at, self.expires_at) {
            ("ready", Some(name), Some(file_size), Some(completed), Some(expires)) if now < expires => {
                let (download_url, expires_in_seconds) =
                    (links.link(&id, &name, expires), (expires - now).num_seconds());
                let completed_at = Instant(completed);
                Export::Ready(Ready {
                    job_id: id,
                    status: "ready",
                    download_url,
                    expires_in_seconds,
                    file_size,
                    completed_at,
                })
            }
            ("ready" | "expired", ..) => Export::Expired(Expired { job_id: id, status: "expired", report_type }),
            _ => Export::Pending(Pending { job_id: id, status, report_type, progress_pct, error }),
        }
    }
}
