//! What the members of an answer mean: a mark beside the type of each, from which the catalogue of figures is made.
//!
//! Owns the vocabulary of marks and the rules that follow from a kind alone. A row without a mark does not compile
//! ([`row!`](crate::table)). Must not know reports, nor where their lists of calls are.

use std::borrow::Cow;

/// A count of what, or how a figure is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Count(Counted),
    Sum,
    Average,
    Ratio,
    /// What may still happen before a limit is passed.
    Headroom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Calls,
    Leads,
    Agents,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Sum => "sum",
            Self::Average => "average",
            Self::Ratio => "ratio",
            Self::Headroom => "headroom",
        }
    }

    pub const fn unit(self) -> &'static str {
        match self {
            Self::Count(_) | Self::Headroom => "count",
            Self::Ratio => "percent",
            Self::Sum | Self::Average => "seconds",
        }
    }
}

impl Counted {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Leads => "leads",
            Self::Agents => "agents",
        }
    }
}

/// Which change is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    Up,
    Down,
    Neutral,
}

impl Polarity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Neutral => "neutral",
        }
    }
}

/// Parameters of a list with their values. A value in braces is the name of a member or parameter; [`WITHOUT`] takes the
/// parameter away.
pub type Set = &'static [(&'static str, &'static str)];

/// The value that takes a parameter away.
pub const WITHOUT: &str = "";

/// A value that stands for the account's setting of that name.
pub const SHORT_CALL_SEC: &str = "{settings.short_call_sec}";

#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub kind: Kind,
    pub polarity: Polarity,
    /// Numerator and denominator: measures of the same object, of [`Within::besides`], or of an object around it.
    pub parts: Option<(&'static str, &'static str)>,
    /// True for shares, which add up to exactly 100.00.
    pub is_share: bool,
    /// What its list of calls or leads is asked for, besides the keys of its row. `None`: it has no list of its own.
    pub set: Option<Set>,
}

/// The meaning of a member.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// It tells what the row is about. With the parameter of a list that selects by it.
    Key(Option<&'static str>),
    /// Neither key nor figure: a limit, a time of reading, a color.
    Setting,
    Measure(Measure),
    /// Members of its own.
    Within(Within),
}

/// What a row is about.
pub const KEY: Mark = Mark::Key(None);
pub const SETTING: Mark = Mark::Setting;

/// A key by which lists of calls select, with that parameter.
pub const fn key(parameter: &'static str) -> Mark {
    Mark::Key(Some(parameter))
}

/// A count of calls: those of the row's keys for which `set` holds.
pub const fn calls(set: Set) -> Mark {
    measure(Kind::Count(Counted::Calls), None, Some(set))
}

/// A count of distinct leads.
pub const fn leads(set: Set) -> Mark {
    measure(Kind::Count(Counted::Leads), None, Some(set))
}

/// A count of distinct agents, which has no list.
pub const fn agents() -> Mark {
    measure(Kind::Count(Counted::Agents), None, None)
}

/// A sum of seconds over the calls of `set`.
pub const fn sum(set: Set) -> Mark {
    measure(Kind::Sum, None, Some(set))
}

/// Mean seconds.
pub const fn average(numerator: &'static str, denominator: &'static str) -> Mark {
    measure(Kind::Average, Some((numerator, denominator)), None)
}

/// numerator ÷ denominator × 100.
pub const fn ratio(numerator: &'static str, denominator: &'static str) -> Mark {
    measure(Kind::Ratio, Some((numerator, denominator)), None)
}

/// Like [`ratio`], rounded so that the column adds up to 100.00.
pub const fn share(numerator: &'static str, denominator: &'static str) -> Mark {
    match ratio(numerator, denominator) {
        Mark::Measure(it) => Mark::Measure(Measure {
            is_share: true,
            ..it
        }),
        other => other,
    }
}

/// A measure that is told apart by nothing else than its kind.
pub const fn plain(kind: Kind) -> Mark {
    measure(kind, None, None)
}

const fn measure(
    kind: Kind,
    parts: Option<(&'static str, &'static str)>,
    set: Option<Set>,
) -> Mark {
    Mark::Measure(Measure {
        kind,
        polarity: Polarity::Neutral,
        parts,
        is_share: false,
        set,
    })
}

impl Mark {
    /// More is better.
    pub const fn up(self) -> Self {
        self.towards(Polarity::Up)
    }

    /// Less is better.
    pub const fn down(self) -> Self {
        self.towards(Polarity::Down)
    }

    const fn towards(self, polarity: Polarity) -> Self {
        match self {
            Self::Measure(it) => Self::Measure(Measure { polarity, ..it }),
            other => other,
        }
    }
}

/// A member of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its JSON key; `*` for every key of a map.
    pub name: &'static str,
    /// Its English label; empty if it has none.
    pub title: &'static str,
    pub mark: Mark,
    /// Decimals that it is rounded to.
    pub decimals: u32,
}

/// A figure that no answer shows, but others are made of.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    pub about: &'static str,
    pub member: Member,
}

/// How often an object stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    One,
    List,
    /// Its only member stands for every key.
    Map,
    /// Its members are members of the object around it.
    Flat,
}

/// The members of an object, of each object of a list, or of a map.
#[derive(Debug, Clone, Copy)]
pub struct Within {
    /// Name of the schema that describes them.
    pub schema: fn() -> Cow<'static, str>,
    pub form: Form,
    pub members: &'static [Member],
    pub besides: &'static [Beside],
    /// False for records of the past, whose calls no list selects.
    pub has_lists: bool,
}

impl Within {
    pub const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    pub const fn recorded(self) -> Self {
        Self {
            has_lists: false,
            ..self
        }
    }
}
