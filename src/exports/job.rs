//! An export job, as its worker and its client see it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::evidence::ordered::Ordered;
use super::link::Links;
use super::request::ReportType;
use crate::closed::{
    ExportExpiredStatus, ExportFailedStatus, ExportPendingStatus, ExportReadyStatus, ExportedReport,
};
use crate::error::{Error, Result};
use crate::files::layout::Layout;
use crate::input;
use crate::reports::report::Format;
use crate::table::{self, Schemas};
use crate::time::{Instant, Window};
use crate::words::Language;

/// A claimed job.
#[derive(Debug, Clone)]
pub struct Job {
    pub tenant: i64,
    pub id: String,
    /// The claim of its worker.
    pub claim: Uuid,
    pub content: Content,
    pub format: Format,
    pub window: Window,
    /// That of reports; a list of calls has its own among its parameters.
    pub layout: Layout,
    /// Names of templates by report.
    pub templates: BTreeMap<String, String>,
    /// The client's language.
    pub accepted: Option<Language>,
    pub rows_expected: u64,
    /// Attempts, including this one.
    pub tries: i16,
}

/// The content of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// Reports of a campaign.
    Reports {
        campaign: i64,
        report_type: ReportType,
        /// The window that its figures are compared with.
        earlier: Option<Window>,
    },
    /// A list of calls, by its parameters.
    Calls(Map<String, Value>),
    /// Evidence of compliance.
    Evidence(Ordered),
}

/// The columns of a job that describe the work.
#[derive(Debug, FromRow)]
pub struct Work {
    campaign_id: Option<i64>,
    calls: Option<Json<Map<String, Value>>>,
    evidence: Option<Json<Ordered>>,
    report_type: String,
    format: String,
    window_from: DateTime<Utc>,
    window_to: DateTime<Utc>,
    earlier_from: Option<DateTime<Utc>>,
    earlier_to: Option<DateTime<Utc>>,
    lang: Option<String>,
    templates: Option<Json<BTreeMap<String, String>>>,
    accepted: Option<String>,
    timezone: String,
    rows_expected: i64,
    tries: i16,
}

impl Work {
    pub fn job(self, tenant: i64, id: String, claim: Uuid) -> Result<Job> {
        let unknown = |what: &str| Error::Internal(format!("{id}: unknown {what}").into());
        let zone = self.timezone.parse().map_err(|_| unknown(&self.timezone))?;
        let earlier = self.earlier_from.zip(self.earlier_to);
        let content = match (self.campaign_id, self.calls, self.evidence) {
            (Some(campaign), ..) => Content::Reports {
                campaign,
                report_type: input::named(&self.report_type)
                    .ok_or_else(|| unknown(&self.report_type))?,
                earlier: earlier.map(|(from, to)| Window { from, to, zone }),
            },
            (None, Some(Json(members)), _) => Content::Calls(members),
            (None, None, Some(Json(ordered))) => Content::Evidence(ordered),
            (None, None, None) => return Err(unknown(&self.report_type)),
        };
        let templates = self
            .templates
            .map_or_else(BTreeMap::new, |Json(names)| names);
        let language = |name: Option<&String>| name.and_then(|name| Language::named(name));
        Ok(Job {
            content,
            format: input::named(&self.format).ok_or_else(|| unknown(&self.format))?,
            window: Window {
                from: self.window_from,
                to: self.window_to,
                zone,
            },
            layout: Layout {
                language: language(self.lang.as_ref()),
                // Any of them: it says that a CSV has titles.
                template: templates.values().next().cloned(),
            },
            templates,
            accepted: language(self.accepted.as_ref()),
            tenant,
            claim,
            rows_expected: u64::try_from(self.rows_expected).unwrap_or(0),
            tries: self.tries,
            id,
        })
    }
}

/// The columns of a job that its client sees, from the database or from the data of an event.
#[derive(Debug, FromRow, Deserialize)]
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

/// An export as its client sees it; `status` tells the variants apart.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Export {
    Pending(Pending),
    Failed(Failed),
    Ready(Ready),
    Expired(Expired),
}

impl PartialSchema for Export {
    fn schema() -> RefOr<Schema> {
        let kinds: [(String, &[&str]); 4] = [
            (Pending::name().into(), ExportPendingStatus::VALUES),
            (Failed::name().into(), ExportFailedStatus::VALUES),
            (Ready::name().into(), ExportReadyStatus::VALUES),
            (Expired::name().into(), ExportExpiredStatus::VALUES),
        ];
        table::one_of("status", kinds)
            .description(Some("An export; `status` tells the variants apart."))
            .into()
    }
}

impl ToSchema for Export {
    fn name() -> Cow<'static, str> {
        "AutocallExport".into()
    }

    fn schemas(schemas: &mut Schemas) {
        table::reference::<Pending>(schemas);
        table::reference::<Failed>(schemas);
        table::reference::<Ready>(schemas);
        table::reference::<Expired>(schemas);
    }
}

/// An export that can be downloaded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportReady)]
pub struct Ready {
    /// Id of the export.
    job_id: String,
    /// State of the export.
    #[schema(value_type = ExportReadyStatus)]
    status: &'static str,
    /// URL of the file. It needs no token: anyone who has the link can download the file. If files are stored in a bucket,
    /// it redirects there.
    download_url: String,
    /// Seconds until the link expires.
    expires_in_seconds: i64,
    /// Size of the file, bytes.
    file_size: i64,
    /// Time at which it was finished.
    completed_at: Instant,
}

/// A queued or running export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportPending)]
pub struct Pending {
    /// Id of the export.
    job_id: String,
    /// State of the export.
    #[schema(value_type = ExportPendingStatus)]
    status: String,
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: String,
    /// Progress, 0 to 100.
    progress_pct: i16,
}

/// An export that failed or was cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportFailed)]
pub struct Failed {
    /// Id of the export.
    job_id: String,
    /// State of the export.
    #[schema(value_type = ExportFailedStatus)]
    status: String,
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: String,
    /// Progress when it failed, 0 to 100.
    progress_pct: i16,
    /// Reason, in plain words.
    error: String,
}

/// An export whose file has expired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AutocallExportExpired)]
pub struct Expired {
    /// Id of the export.
    job_id: String,
    /// State of the export.
    #[schema(value_type = ExportExpiredStatus)]
    status: &'static str,
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: String,
}

impl Stored {
    /// The export at that instant: a file past its expiry counts as deleted, whether or not it has been swept.
    pub fn seen(self, now: DateTime<Utc>, links: &Links<'_>) -> Export {
        let Self {
            id,
            report_type,
            status,
            error,
            progress_pct,
            ..
        } = self;
        match (
            status.as_str(),
            self.file_name,
            self.file_size,
            self.completed_at,
            self.expires_at,
        ) {
            ("ready", Some(name), Some(file_size), Some(completed), Some(expires))
                if now < expires =>
            {
                let (download_url, expires_in_seconds) = (
                    links.link(&id, &name, expires),
                    (expires - now).num_seconds(),
                );
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
            ("ready" | "expired", ..) => Export::Expired(Expired {
                job_id: id,
                status: "expired",
                report_type,
            }),
            ("failed", ..) => {
                let error = error.unwrap_or_default();
                Export::Failed(Failed {
                    job_id: id,
                    status,
                    report_type,
                    progress_pct,
                    error,
                })
            }
            _ => Export::Pending(Pending {
                job_id: id,
                status,
                report_type,
                progress_pct,
            }),
        }
    }
}
