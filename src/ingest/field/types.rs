//! Types of fields, with the columns they are stored in.

use crate::time::Zone;

/// Type of a field. Lengths of texts are in code points of normal form C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Id,
    /// A text key.
    Key {
        max: usize,
    },
    /// An opaque text key, stored as sent.
    Token {
        max: usize,
    },
    Text {
        max: usize,
    },
    Enum(&'static [&'static str]),
    Integer {
        min: i32,
        max: i32,
    },
    /// A number of bytes.
    Size,
    /// An integer, or a text, stored as JSON of that type.
    IntegerOrText {
        max: usize,
    },
    Flag,
    Moment,
    /// The end of a period: a date takes in that whole day.
    End,
    /// An instant from 1980 on.
    Started,
    /// Id of a stored row of a kind.
    Reference(&'static str),
    /// Code of a stored row of a kind.
    Code(&'static str),
    /// A phone number in any common format.
    Phone,
    /// `#RRGGBB`
    Color,
    /// Phone keys in the order pressed.
    Keys {
        max: usize,
    },
    /// 0 to 1, stored with six decimals.
    Fraction,
    /// 0 to 100, stored with six decimals.
    Percent,
    /// A JSON object.
    Object,
    /// Actions of a script's keys: `[{digit, label, action_type, …}]`.
    Actions,
    /// A JSON list whose items are checked by those who read it.
    List,
    /// A list of at most `most` texts of at most `max` characters.
    Steps {
        most: usize,
        max: usize,
    },
}

/// Defaults of a tenant for incomplete values.
#[derive(Debug, Clone, Copy)]
pub struct Locale {
    /// Zone of times without an offset.
    pub zone: Zone,
    /// Country code of phone numbers with a leading 0.
    pub country_code: u16,
}

/// Key of a row within its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Number(i64),
    Text(String),
}

impl Type {
    /// Kind of row that a value refers to, if any.
    pub fn target(self) -> Option<&'static str> {
        match self {
            Self::Reference(kind) | Self::Code(kind) => Some(kind),
            _ => None,
        }
    }

    pub fn is_instant(self) -> bool {
        matches!(self, Self::Moment | Self::End | Self::Started)
    }

    pub fn sql_type(self) -> &'static str {
        match self {
            Self::Id | Self::Reference(_) | Self::Size => "bigint",
            Self::Key { .. } | Self::Token { .. } | Self::Code(_) => "text collate \"C\"",
            Self::Text { .. } | Self::Enum(_) | Self::Phone | Self::Color | Self::Keys { .. } => {
                "text"
            }
            Self::Integer { .. } => "integer",
            Self::Flag => "boolean",
            Self::Moment | Self::End | Self::Started => "timestamptz",
            Self::Fraction | Self::Percent => "numeric",
            Self::Object | Self::Actions | Self::List | Self::IntegerOrText { .. } => "jsonb",
            Self::Steps { .. } => "text[]",
        }
    }
}
