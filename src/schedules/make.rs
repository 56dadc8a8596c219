//! Makes the file of a run: the report at its due time, with the permissions of the schedule's maker.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use super::report::{Report, Subject};
use super::runs::Job;
use super::store::{self, Schedule};
use crate::app::App;
use crate::asked::Answer;
use crate::auth::{Permission, Role, Tenant};
use crate::db::{Lane, Scope};
use crate::error::{Error, Faults, Result};
use crate::exports::progress::Progress;
use crate::exports::request::ReportType;
use crate::exports::{self, hourly};
use crate::files::{self, Heading};
use crate::input::Choice;
use crate::reports::Definition;
use crate::reports::report::{Context, Format};
use crate::rollups::Source;
use crate::store::Label;
use crate::table::Table;

/// A stored file.
#[derive(Debug)]
pub struct Made {
    pub key: String,
    pub name: String,
    pub bytes: i64,
    /// `None` if it has several tables and no attempts.
    pub rows: Option<i64>,
}

/// The end of a try that delivered nothing, with a reason for the client.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The maker may no longer have the report: the schedule stops.
    #[error("{0}")]
    Forbidden(String),
    /// Another try would fail too.
    #[error("{0}")]
    Permanent(String),
    /// Another try may succeed.
    #[error("{0}: {1}")]
    Transient(&'static str, Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Permanent("The campaign does not exist any more.".into()),
            Error::Invalid(faults) | Error::Missing(faults) => Self::Permanent(told(&faults)),
            error => Self::Transient("The report could not be made", error),
        }
    }
}

impl Failure {
    /// The reason for the client, who sees no internals.
    pub fn reason(&self) -> String {
        match self {
            Self::Forbidden(reason) | Self::Permanent(reason) => reason.clone(),
            Self::Transient(reason, _) => format!("{reason}."),
        }
    }
}

fn told(faults: &Faults) -> String {
    let faults: Vec<String> = faults
        .iter()
        .map(|(field, messages)| format!("{field}: {}", messages.join(" ")))
        .collect();
    format!("The report refuses its parameters. {}", faults.join(" "))
}

/// The schedule of a run. `NotFound` if it is deleted.
pub async fn schedule(app: &App, job: &Job) -> Result<Schedule> {
    let mut scope = app.db.lane(Lane::Queue).read(job.tenant).await?;
    store::find(&mut scope, job.schedule).await
}

/// Makes and stores the file, under a key that no other try has.
pub async fn make(app: &App, job: &Job, schedule: &Schedule) -> Result<Made, Failure> {
    let subject = schedule.wanted()?.subject;
    check_maker(app, job, schedule, subject.report).await?;
    match subject.report {
        Report::Answer(report) => answer(app, job, subject, report).await,
        Report::Export(export) => export_of(app, job, &subject, export).await,
    }
}

/// The file of a report.
async fn answer(
    app: &App,
    job: &Job,
    subject: Subject,
    report: &'static Definition,
) -> Result<Made, Failure> {
    let read = |scope| Figures::read(subject.clone(), report, scope, job.due_at);
    // On the heap, because the future is large.
    let figures = Box::pin(app.db.answer(job.tenant, read)).await?;
    let (made_at, temp_dir) = (app.clock.now(), app.exports.store.temp_dir().to_owned());
    let (figures, file) = spawn_blocking(move || {
        let file = figures.write(made_at, &temp_dir)?;
        Ok::<_, Error>((figures, file))
    })
    .await
    .map_err(Error::internal)??;
    let bytes = file.metadata().map_err(Error::internal)?.len();
    let (name, format) = (figures.name(), figures.format.name());
    let key = format!("{}/{}/{}.{format}", job.tenant, job.id, job.claim.simple());
    let label = Label {
        content_type: files::name::content_type(&name),
        name: &name,
    };
    let stored = app.exports.store.put(&key, &label, file).await;
    stored.map_err(|error| Failure::Transient("The file could not be stored", error))?;
    Ok(Made {
        key,
        name,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        rows: i64::try_from(figures.table.rows.len()).ok(),
    })
}

/// The file that the export of a campaign has.
async fn export_of(
    app: &App,
    job: &Job,
    subject: &Subject,
    report_type: ReportType,
) -> Result<Made, Failure> {
    let order = exports::job::Job {
        tenant: job.tenant,
        id: job.id.clone(),
        claim: job.claim,
        content: exports::job::Content::Reports {
            campaign: subject.campaign().unwrap_or_default(),
            report_type,
            earlier: None,
        },
        format: subject.format,
        window: subject.window.window(subject.zone, job.due_at),
        rows_expected: 0,
        tries: job.tries,
    };
    let watch = Arc::new(Progress::new(order.rows_expected));
    let made = exports::make::make(app, &order, &watch).await;
    let made = made.map_err(|failure| match failure {
        exports::failure::Failure::Permanent(reason) => Failure::Permanent(reason),
        exports::failure::Failure::Transient(reason, error)
        | exports::failure::Failure::Outage(reason, error) => {
            Failure::Transient(reason.trim_end_matches('.'), error)
        }
    })?;
    Ok(Made {
        key: made.key,
        name: made.name,
        bytes: i64::try_from(made.size).unwrap_or(i64::MAX),
        rows: report_type
            .has_attempts()
            .then(|| i64::try_from(made.rows).unwrap_or(i64::MAX)),
    })
}

/// `Forbidden` if the maker is disabled, or may not have the report now.
async fn check_maker(
    app: &App,
    job: &Job,
    schedule: &Schedule,
    report: Report,
) -> Result<(), Failure> {
    let mut scope = app.db.lane(Lane::Queue).read(job.tenant).await?;
    let maker = scope
        .select::<(Role,)>(
            "select role from users where tenant_id = $1 and id = $2 and disabled_at is null",
        )
        .bind(schedule.created_by);
    let maker = maker.fetch_optional(scope.connection()).await;
    let Some((role,)) = maker.map_err(Error::from)? else {
        return Err(Failure::Forbidden(
            "The maker of the schedule is disabled.".into(),
        ));
    };
    let needed = [&[Permission::ExportsManage], report.permissions()].concat();
    match needed.into_iter().find(|permission| !role.may(*permission)) {
        None => Ok(()),
        Some(missing) => Err(Failure::Forbidden(format!(
            "The maker of the schedule lacks the permission {}.",
            missing.name()
        ))),
    }
}

/// The contents of the file.
struct Figures {
    report: &'static Definition,
    format: Format,
    answer: Answer,
    table: Table,
    by_hour: Option<Table>,
    account: String,
}

impl Figures {
    /// Reads from one snapshot. Windows are counted from `now`.
    async fn read(
        subject: Subject,
        report: &'static Definition,
        mut scope: Scope,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tenant = Tenant::load(&mut scope).await?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let request = subject.request(report);
        let answer = request.answer(&mut scope, context, Source::Rolled).await?;
        let by_hour = match subject.format {
            Format::Xlsx => hourly::read(&mut scope, context, &request, &answer).await?,
            Format::Csv | Format::Json => None,
        };
        let table = answer.outcome.tables().into_iter().next();
        Ok(Self {
            report,
            format: subject.format,
            table: table.ok_or_else(|| Error::internal("a file without a table"))?,
            answer,
            by_hour,
            account: tenant.name,
        })
    }

    fn name(&self) -> String {
        let (report, format) = (self.report.about.name, self.format.name());
        files::name::of_report(report, &self.answer.caption, format)
    }

    /// The file in the temp_dir: unnamed, so that it disappears with this process.
    fn write(&self, made_at: DateTime<Utc>, temp_dir: &Path) -> Result<File> {
        let mut file = tempfile::tempfile_in(temp_dir)?;
        let about = self.report.about;
        let caption = &self.answer.caption;
        if self.format == Format::Csv {
            for piece in files::csv::chunks(self.table.clone(), caption.zone) {
                file.write_all(&piece?)?;
            }
            return Ok(file);
        }
        let heading = Heading {
            title: about.title,
            summary: about.summary,
            caption,
            account: &self.account,
            made_at,
            by_hour: self.by_hour.as_ref(),
        };
        files::workbook::write(&heading, &self.table, &mut file, temp_dir)?;
        Ok(file)
    }
}
