//! The lists of leads: path, filters, documentation.

use utoipa::openapi::{RefOr, Schema};

use super::rows::TelesalesLead;
use super::{own, place, progress};
use crate::asked::About;
use crate::calls::filter::Filter;
use crate::calls::page::{self, KeysetPage};
use crate::calls::{attempts, sales_calls};
use crate::input::Parameter;
use crate::reports::report::Module;
use crate::resources::leads::AutocallLead;
use crate::table::{self, Schemas};

/// A product's list of leads.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct List {
    /// Its name, unique among the lists, is that of its operation.
    pub about: About,
    pub path: &'static str,
    pub module: Module,
}

/// Both products' lists.
pub static ALL: &[List] = &[
    List {
        about: About {
            name: "autocall_leads_of_account",
            title: "AutoCall leads",
            summary: "Leads of the account, by id descending. With a filter on attempts, or a stage beyond the first, those with an attempt in the window that passes; without dates that is all time.",
            example: include_str!("autocall.json"),
        },
        path: "/api/autocall/leads",
        module: Module::Autocall,
    },
    List {
        about: About {
            name: "telesales_leads",
            title: "Telesales leads",
            summary: "Leads of the account, by id descending. With a filter on calls, or a stage beyond the first, those with a call in the window that passes; without dates that is all time. `agent_ids` and `team_id` narrow those calls, never leads.",
            example: include_str!("telesales.json"),
        },
        path: "/api/telesales/leads",
        module: Module::Telesales,
    },
];

impl List {
    /// Its filters on leads, besides those of its place.
    pub fn own(&self) -> &'static [&'static Filter] {
        match self.module {
            Module::Autocall => own::AUTOCALL,
            Module::Telesales => own::TELESALES,
        }
    }

    /// Its filters on calls. A filter on leads takes the place of that on calls by the same name.
    pub fn of_calls(&self) -> impl Iterator<Item = &'static Filter> {
        let (shared, of_account): (&[&Filter], &[&Filter]) = match self.module {
            Module::Autocall => (attempts::ALL, attempts::OF_ACCOUNT),
            Module::Telesales => (sales_calls::ALL, &[]),
        };
        let own = self.own().iter().map(|filter| &filter.parameter);
        let own = own.chain(progress::parameters(self.module));
        let own: Vec<&str> = own.map(|parameter| parameter.name).collect();
        let all = shared.iter().chain(of_account).copied();
        all.filter(move |filter| !own.contains(&filter.parameter.name))
    }

    /// Its parameters, in the order of the document.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let own = self.own().iter().map(|filter| &filter.parameter);
        let of_calls = self.of_calls().map(|filter| &filter.parameter);
        place::parameters(self.module)
            .chain(own)
            .chain(progress::parameters(self.module))
            .chain(of_calls)
            .chain(page::PARAMETERS)
    }

    /// A reference to the schema of its body. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        match self.module {
            Module::Autocall => {
                table::reference_as::<KeysetPage<AutocallLead>>("ListedAutocallLeadPage", schemas)
            }
            Module::Telesales => {
                // No other answer has these rows.
                table::reference::<TelesalesLead>(schemas);
                table::reference_as::<KeysetPage<TelesalesLead>>("ListedTelesalesLeadPage", schemas)
            }
        }
    }
}
