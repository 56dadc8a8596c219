//! Parameters of pages: every list takes them.

use crate::envelope::Page;
use crate::input::{Kind, Parameter, Query};

pub const PAGE: Parameter = Parameter::optional(
    "page",
    Kind::Integer {
        range: 1..=i64::MAX,
        default: 1,
    },
    "Which page, from 1.",
);
pub const PER_PAGE: Parameter = Parameter::optional(
    "per_page",
    Kind::Integer {
        range: 1..=200,
        default: 50,
    },
    "Rows a page.",
);

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    page: i64,
    pub per_page: i64,
}

impl Wanted {
    pub fn read(query: &mut Query) -> Self {
        Self {
            page: query.integer(&PAGE),
            per_page: query.integer(&PER_PAGE),
        }
    }

    /// Rows on the pages before.
    pub fn passed_over(self) -> i64 {
        (self.page - 1).saturating_mul(self.per_page)
    }

    /// The page with those rows, of so many on all pages. Past the last page it has none.
    pub fn page<T>(self, data: Vec<T>, total: i64) -> Page<T> {
        let last_page = ((total + self.per_page - 1) / self.per_page).max(1);
        Page {
            current_page: self.page,
            data,
            last_page,
            per_page: self.per_page,
            total,
        }
    }
}
