//! Estimates of orders: rows, and the seconds that a file takes at the speed of the account's last ones.

use serde::Serialize;
use utoipa::ToSchema;

use super::entry::Entry;
use crate::closed::{ExportedReport, FileFormat};
use crate::db::Scope;
use crate::error::Result;
use crate::input::Choice as _;
use crate::reports::report::Format;
use crate::time::Instant;

/// Rows a second assumed for a tenant's first export; about what was measured.
const FIRST_SPEED: [(Format, f64); 2] = [(Format::Xlsx, 60_000.0), (Format::Csv, 300_000.0)];

/// Speed of an account's files in a format.
struct Speed {
    rows_per_second: f64,
    /// Files that it was measured on; 0 if it is assumed.
    files: i64,
}

impl Speed {
    async fn measure(scope: &mut Scope, format: Format) -> Result<Self> {
        let measured = scope
            .select::<(Option<f64>, i64)>(include_str!("sql/speed.sql"))
            .bind(format.name());
        let (speed, files) = measured.fetch_one(scope.connection()).await?;
        let measured = speed.filter(|speed| *speed > 0.0);
        let assumed = || {
            let mut first = FIRST_SPEED.iter().filter(|(of, _)| *of == format);
            let speed = first.next().map_or(f64::INFINITY, |(_, speed)| *speed);
            (speed, 0)
        };
        let (rows_per_second, files) = measured.map_or_else(assumed, |speed| (speed, files));
        Ok(Self {
            rows_per_second,
            files,
        })
    }

    /// Whole seconds for that many rows, with one for what does not depend on them.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    fn seconds(&self, rows: i64) -> i64 {
        1 + (rows as f64 / self.rows_per_second) as i64
    }
}

/// Estimated duration for that many rows, in whole seconds.
pub async fn estimate(scope: &mut Scope, format: Format, rows: i64) -> Result<i64> {
    Ok(Speed::measure(scope, format).await?.seconds(rows))
}

/// An order that was checked and not made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportDryRun {
    /// The report.
    #[schema(value_type = ExportedReport)]
    report_type: &'static str,
    /// Format of the file.
    #[schema(value_type = FileFormat)]
    format: &'static str,
    /// Zone of its times.
    timezone: &'static str,
    /// Start of the window; null if it has none.
    from: Option<Instant>,
    /// End of the window, left out; null if it has none.
    to: Option<Instant>,
    /// Attempts or calls that the file has as rows, if none comes or goes until it is made; 0 for a file of figures only.
    rows: i64,
    /// Estimated duration once started, whole seconds: 1 + rows ÷ rows_per_second, rounded down.
    estimated_seconds: i64,
    /// Whole rows a second that the estimate rests on, at least 1.
    rows_per_second: i64,
    /// Files that this speed was measured on: the account's last 10 of this format with 10,000 rows or more. 0 if it has none:
    /// the speed is then assumed.
    measured_files: i64,
}

impl ExportDryRun {
    pub async fn of(scope: &mut Scope, order: &Entry) -> Result<Self> {
        let speed = Speed::measure(scope, order.format).await?;
        let (from, to) = order.window.known_ends();
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        let rows_per_second = (speed.rows_per_second as i64).max(1);
        Ok(Self {
            report_type: order.report_type,
            format: order.format.name(),
            timezone: order.window.zone.name(),
            from,
            to,
            rows: order.rows,
            estimated_seconds: speed.seconds(order.rows),
            rows_per_second,
            measured_files: speed.files,
        })
    }
}
