//! Fields of a kind: their types, and the validation and encoding of single values.
//!
//! Must not know which rows exist: `batch` checks references.

mod copy;
mod encode;
mod types;

pub use encode::Value;
pub use types::{Key, Locale, Type};

/// A field of a kind, declared once.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Type,
    pub presence: Presence,
    /// Its meaning, in one or more sentences.
    pub about: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Null if omitted.
    Optional,
    /// A default in COPY text format.
    Or(&'static str),
    /// Keeps its first value if omitted; at first, the time of storing.
    Kept,
}

impl Field {
    pub const fn required(name: &'static str, kind: Type, about: &'static str) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Required,
            about,
        }
    }

    pub const fn optional(name: &'static str, kind: Type, about: &'static str) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Optional,
            about,
        }
    }

    pub const fn or(
        name: &'static str,
        kind: Type,
        about: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Or(default),
            about,
        }
    }

    pub const fn kept(name: &'static str, kind: Type, about: &'static str) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Kept,
            about,
        }
    }
}

/// Variants of a field, for resources that take it from its kind.
impl Field {
    /// Like this field, but required.
    #[must_use]
    pub const fn but_required(self) -> Self {
        Self {
            presence: Presence::Required,
            ..self
        }
    }

    /// Like this field, with that default in COPY text format.
    #[must_use]
    pub const fn but_default(self, default: &'static str) -> Self {
        Self {
            presence: Presence::Or(default),
            ..self
        }
    }

    /// Like this field, of another type.
    #[must_use]
    pub const fn but_type(self, kind: Type) -> Self {
        Self { kind, ..self }
    }

    /// Like this field, with another meaning.
    #[must_use]
    pub const fn but_about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

impl Field {
    /// Staged columns with their types.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let sent = (self.kind == Type::Phone).then_some(("phone_as_sent", "text"));
        std::iter::once((self.name, self.kind.sql_type())).chain(sent)
    }
}
