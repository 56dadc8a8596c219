//! Lists of leads in requests: read within bounds, and the answer of each item.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::members::Object;
use super::MOST;
use crate::error::{Faults, Result};
use crate::input::fault;

/// Name of the member that holds the list.
pub const LEADS: &str = "leads";
/// Place of the faults of an item that is no object.
const ITEM: &str = "item";
/// Maximum number of invalid items in an answer.
const MAX_REPORTED: usize = 100;

/// Items of a request, each as sent.
#[derive(Debug)]
pub struct Items(Vec<Box<RawValue>>);

impl Items {
    /// The list of a request's object. `Invalid` if it does not have 1 to [`MOST`] items, or if the object has other members.
    pub fn read(object: &Object) -> Result<Self> {
        let mut faults = Faults::default();
        for name in object.keys().filter(|name| *name != LEADS).take(MOST) {
            let name: String = name.chars().take(100).collect();
            faults.add(name, "cannot stand beside leads.");
        }
        let list = object.get(LEADS).map_or("null", |list| list.get());
        let items = match serde_json::from_str::<Bounded>(list) {
            Ok(Bounded(items)) if items.is_empty() => Err("must have at least one item.".into()),
            Ok(Bounded(items)) if items.len() > MOST => Err(fault::more_than(MOST)),
            Ok(Bounded(items)) => Ok(items),
            Err(_) => Err(fault::LIST.to_owned()),
        };
        let items = items
            .map_err(|fault| faults.add(LEADS, fault::of_field(LEADS, &fault)))
            .ok();
        faults.into_result(items.map(Self))
    }

    /// The object of each item, in order.
    pub fn objects(&self) -> impl Iterator<Item = Result<Object, Faults>> {
        self.0.iter().map(|item| {
            serde_json::from_str(item.get()).map_err(|_| {
                let mut faults = Faults::default();
                faults.add(ITEM, fault::OBJECT);
                faults
            })
        })
    }
}

/// A list of which at most one item more than [`MOST`] is kept.
struct Bounded(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BoundedVisitor)
    }
}

struct BoundedVisitor;

impl<'de> Visitor<'de> for BoundedVisitor {
    type Value = Bounded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bounded, A::Error> {
        let mut items = Vec::new();
        while items.len() <= MOST {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Bounded(items)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Bounded(items))
    }
}

/// Faults of one item.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AutocallLeadFaults)]
pub struct ItemFaults {
    /// Index of the item in the list, from 0.
    pub index: usize,
    /// By member; `item` where it is no JSON object.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub errors: Faults,
}

/// Invalid items of a request: their number, and the first of them.
#[derive(Debug, Default)]
pub struct Invalid {
    pub count: u64,
    pub reported: Vec<ItemFaults>,
}

impl Invalid {
    pub fn add(&mut self, index: usize, errors: Faults) {
        self.count += 1;
        if self.reported.len() < MAX_REPORTED {
            self.reported.push(ItemFaults { index, errors });
        }
    }
}

/// Faults of items as fields of one request: `leads.3.phone`.
pub fn faults(reported: &[ItemFaults]) -> Faults {
    let mut faults = Faults::default();
    for item in reported {
        for (field, messages) in item.errors.iter() {
            let place = format!("{LEADS}.{}.{field}", item.index);
            messages
                .iter()
                .for_each(|message| faults.add(&place, message));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// The number of items, or the members at fault.
    fn read(json: &str) -> std::result::Result<usize, Vec<String>> {
        let object = serde_json::from_str(json).map_err(|error| vec![error.to_string()])?;
        Items::read(&object)
            .map(|Items(items)| items.len())
            .map_err(|error| match error {
                Error::Invalid(faults) => {
                    faults.iter().map(|(field, _)| field.to_owned()).collect()
                }
                error => vec![error.to_string()],
            })
    }

    #[test]
    fn a_list_has_1_to_5000_items() {
        let list = |count: usize| format!(r#"{{"leads":[{}]}}"#, vec!["1"; count].join(","));
        assert_eq!(read(&list(0)), Err(vec!["leads".into()]));
        assert_eq!(read(&list(1)), Ok(1));
        assert_eq!(read(&list(MOST)), Ok(MOST));
        assert_eq!(read(&list(MOST + 1)), Err(vec!["leads".into()]));
        assert_eq!(read(&list(200_000)), Err(vec!["leads".into()]));
        for bad in ["null", "{}", "\"\"", "7"] {
            assert_eq!(
                read(&format!(r#"{{"leads":{bad}}}"#)),
                Err(vec!["leads".into()])
            );
        }
        assert_eq!(
            read(r#"{"leads":[1],"phone":"0987654321"}"#),
            Err(vec!["phone".into()])
        );
    }
}
