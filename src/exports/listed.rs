//! The list of all exports of an account: what each is, whose, and how far.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::estimate::estimate;
use super::link::Links;
use crate::closed::{ExportStatus, ExportedReport, FileFormat, ProductName};
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::Result;
use crate::input::{self, Kind, Parameter, Query};
use crate::page::{PAGE, PER_PAGE, PageRequest};
use crate::reports::report::Format;
use crate::time::{Instant, Window, Zone};

const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(ExportStatus::VALUES),
    "Only exports in this state.",
);
const MINE: Parameter =
    Parameter::optional("mine", Kind::Flag, "Only those that the user ordered.");

pub const PARAMETERS: [&Parameter; 4] = [&STATUS, &MINE, &PAGE, &PER_PAGE];

/// Exports that a token may order.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    /// Reports of AutoCall campaigns.
    pub reports: bool,
    /// Lists of Telesales calls, and evidence of compliance.
    pub calls: bool,
}

/// A page of exports.
#[derive(Debug)]
pub struct Wanted {
    page: PageRequest,
    status: Option<&'static str>,
    by: Option<i64>,
    sees: Sees,
}

impl Wanted {
    /// Reads the request of a user. `Invalid` with every faulty parameter.
    pub fn read(query: &str, user: i64, sees: Sees) -> Result<Self> {
        let mut query = Query::parse(query, PARAMETERS);
        let wanted = Self {
            page: PageRequest::read(&mut query),
            status: query.listed(&STATUS),
            by: query.flag(&MINE).then_some(user),
            sees,
        };
        query.finish(Some(wanted))
    }
}

/// An export of either product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedExport {
    /// Id of the export.
    job_id: String,
    /// State of the export.
    #[schema(value_type = ExportStatus)]
    status: String,
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: String,
    /// Progress, 0 to 100.
    progress_pct: i16,
    /// Reason why it failed, in plain words.
    error: Option<String>,
    /// URL of the file, while it is ready. It needs no token.
    download_url: Option<String>,
    /// Seconds until the link expires.
    expires_in_seconds: Option<i64>,
    /// Product.
    #[schema(value_type = ProductName)]
    kind: &'static str,
    /// Campaign of the reports; null for a list of calls and for evidence.
    campaign_id: Option<i64>,
    /// Its name.
    campaign_name: Option<String>,
    /// Format of the file.
    #[schema(value_type = FileFormat)]
    format: String,
    /// Language that was ordered.
    lang: Option<String>,
    /// Template that was ordered; the first by name of several.
    template: Option<String>,
    /// Zone of its times.
    timezone: String,
    /// Start of the window; null if it has none.
    from: Option<Instant>,
    /// End of the window, left out; null if it has none.
    to: Option<Instant>,
    /// Id of the user who ordered it.
    created_by: i64,
    /// Name of that user.
    created_by_username: Option<String>,
    /// Time of the order.
    created_at: Instant,
    /// Time at which it was finished.
    completed_at: Option<Instant>,
    /// Rows of the file, once it is ready.
    rows: Option<i64>,
    /// Rows that it was expected to have.
    rows_expected: i64,
    /// Size of the file, bytes.
    size_bytes: Option<i64>,
    /// Estimated duration once started, seconds; null when it is finished.
    estimated_seconds: Option<i64>,
    /// Time at which its file is deleted.
    expires_at: Option<Instant>,
    /// The schedule that ordered it; always null, because runs of schedules have a list of their own.
    schedule_id: Option<i64>,
}

#[derive(Debug, FromRow)]
struct Row {
    id: String,
    report_type: String,
    status: String,
    error: Option<String>,
    progress_pct: i16,
    file_name: Option<String>,
    file_size: Option<i64>,
    completed_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    campaign_id: Option<i64>,
    campaign_name: Option<String>,
    format: String,
    lang: Option<String>,
    template: Option<String>,
    timezone: String,
    window_from: DateTime<Utc>,
    window_to: DateTime<Utc>,
    created_by: i64,
    created_by_username: Option<String>,
    created_at: DateTime<Utc>,
    rows_written: Option<i64>,
    rows_expected: i64,
}

/// The page, newest export first.
pub async fn page(
    scope: &mut Scope,
    wanted: &Wanted,
    now: DateTime<Utc>,
    links: &Links<'_>,
) -> Result<Page<ListedExport>> {
    let Wanted {
        page,
        status,
        by,
        sees,
    } = wanted;
    let count = scope.select::<(i64,)>(include_str!("sql/listed_count.sql"));
    let count = count.bind(sees.reports).bind(sees.calls);
    let count = count.bind(*status).bind(*by).bind(now);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = scope.select::<Row>(include_str!("sql/listed.sql"));
    let rows = rows.bind(sees.reports).bind(sees.calls);
    let rows = rows.bind(*status).bind(*by).bind(now);
    let rows = rows.bind(page.per_page).bind(page.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let is_open = matches!(row.status.as_str(), "queued" | "running");
        let format = input::named::<Format>(&row.format).filter(|_| is_open);
        let estimated = match format {
            Some(format) => Some(estimate(scope, format, row.rows_expected).await?),
            None => None,
        };
        listed.push(row.seen(estimated, now, links));
    }
    Ok(page.page(listed, total))
}

impl Row {
    fn seen(self, estimated: Option<i64>, now: DateTime<Utc>, links: &Links<'_>) -> ListedExport {
        let is_over = self.status == "ready" && self.expires_at.is_none_or(|at| at <= now);
        let link = self.file_name.as_ref().zip(self.expires_at);
        let link = link.filter(|_| self.status == "ready" && !is_over);
        let (from, to) = Window {
            from: self.window_from,
            to: self.window_to,
            zone: Zone::UTC,
        }
        .known_ends();
        ListedExport {
            download_url: link.map(|(name, expires)| links.link(&self.id, name, expires)),
            expires_in_seconds: link.map(|(_, expires)| (expires - now).num_seconds()),
            kind: match self.campaign_id {
                Some(_) => ProductName::VALUES[0],
                None => ProductName::VALUES[1],
            },
            from,
            to,
            status: match is_over {
                true => "expired".to_owned(),
                false => self.status,
            },
            job_id: self.id,
            report_type: self.report_type,
            progress_pct: self.progress_pct,
            error: self.error,
            campaign_id: self.campaign_id,
            campaign_name: self.campaign_name,
            format: self.format,
            lang: self.lang,
            template: self.template,
            timezone: self.timezone,
            created_by: self.created_by,
            created_by_username: self.created_by_username,
            created_at: Instant(self.created_at),
            completed_at: self.completed_at.map(Instant),
            rows: self.rows_written,
            rows_expected: self.rows_expected,
            size_bytes: self.file_size,
            estimated_seconds: estimated,
            expires_at: self.expires_at.map(Instant),
            schedule_id: None,
        }
    }
}
