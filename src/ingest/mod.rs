//! Call data coming in: one JSON object a line, each stating a whole row (contract, section 6).
//!
//! Owns the kinds of lines and how they are checked and stored. Reads any stream in bounded memory, so it
//! serves a request's body and a file alike. Must not know either.

mod batch;
pub mod document;
pub mod field;
pub mod kind;
mod line;
mod phone;
mod reader;

use std::pin::pin;

use serde::Serialize;
use tokio::io::AsyncBufRead;

use crate::db::{Database, Scope};
use crate::error::{Error, Faults, Result};
use batch::{Line, Outcome};
pub use field::Locale;
use reader::{LineReader, RawLine};
pub use reader::{gunzip, spool};

/// How many faulty lines an answer tells of.
pub const MAX_TOLD: usize = 100;

/// Where lines go, and how.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub tenant: i64,
    pub locale: Locale,
    /// All or nothing: with one bad line, nothing is stored.
    pub atomic: bool,
}

/// What became of the lines.
#[derive(Debug, Default, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = IngestTally)]
pub struct Tally {
    /// Lines that were not blank.
    pub received: u64,
    /// Lines accepted, whether they changed a row or not.
    pub stored: u64,
    /// Lines refused.
    pub rejected: u64,
    /// The first 100 of the lines refused.
    pub errors: Vec<LineFaults>,
}

/// What is wrong with one line.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LineFaults {
    /// Its number in the body, from 1, blank lines counted.
    pub line: u64,
    /// By field; `line` where it is no JSON object.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub errors: Faults,
}

impl Tally {
    fn add(&mut self, received: usize, outcome: Outcome) {
        self.received += received as u64;
        self.stored += outcome.stored;
        self.rejected += outcome.rejected.len() as u64;
        let room = MAX_TOLD - self.errors.len();
        let told = outcome.rejected.into_iter().take(room);
        self.errors.extend(told.map(|(line, errors)| LineFaults { line, errors }));
    }

    /// The faults told, as fields of one request: `lines.3.result`.
    fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for LineFaults { line, errors } in &self.errors {
            for (field, messages) in errors.iter() {
                messages.iter().for_each(|message| faults.add(format!("lines.{line}.{field}"), message));
            }
        }
        faults
    }
}

/// Reads the stream to its end and stores it. When this returns, what the tally calls stored is committed;
/// `progress` is told after each chunk that is.
///
/// Malformed where the stream breaks off: the chunks before are kept, unless the target is atomic.
/// Invalid where the target is atomic and a line was refused.
pub async fn ingest<R: AsyncBufRead + Unpin + Send>(
    db: &Database,
    target: Target,
    stream: R,
    mut progress: impl FnMut(&Tally) + Send,
) -> Result<Tally> {
    let mut reader = LineReader::new(stream);
    let mut tally = Tally::default();
    let mut whole = if target.atomic { Some(db.write(target.tenant).await?) } else { None };
    let mut next = read(&mut reader, target.locale).await?;
    while let Some(lines) = next {
        let received = lines.len();
        // While one chunk is stored, the next is read and parsed. Whatever becomes of the reading, the storing
        // comes to its end: a COPY that is dropped on its way leaves its connection out of step.
        let mut storing = pin!(store(db, target, whole.as_mut(), lines));
        let mut reading = pin!(read(&mut reader, target.locale));
        let (outcome, following) = tokio::select! {
            outcome = &mut storing => (outcome?, reading.await),
            following = &mut reading => (storing.await?, following),
        };
        tally.add(received, outcome);
        progress(&tally);
        next = following?;
    }
    if let Some(scope) = whole {
        if tally.rejected > 0 {
            return Err(Error::Invalid(tally.faults()));
        }
        scope.commit().await?;
    }
    Ok(tally)
}

async fn store(db: &Database, target: Target, whole: Option<&mut Scope>, lines: Vec<Line>) -> Result<Outcome> {
    if let Some(scope) = whole {
        return batch::store(scope, lines).await;
    }
    let mut scope = db.write(target.tenant).await?;
    let outcome = batch::store(&mut scope, lines).await?;
    scope.commit().await?;
    Ok(outcome)
}

/// The next chunk; None at the end.
async fn read<R: AsyncBufRead + Unpin>(reader: &mut LineReader<R>, locale: Locale) -> Result<Option<Vec<Line>>> {
    let raw = reader.chunk().await.map_err(|error| Error::Malformed(error.to_string()))?;
    let Some(raw) = raw else { return Ok(None) };
    let parse = move || raw.into_iter().map(|line| (line.number, parse(&line, locale))).collect();
    tokio::task::spawn_blocking(parse).await.map(Some).map_err(Error::internal)
}

fn parse(line: &RawLine, locale: Locale) -> Result<line::Row, Faults> {
    let unreadable = |fault: String| {
        let mut faults = Faults::default();
        faults.add("line", fault);
        Err(faults)
    };
    let Some(bytes) = &line.bytes else {
        return unreadable(format!("is longer than {} bytes.", reader::MAX_LINE));
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => line::parse(text.trim_start_matches('\u{feff}'), locale),
        Err(_) => unreadable("is not UTF-8.".into()),
    }
}
