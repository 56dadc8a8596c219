//! Numbers and names of parties: callers, called, agents, carriers.

/// The number of a caller who has none, in the switch's defaults.
const NO_NUMBER: &str = "0000000000";

/// Longest number or name that is kept, in characters.
const MAX_NAME: usize = 255;

/// A number or name on one bounded line; none if it says nothing.
pub fn named(name: Option<&str>) -> Option<String> {
    let letters = name?.chars().filter(|letter| !letter.is_control());
    let name: String = letters.take(MAX_NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The number of a caller, unless it is the one for none.
pub fn caller(number: Option<&str>) -> Option<String> {
    named(number).filter(|number| number != NO_NUMBER)
}
