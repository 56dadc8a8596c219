//! Telesales' roll-ups: calls, also by agent, and leads by creation.

use super::family::{
    ALWAYS, Attribute, BY_AGENTS, Counter, Detail, Dimension, Family, OF_ACCOUNT, Rollup, Stages,
    rows, sum,
};

const DIAL: &str = "callboard_is_dial(r.result)";
const ANSWER: &str = "callboard_is_answer(r.result)";
const CONVERSION: &str = "callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[])";

/// Counters of calls.
const TOTALS: &[Counter] = &[
    rows("dials", DIAL),
    rows("answers", ANSWER),
    rows("abandoned", "r.result = 'abandoned'"),
    rows("blocked", "r.result = 'blocked'"),
    rows("in_progress", "r.result is null"),
    rows("conversions", CONVERSION),
    sum("talk_sec", DIAL, "r.talk_sec"),
    sum("handling_sec", ANSWER, "r.talk_sec::bigint + r.wrap_sec"),
];

/// Source of a call's lead, as reports print it.
static SOURCE: Attribute = Attribute {
    leads: &TELESALES_LEADS,
    of_lead: "callboard_source(l.source)",
    unknown: "'(unknown)'",
    value: Dimension {
        name: "source",
        sql: "coalesce(lead.source, '(unknown)')",
    },
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
            attribute: None,
            only: None,
            counters: TOTALS,
        },
        Rollup {
            name: "telesales_dispositions",
            scopes: BY_AGENTS,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "code",
                sql: "r.disposition",
            }),
            attribute: None,
            only: Some("r.disposition is not null"),
            counters: &[rows("calls", ALWAYS)],
        },
        Rollup {
            name: "telesales_caller_ids",
            scopes: BY_AGENTS,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "cid",
                sql: "r.cid",
            }),
            attribute: None,
            only: Some("callboard_is_dial(r.result) and r.cid is not null"),
            counters: &[
                rows("calls", ALWAYS),
                rows("answers", ANSWER),
                rows(
                    "short",
                    "callboard_is_answer(r.result) and r.talk_sec < ({{short_call_sec}})",
                ),
                rows("rejected", "r.result = 'rejected'"),
                sum("talk_sec", ALWAYS, "r.talk_sec"),
            ],
        },
        Rollup {
            name: "telesales_totals_by_source",
            scopes: BY_AGENTS,
            detail: Detail::Hours,
            dimension: None,
            attribute: Some(&SOURCE),
            only: None,
            counters: TOTALS,
        },
        Rollup {
            name: "telesales_dispositions_by_source",
            scopes: OF_ACCOUNT,
            detail: Detail::Days,
            dimension: Some(Dimension {
                name: "code",
                sql: "r.disposition",
            }),
            attribute: Some(&SOURCE),
            only: Some("r.disposition is not null"),
            counters: &[rows("calls", ALWAYS)],
        },
    ],
    stages: Some(&TELESALES_STAGES),
};

/// Stages of calls; lead sources use some of them.
pub static TELESALES_STAGES: Stages = Stages {
    name: "telesales",
    all: &[
        ("dialed", DIAL),
        ("connected", ANSWER),
        ("talked", "callboard_is_dial(r.result) and {{long_talk r}}"),
        (
            "disposed",
            "callboard_is_dial(r.result) and r.disposition is not null",
        ),
        ("converted", CONVERSION),
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
            attribute: None,
            only: None,
            counters: &[rows("leads", ALWAYS)],
        },
        Rollup {
            name: "telesales_lead_sources",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "source",
                sql: "callboard_source(r.source)",
            }),
            attribute: None,
            only: None,
            counters: &[rows("leads", ALWAYS)],
        },
    ],
    stages: None,
};
