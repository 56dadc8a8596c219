//! Page parameters of all lists.

use crate::envelope::Page;
use crate::error::Result;
use crate::input::{Kind, Parameter, Query};

pub const PAGE: Parameter = Parameter::optional(
    "page",
    Kind::Integer {
        range: 1..=i64::MAX,
        default: 1,
    },
    "Page number, from 1.",
);
pub const PER_PAGE: Parameter = Parameter::optional(
    "per_page",
    Kind::Integer {
        range: 1..=200,
        default: 50,
    },
    "Rows per page.",
);

/// The requested page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest {
    page: i64,
    pub per_page: i64,
}

impl PageRequest {
    pub fn read(query: &mut Query) -> Self {
        Self {
            page: query.integer(&PAGE),
            per_page: query.integer(&PER_PAGE),
        }
    }

    /// The page that a query asks for, of a list without filters. `Invalid` with every fault.
    pub fn of_query(raw: Option<&str>) -> Result<Self> {
        let mut query = Query::parse(raw.unwrap_or_default(), [&PAGE, &PER_PAGE]);
        let wanted = Self::read(&mut query);
        query.finish(Some(wanted))
    }

    /// Number of rows on earlier pages.
    pub fn offset(self) -> i64 {
        (self.page - 1).saturating_mul(self.per_page)
    }

    /// Builds the page from its rows and the total number of rows. Past the last page it is empty.
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
