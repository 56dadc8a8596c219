//! Makes the file of a run: the report at its due time, with the permissions of the schedule's maker.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::failure::Failure;
use super::mail::content::Told;
use super::report::{Report, Subject};
use super::runs::Job;
use super::store::{self, Schedule};
use crate::app::App;
use crate::auth::audit::{self, Event, Target};
use crate::auth::{Permission, Role, Tenant};
use crate::calls::{self, List, Workshop};
use crate::db::Lane;
use crate::error::{Error, Result};
use crate::exports;
use crate::exports::progress::Progress;
use crate::exports::report::ReportFile;
use crate::exports::request::ReportType;
use crate::files;
use crate::input::Choice;
use crate::reports::Definition;
use crate::reports::report::Format;
use crate::store::Label;

/// A stored file.
#[derive(Debug)]
pub struct Made {
    pub key: String,
    pub name: String,
    pub bytes: i64,
    /// `None` if it has several tables and no attempts.
    pub rows: Option<i64>,
    /// The report, for a mail.
    pub told: Told,
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
        Report::List(list) => list_of(app, job, schedule, &subject, list).await,
    }
}

/// The file of a report.
async fn answer(
    app: &App,
    job: &Job,
    subject: Subject,
    report: &'static Definition,
) -> Result<Made, Failure> {
    let read = |scope| {
        let request = subject.request(report);
        async move { ReportFile::read(report, &request, None, scope, job.due_at).await }
    };
    // On the heap, because the future is large.
    let figures = Box::pin(app.db.answer(job.tenant, read)).await?;
    let (name, told) = (figures.name(), Told::of_report(&figures));
    let rows = i64::try_from(figures.table.rows.len()).ok();
    let (made_at, temp_dir) = (app.clock.now(), app.exports.store.temp_dir().to_owned());
    let file = spawn_blocking(move || write(figures, made_at, &temp_dir));
    let file = file.await.map_err(Error::internal)??;
    let (key, bytes) = store(app, job, subject.format, &name, file).await?;
    Ok(Made {
        key,
        name,
        bytes,
        rows,
        told,
    })
}

/// Stores a file under a key that no other try has. Returns the key and the size in bytes.
async fn store(
    app: &App,
    job: &Job,
    format: Format,
    name: &str,
    file: File,
) -> Result<(String, i64), Failure> {
    let bytes = file.metadata().map_err(Error::internal)?.len();
    let (claim, format) = (job.claim.simple(), format.name());
    let key = format!("{}/{}/{claim}.{format}", job.tenant, job.id);
    let label = Label {
        content_type: files::name::content_type(name),
        name,
    };
    let stored = app.exports.store.put(&key, &label, file).await;
    stored.map_err(|error| Failure::Transient("The file could not be stored", error))?;
    Ok((key, i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// The file of a list, which is in the audit log before it leaves.
async fn list_of(
    app: &App,
    job: &Job,
    schedule: &Schedule,
    subject: &Subject,
    list: &'static List,
) -> Result<Made, Failure> {
    let request = subject.list(list);
    let made_at = app.clock.now();
    let shop = Workshop {
        temp_dir: app.exports.store.temp_dir(),
        rows_a_sheet: app.exports.rows_a_sheet,
    };
    let at = (job.due_at, made_at);
    let read = |scope| request.write(None, scope, at, shop, &calls::unwatched);
    // On the heap, because the future is large.
    let written = Box::pin(app.db.answer(job.tenant, read)).await?;
    let mut told = request.told(written.rows, &written.caption);
    told.insert("run".to_owned(), (Value::Null, Value::from(job.id.clone())));
    let mut scope = app.db.lane(Lane::Queue).write(job.tenant).await?;
    let account = Tenant::load(&mut scope).await?.name;
    let target = Target {
        kind: "schedule",
        id: schedule.id,
        name: Some(&schedule.name),
    };
    let by = (schedule.created_by, made_at);
    audit::record_own_change(&mut scope, by, Event::CallsDownloaded, target, told).await?;
    scope.commit().await?;
    let name = files::name::of_report(list.file_name(), &written.caption, subject.format.name());
    let (key, bytes) = store(app, job, subject.format, &name, written.file).await?;
    Ok(Made {
        key,
        name,
        bytes,
        rows: Some(written.rows),
        told: Told {
            title: written.title,
            language: written.wording.language,
            account,
            caption: written.caption,
            rows: usize::try_from(written.rows).unwrap_or_default(),
            table: Some(written.first),
        },
    })
}

/// The file that the export of a campaign has.
async fn export_of(
    app: &App,
    job: &Job,
    subject: &Subject,
    report_type: ReportType,
) -> Result<Made, Failure> {
    let mut scope = app.db.lane(Lane::Queue).read(job.tenant).await?;
    let tenant = Tenant::load(&mut scope).await?;
    let asked = subject.order(&mut scope, report_type, &tenant, job.due_at);
    let asked = asked.await?;
    drop(scope);
    let template = subject.layout.template.clone();
    let template = template.map(|name| (subject.report.name(), name));
    let order = exports::job::Job {
        tenant: job.tenant,
        id: job.id.clone(),
        claim: job.claim,
        content: exports::job::Content::Reports {
            campaign: asked.campaign,
            report_type,
            earlier: asked.earlier,
        },
        format: asked.format,
        window: asked.window,
        layout: subject.layout.clone(),
        templates: template.into_iter().collect(),
        accepted: None,
        rows_expected: u64::try_from(asked.attempts).unwrap_or_default(),
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
    let contents = made
        .contents
        .ok_or_else(|| Error::internal("an export without tables"))?;
    Ok(Made {
        key: made.key,
        name: made.name,
        bytes: i64::try_from(made.size).unwrap_or(i64::MAX),
        rows: report_type
            .has_attempts()
            .then(|| i64::try_from(made.rows).unwrap_or(i64::MAX)),
        told: Told::of_export(*contents),
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

/// The file in the temp_dir: unnamed, so that it disappears with this process.
fn write(figures: ReportFile, made_at: DateTime<Utc>, temp_dir: &Path) -> Result<File> {
    let mut file = tempfile::tempfile_in(temp_dir)?;
    if figures.format == Format::Csv {
        for piece in figures.csv() {
            file.write_all(&piece?)?;
        }
    } else {
        figures.xlsx(made_at, &mut file, temp_dir)?;
    }
    Ok(file)
}
