//! A counted table with its roll-ups.

use crate::rollups::level::Level;
use crate::rollups::scope::Scope;
use crate::rollups::template;

/// A counted table.
#[derive(Debug)]
pub struct Family {
    pub table: &'static str,
    /// Column of the instant that determines a row's bucket.
    pub at: &'static str,
    pub lead: &'static str,
    /// Column of the agent, if reports can filter by agents.
    pub agent: Option<&'static str>,
    /// Further columns that counters read: name and type.
    pub facts: &'static [(&'static str, &'static str)],
    /// Scopes that leads are counted over.
    pub scopes: &'static [Scope],
    pub rollups: &'static [Rollup],
    /// Stages of the funnel, for which distinct leads are counted.
    pub stages: Option<&'static Stages>,
}

/// A table of sums, with a row per scope, bucket and value of its dimension.
#[derive(Debug)]
pub struct Rollup {
    pub name: &'static str,
    pub scopes: &'static [Scope],
    pub detail: Detail,
    /// Dimension besides scope and time.
    pub dimension: Option<Dimension>,
    /// Attribute of the rows' leads by which they are summed too.
    pub attribute: Option<&'static Attribute>,
    /// Condition on counted rows; all rows without one.
    pub only: Option<&'static str>,
    pub counters: &'static [Counter],
}

/// Granularity of a roll-up. A missing fine level costs only speed: parts of a window that its buckets do not cover are read
/// from rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// For reports by local hour, which in some zones begins at a quarter past.
    Fine,
    /// For many values that are only summed over whole windows: quarter-hour buckets with few rows each are not worth
    /// keeping.
    Coarse,
    /// For reports by local hour, with so many values that quarter hours and hours by agent are not worth keeping.
    Hours,
    /// For many values of which each has few rows.
    Days,
}

impl Detail {
    /// The levels for a scope, ascending. Agents multiply the rows, especially by campaign.
    pub fn levels(self, scope: Scope) -> &'static [Level] {
        match (self, scope) {
            (Self::Fine, Scope::AgentOfCampaign) => &[Level::Hour, Level::Day],
            (Self::Fine, _) => &[Level::Quarter, Level::Hour, Level::Day],
            (Self::Coarse, Scope::Account) => &[Level::Quarter, Level::Hour, Level::Day],
            (Self::Coarse, Scope::Campaign) => &[Level::Hour, Level::Day],
            (Self::Hours, Scope::Account | Scope::Campaign) => &[Level::Hour, Level::Day],
            (Self::Coarse | Self::Hours | Self::Days, _) => &[Level::Day],
        }
    }
}

#[derive(Debug)]
pub struct Dimension {
    pub name: &'static str,
    pub sql: &'static str,
}

/// An attribute of the lead of a row. Sums take in the one that the lead has now, and follow when it changes (`moved`).
#[derive(Debug)]
pub struct Attribute {
    pub leads: &'static Family,
    /// Its value for a lead `l`, or an entry of the leads' journal.
    pub of_lead: &'static str,
    /// Its value for a row without a lead.
    pub unknown: &'static str,
    /// Its column, from what is joined to a row as `lead`.
    pub value: Dimension,
}

/// An integer that is summed over rows.
#[derive(Debug)]
pub struct Counter {
    pub name: &'static str,
    /// Condition on its rows.
    pub when: &'static str,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// Number of rows.
    Rows,
    /// Sum of an expression in seconds, which can exceed 32 bits in a day.
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

/// Stages of a funnel: a lead reaches a stage in a window if a row of the stage is in it.
#[derive(Debug)]
pub struct Stages {
    /// Name prefix of its two tables, `…_trail` and `…_links`.
    pub name: &'static str,
    /// Name and condition, at most 15.
    pub all: &'static [(&'static str, &'static str)],
}

/// A condition that holds for every row.
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

    /// Columns shared by a row and its journal entries, in order: name and type.
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
    /// The value that one row adds.
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
    /// Name and bit of each stage, from the lowest bit.
    pub fn bits(&self) -> impl Iterator<Item = (&'static str, u32)> + use<> {
        let all = self.all.iter().enumerate();
        all.map(|(at, (name, _))| (*name, 1 << at))
    }

    /// A column per stage, one a line.
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
    /// Columns with the values of its dimensions first, then the counters.
    pub fn columns(
        &self,
        value: impl Fn(&Dimension) -> String,
        counter: impl Fn(&Counter) -> String,
    ) -> String {
        let values = self.dimensions().map(value);
        template::lines(values.chain(self.counters.iter().map(counter)))
    }

    /// The dimension and the attribute, in the order of their columns.
    pub fn dimensions(&self) -> impl Iterator<Item = &Dimension> {
        let attribute = self.attribute.map(|attribute| &attribute.value);
        self.dimension.iter().chain(attribute)
    }

    /// Condition on counted rows, if any.
    pub fn condition(&self) -> Option<String> {
        self.only.map(|only| template::part(only, &[]))
    }
}

impl Dimension {
    /// Its value for a row.
    pub fn of_row(&self) -> String {
        format!("{} collate \"C\"", template::part(self.sql, &[]))
    }
}

/// `then` for rows that meet a condition, 0 for others.
fn if_so(condition: &str, then: &str) -> String {
    match condition {
        ALWAYS => then.to_owned(),
        _ => format!(
            "case when {} then {then} else 0 end",
            template::part(condition, &[])
        ),
    }
}
