//! Envelopes of responses: `{"data": …}` for one resource, a page for a list.
//!
//! Must not know their contents, nor the parameters of a page.

use serde::Serialize;
use utoipa::ToSchema;

/// Envelope of one resource: `{"data": …}`.
#[derive(Serialize, ToSchema)]
pub struct Data<T> {
    pub data: T,
}

/// A page of rows, the response of every list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Page number, from 1.
    pub current_page: i64,
    /// Rows of this page.
    pub data: Vec<T>,
    /// Number of the last page; 1 if there are no rows.
    pub last_page: i64,
    /// Rows per page.
    pub per_page: i64,
    /// Number of rows on all pages.
    pub total: i64,
}

impl<T> Page<T> {
    /// Maps each row.
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
