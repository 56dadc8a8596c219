//! Parameters, each declared once: parsed by [`Query`](super::Query) and described in the OpenAPI document.
//!
//! Owns their types, their spellings in a query string, and the common ones.

use std::ops::RangeInclusive;

/// A parameter, declared once: read by [`Query`](super::Query) and described in the OpenAPI document.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub required: bool,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    /// A date or an instant.
    Moment,
    /// An earlier window: its name, or `FROM..TO`.
    Comparison,
    Zone,
    Id,
    /// Maximum number of distinct values.
    IdList {
        most: usize,
    },
    /// Free texts, each whole: a comma is part of it. Maximum number of distinct ones.
    TextList {
        most: usize,
    },
    Integer {
        range: RangeInclusive<i64>,
        default: i64,
    },
    /// An integer without a default.
    Number {
        range: RangeInclusive<i64>,
    },
    /// A number from 0 to 1.
    Fraction,
    Flag,
    /// A flag without a default.
    Either,
    Text,
    /// An optional text of this pattern, which the document states. The reader checks it.
    Pattern(&'static str),
    /// A JSON object, as text.
    Object,
    Choice(&'static [&'static str]),
    /// Values of a closed set, comma-separated or repeated.
    ChoiceList(&'static [&'static str]),
}

impl Parameter {
    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            required: false,
            kind,
        }
    }

    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            required: true,
            kind,
        }
    }

    /// The name without brackets, used in faults.
    pub fn plain(&self) -> &'static str {
        self.name.strip_suffix("[]").unwrap_or(self.name)
    }

    /// True for every name in a query string that is one of this parameter, or the attempt of one.
    pub fn is_named(&self, name: &str) -> bool {
        self.spelling(name).is_some()
    }

    /// The relation of a name in a query string to this parameter; `None` if unrelated.
    pub(super) fn spelling(&self, name: &str) -> Option<Spelling> {
        let plain = self.plain();
        let (head, index) = name.split_at_checked(plain.len())?;
        if !head.eq_ignore_ascii_case(plain) {
            return None;
        }
        match index {
            _ if head == plain && index.is_empty() => Some(Spelling::Plain),
            _ if head == plain && is_index(index) => Some(Spelling::Listed),
            _ if index.starts_with(['[', '{', '(', '.']) => Some(Spelling::Unclear),
            _ => None,
        }
    }
}

/// Spellings of a parameter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `campaign_id`.
    Plain,
    /// `campaign_id[]`, `campaign_id[0]`.
    Listed,
    /// An array spelling that is not supported: `campaign_id[a]`, `campaign_id.0`.
    Unclear,
}

/// True for `[]` and `[7]`.
fn is_index(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The allowed values of a parameter. Implemented by [`choice!`].
pub trait Choice: Copy + 'static {
    const ALL: &'static [Self];
    fn name(self) -> &'static str;
}

/// Declares an enum with the wire spellings of its variants.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$of:meta])* $variant:ident = $text:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$of])* $variant ),* }

        impl $name {
            pub const NAMES: &'static [&'static str] = &[$( $text ),*];
        }

        impl $crate::input::Choice for $name {
            const ALL: &'static [Self] = &[$( Self::$variant ),*];

            fn name(self) -> &'static str {
                match self { $( Self::$variant => $text ),* }
            }
        }
    };
}
pub(crate) use choice;

/// The zone of dates and of hours, days and weeks; by default the tenant's.
pub const ZONE_OF_ACCOUNT: Parameter = Parameter::optional(
    "timezone",
    Kind::Zone,
    "IANA zone in which dates are read and cut. Default: the account's.",
);
/// Like [`ZONE_OF_ACCOUNT`], by default UTC.
pub const ZONE_UTC: Parameter = Parameter::optional(
    "timezone",
    Kind::Zone,
    "IANA zone in which dates are read and cut. Default: UTC.",
);
pub const FILL_GAPS: Parameter = Parameter::optional(
    "fill_gaps",
    Kind::Flag,
    "Put in every bucket that the window touches, zeros included; at most 20,000.",
);
pub const AGENT_IDS: Parameter = Parameter::optional(
    "agent_ids[]",
    Kind::IdList { most: MAX_AGENTS },
    "Only these agents' calls: agent_ids[]=25&agent_ids[]=26, agent_ids[0]=25 or agent_ids=25,26; at most 1,000.",
);

pub(super) const MAX_AGENTS: usize = 1_000;

/// The value of that name.
pub fn named<T: Choice>(name: &str) -> Option<T> {
    T::ALL.iter().copied().find(|value| value.name() == name)
}
