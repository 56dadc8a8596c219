//! A table that is counted, and what is counted of it.

use crate::rollups::level::Level;
use crate::rollups::scope::Scope;
use crate::rollups::template;

/// A table whose rows are counted.
#[derive(Debug)]
pub struct Family {
    pub table: &'static str,
    /// When a row happened: the instant its buckets go by.
    pub at: &'static str,
    pub lead: &'static str,
    /// Whose call it was, where reports can be narrowed to some agents.
    pub agent: Option<&'static str>,
    /// What else of a row its counters look at: name and type.
    pub facts: &'static [(&'static str, &'static str)],
    /// What leads are counted over.
    pub scopes: &'static [Scope],
    pub rollups: &'static [Rollup],
    /// Stages of which leads are counted, each lead once.
    pub stages: Option<&'static Stages>,
}

/// A table of sums: a row for each scope, bucket and value of its dimension.
#[derive(Debug)]
pub struct Rollup {
    pub name: &'static str,
    pub scopes: &'static [Scope],
    pub detail: Detail,
    /// What it is divided by besides scope and time.
    pub dimension: Option<Dimension>,
    /// Which rows count at all; every row without.
    pub only: Option<&'static str>,
    pub counters: &'static [Counter],
}

/// How finely a roll-up is kept. A level finer than it has costs nothing but speed: what its buckets do not
/// cover is read from the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One that is cut by local hours, which in some zones begin at a quarter past.
    Fine,
    /// One with many values, which is only ever summed over whole windows: the fewer rows a quarter of an hour
    /// has, the less it is worth keeping.
    Coarse,
}

impl Detail {
    /// The levels for a scope, ascending. Agents multiply the rows, the more so by campaign.
    pub fn levels(self, scope: Scope) -> &'static [Level] {
        match (self, scope) {
            (Self::Fine, Scope::AgentOfCampaign) => &[Level::Hour, Level::Day],
            (Self::Fine, _) => &[Level::Quarter, Level::Hour, Level::Day],
            (Self::Coarse, Scope::Account) => &[Level::Quarter, Level::Hour, Level::Day],
            (Self::Coarse, Scope::Campaign) => &[Level::Hour, Level::Day],
            (Self::Coarse, _) => &[Level::Day],
        }
    }
}

#[derive(Debug)]
pub struct Dimension {
    pub name: &'static str,
    pub sql: &'static str,
}

/// An integer summed over rows.
#[derive(Debug)]
pub struct Counter {
    pub name: &'static str,
    /// Of which rows.
    pub when: &'static str,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// How many there are.
    Rows,
    /// The sum of something, in seconds: more than 32 bits hold in a day.
    Sum(&'static str),
}

pub(super) const fn rows(name: &'static str, when: &'static str) -> Counter {
    Counter {
        name,
        when,
        what: What::Rows,
    }
}

pub(super) const fn sum(name: &'static str, when: &'static str, what: &'static str) -> Counter {
    Counter {
        name,
        when,
        what: What::Sum(what),
    }
}

/// Stages of a funnel: a lead has reached one in a window if a row of the stage lies in it.
#[derive(Debug)]
pub struct Stages {
    /// Begins the names of the two tables: `…_trail`, `…_links`.
    pub name: &'static str,
    /// What a stage's condition needs joined to `r`.
    pub join: &'static str,
    /// Name and condition, at most 15.
    pub all: &'static [(&'static str, &'static str)],
}

/// Of every row.
pub(super) const ALWAYS: &str = "true";

pub(super) const OF_CAMPAIGNS: &[Scope] = &[Scope::Campaign];
pub(super) const OF_ACCOUNT: &[Scope] = &[Scope::Campaign, Scope::Account];
pub(super) const BY_AGENTS: &[Scope] = &[
    Scope::Campaign,
    Scope::Account,
    Scope::AgentOfCampaign,
    Scope::Agent,
];

impl Family {
    pub fn journal(&self) -> String {
        format!("{}_journal", self.table)
    }

    /// The columns that a row and its journal entries have in common, in order: name and type.
    pub fn columns(&self) -> Vec<(&'static str, &'static str)> {
        let agent = self.agent.map(|agent| (agent, "bigint"));
        let fixed = [
            ("campaign_id", "bigint"),
            (self.lead, "bigint"),
            (self.at, "timestamptz"),
        ];
        fixed
            .into_iter()
            .chain(agent)
            .chain(self.facts.iter().copied())
            .collect()
    }
}

impl Counter {
    /// What one row adds.
    pub fn of_row(&self) -> String {
        match self.what {
            What::Rows => if_so(self.when, "1"),
            What::Sum(what) => if_so(self.when, &format!("({what})::bigint")),
        }
    }

    pub fn sql_type(&self) -> &'static str {
        match self.what {
            What::Rows => "integer",
            What::Sum(_) => "bigint",
        }
    }
}

impl Stages {
    /// Name and bit of each stage, the first stage the lowest.
    pub fn bits(&self) -> impl Iterator<Item = (&'static str, u32)> + use<> {
        let all = self.all.iter().enumerate();
        all.map(|(at, (name, _))| (*name, 1 << at))
    }

    /// A column for each stage, one a line.
    pub fn columns(&self, column: impl Fn(&str, u32) -> String) -> String {
        template::lines(self.bits().map(|(name, bit)| column(name, bit)))
    }

    /// The stages of a row as bits.
    pub fn mask(&self) -> String {
        let bits = self.all.iter().zip(self.bits());
        let bits = bits.map(|((_, when), (_, bit))| if_so(when, &bit.to_string()));
        format!("(\n    {}\n)::smallint", template::joined(bits, "\n    + "))
    }
}

impl Rollup {
    /// Columns with the value of the dimension first, if there is one, then the counters.
    pub fn columns(
        &self,
        value: impl Fn(&Dimension) -> String,
        counter: impl Fn(&Counter) -> String,
    ) -> String {
        let value = self.dimension.as_ref().map(value);
        template::lines(value.into_iter().chain(self.counters.iter().map(counter)))
    }

    /// Which rows count, where not all do.
    pub fn condition(&self) -> Option<String> {
        self.only.map(|only| template::part(only, &[]))
    }
}

impl Dimension {
    /// Its value of a row.
    pub fn of_row(&self) -> String {
        format!("{} collate \"C\"", template::part(self.sql, &[]))
    }
}

/// `then` of rows that meet a condition, 0 of others.
fn if_so(condition: &str, then: &str) -> String {
    match condition {
        ALWAYS => then.to_owned(),
        _ => format!(
            "case when {} then {then} else 0 end",
            template::part(condition, &[])
        ),
    }
}
