//! Data of events in the shapes that receivers see, read from what the triggers stored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::time::Instant;

/// A call of AutoCall: what is known of an attempt.
#[derive(Debug, Serialize, Deserialize)]
pub struct Call {
    uuid: String,
    campaign_id: i64,
    lead_id: i64,
    /// Phone number as sent.
    phone: Option<String>,
    phone_e164: Option<String>,
    attempt_number: i64,
    caller_id: Option<String>,
    started_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hangup_cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billsec: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<i64>,
}

/// A key that a lead pressed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Key {
    digit: String,
    /// Place among the keys of the call, from 1.
    position: i64,
    lead_id: i64,
    /// Script of the campaign.
    script_id: Option<i64>,
    campaign_id: i64,
    uuid: String,
}

/// A lead that came in by the API.
#[derive(Debug, Serialize, Deserialize)]
pub struct LeadAdded {
    lead_id: i64,
    campaign_id: i64,
    /// Phone number as sent.
    phone: String,
    external_ref: Option<String>,
}

/// Leads that came in by one request.
#[derive(Debug, Serialize, Deserialize)]
pub struct LeadsImported {
    campaign_id: i64,
    added: i64,
    first_lead_id: i64,
    last_lead_id: i64,
}

/// A lead that is finished.
#[derive(Debug, Serialize, Deserialize)]
pub struct LeadCompleted {
    lead_id: i64,
    campaign_id: i64,
    /// Phone number as sent.
    phone: String,
    external_ref: Option<String>,
    final_status: String,
    total_attempts: i64,
}

/// A Telesales call: its ingest fields, and the names of its campaign and agent.
#[derive(Debug, Serialize, Deserialize)]
pub struct DisposedCall {
    uuid: String,
    campaign_id: i64,
    campaign_name: Option<String>,
    lead_id: i64,
    agent_id: Option<i64>,
    agent_name: Option<String>,
    cid: Option<String>,
    started_at: Instant,
    answered_at: Option<Instant>,
    ended_at: Option<Instant>,
    result: Option<String>,
    talk_sec: i64,
    wrap_sec: i64,
    hangup_cause: Option<String>,
    disposition: String,
}

/// The schedule of an export, if it has one.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfSchedule {
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_name: Option<String>,
    /// The name of its window.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<String>,
}

/// A warning that began.
#[derive(Debug, Serialize, Deserialize)]
pub struct WarningRaised {
    /// Product; null for a warning of the account.
    module: Option<String>,
    code: String,
    severity: String,
    since: Option<Instant>,
    campaign_id: Option<i64>,
    campaign_name: Option<String>,
    /// A caller ID, an export or a webhook.
    subject: Option<String>,
    /// The figures that it was told by.
    figures: Map<String, Value>,
}

/// A test of a webhook.
#[derive(Debug, Serialize, Deserialize)]
pub struct Test {
    pub webhook_id: i64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ingest::kind::Kind;

    #[test]
    fn a_disposed_call_has_every_ingest_field() {
        let stored = json!({"uuid": "u", "campaign_id": 1, "lead_id": 2, "started_at": "2026-06-30T08:00:00+00:00",
            "talk_sec": 3, "wrap_sec": 4, "disposition": "sale"});
        let call: DisposedCall = serde_json::from_value(stored).unwrap();
        let call = serde_json::to_value(call).unwrap();
        let kind = Kind::named("telesales_call").unwrap();
        for field in kind.fields {
            assert!(call.get(field.name).is_some(), "{}", field.name);
        }
        assert_eq!(call.as_object().unwrap().len(), kind.fields.len() + 2);
    }
}
