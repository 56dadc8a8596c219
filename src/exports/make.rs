//! Making one file: reading from a snapshot on one side, writing on the other, at the same time.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::archive;
use super::attempts;
use super::contents::Contents;
use super::full::{self, Place};
use super::job::Job;
use super::name;
use super::watch::Watch;
use crate::app::App;
use crate::error::{Error, Result};
use crate::reports::report::Format;
use crate::store::Label;

/// Batches of rows that were read and are not written yet.
const BATCHES: usize = 4;

/// Batches of attempts as they come; they end when all are there.
pub struct Rows(mpsc::Receiver<Bytes>);

impl Iterator for Rows {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.0.blocking_recv()
    }
}

/// A file that is made and kept.
#[derive(Debug)]
pub struct Made {
    pub key: String,
    pub name: String,
    pub size: u64,
    pub rows: u64,
    pub seconds: f64,
}

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Reading,
    Storing,
}

/// Makes the file of a job and keeps it under a name that no other try has.
pub async fn make(app: &App, job: &Job, watch: &Arc<Watch>) -> Result<Made, (Stage, Error)> {
    let started = Instant::now();
    let reading = |error| (Stage::Reading, error);
    let (contents, file) = write(app, job, watch).await.map_err(reading)?;
    let seconds = started.elapsed().as_secs_f64();
    let size = file.metadata().map_err(|error| reading(error.into()))?.len();
    let extension = name::extension(job.report_type, job.format);
    let name = name::of(&contents, extension);
    let key = format!("{}/{}/{}.{extension}", job.tenant, job.id, job.claim.simple());
    let label = Label { content_type: name::content_type(&name), disposition: name::disposition(&name) };
    app.exports.store.put(&key, &label, file).await.map_err(|error| (Stage::Storing, error))?;
    Ok(Made { key, name, size, rows: watch.rows(), seconds })
}

/// The file in the workshop: it has no name there, and goes away with this process.
async fn write(app: &App, job: &Job, watch: &Arc<Watch>) -> Result<(Contents, std::fs::File)> {
    let mut scope = app.db.read_at_length(job.tenant).await?;
    let contents = Contents::read(&mut scope, job.report_type, job.campaign, job.window, app.clock.now()).await?;
    let (to, rows) = mpsc::channel(BATCHES);
    let rows = job.report_type.has_attempts().then_some(Rows(rows));
    let (workshop, rows_a_sheet) = (app.exports.store.workshop().to_owned(), app.exports.rows_a_sheet);
    let (format, watch) = (job.format, Arc::clone(watch));
    let writing = spawn_blocking(move || {
        let place = Place { workshop: &workshop, rows_a_sheet };
        write_file(&contents, rows, format, &watch, place).map(|file| (contents, file))
    });
    if job.report_type.has_attempts() {
        attempts::read(&mut scope, job.campaign, &job.window, &to).await?;
    }
    // All is read: the snapshot is not kept any longer than that.
    drop((to, scope));
    writing.await.map_err(Error::internal)?
}

fn write_file(
    contents: &Contents,
    rows: Option<Rows>,
    format: Format,
    watch: &Watch,
    place: Place<'_>,
) -> Result<std::fs::File> {
    let mut file = unnamed(place.workshop)?;
    match format {
        Format::Xlsx => full::write(contents, rows, watch, place, &mut file)?,
        Format::Csv => archive::write(contents, rows, watch, &mut file)?,
        Format::Json => return Err(Error::internal("no file is JSON")),
    }
    Ok(file)
}

fn unnamed(workshop: &Path) -> Result<std::fs::File> {
    Ok(tempfile::tempfile_in(workshop)?)
}
