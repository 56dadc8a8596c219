//! Definitions: type-erased reports, each with its route and schema.
//!
//! Owns the entry points of a report: a query string, or the window of a campaign. Must not know HTTP.

use utoipa::openapi::{RefOr, Schema};

use super::report::{About, Body, Format, Place, Report, Subject};
use super::request::{Parsed, Request};
use crate::input::Parameter;
use crate::table::Schemas;
use crate::time::Window;

/// A report without its types.
pub struct Definition {
    pub about: &'static About,
    subject_parameters: &'static [Parameter],
    parse: fn(&str, Option<i64>, &[Format]) -> Request,
    of_window: fn(i64, &Window) -> Option<Request>,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.about.name)
    }
}

impl Definition {
    pub const fn of<R: Report>() -> Self {
        Self {
            about: &R::ABOUT,
            subject_parameters: R::Subject::PARAMETERS,
            parse: |raw, path_id, open| Request::new(Parsed::<R>::read(raw, path_id, open)),
            of_window: |campaign, window| {
                Parsed::<R>::of_window(campaign, window).map(Request::new)
            },
            schema: R::Body::reference,
        }
    }

    /// Parses a request, once. Its faults are reported when it is answered, after a 404 of the path.
    /// `path_id`: the id in the path, if the report's place has one. `open`: the formats of the route, the default first.
    pub fn parse(&self, raw: &str, path_id: Option<i64>, open: &[Format]) -> Request {
        (self.parse)(raw, path_id, open)
    }

    /// The request for a campaign's figures in exactly that window, with default options. `None` if the report is not about
    /// one campaign.
    pub fn of_window(&self, campaign: i64, window: &Window) -> Option<Request> {
        (self.of_window)(campaign, window)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + Clone + use<> {
        self.subject_parameters.iter().chain(self.about.parameters)
    }

    /// The schema of `data`. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }

    /// Path of the report as a file.
    pub fn export_path(&self) -> String {
        format!("{}/export", self.path())
    }

    pub fn path(&self) -> String {
        let name = self.about.name;
        match self.about.place {
            Place::OfCampaign => format!("/api/autocall/campaigns/{{id}}/reports/{name}"),
            Place::AcrossCampaigns => format!("/api/autocall/campaigns/{name}"),
            Place::OfAccount => format!("/api/telesales/reports/{name}"),
        }
    }
}
