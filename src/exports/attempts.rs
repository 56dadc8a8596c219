//! Attempts as rows of a file, read from Postgres in binary format and bounded memory.
//!
//! Owns their columns and order. Rows are read with COPY, the cheapest way out of Postgres, and decoded here; other modules
//! write them.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use tokio::sync::mpsc;

use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::layout::Wording;
use crate::table::{CellRef, Column, Format, worded};
use crate::time::Window;
use crate::words::Language;

const fn column(name: &'static str, title: &'static str, format: Format) -> Column {
    Column {
        name: Cow::Borrowed(name),
        title: Cow::Borrowed(title),
        format,
    }
}

/// The ingest fields in order, then the lead's phone and external reference.
pub const COLUMNS: &[Column; 21] = &[
    column("uuid", "UUID", Format::Text),
    column("campaign_id", "Campaign", Format::Id),
    column("lead_id", "Lead", Format::Id),
    column("attempt_number", "Attempt", Format::Integer),
    column("started_at", "Started at", Format::Instant),
    column("answered_at", "Answered at", Format::Instant),
    column("ended_at", "Ended at", Format::Instant),
    column("result", "Result", Format::Text),
    column("hangup_cause", "Hangup cause", Format::Text),
    column("billsec", "Billed, s", Format::Integer),
    column("dtmf", "Keys", Format::Text),
    column("script_path", "Script path", Format::Text),
    column("transfer", "Transfer", Format::Text),
    column("agent_id", "Agent", Format::Id),
    column("agent_disposition", "Agent disposition", Format::Text),
    column("caller_id", "Caller ID", Format::Text),
    column("provider", "Provider", Format::Text),
    column("outcome", "Outcome", Format::Text),
    column(
        "sentiment",
        "Sentiment",
        Format::Decimal(SENTIMENT_DECIMALS),
    ),
    column("phone", "Phone", Format::Text),
    column("external_ref", "External reference", Format::Text),
];

/// Name of the list of attempts among the names of reports.
pub const REPORT: &str = "autocall.attempts";

/// The words of attempts in a file: their columns, and the sets whose values they have.
pub struct Words {
    pub columns: Vec<Column>,
    sets: [Option<&'static str>; COLUMNS.len()],
    language: Language,
}

impl Words {
    pub fn of(wording: Wording) -> Self {
        Self {
            columns: worded::columns(COLUMNS, (REPORT, ""), wording.language),
            sets: COLUMNS
                .each_ref()
                .map(|column| worded::set_of(REPORT, column)),
            language: wording.language,
        }
    }

    /// The cell of a column as it is written.
    pub fn put<'a>(&self, at: usize, cell: CellRef<'a>) -> CellRef<'a> {
        match (cell, self.sets[at]) {
            (CellRef::Text(text), Some(set)) => {
                CellRef::Text(self.language.value(set, text).unwrap_or(text))
            }
            _ => cell,
        }
    }
}

/// One attempt, with a cell for each of [`COLUMNS`].
pub type Row<'a> = [CellRef<'a>; COLUMNS.len()];

/// Sentiments are sent in millionths.
const SENTIMENT_DECIMALS: u32 = 6;
/// Bytes of rows per batch, about.
const BATCH: usize = 256 << 10;
/// Header of a binary COPY: signature, flags and length of the extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const PREAMBLE: usize = SIGNATURE.len() + 4 + 4;

/// The COPY statement that returns the attempts.
pub const COPY: &str = include_str!("attempts.sql");

/// Maximum number of batches read but not yet written.
const BATCHES: usize = 4;

/// A channel from [`read`] to the writer.
pub fn channel() -> (mpsc::Sender<Bytes>, Rows) {
    let (to, rows) = mpsc::channel(BATCHES);
    (to, Rows(rows))
}

/// The batches of attempts, until the last. Each wait blocks the thread.
pub struct Rows(mpsc::Receiver<Bytes>);

impl Iterator for Rows {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.0.blocking_recv()
    }
}

/// Selects the attempts that [`COPY`] returns.
pub async fn ask(scope: &mut Scope, campaign: i64, window: &Window) -> Result<()> {
    let ask = include_str!("attempts_arguments.sql");
    scope
        .query(ask)
        .bind(campaign)
        .bind(window.from)
        .bind(window.to)
        .execute(scope.connection())
        .await?;
    scope.plan_by_arguments().await
}

/// Reads the attempts of a window and sends them in batches. Returns early without an error if the receiver is gone.
pub async fn read(
    scope: &mut Scope,
    campaign: i64,
    window: &Window,
    to: &mpsc::Sender<Bytes>,
) -> Result<()> {
    ask(scope, campaign, window).await?;
    let mut messages = scope.connection().copy_out_raw(COPY).await?;
    let mut batch = BytesMut::with_capacity(BATCH);
    let mut begun = false;
    while let Some(message) = messages.try_next().await? {
        let rows = if begun {
            &message[..]
        } else {
            behind_preamble(&message)?
        };
        begun = true;
        batch.extend_from_slice(rows);
        if batch.len() >= BATCH {
            if to.send(batch.split().freeze()).await.is_err() {
                return Ok(());
            }
            batch.reserve(BATCH);
        }
    }
    if !batch.is_empty() {
        let _ = to.send(batch.freeze()).await; // the receiver may be gone
    }
    Ok(())
}

fn behind_preamble(message: &[u8]) -> Result<&[u8]> {
    match message.split_at_checked(PREAMBLE) {
        Some((preamble, rows))
            if preamble.starts_with(SIGNATURE) && preamble.ends_with(&[0; 4]) =>
        {
            Ok(rows)
        }
        _ => Err(unreadable()),
    }
}

/// Decodes a batch and calls `write` for each row. Returns the number of rows.
pub fn each(batch: &[u8], mut write: impl FnMut(&Row<'_>) -> Result<()>) -> Result<u64> {
    let (mut rest, mut rows) = (batch, 0);
    while !rest.is_empty() {
        let fields = i16::from_be_bytes(take(&mut rest)?);
        if fields == -1 {
            break; // COPY's end marker
        }
        if usize::try_from(fields) != Ok(COLUMNS.len()) {
            return Err(unreadable());
        }
        let mut row = [CellRef::Empty; COLUMNS.len()];
        for (cell, column) in row.iter_mut().zip(COLUMNS) {
            if let Some(value) = field(&mut rest)? {
                *cell = read_cell(column.format, value)?;
            }
        }
        write(&row)?;
        rows += 1;
    }
    Ok(rows)
}

/// The next field; `None` if null.
fn field<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
    let Ok(length) = usize::try_from(i32::from_be_bytes(take(rest)?)) else {
        return Ok(None);
    };
    let (value, behind) = rest.split_at_checked(length).ok_or_else(unreadable)?;
    *rest = behind;
    Ok(Some(value))
}

fn read_cell(format: Format, value: &[u8]) -> Result<CellRef<'_>> {
    Ok(match format {
        Format::Text | Format::Flag => {
            match std::str::from_utf8(value).map_err(|_| unreadable())? {
                "" => CellRef::Empty,
                text => CellRef::Text(text),
            }
        }
        Format::Id | Format::Integer => CellRef::Integer(integer(value)?),
        Format::Decimal(decimals) => {
            CellRef::Decimal(Decimal::new(integer(value)?, decimals).normalize())
        }
        Format::Instant => instant(integer(value)?),
        Format::Bucket | Format::Weekday => return Err(unreadable()), // not a column of attempts
    })
}

fn integer(value: &[u8]) -> Result<i64> {
    if let Ok(bytes) = value.try_into() {
        return Ok(i32::from_be_bytes(bytes).into());
    }
    value
        .try_into()
        .map(i64::from_be_bytes)
        .map_err(|_| unreadable())
}

/// Decodes microseconds since the year 2000. Instants outside chrono's calendar become its first or last.
fn instant(micros: i64) -> CellRef<'static> {
    const YEAR_2000: i64 = 946_684_800;
    let epoch = DateTime::<Utc>::from_timestamp(YEAR_2000, 0);
    match epoch.and_then(|epoch| epoch.checked_add_signed(TimeDelta::microseconds(micros))) {
        Some(instant) => CellRef::Instant(instant),
        None => CellRef::Text(if micros < 0 { "-infinity" } else { "infinity" }),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (value, behind) = rest.split_first_chunk::<N>().ok_or_else(unreadable)?;
    *rest = behind;
    Ok(*value)
}

fn unreadable() -> Error {
    Error::internal("malformed COPY stream")
}
