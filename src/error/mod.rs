//! The kinds of failure Callboard knows, each with what its cause needs to be understood.
//!
//! Owns the distinction between "you sent something wrong" and "we could not". Must not know HTTP:
//! status codes and bodies are made of these in `http::error`, and in no other place.

mod cause;
mod faults;
mod postgres;

pub use cause::Cause;
pub use faults::Faults;

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
    Unavailable(#[source] Cause),
    /// A transaction that gave way to another; the same may succeed when it is tried again.
    #[error("gave way to another transaction: {0}")]
    GaveWay(#[source] Cause),
    /// The database gave up on a statement that took too long.
    #[error("timed out")]
    TimedOut,
    /// A disk on which nothing more fits.
    #[error("no room: {0}")]
    NoRoom(#[source] Cause),
    /// A setting, file or program that the operator has to mend; the text says which and how.
    #[error("{0}")]
    Setup(#[source] Cause),
    /// Everything that is our own fault. The text is for the log, never for a client.
    #[error("{0}")]
    Internal(#[source] Cause),
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

    /// A failure that nobody outside can mend, with the error it came of.
    pub fn internal(error: impl Into<Cause>) -> Self {
        Self::Internal(error.into())
    }

    /// Something for the operator to mend.
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

/// Whether the disk, or what of it one may have, is used up.
pub fn is_full(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}
