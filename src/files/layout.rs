//! The layout of a file as a request asks for it: its language and its template.
//!
//! Owns the order in which languages are chosen (contract, section 14). Must not know HTTP.

use crate::input::{Kind, Parameter, Query};
use crate::words::Language;

pub const LANG: Parameter = Parameter::optional(
    "lang",
    Kind::Choice(Language::NAMES),
    "Language of a file: titles, sheets, days and values of closed sets. Default: the account's, then that of Accept-Language, then English. A CSV has titles instead of field names only with it or a template.",
);

pub const TEMPLATE: Parameter = Parameter::optional(
    "template",
    Kind::Text,
    "Name of an export template of this report, by which the file is laid out.",
);

/// The wishes of a request.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub language: Option<Language>,
    /// Name of a template.
    pub template: Option<String>,
}

/// The words of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    pub language: Language,
    /// True if a CSV has titles instead of field names.
    pub has_titles: bool,
    /// True if the client's `Accept-Language` decided, or would have.
    pub is_negotiated: bool,
}

impl Layout {
    /// The parameters of every file.
    pub const PARAMETERS: &'static [Parameter] = &[LANG, TEMPLATE];

    /// Reads the wishes. Faults are recorded in the query.
    pub fn read(query: &mut Query) -> Self {
        Self {
            language: query.listed(&LANG).and_then(Language::named),
            template: query.storable_text(&TEMPLATE),
        }
    }

    /// The words of the file. `account`: the account's own language; `accepted`: the client's.
    pub fn wording(
        &self,
        is_csv: bool,
        account: Option<Language>,
        accepted: Option<Language>,
    ) -> Wording {
        let has_titles = self.language.is_some() || self.template.is_some();
        if is_csv && !has_titles {
            return Wording::NAMES;
        }
        let own = self.language.or(account);
        Wording {
            language: own.or(accepted).unwrap_or(Language::English),
            has_titles,
            is_negotiated: own.is_none(),
        }
    }
}

impl Wording {
    /// Field names and values as JSON has them.
    pub const NAMES: Self = Self {
        language: Language::English,
        has_titles: false,
        is_negotiated: false,
    };
}
