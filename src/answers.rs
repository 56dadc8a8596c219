//! The cache of responses: bodies by request.
//!
//! Owns the equality of keys over all request types and forms, and the memory limit. A request may contain personal data, so a key
//! shows only its name and has no `Debug`. Must not know any request type.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::asked::Asked;
use crate::cache::{Cache, Named};
use crate::encoded::Encoded;
use crate::words::Language;

/// Responses by tenant and request.
pub type Answers = Cache<AnswerKey, Body>;

/// Maximum size of all responses, in bytes.
const CAPACITY: u64 = 64 << 20;
/// Overhead of an entry in bytes, about.
const OVERHEAD: usize = 512;

/// An empty cache whose responses are reused for `keep`.
pub fn answers(keep: Duration) -> Answers {
    let weigh = |key: &AnswerKey, body: &Body| key.size() + body.encoded.size() + OVERHEAD;
    Cache::new(keep, CAPACITY, weigh)
}

/// A body with its ETag, if its form has one, and its window, if it has one, as headers.
#[derive(Debug, Clone)]
pub struct Body {
    pub encoded: Encoded,
    pub tag: Option<Bytes>,
    pub window: Option<Bytes>,
}

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// JSON with an ETag, in response to a GET.
    TaggedJson,
    Json,
    /// CSV with field names, and values as JSON has them.
    Csv,
    /// CSV with titles and words of that language.
    CsvIn(Language),
}

/// A request with the form of its body. Cheap to clone.
#[derive(Clone)]
pub struct AnswerKey {
    pub form: Form,
    pub asked: Arc<dyn Asked>,
}

impl AnswerKey {
    /// Size of the request in bytes.
    pub fn size(&self) -> usize {
        self.asked.size()
    }
}

impl Named for AnswerKey {
    fn name(&self) -> &'static str {
        self.asked.name()
    }
}

impl PartialEq for AnswerKey {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form && *self.asked == *other.asked
    }
}

impl Eq for AnswerKey {}

impl Hash for AnswerKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.form.hash(state);
        self.asked.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, Utc};

    use super::*;
    use crate::asked::Answering;
    use crate::db::Scope;
    use crate::rollups::Source;

    #[derive(PartialEq, Eq, Hash)]
    struct One(i64);

    #[derive(PartialEq, Eq, Hash)]
    struct Other(i64);

    macro_rules! asked {
        ($type:ty) => {
            impl Asked for $type {
                fn name(&self) -> &'static str {
                    "request"
                }

                fn size(&self) -> usize {
                    size_of::<Self>()
                }

                fn ask<'a>(
                    &'a self,
                    _: &'a mut Scope,
                    _: DateTime<Utc>,
                    _: Source,
                ) -> Answering<'a> {
                    unreachable!("a key is not answered")
                }
            }
        };
    }
    asked!(One);
    asked!(Other);

    #[test]
    fn keys_are_equal_where_form_type_and_request_are() {
        let key = |form, asked: Arc<dyn Asked>| AnswerKey { form, asked };
        let others = [
            key(Form::Json, Arc::new(One(1))),
            key(Form::Json, Arc::new(One(2))),
            key(Form::Csv, Arc::new(One(1))),
            key(Form::TaggedJson, Arc::new(One(1))),
            key(Form::Json, Arc::new(Other(1))),
        ];
        let count = others.len();
        let keys = HashSet::from(others);
        assert_eq!(keys.len(), count);
        assert!(keys.contains(&key(Form::Json, Arc::new(One(1)))));
    }
}
