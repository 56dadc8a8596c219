//! The error behind a failure of ours, with everything that led to it.
//!
//! Owns the chain from our own words down to the library's error. Must not know what becomes of it: statuses are
//! `http::error`'s, retries the callers'.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A library's error, or a sentence of ours where there is none.
///
/// Cheap to clone: every caller that waited for one answer gets the same failure. Its text is the whole chain, outermost
/// first, joined with colons; it is for logs and terminals, never for a client of the API.
#[derive(Clone)]
pub struct Cause(Arc<dyn StdError + Send + Sync>);

impl Cause {
    /// Puts words in front: the file, setting or step that failed.
    pub fn context(self, context: impl Into<String>) -> Self {
        Self(Arc::new(Context {
            context: context.into(),
            source: self,
        }))
    }

    /// The outermost error of the chain that is a `T`.
    pub fn find<T: StdError + 'static>(&self) -> Option<&T> {
        self.chain().find_map(|error| error.downcast_ref())
    }

    fn chain(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let outermost: &(dyn StdError + 'static) = &*self.0;
        std::iter::successors(Some(outermost), |error| (*error).source())
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for Cause {
    fn from(error: E) -> Self {
        Self(Arc::from(error.into()))
    }
}

/// `thiserror` takes the source of an [`Error`](super::Error) from here.
impl Deref for Cause {
    type Target = dyn StdError + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for error in self.chain() {
            let link = error.to_string();
            // Many libraries repeat their source in their own text.
            if !text.contains(&link) {
                let colon = if text.is_empty() { "" } else { ": " };
                text.push_str(colon);
                text.push_str(&link);
            }
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Words of ours in front of a cause.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
struct Context {
    context: String,
    source: Cause,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn the_text_is_the_whole_chain_without_repetitions() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "refused");
        let cause = Cause::from(sqlx::Error::Io(refused)).context("cannot reach the database");
        let library = sqlx::Error::Io(std::io::Error::other("refused")).to_string();
        assert_eq!(
            cause.to_string(),
            format!("cannot reach the database: {library}")
        );
    }

    #[test]
    fn an_error_keeps_its_source() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::Internal(Cause::from(full).context("spool"));
        let sources =
            std::iter::successors(std::error::Error::source(&error), |error| (*error).source());
        assert_eq!(sources.count(), 2);
        let Error::Internal(cause) = error else {
            unreachable!("made above")
        };
        let found = cause.find::<std::io::Error>().map(std::io::Error::kind);
        assert_eq!(found, Some(std::io::ErrorKind::StorageFull));
        assert!(cause.find::<sqlx::Error>().is_none());
    }
}
