//! The eleven kinds of line, each field stated once: its type, whether it is required, its default
//! (contract, section 6). Validation, staging, upserts and documentation all read this list.

use super::field::Type::{
    Actions, Code, Color, Enum, Flag, Fraction, Id, Integer, Keys, Moment, Object, Percent, Phone, Reference, Started,
    Steps, Text,
};
use super::field::{Field, KEY_LEN};

/// What a line can state a row of.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub table: &'static str,
    /// The first field is the key, unique within the account.
    pub fields: &'static [Field],
}

const CAMPAIGN_STATUS: &[&str] = &["draft", "active", "paused", "completed"];
const COUNT: super::field::Type = Integer { min: 0, max: i32::MAX };

/// Every kind, what is referred to before what refers to it.
pub static KINDS: &[Kind] = &[
    Kind { name: "team", table: "teams", fields: &[Field::required("id", Id), Field::required("name", Text)] },
    Kind {
        name: "agent",
        table: "agents",
        fields: &[
            Field::required("id", Id),
            Field::required("name", Text),
            Field::required("username", Text),
            Field::optional("team_id", Reference("team")),
        ],
    },
    Kind {
        name: "disposition",
        table: "dispositions",
        fields: &[
            Field::required("code", KEY_TEXT),
            Field::required("label", Text),
            Field::required("category", Enum(&["contact", "no_contact", "callback", "remove"])),
            Field::required("color", Color),
            Field::or("is_conversion", Flag, "false"),
        ],
    },
    Kind {
        name: "caller_id",
        table: "caller_ids",
        fields: &[
            Field::required("cid", KEY_TEXT),
            Field::optional("display_name", Text),
            Field::required(
                "carrier",
                Enum(&["viettel", "mobifone", "vinaphone", "vietnamobile", "landline", "other"]),
            ),
            Field::required("cli_type", Enum(&["mobile", "fixed_02x", "hotline_1900", "hotline_1800", "brandname"])),
            Field::or("pool_status", Enum(&["active", "cooldown", "paused", "disabled"]), "active"),
            Field::optional("cooldown_until", Moment),
            Field::or("daily_cap", Integer { min: 1, max: i32::MAX }, "200"),
        ],
    },
    Kind {
        name: "autocall_script",
        table: "autocall_scripts",
        fields: &[
            Field::required("id", Id),
            Field::required("name", Text),
            Field::optional("template_text", Text),
            Field::optional("template_id", Text),
            Field::or("status", Text, "active"),
            Field::or("dtmf_actions", Actions, "[]"),
        ],
    },
    Kind {
        name: "autocall_campaign",
        table: "autocall_campaigns",
        fields: &[
            Field::required("id", Id),
            Field::required("name", Text),
            Field::optional("script_id", Reference("autocall_script")),
            Field::or("status", Enum(CAMPAIGN_STATUS), "active"),
            Field::optional("started_at", Moment),
            Field::CREATED_AT,
        ],
    },
    Kind {
        name: "autocall_lead",
        table: "autocall_leads",
        fields: &[
            Field::required("id", Id),
            Field::required("campaign_id", Reference("autocall_campaign")),
            Field::required("phone", Phone),
            Field::optional("external_ref", Text),
            Field::or("payload", Object, "{}"),
            Field::or("status", Enum(LEAD_STATUS), "pending"),
            Field::CREATED_AT,
        ],
    },
    Kind {
        name: "autocall_attempt",
        table: "autocall_attempts",
        fields: &[
            Field::required("uuid", UUID),
            Field::required("campaign_id", Reference("autocall_campaign")),
            Field::required("lead_id", Reference("autocall_lead")),
            Field::required("attempt_number", Integer { min: 1, max: i32::MAX }),
            Field::required("started_at", Started),
            Field::optional("answered_at", Moment),
            Field::optional("ended_at", Moment),
            Field::optional("result", Enum(&["answered", "no_answer", "busy", "failed", "abandoned"])),
            Field::optional("hangup_cause", Text),
            Field::or("billsec", COUNT, "0"),
            Field::or("dtmf", Keys, ""),
            Field::or("script_path", Steps, "{}"),
            Field::optional("transfer", Enum(&["failed", "queued", "connected"])),
            Field::optional("agent_id", Reference("agent")),
            Field::optional("agent_disposition", Text),
            Field::optional("caller_id", Text),
            Field::optional("provider", Text),
            Field::optional("outcome", Text),
            Field::optional("sentiment", Fraction),
        ],
    },
    Kind {
        name: "telesales_campaign",
        table: "telesales_campaigns",
        fields: &[
            Field::required("id", Id),
            Field::required("name", Text),
            Field::or("status", Enum(CAMPAIGN_STATUS), "active"),
            Field::or("abandon_rate_limit_pct", Percent, "3"),
            Field::CREATED_AT,
        ],
    },
    Kind {
        name: "telesales_lead",
        table: "telesales_leads",
        fields: &[
            Field::required("id", Id),
            Field::required("campaign_id", Reference("telesales_campaign")),
            Field::required("phone", Phone),
            Field::optional("source", Text),
            Field::optional("full_name", Text),
            Field::or("payload", Object, "{}"),
            Field::CREATED_AT,
        ],
    },
    Kind {
        name: "telesales_call",
        table: "telesales_calls",
        fields: &[
            Field::required("uuid", UUID),
            Field::required("campaign_id", Reference("telesales_campaign")),
            Field::required("lead_id", Reference("telesales_lead")),
            Field::optional("agent_id", Reference("agent")),
            Field::optional("cid", Text),
            Field::required("started_at", Started),
            Field::optional("answered_at", Moment),
            Field::optional("ended_at", Moment),
            Field::optional("result", Enum(CALL_RESULT)),
            Field::or("talk_sec", COUNT, "0"),
            Field::or("wrap_sec", COUNT, "0"),
            Field::optional("hangup_cause", Text),
            Field::optional("disposition", Code("disposition")),
        ],
    },
];

const LEAD_STATUS: &[&str] = &["pending", "in_progress", "retry", "completed", "failed", "dnc", "max_attempts_reached"];
const CALL_RESULT: &[&str] = &["answered", "no_answer", "busy", "failed", "rejected", "abandoned", "blocked"];
const KEY_TEXT: super::field::Type = super::field::Type::Key { max: KEY_LEN };
const UUID: super::field::Type = super::field::Type::Key { max: 64 };

impl Kind {
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    pub fn key(&self) -> &'static Field {
        &self.fields[0]
    }

    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Columns as they are staged, with their types, in the order of the fields.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.fields.iter().flat_map(|field| {
            let sent = (field.kind == Phone).then_some(("phone_as_sent", "text"));
            std::iter::once((field.name, field.kind.sql_type())).chain(sent)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_to_a_kind_that_is_stored_before() {
        for (at, kind) in KINDS.iter().enumerate() {
            for field in kind.fields {
                if let Some(target) = field.kind.target() {
                    let before = KINDS[..at].iter().find(|other| other.name == target);
                    assert!(before.is_some(), "{}.{}", kind.name, field.name);
                }
            }
        }
    }
}
