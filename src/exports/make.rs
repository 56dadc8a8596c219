//! Makes one file: reads from a snapshot and writes concurrently.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use tokio::task::spawn_blocking;

use super::archive;
use super::attempts::{self, Rows};
use super::calls;
use super::contents::Contents;
use super::evidence::making as evidence;
use super::failure::Failure;
use super::full::{self, Place};
use super::job::{Content, Job};
use super::name;
use super::progress::Progress;
use super::request::ReportType;
use crate::app::App;
use crate::calls::{FileRequest, Workshop};
use crate::error::Error;
use crate::files::name::{content_type, of_report};
use crate::input::Choice as _;
use crate::reports::report::Format;
use crate::store::Label;
use crate::time::Window;

/// A stored file.
#[derive(Debug)]
pub struct Made {
    pub key: String,
    pub name: String,
    pub size: u64,
    pub rows: u64,
    pub seconds: f64,
    /// Its tables, but for the attempts; `None` for a list of calls, and for evidence.
    pub contents: Option<Box<Contents>>,
}

/// Makes the file of a job and stores it under a key that no other attempt has.
pub async fn make(app: &App, job: &Job, watch: &Arc<Progress>) -> Result<Made, Failure> {
    let started = Instant::now();
    let (name, file, contents) = match &job.content {
        Content::Reports {
            campaign,
            report_type,
            earlier,
        } => {
            let of = (*campaign, *report_type, (job.window, *earlier));
            let (contents, file) = write(app, job, of, watch).await?;
            let extension = name::extension(&contents, job.format);
            (
                name::of(&contents, extension),
                file,
                Some(Box::new(contents)),
            )
        }
        Content::Calls(members) => {
            let (name, file) = write_calls(app, job, members, watch).await?;
            (name, file, None)
        }
        Content::Evidence(ordered) => {
            let (name, file) = evidence::write(app, job, ordered, watch).await?;
            (name, file, None)
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let size = file
        .metadata()
        .map_err(|error| Failure::making(error.into()))?
        .len();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let key = format!(
        "{}/{}/{}.{extension}",
        job.tenant,
        job.id,
        job.claim.simple()
    );
    let label = Label {
        content_type: content_type(&name),
        name: &name,
    };
    app.exports
        .store
        .put(&key, &label, file)
        .await
        .map_err(Failure::storing)?;
    Ok(Made {
        key,
        name,
        size,
        rows: watch.rows(),
        seconds,
        contents,
    })
}

/// A list of calls, with the name of the file.
async fn write_calls(
    app: &App,
    job: &Job,
    members: &Map<String, Value>,
    watch: &Arc<Progress>,
) -> Result<(String, std::fs::File), Failure> {
    let scope = app.db.read_unbounded(job.tenant).await;
    let scope = scope.map_err(Failure::reading)?;
    let request = FileRequest::ordered(calls::list(), members);
    let shop = Workshop {
        temp_dir: app.exports.store.temp_dir(),
        rows_a_sheet: app.exports.rows_a_sheet,
    };
    let wrote = |rows| {
        watch.wrote(rows);
        watch.check_cancelled()
    };
    let now = app.clock.now();
    let written = request.write(job.accepted, scope, (now, now), shop, &wrote);
    let written = written.await;
    let written = written.map_err(Failure::finding)?;
    let name = of_report(
        calls::list().file_name(),
        &written.caption,
        job.format.name(),
    );
    Ok((name, written.file))
}

/// The file in the temp_dir: unnamed, so that it disappears with this process.
async fn write(
    app: &App,
    job: &Job,
    (campaign, report_type, windows): (i64, ReportType, (Window, Option<Window>)),
    watch: &Arc<Progress>,
) -> Result<(Contents, std::fs::File), Failure> {
    let mut scope = app
        .db
        .read_unbounded(job.tenant)
        .await
        .map_err(Failure::reading)?;
    let now = app.clock.now();
    let contents = Contents::read(&mut scope, job, (campaign, report_type, windows), now).await;
    let contents = contents.map_err(Failure::finding)?;
    let (to, rows) = attempts::channel();
    let rows = report_type.has_attempts().then_some(rows);
    let (temp_dir, rows_a_sheet) = (
        app.exports.store.temp_dir().to_owned(),
        app.exports.rows_a_sheet,
    );
    let (format, watch) = (job.format, Arc::clone(watch));
    let writing = spawn_blocking(move || {
        let place = Place {
            temp_dir: &temp_dir,
            rows_a_sheet,
        };
        write_file(&contents, rows, format, &watch, place).map(|file| (contents, file))
    });
    if report_type.has_attempts() {
        attempts::read(&mut scope, campaign, &job.window, &to)
            .await
            .map_err(Failure::reading)?;
    }
    // Everything is read: release the snapshot.
    drop((to, scope));
    writing
        .await
        .unwrap_or_else(|panic| Err(Failure::panicked(panic)))
}

fn write_file(
    contents: &Contents,
    rows: Option<Rows>,
    format: Format,
    watch: &Progress,
    place: Place<'_>,
) -> Result<std::fs::File, Failure> {
    // The temp_dir is part of the store or on a local disk.
    let mut file =
        tempfile::tempfile_in(place.temp_dir).map_err(|error| Failure::storing(error.into()))?;
    let written = match format {
        Format::Xlsx => full::write(contents, rows, watch, place, &mut file),
        Format::Csv => archive::write(contents, rows, watch, &mut file),
        Format::Json => Err(Error::internal("bug: JSON is not an export format")),
    };
    written.map(|()| file).map_err(Failure::making)
}
