//! Reports, typed: the subject, the options and the figures of each.
//!
//! The rest of Callboard sees a report through [`Definition`](super::Definition). Must not know HTTP.

use std::future::Future;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{RefOr, Schema};

use crate::asked::About;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::figure::Within;
use crate::files::Caption;
use crate::input::{Ends, Kind, Parameter, Query, choice};
use crate::rollups::Source;
use crate::table::{self, Column, Inside, Row, Schemas, Table};
use crate::time::Window;
use crate::time::compare::Comparing;

/// The route of a report. The last segment of its path is the report's name.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub module: Module,
    pub place: Place,
    /// Parameters of this report, besides those of its subject.
    pub parameters: &'static [Parameter],
    /// True if it is available as a file, with `format=` and under `/export`.
    pub files: bool,
}

/// The part of a report in exports of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Name of its sheet.
    pub sheet: &'static str,
    /// True if it can be exported by itself, under its own name. The export of everything has it anyway.
    pub alone: bool,
    pub summary: Summary,
}

/// A report on the summary, the first sheet of the export of everything.
#[derive(Debug, Clone, Copy)]
pub enum Summary {
    /// Its figures. It has no sheet of its own there.
    Figures,
    /// The picture of its table that declares one.
    Picture {
        title: &'static str,
        /// Row of pictures, from 0.
        row: u32,
        across: Across,
    },
}

/// The part of a row of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    Whole,
    Left,
    Right,
}

pub use crate::rollups::Module;

/// Path pattern of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/api/autocall/campaigns/{id}/reports/{name}`
    OfCampaign,
    /// `/api/autocall/campaigns/{name}`
    AcrossCampaigns,
    /// `/api/telesales/reports/{name}`
    OfAccount,
}

impl Place {
    /// The path pattern without the report's name.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::OfCampaign => "/api/autocall/campaigns/{id}/reports",
            Self::AcrossCampaigns => "/api/autocall/campaigns",
            Self::OfAccount => "/api/telesales/reports",
        }
    }
}

choice! {
    /// Format of a response.
    pub enum Format { Json = "json", Csv = "csv", Xlsx = "xlsx" }
}

pub const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(Format::NAMES),
    "What the answer is written as; json by default.",
);

/// The context of a request: the tenant as it is in the snapshot, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
}

/// The subject of a report: its window and its filters. A request is read without the database (`read`), put into
/// the context of its tenant (`find`, `resolve`), and checked against what the tenant has (`check`).
pub trait Subject: Send + Sync + Sized {
    /// Parameters of all reports on this subject.
    const PARAMETERS: &'static [Parameter];
    /// True if `format` is one of them, even if only JSON is allowed.
    const HAS_FORMAT: bool = false;
    /// The parameters as given; equal for equal requests.
    type Asked: Clone + Eq + Hash + Send + Sync + 'static;
    /// The row named by the path.
    type Found: Send + Sync;

    fn read(query: &mut Query) -> Self::Asked;

    /// Exactly that window, without filters. `None` if the subject is not one campaign.
    fn of_window(_: &Window) -> Option<Self::Asked> {
        None
    }

    /// Heap memory of the value in bytes.
    fn heap(_: &Self::Asked) -> usize {
        0
    }

    /// Looks up the id in the path. `NotFound` if the tenant has no such row.
    fn find(
        scope: &mut Scope,
        path_id: Option<i64>,
    ) -> impl Future<Output = Result<Self::Found>> + Send;

    /// Resolves defaults that depend on the tenant or the time. `None` if a required parameter is missing, whose fault is
    /// already recorded. Adds further faults.
    fn resolve(
        asked: &Self::Asked,
        found: Self::Found,
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Self>;

    /// Ends of the window that this one is compared with. Adds faults. `None` if there is nothing to compare with.
    fn earlier(
        &self,
        _asked: &Self::Asked,
        _comparing: Comparing,
        _context: Context<'_>,
        _faults: &mut Faults,
    ) -> Option<Ends> {
        None
    }

    /// The same request for the window with those ends.
    fn moved(asked: &Self::Asked, _to: Ends) -> Self::Asked {
        asked.clone()
    }

    /// Looks up the rows named by the parameters. `Missing` if the tenant does not have one of them.
    fn check(&mut self, scope: &mut Scope) -> impl Future<Output = Result<()>> + Send;

    /// True if the roll-ups can be trusted for this subject.
    fn trusted(&self) -> bool;

    /// Prepares the subject to be read from `source`, and says which statements read it (`Kept::statements`).
    fn read_from(&mut self, source: Source) -> Source;

    /// Leaves out the part of its windows of which there are only sums.
    fn begin_with_rows(&mut self);

    fn caption(&self) -> Caption;
}

/// The input of a report: everything that its figures depend on.
#[derive(Debug)]
pub struct Ask<'a, S, O> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
    /// The statements to execute; the figures are the same.
    pub source: Source,
    pub subject: S,
    pub options: O,
}

pub trait Report: 'static {
    /// Its name is the last segment of its path and the start of its file name.
    const ABOUT: About;
    const ROUTE: Route;
    /// Its part in exports of a campaign.
    const EXPORT: Option<Export> = None;
    /// True if it needs rows: it begins at the tenant's complete-from where its window begins earlier.
    const NEEDS_ROWS: bool = false;
    type Subject: Subject + 'static;
    /// The report's options; `()` if it has none.
    type Options: Default + Clone + Eq + Hash + Send + Sync + 'static;
    /// The type of `data`.
    type Body: Body + 'static;

    /// Reads the options.
    fn options(_: &mut Query) -> Self::Options {
        Self::Options::default()
    }

    /// For a daily series: the options of the same series by hour.
    fn by_hour(_: &Self::Options) -> Option<Self::Options> {
        None
    }

    /// True if the roll-ups can be trusted for this report's figures.
    fn trusted(subject: &Self::Subject) -> bool {
        subject.trusted()
    }

    /// Computes the figures from one snapshot.
    fn run(
        scope: &mut Scope,
        ask: &Ask<'_, Self::Subject, Self::Options>,
    ) -> impl Future<Output = Result<Self::Body>> + Send;

    /// Names and columns of [`Report::tables`].
    const TABLES: &'static [(&'static str, &'static [Column])] =
        &[(Self::ABOUT.name, <Self::Body as Body>::COLUMNS)];

    /// The same figures as tables, for files.
    fn tables(body: &Self::Body) -> Vec<Table>;
}

/// The type of `data`: one object, or a list of rows.
pub trait Body: Serialize + Send + Sync {
    /// What its members mean.
    const MEMBERS: Within;
    /// Columns of the object, or of each row.
    const COLUMNS: &'static [Column];

    /// A reference to its schema. Adds the schemas that it refers to.
    fn reference(schemas: &mut Schemas) -> RefOr<Schema>;

    /// See [`Object::without_timestamps`].
    fn without_timestamps(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// A `data` that is one object.
pub trait Object: Row + Serialize + ToSchema + Send + Sync {
    /// A copy with timestamps cleared that follow the clock, for the ETag: equal for equal figures. `None` if there are no
    /// such timestamps.
    fn without_timestamps(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

impl<T: Object> Body for T {
    const MEMBERS: Within = <T as Row>::MEMBERS;
    const COLUMNS: &'static [Column] = <T as Row>::COLUMNS;

    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        table::reference::<T>(schemas)
    }

    fn without_timestamps(&self) -> Option<Self> {
        Object::without_timestamps(self)
    }
}

impl<T: Row + Serialize + ToSchema + Send + Sync> Body for Vec<T> {
    const MEMBERS: Within = <Self as Inside>::WITHIN;
    const COLUMNS: &'static [Column] = <T as Row>::COLUMNS;

    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(table::reference::<T>(schemas))
            .into()
    }
}
