//! Definitions: type-erased reports, each with its route and schema.
//!
//! Owns the entry points of a report: a query string, or the window of a campaign. Must not know HTTP.

use super::report::{Body, Export, Format, Report, Route, Subject};
use super::request::{Parsed, Request};
use crate::asked;
use crate::input::{COMPARE, Parameter};
use crate::table::Column;
use crate::time::Window;

/// A report without its types.
pub type Definition = asked::Definition<Entry>;

/// The route and the entry points of a report.
pub struct Entry {
    route: Route,
    export: Option<Export>,
    tables: &'static [(&'static str, &'static [Column])],
    subject_parameters: &'static [Parameter],
    parse: fn(&str, Option<i64>, &[Format]) -> Request,
    of_window: fn(i64, &Window) -> Option<Request>,
}

impl Definition {
    pub const fn of<R: Report>() -> Self {
        let entry = Entry {
            route: R::ROUTE,
            export: R::EXPORT,
            tables: R::TABLES,
            subject_parameters: R::Subject::PARAMETERS,
            parse: |raw, path_id, open| Request::new(Parsed::<R>::read(raw, path_id, open)),
            of_window: |campaign, window| {
                Parsed::<R>::of_window(campaign, window).map(Request::new)
            },
        };
        Self::new(&R::ABOUT, R::Body::reference, R::Body::MEMBERS, entry)
    }

    pub const fn route(&self) -> &Route {
        &self.entry.route
    }

    /// Names and columns of its tables.
    pub const fn tables(&self) -> &'static [(&'static str, &'static [Column])] {
        self.entry.tables
    }

    /// Its part in exports of a campaign.
    pub const fn export(&self) -> Option<&Export> {
        self.entry.export.as_ref()
    }

    /// Parses a request, once. Its faults are reported when it is answered, after a 404 of the path.
    /// `path_id`: the id in the path, if the report's place has one. `open`: the formats of the route, the default first.
    pub fn parse(&self, raw: &str, path_id: Option<i64>, open: &[Format]) -> Request {
        (self.entry.parse)(raw, path_id, open)
    }

    /// The request for a campaign's figures in exactly that window, with default options. `None` if the report is not about
    /// one campaign.
    pub fn of_window(&self, campaign: i64, window: &Window) -> Option<Request> {
        (self.entry.of_window)(campaign, window)
    }

    /// Parameters of all reports on its subject.
    pub const fn shared_parameters(&self) -> &'static [Parameter] {
        self.entry.subject_parameters
    }

    /// True if a request says its window, which can be compared with another.
    pub fn has_window(&self) -> bool {
        let mut shared = self.shared_parameters().iter();
        shared.any(|parameter| parameter.name == COMPARE.name)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + Clone + use<> {
        let entry = &self.entry;
        entry
            .subject_parameters
            .iter()
            .chain(entry.route.parameters)
    }

    /// The product and the name: `telesales.dashboard`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.route().module.name(), self.about.name)
    }

    /// Path of the report as a file.
    pub fn export_path(&self) -> String {
        format!("{}/export", self.path())
    }

    pub fn path(&self) -> String {
        let folder = self.entry.route.place.folder();
        format!("{folder}/{}", self.about.name)
    }
}
