//! Pages of a list: parameters and body.

use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::{self, Cursor};
use crate::input::{Kind, Parameter, Query};

pub const LIMIT: Parameter = Parameter::optional(
    "limit",
    Kind::Integer {
        range: 1..=200,
        default: 50,
    },
    "Rows of the page.",
);
pub const AFTER: Parameter = Parameter::optional(
    "after",
    Kind::Pattern(cursor::PATTERN),
    "The `next` of another page: the page begins behind that. It stays valid.",
);
pub const COUNT: Parameter = Parameter::optional(
    "count",
    Kind::Either,
    "Whether to count all rows; by default only without `after`.",
);

/// Parameters of a page.
pub const PARAMETERS: &[Parameter] = &[LIMIT, AFTER, COUNT];

/// The requested page of a list whose rows have such positions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<P> {
    pub limit: i64,
    pub after: Option<P>,
    pub is_counted: bool,
}

/// A page: of calls, newest first, then by uuid; of leads, by id descending.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysetPage<T> {
    /// Rows of this page.
    pub data: Vec<T>,
    /// The `after` of the next page; null on the last one.
    pub next: Option<String>,
    /// Number of rows on all pages; null if it was not asked for.
    pub total: Option<i64>,
}

impl<P: Cursor> PageRequest<P> {
    pub fn read(query: &mut Query) -> Self {
        let cursor = query.text(&AFTER).map(P::read);
        if matches!(cursor, Some(None)) {
            query.fail(AFTER.name, "must be the next of a page.");
        }
        Self {
            limit: query.integer(&LIMIT),
            is_counted: query.either(&COUNT).unwrap_or(cursor.is_none()),
            after: cursor.flatten(),
        }
    }

    /// The page, from its rows and the one behind them if there is one.
    pub fn page<R>(
        &self,
        mut data: Vec<R>,
        total: Option<i64>,
        position: impl Fn(&R) -> P,
    ) -> KeysetPage<R> {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let has_more = data.len() > limit;
        data.truncate(limit);
        let last = data.last().filter(|_| has_more);
        KeysetPage {
            next: last.map(|row| position(row).cursor()),
            data,
            total,
        }
    }
}
