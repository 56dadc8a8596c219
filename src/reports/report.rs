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

use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::files::Caption;
use crate::input::{Kind, Parameter, Query, choice};
use crate::rollups::Source;
use crate::table::{self, Schemas, Table};
use crate::time::Window;

/// What stands about a report in documents, routes and file names.
#[derive(Debug)]
pub struct About {
    pub module: Module,
    /// The last part of its path, its file's name: `agent-performance`.
    pub name: &'static str,
    pub title: &'static str,
    /// What it tells, in a sentence or two.
    pub summary: &'static str,
    pub place: Place,
    pub parameters: &'static [Parameter],
    /// A whole body, from the documents where the contract agrees with them.
    pub example: &'static str,
    /// Whether it can be had as a file by `format=` and `/export`.
    pub files: bool,
    /// Its part in exports of a campaign.
    pub export: Option<Export>,
}

/// The part of a report in exports of a campaign.
#[derive(Debug)]
pub struct Export {
    /// Name of its sheet.
    pub sheet: &'static str,
    /// True if it can be exported by itself, under its own name. The export of everything has it anyway.
    pub alone: bool,
}

pub use crate::rollups::Module;

/// Where a report is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/api/autocall/campaigns/{id}/reports/{name}`
    OfCampaign,
    /// `/api/autocall/campaigns/{name}`
    AcrossCampaigns,
    /// `/api/telesales/reports/{name}`
    OfAccount,
}

choice! {
    /// What an answer is written as.
    pub enum Format { Json = "json", Csv = "csv", Xlsx = "xlsx" }
}

pub const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(Format::NAMES),
    "What the answer is written as; json by default.",
);

/// The context of a request: the tenant as it is in the snapshot, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
}

/// The subject of a report: its window and its filters. A request is read without the database (`read`), put into
/// the context of its tenant (`find`, `resolve`), and checked against what the tenant has (`check`).
pub trait Subject: Send + Sync + Sized {
    /// The parameters of all reports on this subject.
    const PARAMETERS: &'static [Parameter];
    /// Whether `format` is one of them, also where only JSON is open.
    const HAS_FORMAT: bool = false;
    /// The parameters as given, which two requests share that ask the same.
    type Asked: Clone + Eq + Hash + Send + Sync + 'static;
    /// The row that the path names.
    type Found: Send + Sync;

    fn read(query: &mut Query) -> Self::Asked;

    /// Exactly that window, without a filter. None where the subject is not one campaign.
    fn of_window(_: &Window) -> Option<Self::Asked> {
        None
    }

    /// Heap memory of the value in bytes.
    fn heap(_: &Self::Asked) -> usize {
        0
    }

    /// Looks up the id in the path. NotFound where the tenant has no such row.
    fn find(
        scope: &mut Scope,
        path_id: Option<i64>,
    ) -> impl Future<Output = Result<Self::Found>> + Send;

    /// Resolves defaults that depend on the tenant or on the time. None where a required parameter is missing; then
    /// its fault is noted already. Further faults are added.
    fn resolve(
        asked: &Self::Asked,
        found: Self::Found,
        occasion: Occasion<'_>,
        faults: &mut Faults,
    ) -> Option<Self>;

    /// Looks up the rows that the parameters name. Missing where the tenant does not have one of them.
    fn check(&mut self, scope: &mut Scope) -> impl Future<Output = Result<()>> + Send;

    /// Whether the roll-ups can be trusted for this subject.
    fn trusted(&self) -> bool;

    fn caption(&self) -> Caption;
}

/// A question put to a report: all that its figures depend on.
#[derive(Debug)]
pub struct Ask<'a, S, O> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
    /// What to read: the figures are the same.
    pub source: Source,
    pub subject: S,
    pub options: O,
}

pub trait Report: 'static {
    const ABOUT: About;
    type Subject: Subject + 'static;
    /// The values of its own parameters; `()` without any.
    type Options: Default + Clone + Eq + Hash + Send + Sync + 'static;
    /// What stands under `data`.
    type Body: Body + 'static;

    /// Reads the report's own parameters.
    fn options(_: &mut Query) -> Self::Options {
        Self::Options::default()
    }

    /// The options of the same figures by hour, of a series by day.
    fn by_hour(_: &Self::Options) -> Option<Self::Options> {
        None
    }

    /// Computes the figures, from one snapshot.
    fn run(
        scope: &mut Scope,
        ask: &Ask<'_, Self::Subject, Self::Options>,
    ) -> impl Future<Output = Result<Self::Body>> + Send;

    /// The same figures as tables, for files.
    fn tables(body: &Self::Body) -> Vec<Table>;
}

/// What stands under `data`: one object, or a list of rows.
pub trait Body: Serialize + Send + Sync {
    /// Its schema by reference; what it refers to is added to `schemas`.
    fn reference(schemas: &mut Schemas) -> RefOr<Schema>;

    /// See [`Object::timeless`].
    fn timeless(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// A body that is one object.
pub trait Object: Serialize + ToSchema + Send + Sync {
    /// The same with everything held still that moves with the clock although no figure does: two answers with the
    /// same figures agree in it. None where nothing moves.
    fn timeless(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

impl<T: Object> Body for T {
    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        table::reference::<T>(schemas)
    }

    fn timeless(&self) -> Option<Self> {
        Object::timeless(self)
    }
}

impl<T: Serialize + ToSchema + Send + Sync> Body for Vec<T> {
    fn reference(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(table::reference::<T>(schemas))
            .into()
    }
}
