//! What is rolled up: every table that is counted, every counter, dimension and stage, each named once.
//!
//! From this list come the columns of the roll-ups, the journal and the triggers that write it, the functions
//! that reports read through, and the compactor's statements (`schema`, `fold`, `links`). A counter added here
//! is all there is to adding one: roll-ups are derived, and a list that changed makes them anew.
//!
//! In SQL here `r` is a row, of the table itself or of its journal, and `{tenant}` the account.

use super::level::Level;

/// Roll-ups that are made and trusted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    Autocall,
    Telesales,
}

impl Module {
    pub const ALL: [Self; 2] = [Self::Autocall, Self::Telesales];

    pub fn name(self) -> &'static str {
        match self {
            Self::Autocall => "autocall",
            Self::Telesales => "telesales",
        }
    }

    pub fn families(self) -> [&'static Family; 2] {
        match self {
            Self::Autocall => [&AUTOCALL_ATTEMPTS, &AUTOCALL_LEADS],
            Self::Telesales => [&TELESALES_CALLS, &TELESALES_LEADS],
        }
    }
}

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

/// What a roll-up's rows are sums over. Its number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Campaign = 0,
    Account = 1,
    AgentOfCampaign = 2,
    Agent = 3,
}

impl Scope {
    /// By what it is narrowed to.
    pub fn of(campaign: bool, agents: bool) -> Self {
        match (campaign, agents) {
            (true, false) => Self::Campaign,
            (false, false) => Self::Account,
            (true, true) => Self::AgentOfCampaign,
            (false, true) => Self::Agent,
        }
    }

    pub fn number(self) -> i16 {
        self as i16
    }

    pub fn has_campaign(self) -> bool {
        matches!(self, Self::Campaign | Self::AgentOfCampaign)
    }

    pub fn has_agent(self) -> bool {
        matches!(self, Self::AgentOfCampaign | Self::Agent)
    }
}

/// A table of sums: a row for each scope, bucket and value of its dimension.
#[derive(Debug)]
pub struct Rollup {
    pub name: &'static str,
    pub scopes: &'static [Scope],
    pub detail: Detail,
    /// What it is divided by besides scope and time.
    pub dimension: Option<Dimension>,
    /// Which rows count at all.
    pub only: &'static str,
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

const fn rows(name: &'static str, when: &'static str) -> Counter {
    Counter {
        name,
        when,
        what: What::Rows,
    }
}

const fn sum(name: &'static str, when: &'static str, what: &'static str) -> Counter {
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

const OF_CAMPAIGNS: &[Scope] = &[Scope::Campaign];
const OF_ACCOUNT: &[Scope] = &[Scope::Campaign, Scope::Account];
const BY_AGENTS: &[Scope] = &[
    Scope::Campaign,
    Scope::Account,
    Scope::AgentOfCampaign,
    Scope::Agent,
];

const ANSWERED: &str = "r.result = 'answered'";
const DIAL: &str = "callboard_is_dial(r.result)";
const ANSWER: &str = "callboard_is_answer(r.result)";
const CONVERSION: &str = "callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions({tenant}))::text[])";

pub static AUTOCALL_ATTEMPTS: Family = Family {
    table: "autocall_attempts",
    at: "started_at",
    lead: "lead_id",
    agent: None,
    facts: &[
        ("result", "text"),
        ("hangup_cause", "text"),
        ("billsec", "integer"),
        ("dtmf", "text"),
        ("script_path", "text[]"),
        ("transfer", "text"),
        ("agent_disposition", "text"),
        ("attempt_number", "integer"),
        ("provider", "text"),
        ("outcome", "text"),
        ("sentiment", "numeric(7, 6)"),
    ],
    scopes: OF_CAMPAIGNS,
    rollups: &[
        Rollup {
            name: "autocall_totals",
            scopes: OF_ACCOUNT,
            detail: Detail::Fine,
            dimension: None,
            only: "true",
            counters: &[
                rows("dialed", "true"),
                rows("answered", ANSWERED),
                rows("no_answer", "r.result = 'no_answer'"),
                rows("busy", "r.result = 'busy'"),
                rows("failed", "r.result = 'failed'"),
                rows("abandoned", "r.result = 'abandoned'"),
                sum("talk_sec", ANSWERED, "r.billsec"),
                rows("handed_over", "callboard_handed_over(r.transfer)"),
                rows("connected", "r.transfer = 'connected'"),
                // Answered attempts by deciding key, the last one pressed.
                rows("no_input", "r.result = 'answered' and r.dtmf = ''"),
                rows("key_0", "r.result = 'answered' and right(r.dtmf, 1) = '0'"),
                rows("key_1", "r.result = 'answered' and right(r.dtmf, 1) = '1'"),
                rows("key_2", "r.result = 'answered' and right(r.dtmf, 1) = '2'"),
                rows("key_3", "r.result = 'answered' and right(r.dtmf, 1) = '3'"),
                rows("key_4", "r.result = 'answered' and right(r.dtmf, 1) = '4'"),
                rows("key_5", "r.result = 'answered' and right(r.dtmf, 1) = '5'"),
                rows("key_6", "r.result = 'answered' and right(r.dtmf, 1) = '6'"),
                rows("key_7", "r.result = 'answered' and right(r.dtmf, 1) = '7'"),
                rows("key_8", "r.result = 'answered' and right(r.dtmf, 1) = '8'"),
                rows("key_9", "r.result = 'answered' and right(r.dtmf, 1) = '9'"),
                rows(
                    "key_star",
                    "r.result = 'answered' and right(r.dtmf, 1) = '*'",
                ),
                rows(
                    "key_hash",
                    "r.result = 'answered' and right(r.dtmf, 1) = '#'",
                ),
            ],
        },
        Rollup {
            name: "autocall_hangups",
            scopes: OF_CAMPAIGNS,
            detail: Detail::Fine,
            dimension: Some(Dimension {
                name: "hangup_cause",
                sql: "callboard_short(r.hangup_cause)",
            }),
            only: "r.hangup_cause is not null",
            counters: &[rows("attempts", "true")],
        },
        Rollup {
            name: "autocall_paths",
            scopes: OF_CAMPAIGNS,
            detail: Detail::Fine,
            dimension: Some(Dimension {
                name: "path",
                sql: "callboard_path(r.script_path)",
            }),
            only: "r.result = 'answered' and cardinality(r.script_path) > 0",
            counters: &[rows("attempts", "true")],
        },
        Rollup {
            name: "autocall_outcomes",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "outcome",
                sql: "callboard_short(coalesce(r.outcome, r.result))",
            }),
            only: "coalesce(r.outcome, r.result) is not null",
            counters: &[rows("calls", "true")],
        },
        Rollup {
            name: "autocall_providers",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "provider",
                sql: "callboard_short(coalesce(r.provider, '(unknown)'))",
            }),
            only: "true",
            counters: &[rows("calls", "true")],
        },
        Rollup {
            name: "autocall_tries",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "attempt_number",
                sql: "r.attempt_number::text",
            }),
            only: "true",
            counters: &[rows("calls", "true"), rows("answered", ANSWERED)],
        },
        Rollup {
            name: "autocall_sentiments",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "fifth",
                sql: "callboard_fifth(r.sentiment)::text",
            }),
            only: "r.sentiment is not null",
            counters: &[rows("calls", "true")],
        },
    ],
    stages: Some(&Stages {
        name: "autocall",
        join: "left join callboard_valid_keys({tenant}) k on k.campaign_id = r.campaign_id",
        all: &[
            ("dialed", "true"),
            ("answered", ANSWERED),
            (
                "pressed",
                "r.result = 'answered' and r.dtmf <> '' and (k.keys is null or right(r.dtmf, 1) = any (k.keys))",
            ),
            ("handed_over", "callboard_handed_over(r.transfer)"),
            ("disposed", "r.agent_disposition is not null"),
        ],
    }),
};

pub static TELESALES_CALLS: Family = Family {
    table: "telesales_calls",
    at: "started_at",
    lead: "lead_id",
    agent: Some("agent_id"),
    facts: &[
        ("cid", "text"),
        ("result", "text"),
        ("talk_sec", "integer"),
        ("wrap_sec", "integer"),
        ("disposition", "text"),
    ],
    scopes: BY_AGENTS,
    rollups: &[
        Rollup {
            name: "telesales_totals",
            scopes: BY_AGENTS,
            detail: Detail::Fine,
            dimension: None,
            only: "true",
            counters: &[
                rows("dials", DIAL),
                rows("answers", ANSWER),
                rows("abandoned", "r.result = 'abandoned'"),
                rows("blocked", "r.result = 'blocked'"),
                rows("conversions", CONVERSION),
                sum("talk_sec", DIAL, "r.talk_sec"),
                sum("handling_sec", ANSWER, "r.talk_sec::bigint + r.wrap_sec"),
            ],
        },
        Rollup {
            name: "telesales_dispositions",
            scopes: BY_AGENTS,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "code",
                sql: "r.disposition",
            }),
            only: "r.disposition is not null",
            counters: &[rows("calls", "true")],
        },
        Rollup {
            name: "telesales_caller_ids",
            scopes: BY_AGENTS,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "cid",
                sql: "r.cid",
            }),
            only: "callboard_is_dial(r.result) and r.cid is not null",
            counters: &[
                rows("calls", "true"),
                rows("answers", ANSWER),
                rows(
                    "short",
                    "callboard_is_answer(r.result) and r.talk_sec < (select callboard_short_call_sec({tenant}))",
                ),
                rows("rejected", "r.result = 'rejected'"),
                sum("talk_sec", "true", "r.talk_sec"),
            ],
        },
    ],
    stages: Some(&TELESALES_STAGES),
};

/// Of calls; lead sources are judged by some of them.
pub static TELESALES_STAGES: Stages = Stages {
    name: "telesales",
    join: "",
    all: &[
        ("dialed", DIAL),
        ("connected", ANSWER),
        ("talked", "callboard_is_dial(r.result) and r.talk_sec > 30"),
        (
            "disposed",
            "callboard_is_dial(r.result) and r.disposition is not null",
        ),
        ("converted", CONVERSION),
    ],
};

pub static AUTOCALL_LEADS: Family = Family {
    table: "autocall_leads",
    at: "created_at",
    lead: "id",
    agent: None,
    facts: &[("status", "text")],
    scopes: OF_CAMPAIGNS,
    rollups: &[Rollup {
        name: "autocall_lead_totals",
        scopes: OF_CAMPAIGNS,
        detail: Detail::Fine,
        dimension: None,
        only: "true",
        counters: &[rows("leads", "true")],
    }],
    stages: None,
};

/// Of leads, by when they were created (`states`): `r` is a lead with its attempts over all time, whatever campaign they
/// were made for.
pub static AUTOCALL_LEAD_STATES: Rollup = Rollup {
    name: "autocall_lead_states",
    scopes: OF_ACCOUNT,
    detail: Detail::Fine,
    dimension: None,
    only: "true",
    counters: &[
        rows("leads", "true"),
        rows("tried", "r.attempts > 0"),
        rows("retried", "r.attempts > 1"),
        rows("processing", "r.in_progress"),
        rows(
            "retry",
            "r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry')",
        ),
        rows(
            "finished",
            "r.attempts > 0 and not r.in_progress and r.status not in ('pending', 'in_progress', 'retry')",
        ),
    ],
};

pub static TELESALES_LEADS: Family = Family {
    table: "telesales_leads",
    at: "created_at",
    lead: "id",
    agent: None,
    facts: &[("source", "text")],
    scopes: OF_ACCOUNT,
    rollups: &[
        Rollup {
            name: "telesales_lead_totals",
            scopes: OF_ACCOUNT,
            detail: Detail::Fine,
            dimension: None,
            only: "true",
            counters: &[rows("leads", "true")],
        },
        Rollup {
            name: "telesales_lead_sources",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "source",
                sql: "callboard_source(r.source)",
            }),
            only: "true",
            counters: &[rows("leads", "true")],
        },
    ],
    stages: None,
};

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
            What::Rows => format!("case when {} then 1 else 0 end", self.when),
            What::Sum(what) => format!("case when {} then ({what})::bigint else 0 end", self.when),
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
    /// The stages of a row as bits, the first stage the lowest.
    pub fn mask(&self) -> String {
        let bit = |(at, (_, when)): (usize, &(&str, &str))| {
            format!("case when {when} then {} else 0 end", 1 << at)
        };
        let bits: Vec<String> = self.all.iter().enumerate().map(bit).collect();
        format!("({})::smallint", bits.join(" + "))
    }
}
