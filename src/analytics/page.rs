//! Pages of rows.

use super::query::Query;

/// The rows of a page, and the number of rows on all pages.
#[derive(Debug)]
pub struct Paged<R> {
    pub total: usize,
    pub rows: Vec<R>,
}

impl<R> Default for Paged<R> {
    fn default() -> Self {
        Self {
            total: 0,
            rows: Vec::new(),
        }
    }
}

impl<R> Paged<R> {
    /// The requested page of all rows. Empty past the last page.
    pub fn of(all: Vec<R>, query: &Query) -> Self {
        let (before, through) = query.places();
        let (before, through) = (place(before), place(through));
        let total = all.len();
        Self {
            total,
            rows: all.into_iter().take(through).skip(before).collect(),
        }
    }

    pub fn map<T>(self, make: impl FnMut(R) -> T) -> Paged<T> {
        Paged {
            total: self.total,
            rows: self.rows.into_iter().map(make).collect(),
        }
    }
}

/// A place as an index.
pub fn place(place: i64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
