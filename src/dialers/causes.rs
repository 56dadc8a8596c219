//! The table of hangup causes, dispositions and statuses: what an unanswered call resulted in (contract, section 10).
//!
//! Owns `causes.json`, by vocabulary and in the order of its numbers. Their words are in `words/values.json`. Must not know
//! accounts, or what makes a call answered: the answer instant decides before this table does.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::leg::{Ending, Vocabulary};

/// Result that an ending tells of a call without an answer instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    NoAnswer,
    Busy,
    Failed,
    Abandoned,
    /// Never dialed: compliance forbade it. Counted apart from attempts.
    Blocked,
    /// The call goes on.
    NotFinal,
    /// A leg that lost a race or left its call, or a call that nobody dialed.
    NotAnAttempt,
}

/// Reason of a result, finer than the result itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Answered,
    NoAnswer,
    Busy,
    /// The called party or its network refused the call.
    Rejected,
    BadNumber,
    Unreachable,
    /// A network or a switch failed.
    Network,
    Abandoned,
    Blocked,
    NotFinal,
    NotAnAttempt,
}

impl Group {
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Answered => Outcome::Answered,
            Self::NoAnswer => Outcome::NoAnswer,
            Self::Busy => Outcome::Busy,
            Self::Rejected | Self::BadNumber | Self::Unreachable | Self::Network => Outcome::Failed,
            Self::Abandoned => Outcome::Abandoned,
            Self::Blocked => Outcome::Blocked,
            Self::NotFinal => Outcome::NotFinal,
            Self::NotAnAttempt => Outcome::NotAnAttempt,
        }
    }
}

/// The machine that answered, where it was no human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amd {
    Machine,
    Fax,
}

/// The meaning of an ending for its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub result: Outcome,
    /// True if the called party or its network refused the call; the result is failed.
    pub rejected: bool,
    /// None where an account overruled the table.
    pub group: Option<Group>,
    /// True if another try is worth it.
    pub retry: bool,
    pub amd: Option<Amd>,
}

/// An entry of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// In capitals. A name that ends with `*` stands for all that begin so.
    pub name: String,
    /// The number in Q.850, or the source's own.
    #[serde(default)]
    pub number: Option<u16>,
    pub group: Group,
    #[serde(default)]
    pub retry: bool,
    #[serde(default)]
    pub amd: Option<Amd>,
    /// Codes of SIP that the switch takes for this cause.
    #[serde(default)]
    pub sip: Vec<u16>,
    /// Other spellings.
    #[serde(default)]
    pub also: Vec<String>,
}

impl Cause {
    pub fn verdict(&self) -> Verdict {
        Verdict {
            result: self.group.outcome(),
            rejected: self.group == Group::Rejected,
            group: Some(self.group),
            retry: self.retry,
            amd: self.amd,
        }
    }
}

/// Names of one vocabulary, by every spelling.
struct Names {
    causes: Vec<Cause>,
    places: HashMap<String, usize>,
}

static TABLE: LazyLock<HashMap<Vocabulary, Names>> = LazyLock::new(|| {
    let table: HashMap<Vocabulary, Vec<Cause>> =
        serde_json::from_str(include_str!("causes.json")).unwrap_or_default(); // infallible: a test reads it
    let named = |(vocabulary, causes): (Vocabulary, Vec<Cause>)| {
        let spellings = |(place, cause): (usize, &Cause)| {
            let number = cause.number.map(|number| number.to_string());
            let sip = cause.sip.iter().map(|code| format!("SIP:{code}"));
            let names = [cause.name.clone()].into_iter().chain(number).chain(sip);
            let names: Vec<String> = names.chain(cause.also.iter().cloned()).collect();
            names.into_iter().map(move |name| (name, place))
        };
        let places = causes.iter().enumerate().flat_map(spellings).collect();
        (vocabulary, Names { causes, places })
    };
    table.into_iter().map(named).collect()
});

/// Causes of a vocabulary, in the order of the table.
pub fn of(vocabulary: Vocabulary) -> &'static [Cause] {
    TABLE
        .get(&vocabulary)
        .map_or(&[], |names| names.causes.as_slice())
}

/// The verdict of the table. `None` if it does not know the ending: such a call is failed, and counted as unmapped.
pub fn verdict(ending: &Ending) -> Option<Verdict> {
    find(ending.vocabulary, &ending.name).map(Cause::verdict)
}

/// The entry for a name in any spelling: `USER_BUSY`, `user_busy`, `17` and `sip:486` are one.
pub fn find(vocabulary: Vocabulary, name: &str) -> Option<&'static Cause> {
    let names = TABLE.get(&vocabulary)?;
    let spelling = spelling(vocabulary, name);
    let place = names.places.get(&spelling).copied();
    let place = place.or_else(|| {
        names
            .causes
            .iter()
            .position(|cause| is_pattern_of(cause, &spelling))
    });
    let place = place.or_else(|| {
        // mod_sofia's default
        let code = spelling.strip_prefix("SIP:")?.parse::<u16>().ok()?;
        let place = names.places.get("NORMAL_UNSPECIFIED")?;
        (400..700).contains(&code).then_some(*place)
    });
    names.causes.get(place?)
}

/// The one spelling of a name: that of the table, or capitals if the table does not have it. Names of a pattern stay apart.
pub fn canonical(vocabulary: Vocabulary, name: &str) -> String {
    match find(vocabulary, name) {
        Some(cause) if !cause.name.ends_with('*') => cause.name.clone(),
        _ => spelling(vocabulary, name),
    }
}

/// Capitals without blanks around; of numbers no leading zeros, of causes `_` between words.
fn spelling(vocabulary: Vocabulary, name: &str) -> String {
    let name = name.trim();
    if let Ok(number) = name.parse::<u16>() {
        return number.to_string();
    }
    let capitals = name.to_uppercase();
    if vocabulary == Vocabulary::Cause {
        capitals.replace(' ', "_")
    } else {
        capitals
    }
}

fn is_pattern_of(cause: &Cause, spelling: &str) -> bool {
    let prefix = cause.name.strip_suffix('*');
    prefix.is_some_and(|prefix| spelling.starts_with(prefix))
}
