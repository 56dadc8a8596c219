//! The file of an order of evidence, from one snapshot and in bounded memory.

use std::fs::File;
use std::io::BufWriter;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use super::super::failure::Failure;
use super::super::job::Job;
use super::super::progress::Progress;
use super::ordered::{Ordered, REPORT_TYPE};
use crate::app::App;
use crate::auth::Tenant;
use crate::auth::settings::AbandonBasis;
use crate::calls::{FileRequest, ListedCall, SALES_CALLS, table_of};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::bundle::{Bundle, Sum};
use crate::files::workbook::panic_cause;
use crate::files::zipped::Zipped;
use crate::files::{Caption, Heading, name};
use crate::reports::report::{Context, Format};
use crate::reports::request::Request;
use crate::reports::telesales::abandon_rate::AskedRecent;
use crate::reports::telesales::evidence::{
    self, EvidenceCampaign, EvidenceDay, OF_BREACHES, OF_COMPLIANCE,
};
use crate::rollups::Source;
use crate::table::{Cell, Table};
use crate::time::Window;
use crate::time::exact::exactly;
use crate::words::Language;

/// The id of the list that has the words of the calls.
const OF_CALLS: &str = "telesales.calls";
/// Results of its calls, as the list takes them.
const RESULTS: &str = "abandoned,blocked";

/// Makes the file of a job. Returns its name, too.
pub async fn write(
    app: &App,
    job: &Job,
    ordered: &Ordered,
    watch: &Progress,
) -> Result<(String, File), Failure> {
    let scope = app.db.read_unbounded(job.tenant).await;
    let scope = scope.map_err(Failure::reading)?;
    let written = async {
        let mut making = Making::begin(app, job, ordered, (scope, watch)).await?;
        making.campaigns().await?;
        making.breaches().await?;
        making.calls().await?;
        making.finish().await
    };
    written.await.map_err(Failure::finding)
}

/// A file that is being made.
struct Making<'a> {
    job: &'a Job,
    ordered: &'a Ordered,
    scope: Scope,
    watch: &'a Progress,
    tenant: Tenant,
    caption: Caption,
    campaigns: Table,
    language: Language,
    made_at: DateTime<Utc>,
    /// `None` while a thread writes.
    bundle: Option<Bundle>,
}

impl<'a> Making<'a> {
    async fn begin(
        app: &App,
        job: &'a Job,
        ordered: &'a Ordered,
        (mut scope, watch): (Scope, &'a Progress),
    ) -> Result<Self> {
        let tenant = Tenant::load(&mut scope).await?;
        let asked = asked(job, ordered, ordered.campaign_id);
        let request = evidence::campaigns(asked);
        let context = context(&tenant, job);
        let answer = request.answer(&mut scope, context, Source::Rolled).await?;
        let mut caption = answer.caption;
        let campaigns = only(answer.outcome.tables())?;
        if let Some(id) = ordered.campaign_id {
            caption.filters = vec![("Campaign", id.to_string())];
        }
        let is_csv = job.format == Format::Csv;
        // The files of a zip keep their field names; what is told about them has a language.
        let account = tenant.settings.language;
        let language = job.layout.wording(false, account, job.accepted).language;
        let made_at = app.clock.now();
        let temp_dir = app.exports.store.temp_dir();
        let (file, zone) = (tempfile::tempfile_in(temp_dir)?, caption.zone);
        let bundle = if is_csv {
            let archive = Zipped::new(BufWriter::new(file), made_at, zone);
            Bundle::csv(archive, zone, language)
        } else {
            let place = (temp_dir, app.exports.rows_a_sheet);
            Bundle::xlsx(file, zone, language, place)?
        };
        Ok(Self {
            job,
            ordered,
            scope,
            watch,
            tenant,
            caption,
            campaigns,
            language,
            made_at,
            bundle: Some(bundle),
        })
    }

    /// Writes the campaigns, and then their days.
    async fn campaigns(&mut self) -> Result<()> {
        let none: [EvidenceCampaign; 0] = [];
        let head = Table::of(self.campaigns.name, &none);
        self.begin_table(head, OF_COMPLIANCE, "Campaigns")?;
        let campaigns = self.campaigns.clone();
        let id = campaigns.column("campaign_id").unwrap_or_default();
        let ids = campaigns.rows.iter().map(|row| row[id].clone());
        let ids: Vec<Cell> = ids.collect();
        self.put(campaigns).await?;
        let none: [EvidenceDay; 0] = [];
        self.begin_table(Table::of("days", &none), OF_COMPLIANCE, "Days")?;
        for id in ids {
            let Cell::Integer(id) = id else {
                continue;
            };
            let days = self.answer(evidence::days(asked(self.job, self.ordered, Some(id))));
            let days = days.await?;
            self.put(days).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, request: Request) -> Result<Table> {
        let context = context(&self.tenant, self.job);
        let answer = request.answer(&mut self.scope, context, Source::Rolled);
        only(answer.await?.outcome.tables())
    }

    async fn breaches(&mut self) -> Result<()> {
        let head = evidence::table_of_breaches(Vec::new());
        self.begin_table(head, OF_BREACHES, "Breaches")?;
        let (window, campaign) = (self.window(), self.ordered.campaign_id);
        let mut bundle = self.bundle.take();
        let mut batches = evidence::breaches(&mut self.scope, campaign, &window);
        while let Some(rows) = batches.try_next().await? {
            bundle = Some(written(bundle, rows, self.watch).await?);
        }
        drop(batches);
        self.bundle = bundle;
        Ok(())
    }

    /// Writes every call that was abandoned or blocked.
    async fn calls(&mut self) -> Result<()> {
        let list = SALES_CALLS;
        let head = table_of::<ListedCall>(list.file_name(), &[]);
        self.begin_table(head, OF_CALLS, "calls")?;
        let members = of_calls(&self.window(), self.ordered.campaign_id);
        let request = FileRequest::ordered(list, &members);
        let context = context(&self.tenant, self.job);
        let mut batches = request.batches(&mut self.scope, context).await?;
        while let Some(rows) = batches.next::<ListedCall>(&mut self.scope).await? {
            self.put(table_of(list.file_name(), &rows)).await?;
        }
        Ok(())
    }

    /// Completes the file.
    async fn finish(mut self) -> Result<(String, File)> {
        let mut bundle = self.bundle.take().ok_or_else(lost)?;
        let sums = bundle.sums()?.to_vec();
        let notes = self.notes(&sums);
        let Self {
            caption,
            language,
            made_at,
            tenant,
            scope,
            job,
            ..
        } = self;
        // Everything is read: release the snapshot.
        drop(scope);
        let extension = match job.format {
            Format::Csv => "zip",
            _ => "xlsx",
        };
        let name = name::of_report(REPORT_TYPE, &caption, extension);
        let finished = spawn_blocking(move || {
            bundle.finish(&Heading {
                title: language.tell("Evidence of compliance"),
                summary: language.tell(
                    "Campaigns against their limits of abandoned calls, their days, the recorded breaches, and every abandoned and blocked call.",
                ),
                caption: &caption,
                account: &tenant.name,
                made_at,
                by_hour: None,
                language,
                has_about: true,
                logo: None,
                notes: &notes,
            })
        });
        let file = finished.await.map_err(panic_cause)??;
        Ok((name, file))
    }

    /// The user who ordered the file, the rule, and the digests.
    fn notes(&self, sums: &[Sum]) -> Vec<(String, String)> {
        let language = self.language;
        let rule = match self.tenant.settings.abandon_basis {
            AbandonBasis::Dials => language.tell("100 × abandoned > limit × dials of the window"),
            AbandonBasis::Answers => {
                language.tell("100 × abandoned > limit × answers of the window")
            }
        };
        let minutes = self.ordered.window_minutes.to_string();
        let told = [
            (language.tell("Ordered by"), self.ordered.by.clone()),
            (language.tell("Window, minutes"), minutes),
            (language.tell("Over the limit"), rule.to_owned()),
            (
                language.tell("Digests"),
                language
                    .tell("SHA-256 of the CSV files of the same order with format csv and this end of the window as window_to")
                    .to_owned(),
            ),
        ];
        let told = told.map(|(name, value)| (name.to_owned(), value));
        let sums = sums
            .iter()
            .map(|sum| (sum.file.clone(), sum.sha256.clone()));
        told.into_iter().chain(sums).collect()
    }

    fn window(&self) -> Window {
        self.caption.window.unwrap_or(self.job.window)
    }

    fn begin_table(&mut self, head: Table, of: &'static str, title: &'static str) -> Result<()> {
        let bundle = self.bundle.as_mut().ok_or_else(lost)?;
        bundle.begin(head, of, title)
    }

    async fn put(&mut self, rows: Table) -> Result<()> {
        let bundle = self.bundle.take();
        self.bundle = Some(written(bundle, rows, self.watch).await?);
        Ok(())
    }
}

fn asked(job: &Job, ordered: &Ordered, campaign: Option<i64>) -> AskedRecent {
    AskedRecent::of(campaign, ordered.window_minutes, job.window.zone)
}

/// The window ends when the order says, whenever the file is made.
fn context<'t>(tenant: &'t Tenant, job: &Job) -> Context<'t> {
    Context {
        tenant,
        now: job.window.to,
    }
}

fn only(tables: Vec<Table>) -> Result<Table> {
    let none = || Error::internal("bug: evidence without a table");
    tables.into_iter().next().ok_or_else(none)
}

/// The parameters of the list of calls.
fn of_calls(window: &Window, campaign: Option<i64>) -> Map<String, Value> {
    let members = [
        ("date_from", exactly(window.from).into()),
        ("date_to", exactly(window.to).into()),
        ("timezone", window.zone.name().into()),
        ("result", RESULTS.into()),
        ("campaign_id", json!(campaign)),
    ];
    let members = members.into_iter();
    let members = members.map(|(name, value)| (name.to_owned(), value));
    members.collect()
}

/// Writes rows without blocking other tasks.
async fn written(bundle: Option<Bundle>, rows: Table, watch: &Progress) -> Result<Bundle> {
    let mut bundle = bundle.ok_or_else(lost)?;
    let count = rows.rows.len();
    let writing = spawn_blocking(move || bundle.write(rows).map(|()| bundle));
    let bundle = writing.await.map_err(panic_cause)??;
    watch.wrote(u64::try_from(count).unwrap_or(u64::MAX));
    watch.check_cancelled()?;
    Ok(bundle)
}

fn lost() -> Error {
    Error::internal("bug: a file that nobody writes")
}
