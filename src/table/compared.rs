//! Compared tables: each number followed by what it was in an earlier window, and by its change (contract, section 12).
//!
//! Owns the pairing of rows and the names of the added columns. A row is told apart by the columns before the first
//! number. Must not know reports.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use rust_decimal::Decimal;

use super::{Cell, Chart, Column, Format, Table};
use crate::percent::{change_pct, change_points};
use crate::time::{Bucket, Window};
use crate::words::Language;

/// Meaning of a number, which decides its change and its value in a window that lacks the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// 0 without a row.
    Count,
    Average,
    Percentage,
}

impl Measure {
    /// `None` for columns that are no numbers.
    fn of(column: &Column) -> Option<Self> {
        let is_average = column.name.starts_with("avg_") || column.name == "acd_sec";
        match column.format {
            Format::Integer | Format::Decimal(_) if column.title.ends_with('%') => {
                Some(Self::Percentage)
            }
            Format::Integer | Format::Decimal(_) if is_average => Some(Self::Average),
            Format::Integer | Format::Decimal(_) => Some(Self::Count),
            _ => None,
        }
    }

    fn missing(self) -> Cell {
        match self {
            Self::Count => Cell::Integer(0),
            Self::Average | Self::Percentage => Cell::Empty,
        }
    }

    fn change(self, now: &Cell, before: &Cell) -> Cell {
        let change = match (number(now), number(before)) {
            (Some(now), Some(before)) if self == Self::Percentage => {
                Some(change_points(now, before))
            }
            (Some(now), Some(before)) => change_pct(now, before),
            _ => None,
        };
        change.map_or(Cell::Empty, |change| Cell::Decimal(change.value()))
    }

    /// The column of the number's value before, and the one of its change.
    fn columns(self, column: &Column, language: Language) -> [Column; 2] {
        let (change, unit) = match self {
            Self::Count | Self::Average => ("change_pct", "change, %"),
            Self::Percentage => ("change_points", "change, points"),
        };
        let (name, title) = (&column.name, &column.title);
        [
            Column {
                name: Cow::Owned(format!("{name}_previous")),
                title: Cow::Owned(format!("{title} ({})", language.tell("previous"))),
                format: column.format,
            },
            Column {
                name: Cow::Owned(format!("{name}_{change}")),
                title: Cow::Owned(format!("{title} ({})", language.tell(unit))),
                format: Format::Decimal(2),
            },
        ]
    }
}

/// The columns that a comparison adds to a number; `None` for other columns. Titles are in that language, as the column's is.
pub fn added(column: &Column, language: Language) -> Option<[Column; 2]> {
    Some(Measure::of(column)?.columns(column, language))
}

/// The number in a cell.
pub fn number(cell: &Cell) -> Option<Decimal> {
    match cell {
        Cell::Integer(number) => Some((*number).into()),
        Cell::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// The table of a window, each number with its value in the table of an earlier one. Rows are paired by their keys, buckets
/// by their distance from the start of their window. Rows that only the earlier one has come last, in its order.
pub fn compared(table: Table, before: Table, windows: (&Window, &Window)) -> Table {
    let measures: Vec<Option<Measure>> = table.columns.iter().map(Measure::of).collect();
    let first = measures.iter().position(Option::is_some);
    let keys = first.unwrap_or(measures.len());
    let mut earlier = Earlier::of(before.rows, keys, windows);
    let paired = table.rows.into_iter().map(|row| {
        let before = earlier.take(&row[..keys]);
        pair(&measures, Some(row), before)
    });
    let mut rows: Vec<Vec<Cell>> = paired.collect();
    rows.extend(
        earlier
            .rest()
            .map(|before| pair(&measures, None, Some(before))),
    );
    let columns = table.columns.iter().zip(&measures);
    let columns = columns.flat_map(|(column, measure)| {
        let added = measure.map(|measure| measure.columns(column, table.language));
        std::iter::once(column.clone()).chain(added.into_iter().flatten())
    });
    Table {
        name: table.name,
        columns: Cow::Owned(columns.collect()),
        rows,
        // Totals are adjacent columns, which the added ones separate.
        chart: table
            .chart
            .filter(|chart| !matches!(chart, Chart::Totals { .. })),
        language: table.language,
        looks: Vec::new(),
    }
}

/// The cells of one row. What is no number is the window's; in a row that only the earlier window has, that one's.
fn pair(
    measures: &[Option<Measure>],
    now: Option<Vec<Cell>>,
    before: Option<Vec<Cell>>,
) -> Vec<Cell> {
    let mut now = now.into_iter().flatten();
    let mut before = before.into_iter().flatten();
    let mut cells = Vec::with_capacity(3 * measures.len());
    for measure in measures {
        let (now, before) = (now.next(), before.next());
        let Some(measure) = measure else {
            cells.push(now.or(before).unwrap_or(Cell::Empty));
            continue;
        };
        let now = now.unwrap_or(measure.missing());
        let before = before.unwrap_or(measure.missing());
        let change = measure.change(&now, &before);
        cells.extend([now, before, change]);
    }
    cells
}

/// Rows of the earlier window, each taken once.
struct Earlier {
    rows: Vec<Option<Vec<Cell>>>,
    /// Places of rows by their keys. A key that is there twice, such as a text `(other)`, has two.
    places: HashMap<Vec<Cell>, VecDeque<usize>>,
}

impl Earlier {
    /// Moves buckets to the window that is compared, so that equal distances are equal keys.
    fn of(mut rows: Vec<Vec<Cell>>, keys: usize, windows: (&Window, &Window)) -> Self {
        let mut places = HashMap::<Vec<Cell>, VecDeque<usize>>::new();
        for (place, row) in rows.iter_mut().enumerate() {
            for cell in &mut row[..keys] {
                if let Cell::Bucket(bucket) = cell {
                    *bucket = moved(*bucket, windows);
                }
            }
            places
                .entry(row[..keys].to_vec())
                .or_default()
                .push_back(place);
        }
        Self {
            rows: rows.into_iter().map(Some).collect(),
            places,
        }
    }

    fn take(&mut self, keys: &[Cell]) -> Option<Vec<Cell>> {
        let place = self.places.get_mut(keys)?.pop_front()?;
        self.rows.get_mut(place)?.take()
    }

    /// The rows that were not taken.
    fn rest(self) -> impl Iterator<Item = Vec<Cell>> {
        self.rows.into_iter().flatten()
    }
}

/// The bucket as far from the start of the window as this one is from the start of the earlier window.
fn moved(bucket: Bucket, (window, earlier): (&Window, &Window)) -> Bucket {
    let first = |window: &Window| bucket.granularity.number(window.local_start());
    Bucket {
        number: bucket.number - first(earlier) + first(window),
        ..bucket
    }
}

#[cfg(test)]
mod tests;
