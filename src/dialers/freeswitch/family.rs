//! The call that a leg is of.
//!
//! A leg names itself and the legs that it was made for: the one that originated it, the caller whom a queue made it for, and
//! the other half of a loopback. They are of one call. Legs that were only bridged to each other name the pair, and not one
//! another, and are one call if both do: an agent's leg that stands by is bridged to one called party after the other, and
//! theirs are calls of their own. For the same reason a leg that was bridged to several by command (`uuid_br` in
//! `transfer_history`) names no pair. `call_uuid` names whatever leg was bridged last, so it is not read.

use super::said::Said;
use crate::dialers::leg::call_id;

/// Variables with the leg that a leg was made for. The first that speaks names the call.
const PARENTS: &[&str] = &[
    "cc_member_session_uuid",
    "originating_leg_uuid",
    "originator",
    "ent_originate_aleg_uuid",
    "other_loopback_from_uuid",
    "other_loopback_leg_uuid",
];

/// Variables with the leg that a leg was bridged to last.
const PARTNERS: &[&str] = &["bridge_uuid", "signal_bond", "last_bridge_to"];

/// Legs that one variable may name.
const MAX_NAMED: usize = 8;

/// Names of a call, by one of its legs.
#[derive(Debug, PartialEq)]
pub struct Family {
    /// The call as far as the leg knows.
    pub call: String,
    pub names: Vec<String>,
}

impl Family {
    /// The family of the leg `uuid`.
    pub fn of(uuid: &str, said: &Said) -> Self {
        let others = |names: &[&str]| -> Vec<String> {
            let named = names
                .iter()
                .filter_map(|name| said.get(name))
                .flat_map(listed);
            named
                .filter(|other| *other != uuid)
                .map(str::to_owned)
                .collect()
        };
        let parents = others(PARENTS);
        let call = call_id(parents.first().map_or(uuid, String::as_str));
        let mut names = vec![call.clone(), call_id(uuid)];
        names.extend(parents.iter().map(|parent| call_id(parent)));
        if bridged_by_command(said) <= 1 {
            names.extend(others(PARTNERS).iter().map(|other| pair(uuid, other)));
        }
        names.sort_unstable();
        names.dedup();
        Self { call, names }
    }

    /// True if the leg names no other.
    pub fn is_alone(&self) -> bool {
        self.names.len() == 1
    }
}

/// The legs that a value names: one, or a list of the switch's.
fn listed(value: &str) -> impl Iterator<Item = &str> {
    let list = value.strip_prefix("ARRAY::").unwrap_or(value);
    let is_id = |id: &&str| !id.is_empty() && !id.chars().any(char::is_whitespace);
    list.split("|:")
        .map(str::trim)
        .filter(is_id)
        .take(MAX_NAMED)
}

/// The name of two legs that were bridged, the same for both.
fn pair(one: &str, other: &str) -> String {
    call_id(&format!("{}+{}", one.min(other), one.max(other)))
}

/// Legs that this one was bridged to by command, counted once each.
fn bridged_by_command(said: &Said) -> usize {
    let history = said.get("transfer_history").unwrap_or_default();
    let partner = |entry: &str| Some(entry.split_once(":uuid_br:")?.1.to_owned());
    let mut partners: Vec<String> = history.split("|:").filter_map(partner).collect();
    partners.sort_unstable();
    partners.dedup();
    partners.len()
}
