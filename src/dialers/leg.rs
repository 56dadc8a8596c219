//! What one record of a dialer says about one leg of a call.
//!
//! Every reader makes legs, whatever the format. Must not know formats, accounts, or how legs are stored.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

/// Kind of dialer that writes records. Legs of two sources are never one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Freeswitch,
    Asterisk,
    Vicidial,
}

impl Source {
    pub const ALL: [Self; 3] = [Self::Freeswitch, Self::Asterisk, Self::Vicidial];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Freeswitch => "freeswitch",
            Self::Asterisk => "asterisk",
            Self::Vicidial => "vicidial",
        }
    }
}

/// The place of a leg in its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A channel that the dialer opened towards `to`: it tells whether the called party answered.
    Dialed,
    /// A channel that came in, or a record of a whole call: it decides where no leg was dialed.
    Whole,
    /// A channel that lost a race, was picked up elsewhere, or a Local channel: never a call of its own.
    Artefact,
    /// An event of a queue: it tells the agent and the abandon, never times of dialing.
    Queue,
}

/// What a leg ended with, in the words of its source. The table of causes knows the result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ending {
    pub vocabulary: Vocabulary,
    /// As the record has it, such as `USER_BUSY`, `NO ANSWER`, `DROP`.
    pub name: String,
}

/// The words that an ending is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// Hangup causes of FreeSWITCH and numbers of Q.850.
    Cause,
    /// Dispositions of Asterisk's call records.
    Disposition,
    /// Values of Asterisk's DIALSTATUS.
    Dialstatus,
    /// Statuses of VICIdial.
    Status,
}

impl Vocabulary {
    pub const ALL: [Self; 4] = [
        Self::Cause,
        Self::Disposition,
        Self::Dialstatus,
        Self::Status,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Disposition => "disposition",
            Self::Dialstatus => "dialstatus",
            Self::Status => "status",
        }
    }
}

/// One leg, as one record tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Unique within account and source. A record with the same key is the same leg, told again.
    pub key: String,
    /// Id of the call if this is its first leg; at most 64 characters.
    pub call: String,
    /// Names of the call that this leg belongs to, `call` among them. Legs that share one are of one call.
    pub family: Vec<String>,
    pub part: Part,
    /// None where an event tells no start.
    pub started_at: Option<DateTime<Utc>>,
    pub answered_at: Option<DateTime<Utc>>,
    /// None while it is in progress.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds from answer to hangup.
    pub billsec: i32,
    /// None while it is in progress.
    pub ending: Option<Ending>,
    /// The number, extension or name that the called party sees.
    pub from: Option<String>,
    /// The number or extension that was called.
    pub to: Option<String>,
    /// Keys in the order they were pressed.
    pub keys: Option<String>,
    /// User name, or extension, of the agent who took part.
    pub agent: Option<String>,
    /// Seconds of work after the call.
    pub wrap_sec: Option<i32>,
    /// Carrier, trunk or gateway.
    pub provider: Option<String>,
    /// True if the called party answered and no agent was there in time.
    pub abandoned: bool,
    /// Everything that the record says, by the names that it uses. Routing reads it, and it is kept as raw.
    pub fields: BTreeMap<String, String>,
}

/// Maximum number of names of one leg's call, and of characters of the texts of a leg other than its fields.
const MAX_NAMES: usize = 50;
const MAX_TEXT: usize = 255;

impl Leg {
    /// True if its instants are among those that rows can have.
    pub fn is_dated(&self) -> bool {
        let years = 1980..=9999;
        let instants = [self.started_at, self.answered_at, self.ended_at];
        let mut instants = instants.into_iter().flatten();
        instants.all(|at| years.contains(&at.year()))
    }

    /// The leg as it can be stored: no NUL characters, no long names, and its own key among the names of its call.
    pub fn storable(mut self) -> Self {
        self.key = call_id(&clean(&self.key));
        self.call = call_id(&clean(&self.call));
        let names = [self.call.clone(), self.key.clone()].into_iter();
        let family = self.family.iter().map(|name| call_id(&clean(name)));
        let mut seen = std::collections::HashSet::new();
        self.family = names
            .chain(family.filter(|name| !name.is_empty()))
            .filter(|name| seen.insert(name.clone()))
            .take(MAX_NAMES)
            .collect();
        for text in [
            &mut self.from,
            &mut self.to,
            &mut self.keys,
            &mut self.agent,
            &mut self.provider,
        ] {
            *text = text
                .take()
                .map(|text| shown(&text))
                .filter(|text| !text.is_empty());
        }
        if let Some(ending) = &mut self.ending {
            ending.name = shown(&ending.name);
        }
        let fields = std::mem::take(&mut self.fields).into_iter();
        self.fields = fields
            .map(|(name, value)| (clean(&name), clean(&value)))
            .collect();
        self.billsec = self.billsec.max(0);
        self
    }
}

/// A text without NUL characters, which the database does not take.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// A text of a member, in normal form.
fn shown(text: &str) -> String {
    let text: String = clean(text).trim().chars().take(MAX_TEXT).collect();
    crate::text::nfc(&text).into_owned()
}

/// What a reader makes of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Leg(Box<Leg>),
    /// Well-formed and no part of a call, such as the start of a queue program. The reason is counted.
    NoCall(&'static str),
    /// Faulty: kept in quarantine as it came.
    Unreadable(String),
}

/// Maximum length of ids of calls, in characters.
pub const MAX_ID: usize = 64;

/// An id of a dialer as the id of a call: a digest where it is too long.
pub fn call_id(id: &str) -> String {
    use sha2::{Digest, Sha256};
    if id.chars().count() <= MAX_ID {
        return id.to_owned();
    }
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
