//! Envelopes of answers: `{"data": …}` for one resource, a page for a list.
//!
//! Must not know what they hold, nor how a page is asked for.

use serde::Serialize;
use utoipa::ToSchema;

/// The envelope of one resource: `{"data": …}`.
#[derive(Serialize, ToSchema)]
pub struct Data<T> {
    pub data: T,
}

/// A page of rows, as every list answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Which page this is, from 1.
    pub current_page: i64,
    /// Its rows.
    pub data: Vec<T>,
    /// The last page there is; 1 where there are no rows.
    pub last_page: i64,
    /// Rows a page.
    pub per_page: i64,
    /// Rows on all pages.
    pub total: i64,
}

impl<T> Page<T> {
    /// The same page with something made of each row.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        let Self {
            current_page,
            data,
            last_page,
            per_page,
            total,
        } = self;
        Page {
            current_page,
            data: data.into_iter().map(make).collect(),
            last_page,
            per_page,
            total,
        }
    }
}
