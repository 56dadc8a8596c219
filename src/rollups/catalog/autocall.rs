//! AutoCall's roll-ups: attempts, and leads by creation.

use super::family::{
    ALWAYS, Detail, Dimension, Family, OF_ACCOUNT, OF_CAMPAIGNS, Rollup, Stages, rows, sum,
};

const ANSWERED: &str = "r.result = 'answered'";

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
            attribute: None,
            only: None,
            counters: &[
                rows("dialed", ALWAYS),
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
            attribute: None,
            only: Some("r.hangup_cause is not null"),
            counters: &[rows("attempts", ALWAYS)],
        },
        Rollup {
            name: "autocall_paths",
            scopes: OF_CAMPAIGNS,
            detail: Detail::Fine,
            dimension: Some(Dimension {
                name: "path",
                sql: "callboard_path(r.script_path)",
            }),
            attribute: None,
            only: Some("r.result = 'answered' and cardinality(r.script_path) > 0"),
            counters: &[rows("attempts", ALWAYS)],
        },
        Rollup {
            name: "autocall_outcomes",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "outcome",
                sql: "callboard_short({{outcome r}})",
            }),
            attribute: None,
            only: Some("{{outcome r}} is not null"),
            counters: &[rows("calls", ALWAYS)],
        },
        Rollup {
            name: "autocall_providers",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "provider",
                sql: "callboard_short({{provider r}})",
            }),
            attribute: None,
            only: None,
            counters: &[rows("calls", ALWAYS)],
        },
        Rollup {
            name: "autocall_tries",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "attempt_number",
                sql: "r.attempt_number::text",
            }),
            attribute: None,
            only: None,
            counters: &[rows("calls", ALWAYS), rows("answered", ANSWERED)],
        },
        Rollup {
            name: "autocall_sentiments",
            scopes: OF_ACCOUNT,
            detail: Detail::Coarse,
            dimension: Some(Dimension {
                name: "fifth",
                sql: "callboard_fifth(r.sentiment)::text",
            }),
            attribute: None,
            only: Some("r.sentiment is not null"),
            counters: &[rows("calls", ALWAYS)],
        },
    ],
    stages: Some(&Stages {
        name: "autocall",
        all: &[
            ("dialed", ALWAYS),
            ("answered", ANSWERED),
            (
                "pressed",
                "r.result = 'answered' and r.dtmf <> '' and {{valid_key r}}",
            ),
            ("handed_over", "callboard_handed_over(r.transfer)"),
            ("disposed", "r.agent_disposition is not null"),
        ],
    }),
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
        attribute: None,
        only: None,
        counters: &[rows("leads", ALWAYS), rows("unfinished", "{{retryable r}}")],
    }],
    stages: None,
};

/// Roll-up of leads by creation (`states`): `r` is a lead with its attempts, at any time and for any campaign.
pub static AUTOCALL_LEAD_STATES: Rollup = Rollup {
    name: "autocall_lead_states",
    scopes: OF_ACCOUNT,
    detail: Detail::Fine,
    dimension: None,
    attribute: None,
    only: None,
    counters: &[
        rows("leads", ALWAYS),
        rows("tried", "r.attempts > 0"),
        rows("retried", "r.attempts > 1"),
        rows("processing", "r.in_progress"),
        rows(
            "retry",
            "r.attempts > 0 and not r.in_progress and {{retryable r}}",
        ),
        rows(
            "finished",
            "r.attempts > 0 and not r.in_progress and not {{retryable r}}",
        ),
    ],
};
