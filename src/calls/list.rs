//! The lists of calls: path, place, filters, documentation.

use utoipa::openapi::{RefOr, Schema};

use super::filter::Filter;
use super::page::{self, CallPage};
use super::place::Place;
use super::rows::{ListedAttempt, ListedCall};
use super::{attempts, sales_calls};
use crate::input::Parameter;
use crate::reports::report::Module;
use crate::table::{self, Schemas};

/// A list of calls.
#[derive(Debug)]
pub struct List {
    /// Unique among the lists, and the name of its operation.
    pub name: &'static str,
    pub path: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    /// A complete body.
    pub example: &'static str,
    pub place: Place,
}

/// Every list, in the order of the contract.
pub static ALL: &[List] = &[
    List {
        name: "autocall_campaign_attempts",
        path: "/api/autocall/campaigns/{id}/attempts",
        title: "Attempts of a campaign",
        summary: "The attempts behind the figures of a campaign, newest first. The window is that of its reports.",
        example: include_str!("attempts.json"),
        place: Place::Campaign,
    },
    List {
        name: "autocall_attempts",
        path: "/api/autocall/attempts",
        title: "AutoCall attempts",
        summary: "Attempts of the account, newest first, with the filters of analytics too. Without dates all of them are listed. A reseller's token lists its own account only.",
        example: include_str!("attempts.json"),
        place: Place::Attempts,
    },
    List {
        name: "telesales_calls",
        path: "/api/telesales/calls",
        title: "Telesales calls",
        summary: "Calls of the account, newest first. Both dates are required unless `lead_id`, `phone` or `uuid` is given: then they may be left out, and are not limited to 90 days.",
        example: include_str!("calls.json"),
        place: Place::SalesCalls,
    },
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

    /// A reference to the schema of its body. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        match self.module() {
            Module::Autocall => {
                table::reference_as::<CallPage<ListedAttempt>>("ListedAttemptPage", schemas)
            }
            Module::Telesales => {
                table::reference_as::<CallPage<ListedCall>>("ListedCallPage", schemas)
            }
        }
    }
}
