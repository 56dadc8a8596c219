//! The kinds of failure Callboard knows, each with what its cause needs to be understood.
//!
//! Owns the distinction between "you sent something wrong" and "we could not". Must not know HTTP:
//! status codes and bodies are made of these in `http::error`, and in no other place.

use std::collections::BTreeMap;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Values that cannot be worked with, by field.
    #[error("the given data was invalid: {0:?}")]
    Invalid(Faults),
    /// A body that is not what its type promises (JSON that cannot be read, say).
    #[error("malformed body: {0}")]
    Malformed(String),
    /// A body that can be read but does not have the shape it must have, by place.
    #[error("misshapen body: {0:?}")]
    Misshapen(Faults),
    /// No token, or one that stands for no session any more.
    #[error("unauthenticated")]
    Unauthenticated,
    /// A name and a password that do not belong together. It does not tell whether there is such a name.
    #[error("invalid username or password")]
    BadCredentials,
    /// One request more than its limit allows; in so many seconds there is room for one.
    #[error("too many requests")]
    TooManyRequests { retry_after: u64 },
    /// A link that is not one of ours.
    #[error("forbidden")]
    Forbidden,
    /// A token that lacks one of the permissions that the route requires; all of those.
    #[error("forbidden: requires {0:?}")]
    LacksPermission(Vec<&'static str>),
    /// There is no such thing, or it is another account's: the two must look alike.
    #[error("not found")]
    NotFound,
    /// As [`Error::NotFound`], of what values of a request name, by field.
    #[error("not found: {0:?}")]
    Missing(Faults),
    /// What is there does not allow it; the text says which rule, to the client too.
    #[error("{0}")]
    Conflict(String),
    /// A link whose time is over.
    #[error("expired")]
    Expired,
    /// A body that stopped coming before its end.
    #[error("the body stopped coming")]
    BodyTimedOut,
    /// A body larger than what is read here.
    #[error("payload too large")]
    TooLarge,
    /// A body of a media type that is not accepted here; the types that are, with commas between them.
    #[error("unsupported media type, accepted: {accepted}")]
    UnsupportedMedia { accepted: &'static str },
    /// A body in a content coding that is not accepted here; the codings that are, with commas between them.
    #[error("unsupported content encoding, accepted: {accepted}")]
    UnsupportedEncoding { accepted: &'static str },
    /// The database cannot be reached, or has no connection free.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A transaction that gave way to another; the same may succeed when it is tried again.
    #[error("gave way to another transaction: {0}")]
    GaveWay(String),
    /// The database gave up on a statement that took too long.
    #[error("timed out")]
    TimedOut,
    /// A disk on which nothing more fits.
    #[error("no room: {0}")]
    NoRoom(String),
    /// Everything that is our own fault. The text is for the log, never for a client.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// One fault of one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(field, message);
        Self::Invalid(faults)
    }

    /// Values of one field that name nothing of the account's. None where there are none.
    pub fn missing<T: std::fmt::Display>(
        field: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Option<Self> {
        let mut faults = Faults::default();
        faults.add_missing(field, values);
        (!faults.is_empty()).then_some(Self::Missing(faults))
    }

    /// One fault of a body's shape.
    pub fn misshapen(place: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(place, message);
        Self::Misshapen(faults)
    }

    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if is_full(error.kind()) {
            Self::NoRoom(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

/// Whether the disk, or what of it one may have, is used up.
pub fn is_full(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}

/// SQLSTATE of a statement that ran into `statement_timeout`.
const QUERY_CANCELED: &str = "57014";

/// SQLSTATE of a full disk on the database's side.
const DISK_FULL: &str = "53100";

/// SQLSTATE of a lock that was waited for too long.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// SQLSTATE class of a transaction that gave way to another.
const GAVE_WAY: &str = "40";

/// What passes: a lost connection, a server without room for more, one that stops or starts, a lock.
const PASSING: [&str; 4] = ["08", "53", "57P", LOCK_NOT_AVAILABLE];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some(QUERY_CANCELED) => Self::TimedOut,
                Some(DISK_FULL) => Self::NoRoom(format!("the database's disk: {error}")),
                Some(code) if code.starts_with(GAVE_WAY) => Self::GaveWay(error.to_string()),
                Some(code) if PASSING.iter().any(|class| code.starts_with(class)) => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Internal(error.to_string()),
            },
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// What is wrong with each field, every field at once, in the order of their names.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Faults(BTreeMap<String, Vec<String>>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    /// Adds that these values of a field name nothing.
    pub fn add_missing<T: std::fmt::Display>(
        &mut self,
        field: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        values
            .into_iter()
            .for_each(|value| self.add(field, format!("{value} was not found.")));
    }

    /// Adds those faults to these.
    pub fn merge(&mut self, others: Self) {
        for (field, messages) in others.0 {
            self.0.entry(field).or_default().extend(messages);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields are at fault.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Every field with its messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }

    /// `value`, where nothing was at fault.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self)),
        }
    }
}
