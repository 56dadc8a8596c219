//! Statements over roll-ups: templates that include readers, plans and terms by name.
//!
//! - `{{rolled autocall_totals scope=campaign campaign=$2}}`: a reader in parentheses. Its arguments: `scope` by name or
//!   as `$n`; `campaign`, by default 0; `agents`, an array, by default all together; `campaigns`; `plan`, the name of one,
//!   or `always`. A value contains no blank, and no column of an alias that the reader uses itself.
//! - `scope=asked`: the scope that a request asks for, and `scope=asked_agents`: the one of its sums by agent. There is a
//!   statement for each scope, so that none has parts that only another scope reads.
//! - `sources=$5`: an array of sources of leads. If the request names some, the sums by source are read, which have the name of
//!   the reader and `_by_source`; otherwise it is ignored.
//! - `of=$3,$4`: the agents of an array, if given, that are in a team, if given. Scopes without agents ignore it.
//! - `{{parts}}`: the arguments of a plan's parts, for a function.
//! - `{{trusted telesales n.campaign_id = $2}}`: true if the roll-ups can be trusted, by the notes `n` that meet the
//!   condition.
//! - Terms, as `{{retryable l}}` (`terms`).
//!
//! `$1` is the tenant. Plans and links get the lowest consecutive numbers that the statement leaves free, in the order in which
//! it first names them, and are bound in that order (`bind`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use super::bind::{OF_LINKS, OF_PARTS, OF_PLAN};
use super::catalog::Module;
use super::kept::Source;
use super::reader::{Reader, agents_dialing, agents_dialing_by_source, agents_of_calls, reader};
use super::scope::Scope;
use super::template::{fill, part, sql};
use super::{links, sources, states, terms};

/// Name of a reader's default plan.
const WINDOW: &str = "window";
/// Name of the plan of all time, which needs no arguments.
const ALWAYS: &str = "always";

/// Every reader.
static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let mut readers = Vec::new();
    for family in Module::ALL.into_iter().flat_map(Module::families) {
        readers.extend(family.rollups.iter().map(|rollup| reader(family, rollup)));
        readers.extend(family.stages.map(|stages| links::reader(family, stages)));
    }
    readers.extend([sources::reader(), states::reader(), agents_of_calls()]);
    let named = |name| readers.iter().find(|it| it.name == name);
    let dialing = named("telesales_totals").map(agents_dialing);
    let by_source = named("telesales_totals_by_source").map(agents_dialing_by_source);
    readers.extend(dialing.into_iter().chain(by_source));
    readers
});

/// The statement to execute, about scopes that it names. Panics on an unknown hole or a missing argument: the texts are
/// fixed at compile time, and a test fills all of them.
pub fn statement(text: impl AsRef<str>) -> String {
    filled(text.as_ref(), None)
}

/// Like [`statement`], for a request that asks for those sums.
pub fn statement_for(text: &str, asked: Wanted) -> String {
    filled(text, Some(asked))
}

/// The sums that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub scope: Scope,
    /// True if it names sources of leads.
    pub by_source: bool,
}

impl Wanted {
    const KINDS: usize = 2 * Scope::ALL.len();

    fn number(self) -> usize {
        2 * self.scope as usize + usize::from(self.by_source)
    }
}

impl From<Scope> for Wanted {
    fn from(scope: Scope) -> Self {
        Self {
            scope,
            by_source: false,
        }
    }
}

/// Like [`statement`], for requests that ask for those sums.
fn filled(text: &str, asked: Option<Wanted>) -> String {
    let mut numbers = Numbers::left_by(text);
    fill(text.trim_end(), |hole| {
        let (word, of) = hole.split_once(' ').unwrap_or((hole, ""));
        match word {
            "rolled" => taken_in(of, asked, &mut numbers),
            "parts" => Some(list(numbers.of(WINDOW, OF_PARTS), OF_PARTS)),
            "trusted" => {
                let (module, condition) = of.split_once(' ')?;
                let values: [(&str, &dyn std::fmt::Display); 2] =
                    [("module", &module), ("condition", &condition)];
                Some(part(sql!("trusted"), &values))
            }
            _ => terms::term(hole),
        }
    })
}

/// Every reader by name, in a statement that only reads it: `$2` scope, `$3` campaign or campaigns, `$4` agents and `$5`
/// sources if it has them, then the plan or the links.
pub fn readers() -> Vec<(&'static str, String)> {
    let arguments = |text: &str| {
        let known = [
            ("scope", "$2"),
            ("campaign", "$3"),
            ("campaigns", "$3"),
            ("agents", "$4"),
            ("sources", "$5"),
        ];
        let known = known
            .iter()
            .filter(|(name, _)| text.contains(&format!("{{{{:{name}}}}}")));
        let known = known.map(|(name, value)| format!(" {name}={value}"));
        known.collect::<String>()
    };
    let read = |reader: &'static Reader| {
        let text = reader.of_agents.as_ref().unwrap_or(&reader.text);
        let select = if text.starts_with("array(") {
            "select"
        } else {
            "select * from"
        };
        let (name, arguments) = (reader.name.as_str(), arguments(text));
        let text = format!("{select} {{{{rolled {name}{arguments}}}}} r");
        (name, statement(&text))
    };
    READERS.iter().map(read).collect()
}

fn named(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|reader| reader.name == name)
}

/// A reader with the arguments of a hole.
fn taken_in(hole: &str, asked: Option<Wanted>, numbers: &mut Numbers) -> Option<String> {
    let mut words = hole.split_whitespace();
    let name = words.next()?;
    let mut given: BTreeMap<&str, &str> = words
        .map(|word| word.split_once('='))
        .collect::<Option<_>>()?;
    let reader = named(name)?;
    let reader = match given.get("sources") {
        Some(_) if reader.takes_sources() => reader,
        Some(_) if asked.is_some_and(|asked| asked.by_source) => {
            named(&format!("{name}_by_source"))?
        }
        _ => {
            given.remove("sources");
            reader
        }
    };
    let asked = asked.map(|asked| asked.scope);
    if let Some(scope) = given.get_mut("scope") {
        let by_agent = |asked: Scope| Scope::of(asked.has_campaign(), true);
        *scope = match *scope {
            "asked" => asked?.name(),
            "asked_agents" => by_agent(asked?).name(),
            named => named,
        };
    }
    let of = given
        .remove("of")
        .filter(|_| asked.is_some_and(Scope::has_agent));
    if of.is_some() {
        given.insert("agents", "g.ids");
    }
    let text = match &reader.of_agents {
        Some(text) if given.contains_key("agents") => text,
        _ => &reader.text,
    };
    let mut open: BTreeSet<&str> = given.keys().copied().collect();
    let plan = given.get("plan").copied().unwrap_or(WINDOW);
    let taken = fill(text, |hole| {
        let argument = hole.strip_prefix(':')?;
        let is_of_plan = ["ranges", "ragged"].contains(&argument);
        open.remove(if is_of_plan { "plan" } else { argument });
        match (argument, given.get(argument).copied()) {
            ("scope", Some(scope)) => Some(match Scope::named(scope) {
                Some(scope) => scope.sql(),
                None => typed(scope, "smallint"),
            }),
            ("campaign", campaign) => Some(typed(campaign.unwrap_or("0"), "bigint")),
            ("sources", Some(texts)) => Some(typed(texts, "text[]")),
            ("agents" | "campaigns", Some(ids)) => Some(typed(ids, "bigint[]")),
            ("ranges" | "ragged", _) if plan == ALWAYS => Some(always(argument)),
            ("ranges", _) => Some(list(numbers.of(plan, OF_PLAN), 4)),
            ("ragged", _) => Some(list(numbers.of(plan, OF_PLAN) + 4, 3)),
            ("rows_from", _) if plan == ALWAYS => Some(terms::rows_from()),
            ("rows_from", _) => Some(list(numbers.of(plan, OF_PLAN) + OF_PARTS, 1)),
            ("window_from", _) => Some(list(numbers.of("links", OF_LINKS), 1)),
            ("window_to", _) => Some(list(numbers.of("links", OF_LINKS) + 1, 1)),
            ("hours_from", _) => Some(list(numbers.of("links", OF_LINKS) + 2, 1)),
            ("hours_to", _) => Some(list(numbers.of("links", OF_LINKS) + 3, 1)),
            ("rectangles", _) => Some(list(numbers.of("links", OF_LINKS) + 4, 6)),
            _ => None,
        }
    });
    assert!(open.is_empty(), "{name} has no argument {open:?}");
    for (alias, _) in given.values().filter_map(|value| value.split_once('.')) {
        assert!(!names(text, alias), "{name} has its own {alias}");
    }
    let taken = match of {
        Some(of) => of_members(of, &taken)?,
        None => taken,
    };
    Some(format!("(\n    {}\n)", taken.replace('\n', "\n    ")))
}

/// A reader of the agents `g.ids`: those that `of` names, an array and a team.
fn of_members(of: &str, taken: &str) -> Option<String> {
    let (agents, team) = of.split_once(',')?;
    let members = terms::term(&format!("members {agents} {team}"))?;
    Some(part(
        sql!("of_members"),
        &[("members", &members), ("reader", &taken)],
    ))
}

/// True if a text names a column of that alias.
fn names(text: &str, alias: &str) -> bool {
    let is_between = |letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter));
    let mut words = text.split(is_between);
    words.any(|word| word.split_once('.').is_some_and(|(of, _)| of == alias))
}

/// An argument or a number with its type; a column has one.
fn typed(value: &str, kind: &str) -> String {
    if value.starts_with('$') || value.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{value}::{kind}")
    } else {
        value.to_owned()
    }
}

/// All time as one unbounded range of days.
fn always(argument: &str) -> String {
    match argument {
        "ranges" => "'{96}'::integer[], '{-2147483648}'::integer[], '{2147483647}'::integer[], '{0}'::integer[]",
        _ => "'{}'::timestamptz[], '{}'::timestamptz[], '{}'::integer[]",
    }
    .to_owned()
}

/// `count` arguments from that number on.
fn list(first: usize, count: usize) -> String {
    let numbers = (first..first + count).map(|number| format!("${number}"));
    numbers.collect::<Vec<_>>().join(", ")
}

/// Numbers of arguments.
struct Numbers {
    taken: BTreeSet<usize>,
    first: BTreeMap<String, usize>,
}

impl Numbers {
    /// The numbers that a text does not use itself.
    fn left_by(text: &str) -> Self {
        let named = text.split('$').skip(1).filter_map(|rest| {
            let end = rest.find(|letter: char| !letter.is_ascii_digit());
            rest[..end.unwrap_or(rest.len())].parse().ok()
        });
        Self {
            taken: named.chain([0, 1]).collect(),
            first: BTreeMap::new(),
        }
    }

    /// The first of `count` consecutive numbers; the same for the same name.
    fn of(&mut self, name: &str, count: usize) -> usize {
        if let Some(first) = self.first.get(name) {
            return *first;
        }
        let is_free = |first: &usize| self.taken.range(first..&(first + count)).next().is_none();
        let first = (1..).find(is_free).unwrap_or_default(); // infallible: numbers have no end
        self.taken.extend(first..first + count);
        self.first.insert(name.to_owned(), first);
        first
    }
}

/// The statements of one figure: over roll-ups, one for each kind of sums that is asked for, and the same over rows.
#[derive(Debug)]
pub struct Statements {
    rolled: fn() -> Cow<'static, str>,
    by_wanted: [OnceLock<String>; Wanted::KINDS],
    raw: LazyLock<String>,
}

impl Statements {
    /// From the text over roll-ups and the statement over rows.
    pub const fn new(rolled: fn() -> Cow<'static, str>, raw: LazyLock<String>) -> Self {
        Self {
            rolled,
            by_wanted: [const { OnceLock::new() }; Wanted::KINDS],
            raw,
        }
    }

    /// The statement for requests that ask for those sums.
    pub fn of(&'static self, source: Source, asked: impl Into<Wanted>) -> &'static str {
        let asked = asked.into();
        match source {
            Source::Rolled => {
                self.by_wanted[asked.number()].get_or_init(|| filled(&(self.rolled)(), Some(asked)))
            }
            Source::Raw => &self.raw,
        }
    }
}

/// The statements `<name>.sql` and `<name>.raw.sql` beside the file, those of a list by keys (`keys`), or two texts.
macro_rules! statements {
    ($name:literal) => {
        $crate::rollups::statements!(
            include_str!(concat!($name, ".sql")),
            include_str!(concat!($name, ".raw.sql"))
        )
    };
    ($keys:ident, $name:literal) => {
        $crate::rollups::statements!(
            $keys.bounded(include_str!(concat!($name, ".sql"))),
            $keys.bounded(include_str!(concat!($name, ".raw.sql")))
        )
    };
    ($rolled:expr, $raw:expr) => {
        $crate::rollups::Statements::new(
            || $rolled.into(),
            std::sync::LazyLock::new(|| $crate::rollups::statement($raw)),
        )
    };
}
pub(crate) use statements;

/// One statement from its text, filled once.
macro_rules! statement_of {
    ($text:expr) => {{
        static SQL: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| $crate::rollups::statement($text));
        SQL.as_str()
    }};
}
pub(crate) use statement_of;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_take_the_numbers_that_a_statement_leaves() {
        let mut numbers = Numbers::left_by("select $1, $2, $12, $3");
        assert_eq!(numbers.of("window", 8), 4);
        assert_eq!(numbers.of("links", 10), 13);
        assert_eq!(numbers.of("window", 8), 4);
        assert_eq!(
            statement("select f($1, {{parts}}) -- $2"),
            "select f($1, $3, $4, $5, $6, $7, $8, $9) -- $2"
        );
    }

    #[test]
    fn every_reader_can_be_taken_in() {
        let readers = readers();
        assert!(readers.len() > 15, "{}", readers.len());
        for (name, sql) in readers {
            assert!(!sql.contains("{{"), "{name}: {sql}");
        }
    }

    #[test]
    #[should_panic(expected = "has no argument {\"agent\"}")]
    fn an_argument_that_a_reader_does_not_have_is_refused() {
        statement("select * from {{rolled autocall_totals scope=campaign agent=$2}} r");
    }

    #[test]
    #[should_panic(expected = "autocall_lead_states has its own c")]
    fn an_argument_that_a_reader_would_take_for_its_own_is_refused() {
        statement(
            "select * from c, {{rolled autocall_lead_states scope=campaign campaigns=c.ids}} r",
        );
    }

    #[test]
    #[should_panic(expected = "an unknown hole: rolled nothing")]
    fn a_reader_that_there_is_not_is_refused() {
        statement("select * from {{rolled nothing}} r");
    }
}
