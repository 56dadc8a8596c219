//! The lists of calls: path, place, filters, documentation.

use utoipa::openapi::{RefOr, Schema};

use super::filter::Filter;
use super::page::{self, KeysetPage};
use super::place::Place;
use super::rows::{ListedAttempt, ListedCall, Row};
use super::{attempts, sales_calls};
use crate::asked::About;
use crate::closed::FileFormat;
use crate::files::layout::Layout;
use crate::input::{Kind, Parameter};
use crate::reports::report::Module;
use crate::table::{self, Column, Schemas};

/// Maximum number of rows of a file.
pub const MOST: i64 = 200_000;

pub const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(FileFormat::VALUES),
    "Format of the file; xlsx by default.",
);

/// A list of calls.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct List {
    /// Its name, unique among the lists, is that of its operation.
    pub about: About,
    pub path: &'static str,
    pub place: Place,
}

/// Every list, in the order of the contract.
pub static ALL: &[List] = &[
    List {
        about: About {
            name: "autocall_campaign_attempts",
            title: "Attempts of a campaign",
            summary: "The attempts behind the figures of a campaign, newest first. The window is that of its reports.",
            example: include_str!("attempts.json"),
        },
        path: "/api/autocall/campaigns/{id}/attempts",
        place: Place::Campaign,
    },
    List {
        about: About {
            name: "autocall_attempts",
            title: "AutoCall attempts",
            summary: "Attempts of the account, newest first, with the filters of analytics too. Without dates all of them are listed. A reseller's token lists its own account only.",
            example: include_str!("attempts.json"),
        },
        path: "/api/autocall/attempts",
        place: Place::Attempts,
    },
    List {
        about: About {
            name: "telesales_calls",
            title: "Telesales calls",
            summary: "Calls of the account, newest first. Both dates are required unless `lead_id`, `phone` or `uuid` is given: then they may be left out, and are not limited to 90 days.",
            example: include_str!("calls.json"),
        },
        path: "/api/telesales/calls",
        place: Place::SalesCalls,
    },
];

/// The list of Telesales calls, which can be ordered as a file of any size.
pub static SALES_CALLS: &List = &ALL[2];

/// Columns of a file.
pub type Columns = fn() -> &'static [Column];

/// The rows that lists have, by their ids, with the columns of their files.
pub static COLUMNS: [(&str, Columns); 2] = [
    ("autocall.attempts", ListedAttempt::file_columns),
    ("telesales.calls", ListedCall::file_columns),
];

impl List {
    pub const fn module(&self) -> Module {
        match self.place {
            Place::Campaign | Place::Attempts => Module::Autocall,
            Place::SalesCalls => Module::Telesales,
        }
    }

    /// Its filters, besides the parameters of its place.
    pub fn filters(&self) -> impl Iterator<Item = &'static Filter> {
        let (shared, own): (&[&Filter], &[&Filter]) = match self.place {
            Place::Campaign => (attempts::ALL, &[]),
            Place::Attempts => (attempts::ALL, attempts::OF_ACCOUNT),
            Place::SalesCalls => (sales_calls::ALL, &[]),
        };
        shared.iter().chain(own).copied()
    }

    /// Its parameters, in the order of the document.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let filters = self.filters().map(|filter| &filter.parameter);
        let place = self.place.parameters();
        place.chain(filters).chain(page::PARAMETERS)
    }

    /// Its parameters as a file.
    pub fn file_parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let filters = self.filters().map(|filter| &filter.parameter);
        let place = self.place.parameters();
        place
            .chain(filters)
            .chain([&FORMAT])
            .chain(Layout::PARAMETERS)
    }

    /// Path of the list as a file.
    pub fn file_path(&self) -> String {
        format!("{}/export", self.path)
    }

    /// The product and the rows: `telesales.calls`.
    pub fn report(&self) -> &'static str {
        match self.module() {
            Module::Autocall => COLUMNS[0].0,
            Module::Telesales => COLUMNS[1].0,
        }
    }

    /// Name of its files and of their first sheet.
    pub const fn file_name(&self) -> &'static str {
        match self.module() {
            Module::Autocall => "attempts",
            Module::Telesales => "calls",
        }
    }

    /// The fault of a file with too many rows.
    pub fn too_many(&self, rows: i64) -> String {
        let instead = match self.module() {
            Module::Autocall => {
                "POST /api/autocall/campaigns/{id}/reports/export with report_type full makes larger files of a campaign."
            }
            Module::Telesales => "POST /api/telesales/calls/export makes larger files.",
        };
        format!("A file has at most {MOST} rows, this one would have {rows}. {instead}")
    }

    /// A reference to the schema of its body. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        match self.module() {
            Module::Autocall => {
                table::reference_as::<KeysetPage<ListedAttempt>>("ListedAttemptPage", schemas)
            }
            Module::Telesales => {
                table::reference_as::<KeysetPage<ListedCall>>("ListedCallPage", schemas)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_can_be_ordered_is_that_of_telesales_calls() {
        assert_eq!(SALES_CALLS.place, Place::SalesCalls);
    }
}
