//! Progress and results of files, on the terminal.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::say;
use crate::dialers::tally::Tally;
use crate::ingest;

const INTERVAL: Duration = Duration::from_secs(10);

/// Counts on standard error, each ten seconds.
pub struct Progress<'a> {
    path: &'a Path,
    unit: &'static str,
    reported: Instant,
}

impl<'a> Progress<'a> {
    pub fn new(path: &'a Path, unit: &'static str) -> Self {
        Self {
            path,
            unit,
            reported: Instant::now(),
        }
    }

    pub fn report(&mut self, tally: &ingest::Tally) {
        if self.reported.elapsed() >= INTERVAL {
            self.reported = Instant::now();
            let (path, unit) = (self.path.display(), self.unit);
            eprintln!("{path}: {} {unit}, {} stored", tally.received, tally.stored);
        }
    }
}

/// A fault of a file as a whole.
pub fn refuse(path: &Path, (field, messages): (&str, &[String])) {
    eprintln!("{}: {field}: {}", path.display(), messages.join(" "));
}

/// The rejected records by number, with their fields if they have any.
pub fn rejected(path: &Path, tally: &Tally, unit: &str, has_fields: bool) {
    for rejected in &tally.lines.errors {
        let (_, number) = rejected.place();
        for (field, messages) in rejected.errors.iter() {
            let field = if has_fields { field } else { "" };
            let path = path.display();
            let fault = format!("{field} {}", messages.join(" "));
            eprintln!("{path}, {unit} {number}: {}", fault.trim_start());
        }
    }
    let more = tally.lines.rejected - tally.lines.errors.len() as u64;
    if more > 0 {
        eprintln!("{}: {more} more", path.display());
    }
}

/// The reasons of records that are not reported, in parentheses behind their number.
pub fn ignored(tally: &Tally) -> String {
    let reasons = tally.ignored_for.iter();
    let reasons: Vec<String> = reasons
        .map(|(reason, records)| format!("{records} {reason}"))
        .collect();
    if reasons.is_empty() {
        format!("{} ignored", tally.ignored)
    } else {
        format!("{} ignored ({})", tally.ignored, reasons.join(", "))
    }
}

/// The result of a file.
pub fn summary(path: &Path, text: std::fmt::Arguments<'_>) {
    say(format_args!("{}: {text}", path.display()));
}
