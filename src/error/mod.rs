//! Kinds of failures, each with the data to explain it.
//!
//! Owns the distinction between client errors and server errors. Must not know HTTP: only
//! `http::error` maps them to status codes and bodies.

mod cause;
mod faults;
mod postgres;

pub use cause::Cause;
pub use faults::Faults;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Invalid values, by field.
    #[error("the given data was invalid: {0:?}")]
    Invalid(Faults),
    /// A body that does not parse, such as invalid JSON.
    #[error("malformed body: {0}")]
    Malformed(String),
    /// A body of the wrong shape; faults by JSON path.
    #[error("misshapen body: {0:?}")]
    Misshapen(Faults),
    /// A missing token, or one without an active session.
    #[error("unauthenticated")]
    Unauthenticated,
    /// A wrong user name or password. Does not reveal which.
    #[error("invalid username or password")]
    BadCredentials,
    /// Rate limit exceeded; seconds until a request would be accepted.
    #[error("too many requests")]
    TooManyRequests { retry_after: u64 },
    /// A link with an invalid signature, or a request that another site made with the page's cookie.
    #[error("forbidden")]
    Forbidden,
    /// The token lacks one of the permissions required by the route; lists all of them.
    #[error("forbidden: requires {0:?}")]
    LacksPermission(Vec<&'static str>),
    /// Does not exist, or belongs to another tenant: both look the same.
    #[error("not found")]
    NotFound,
    /// Like [`Error::NotFound`], for values named in a request, by field.
    #[error("not found: {0:?}")]
    Missing(Faults),
    /// The current state does not allow the request; the client sees the rule, and the fields that violate it.
    #[error("{0}")]
    Conflict(String, Faults),
    /// A link that has expired.
    #[error("expired")]
    Expired,
    /// A body that stalled before its end.
    #[error("timed out reading the body")]
    BodyTimedOut,
    /// A body larger than the limit.
    #[error("payload too large")]
    TooLarge,
    /// A body of an unsupported media type; lists the accepted ones.
    #[error("unsupported media type, accepted: {accepted}")]
    UnsupportedMedia { accepted: &'static str },
    /// A body in an unsupported content encoding; lists the accepted ones.
    #[error("unsupported content encoding, accepted: {accepted}")]
    UnsupportedEncoding { accepted: &'static str },
    /// The database cannot be reached, or has no free connection.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Cause),
    /// A transaction that lost a conflict with another one; a retry may succeed.
    #[error("conflict with another transaction: {0}")]
    GaveWay(#[source] Cause),
    /// A statement or request that took too long.
    #[error("timed out")]
    TimedOut,
    /// A full disk.
    #[error("disk full: {0}")]
    NoRoom(#[source] Cause),
    /// A setting, file or program that the operator has to fix; the text says how.
    #[error("{0}")]
    Setup(#[source] Cause),
    /// A bug or unexpected failure. The text is for the log, never for a client.
    #[error("{0}")]
    Internal(#[source] Cause),
}

impl Error {
    /// A single fault of one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(field, message);
        Self::Invalid(faults)
    }

    /// Values of a field that the tenant does not have. Returns `None` if there are no values.
    pub fn missing<T: std::fmt::Display>(
        field: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Option<Self> {
        let mut faults = Faults::default();
        faults.add_missing(field, values);
        (!faults.is_empty()).then_some(Self::Missing(faults))
    }

    /// A single fault of a body's shape.
    pub fn misshapen(place: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(place, message);
        Self::Misshapen(faults)
    }

    /// A violated rule that no field is the cause of.
    pub fn conflict(rule: impl Into<String>) -> Self {
        Self::Conflict(rule.into(), Faults::default())
    }

    /// An unexpected failure, with its cause.
    pub fn internal(error: impl Into<Cause>) -> Self {
        Self::Internal(error.into())
    }

    /// An error for the operator to fix.
    pub fn setup(error: impl Into<Cause>) -> Self {
        Self::Setup(error.into())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if is_full(error.kind()) {
            Self::NoRoom(error.into())
        } else {
            Self::Internal(error.into())
        }
    }
}

/// Returns true if the disk or a quota is full.
pub fn is_full(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}
