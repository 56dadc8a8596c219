//! The cause of a failure, with its chain of sources.
//!
//! Owns the chain from Callboard's context down to the library's error. Must not know the
//! consequences: `http::error` chooses statuses, and callers retry.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A library's error, or a message if there is none.
///
/// Cheap to clone: every caller that waited for one answer gets the same error. Its text is the
/// whole chain, outermost first, joined with colons. It is for logs and terminals, never for API
/// clients.
#[derive(Clone)]
pub struct Cause(Arc<dyn StdError + Send + Sync>);

impl Cause {
    /// Adds context: the file, setting or step that failed.
    pub fn context(self, context: impl Into<String>) -> Self {
        Self(Arc::new(Context {
            context: context.into(),
            source: self,
        }))
    }

    /// Finds the outermost error of type `T` in the chain.
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

/// Lets `thiserror` return it as the source of an [`Error`](super::Error).
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
            // Many libraries repeat their source in their own message.
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

/// Context in front of a cause.
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
    fn the_text_is_the_chain_without_repetitions() {
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
            unreachable!("created above")
        };
        let found = cause.find::<std::io::Error>().map(std::io::Error::kind);
        assert_eq!(found, Some(std::io::ErrorKind::StorageFull));
        assert!(cause.find::<sqlx::Error>().is_none());
    }
}
