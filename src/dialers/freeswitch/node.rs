//! The shape that documents of both formats are read into: texts, lists and objects.
//!
//! Must not know the names that a switch uses.

/// Longest place of a text, in bytes.
const MAX_PLACE: usize = 1_000;

/// A value of a document. Numbers and flags are texts, as they were written.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Nothing,
    Text(String),
    List(Vec<Node>),
    /// Members in order; a name may occur more than once.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Every member of an object that has this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        let members = match self {
            Self::Object(members) => members.as_slice(),
            _ => &[],
        };
        members
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, node)| node)
    }

    /// The first member with this name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find_map(|(other, node)| (other == name).then_some(node)),
            _ => None,
        }
    }

    /// Texts of an object by name, of lists too.
    pub fn values(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        let members = match self {
            Self::Object(members) => members.as_slice(),
            _ => &[],
        };
        members
            .iter()
            .filter_map(|(name, node)| Some((name.as_str(), node.items()?)))
    }

    fn items(&self) -> Option<Vec<String>> {
        let text = |node: &Self| match node {
            Self::Text(text) => Some(text.clone()),
            _ => None,
        };
        match self {
            Self::List(items) => items.iter().map(text).collect(),
            node => Some(vec![text(node)?]),
        }
    }

    /// Calls `put` with each text and its place, such as `callflow.0.times.created_time`. Texts at places too long to name
    /// are left out.
    pub fn each(&self, place: &str, put: &mut impl FnMut(String, &str)) {
        match self {
            _ if place.len() > MAX_PLACE => {}
            Self::Nothing => {}
            Self::Text(text) => put(place.to_owned(), text),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.each(&format!("{place}.{index}"), put);
                }
            }
            Self::Object(members) => {
                for (name, node) in members {
                    node.each(&format!("{place}.{name}"), put);
                }
            }
        }
    }
}

/// Texts of one name as the switch writes them: a text, or `ARRAY::a|:b`.
pub fn joined(texts: &[String]) -> String {
    match texts {
        [text] => text.clone(),
        texts => format!("ARRAY::{}", texts.join("|:")),
    }
}
