//! The cache of responses: bodies by request.
//!
//! Owns the equality of keys over all request types, and the memory limit. A request may contain personal data, so a key
//! shows only its name and has no `Debug`. Must not know any request type.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::cache::{Cache, Named};
use crate::encoded::Encoded;

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

/// A body with its ETag, empty if it has none.
#[derive(Debug, Clone)]
pub struct Body {
    pub encoded: Encoded,
    pub tag: Bytes,
}

/// A request of any type. Cheap to clone.
#[derive(Clone)]
pub struct AnswerKey {
    name: &'static str,
    size: usize,
    question: Arc<dyn Value>,
}

impl AnswerKey {
    /// `name`: for logs. `size`: bytes of the request.
    pub fn new<Q: Eq + Hash + Send + Sync + 'static>(
        name: &'static str,
        size: usize,
        question: Q,
    ) -> Self {
        Self {
            name,
            size,
            question: Arc::new(question),
        }
    }

    pub fn size(&self) -> usize {
        self.size
    }
}

impl Named for AnswerKey {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl PartialEq for AnswerKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.question.equals(other.question.as_any())
    }
}

impl Eq for AnswerKey {}

impl Hash for AnswerKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.question.feed(state);
    }
}

/// `Eq` and `Hash` of an erased type.
pub trait Value: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn feed(&self, state: &mut dyn Hasher);
}

impl<Q: Eq + Hash + Send + Sync + 'static> Value for Q {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Q>().is_some_and(|other| self == other)
    }

    fn feed(&self, mut state: &mut dyn Hasher) {
        self.hash(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_are_equal_where_name_type_and_question_are() {
        let key = |name, question: &str| AnswerKey::new(name, 0, question.to_owned());
        let others = [
            key("kpis", "a"),
            key("kpis", "b"),
            key("trend", "a"),
            AnswerKey::new("kpis", 0, "a"),
        ];
        let count = others.len();
        let keys = HashSet::from(others);
        assert_eq!(keys.len(), count);
        assert!(keys.contains(&key("kpis", "a")), "whatever its size");
    }
}
