//! Faults of members that a resource has not, or that clients cannot set.

use serde_json::{Map, Value};

use crate::error::Faults;

/// Maximum number of members that are reported, and of characters of each.
pub const MAX: usize = 20;
const MAX_NAME: usize = 100;

/// A name as far as it is reported.
pub fn short(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

/// A fault for each of these members, whose names stand behind `before`. `is_shown`: it is a member, but is only shown.
pub fn refuse<'a>(
    before: &str,
    names: impl Iterator<Item = &'a String>,
    is_shown: impl Fn(&str) -> bool,
    faults: &mut Faults,
) {
    for name in names.take(MAX) {
        let rest = if is_shown(name) {
            "cannot be set."
        } else {
            "is no member of this resource."
        };
        faults.add(format!("{before}{}", short(name)), rest);
    }
}

/// A fault for each member that is none of these.
pub fn others(before: &str, members: &Map<String, Value>, known: &[&str], faults: &mut Faults) {
    let others = members.keys();
    let others = others.filter(|name| !known.contains(&name.as_str()));
    refuse(before, others, |_| false, faults);
}

/// A fault for each member that cannot be set. One that is sent as it is shown is no change.
pub fn unsettable(
    members: &Map<String, Value>,
    (settable, only_shown): (&[&str], &[&str]),
    shown: Option<&Value>,
    faults: &mut Faults,
) {
    let is_same = |name: &str| shown.is_some_and(|shown| shown.get(name) == members.get(name));
    let others = members
        .keys()
        .filter(|name| !settable.contains(&name.as_str()) && !is_same(name));
    refuse("", others, |name| only_shown.contains(&name), faults);
}
