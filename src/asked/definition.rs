//! Definitions: reports and questions of analytics by name, without their types.
//!
//! Owns the shape that both lists share. Must not know the ways in which they are asked for.

use std::fmt;
use std::hash::{Hash, Hasher};

use utoipa::openapi::{RefOr, Schema};

use crate::figure::Within;
use crate::table::Schemas;

/// The metadata of a report, question or list, for documents, routes and file names.
#[derive(Debug)]
pub struct About {
    /// Unique among reports, among questions and among lists: `agent-performance`, `call_count`.
    pub name: &'static str,
    pub title: &'static str,
    /// Its content, in a sentence or two.
    pub summary: &'static str,
    /// A complete body of a response.
    pub example: &'static str,
}

impl PartialEq for About {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for About {}

impl Hash for About {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A report or question. `E`: its entry points.
pub struct Definition<E: 'static> {
    pub about: &'static About,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
    /// The meaning of the members of its figures.
    pub members: Within,
    pub(crate) entry: E,
}

impl<E> fmt::Debug for Definition<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about.name)
    }
}

impl<E> Definition<E> {
    pub(crate) const fn new(
        about: &'static About,
        schema: fn(&mut Schemas) -> RefOr<Schema>,
        members: Within,
        entry: E,
    ) -> Self {
        Self {
            about,
            schema,
            members,
            entry,
        }
    }

    /// A reference to the schema of its figures: of a report's `data`, or of a question's row. Adds the schemas that it
    /// refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }
}
