//! Data of events in the shapes that receivers see, read from what the triggers stored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::closed::{
    AttemptResult, CallResult, LeadStatus, ProductName, Transfer, WarningCode, WarningSeverity,
};
use crate::time::Instant;

/// A call of AutoCall: what is known of an attempt.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AutocallCallData)]
pub struct Call {
    /// Id of the call.
    uuid: String,
    /// The campaign.
    campaign_id: i64,
    /// The lead.
    lead_id: i64,
    /// Phone number as sent.
    phone: Option<String>,
    /// Phone number as E.164; null where it is none.
    phone_e164: Option<String>,
    /// Number of the attempt among those of the lead, from 1.
    attempt_number: i64,
    /// Caller ID that was shown.
    caller_id: Option<String>,
    /// Start.
    started_at: Instant,
    /// Time of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answered_at: Option<Instant>,
    /// End.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_at: Option<Instant>,
    /// Result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<AttemptResult>)]
    result: Option<String>,
    /// Cause of the hangup.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hangup_cause: Option<String>,
    /// Seconds since the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    billsec: Option<i64>,
    /// Result of handing it to an agent queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Transfer>)]
    transfer: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    agent_id: Option<i64>,
}

/// A key that a lead pressed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AutocallKeyData)]
pub struct Key {
    /// The key.
    digit: String,
    /// Place among the keys of the call, from 1.
    position: i64,
    /// The lead.
    lead_id: i64,
    /// Script of the campaign.
    script_id: Option<i64>,
    /// The campaign.
    campaign_id: i64,
    /// Id of the call.
    uuid: String,
}

/// A lead that came in by the API.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AutocallLeadAddedData)]
pub struct LeadAdded {
    /// The lead.
    lead_id: i64,
    /// The campaign.
    campaign_id: i64,
    /// Phone number as sent.
    phone: String,
    /// The client's own id of the lead.
    external_ref: Option<String>,
}

/// Leads that came in by one request.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AutocallLeadsImportedData)]
pub struct LeadsImported {
    /// The campaign.
    campaign_id: i64,
    /// Number of leads.
    added: i64,
    /// The lowest id of them.
    first_lead_id: i64,
    /// The highest id of them.
    last_lead_id: i64,
}

/// A lead that is finished.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AutocallLeadCompletedData)]
pub struct LeadCompleted {
    /// The lead.
    lead_id: i64,
    /// The campaign.
    campaign_id: i64,
    /// Phone number as sent.
    phone: String,
    /// The client's own id of the lead.
    external_ref: Option<String>,
    /// Its status.
    #[schema(value_type = LeadStatus)]
    final_status: String,
    /// Number of its attempts.
    total_attempts: i64,
}

/// A Telesales call: its ingest fields, and the names of its campaign and agent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TelesalesDisposedCallData)]
pub struct DisposedCall {
    /// Id of the call.
    uuid: String,
    /// The campaign.
    campaign_id: i64,
    /// Name of the campaign.
    campaign_name: Option<String>,
    /// The lead.
    lead_id: i64,
    /// The agent.
    agent_id: Option<i64>,
    /// Name of the agent.
    agent_name: Option<String>,
    /// Caller ID that was shown.
    cid: Option<String>,
    /// Start.
    started_at: Instant,
    /// Time of the answer.
    answered_at: Option<Instant>,
    /// End.
    ended_at: Option<Instant>,
    /// Result.
    #[schema(value_type = Option<CallResult>)]
    result: Option<String>,
    /// Seconds of talk.
    talk_sec: i64,
    /// Seconds of wrap-up.
    wrap_sec: i64,
    /// Cause of the hangup.
    hangup_cause: Option<String>,
    /// Code of the disposition.
    disposition: String,
}

/// The schedule of an export, if it has one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportOfScheduleData)]
pub struct OfSchedule {
    /// The schedule, if one made the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    schedule_id: Option<i64>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    schedule_name: Option<String>,
    /// The name of its window.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    window: Option<String>,
}

/// A warning that began.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = WarningRaisedData)]
pub struct WarningRaised {
    /// Product; null for a warning of the account.
    #[schema(value_type = Option<ProductName>)]
    module: Option<String>,
    /// Kind of the warning.
    #[schema(value_type = WarningCode)]
    code: String,
    /// Severity.
    #[schema(value_type = WarningSeverity)]
    severity: String,
    /// Time since when; null if it is not known.
    since: Option<Instant>,
    /// The campaign; null for the account.
    campaign_id: Option<i64>,
    /// Name of the campaign.
    campaign_name: Option<String>,
    /// A caller ID, an export or a webhook.
    subject: Option<String>,
    /// The figures that it was told by.
    #[schema(value_type = Object)]
    figures: Map<String, Value>,
}

/// A test of a webhook.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookTestData)]
pub struct Test {
    /// The webhook.
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
