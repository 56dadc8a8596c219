//! Closed sets of strings. Each value is listed once, for validation, output and the OpenAPI
//! document, where every set is a schema.
//!
//! Owns the sets that more than one module names. Must not know who uses them.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A closed set, by the name of its schema.
#[derive(Debug, Clone, Copy)]
pub struct Set {
    pub name: &'static str,
    pub about: &'static str,
    pub values: &'static [&'static str],
}

impl Set {
    /// Finds the set with exactly these values.
    pub fn with(values: &[&str]) -> Option<&'static Self> {
        ALL.iter().find(|set| set.values == values)
    }

    pub fn schema(&self) -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(self.about.trim()));
        text.enum_values(Some(self.values.iter().copied())).into()
    }
}

macro_rules! sets {
    ($( #[doc = $about:literal] $name:ident: [$( $value:literal ),* $(,)?]; )*) => {
        /// All sets. No two have the same values.
        pub const ALL: &[Set] = &[$( Set { name: stringify!($name), about: $about, values: $name::VALUES } ),*];

        $(
            #[doc = $about]
            #[derive(Debug)]
            pub struct $name;

            impl $name {
                pub const VALUES: &'static [&'static str] = &[$( $value ),*];
            }

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    Set { name: stringify!($name), about: $about, values: Self::VALUES }.schema()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*
    };
}

sets! {
    /// State of a campaign.
    CampaignStatus: ["draft", "active", "paused", "completed"];
    /// State of a script.
    ScriptStatus: ["draft", "active", "archived"];
    /// Action of a key of a script.
    DtmfActionType: ["playback", "playback_then_hangup", "switch_script", "queue", "repeat_script", "hangup"];
    /// Attempts after which a lead is tried again.
    RetryCondition: ["no_answer", "busy", "failed", "any"];
    /// Quality of a synthetic voice: A is the better one.
    VoiceTier: ["A", "B"];
    /// State of a voice.
    VoiceStatus: ["active", "inactive"];
    /// State of an AutoCall lead.
    LeadStatus: ["pending", "in_progress", "retry", "completed", "failed", "dnc", "max_attempts_reached"];
    /// Result of an AutoCall attempt.
    AttemptResult: ["answered", "no_answer", "busy", "failed", "abandoned"];
    /// Result of a Telesales call.
    CallResult: ["answered", "no_answer", "busy", "failed", "rejected", "abandoned", "blocked"];
    /// Result of a listed AutoCall attempt; in_progress is none yet.
    ListedAttemptResult: ["answered", "no_answer", "busy", "failed", "abandoned", "in_progress"];
    /// Result of a listed Telesales call; in_progress is none yet.
    ListedCallResult: ["answered", "no_answer", "busy", "failed", "rejected", "abandoned", "blocked", "in_progress"];
    /// Deciding key of an attempt: the last one pressed.
    DecidingKey: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "no_input"];
    /// Member of an AutoCall attempt that may have no value.
    AttemptMember: ["hangup_cause", "digit", "agent_disposition", "agent_id", "path"];
    /// Member of a Telesales call that may have no value.
    CallMember: ["hangup_cause", "disposition", "agent_id"];
    /// Result of handing an attempt to an agent queue.
    Transfer: ["failed", "queued", "connected"];
    /// Category of a disposition.
    DispositionCategory: ["contact", "no_contact", "callback", "remove"];
    /// Telco of a caller ID.
    Carrier: ["viettel", "mobifone", "vinaphone", "vietnamobile", "landline", "other"];
    /// Type of a caller ID.
    CallerIdType: ["mobile", "fixed_02x", "hotline_1900", "hotline_1800", "brandname"];
    /// State of a caller ID in its pool.
    PoolStatus: ["active", "cooldown", "paused", "disabled"];
    /// Health of a caller ID.
    CallerIdHealth: ["no_data", "healthy", "warning", "suspected_block"];
    /// Stage of the AutoCall funnel.
    AutocallStage: ["Imported lead", "Dialed", "Answered", "Pressed valid DTMF", "Transferred to agent", "Agent disposed"];
    /// Stage of the Telesales funnel.
    TelesalesStage: ["Total leads", "Dialed", "Connected", "Talked > 30s", "Disposed", "Converted"];
    /// Stage of a lead in analytics.
    LeadStage: ["BACKLOG", "PROCESSING", "RETRY", "FINISHED"];
    /// Stage of a listed AutoCall lead: of the funnel, or of analytics.
    AutocallLeadStage: ["Imported lead", "Dialed", "Answered", "Pressed valid DTMF", "Transferred to agent", "Agent disposed", "BACKLOG", "PROCESSING", "RETRY", "FINISHED"];
    /// A fifth of the range of sentiments.
    SentimentBucket: ["0.0-0.2", "0.2-0.4", "0.4-0.6", "0.6-0.8", "0.8-1.0"];
    /// State of an export.
    ExportStatus: ["queued", "running", "ready", "failed", "expired"];
    /// State of an export without a file yet.
    ExportPendingStatus: ["queued", "running"];
    /// State of an export that failed or was cancelled.
    ExportFailedStatus: ["failed"];
    /// State of an export that can be downloaded.
    ExportReadyStatus: ["ready"];
    /// State of an export whose file was removed.
    ExportExpiredStatus: ["expired"];
    /// Report of an export.
    ExportReport: ["kpis", "trend", "hangup", "dtmf", "funnel", "full"];
    /// Report of an export: of a campaign, or a list of calls.
    ExportedReport: ["kpis", "trend", "hangup", "dtmf", "funnel", "full", "calls", "compliance"];
    /// State of a webhook.
    WebhookStatus: ["active", "paused", "suspended"];
    /// State of a webhook that a client may set.
    WebhookSettableStatus: ["active", "paused"];
    /// State of a run of a schedule.
    ScheduleRunStatus: ["queued", "running", "delivered", "failed", "skipped"];
    /// State of a delivery to a webhook.
    DeliveryStatus: ["pending", "delivered", "failed"];
    /// Kind of a warning.
    WarningCode: ["abandon_breached", "abandon_near", "caller_id_suspected_block", "caller_id_warning", "no_calls", "answer_rate_drop", "leads_running_out", "calls_without_result", "export_failed", "webhook_suspended"];
    /// Severity of a warning, the highest first.
    WarningSeverity: ["breach", "warning", "note"];
    /// Product.
    ProductName: ["autocall", "telesales"];
    /// Kind of dialer that sent a record.
    DialerSource: ["freeswitch", "asterisk", "vicidial"];
    /// Words that a cause is one of: hangup causes and numbers of Q.850, dispositions and values of DIALSTATUS of Asterisk, or statuses of VICIdial.
    CauseVocabulary: ["cause", "disposition", "dialstatus", "status"];
    /// Result of a call that ended with a cause and without an answer; not_final: it goes on, not_an_attempt: a leg of another call.
    CauseResult: ["answered", "no_answer", "busy", "failed", "abandoned", "blocked", "not_final", "not_an_attempt"];
    /// Reason of a result, finer than the result.
    CauseGroup: ["answered", "no_answer", "busy", "rejected", "bad_number", "unreachable", "network", "abandoned", "blocked", "not_final", "not_an_attempt"];
    /// What answered, where it was no human.
    CauseAmd: ["machine", "fax"];
    /// Result that an account may give to a cause, a disposition or a value of DIALSTATUS.
    OverruledCause: ["no_answer", "busy", "failed", "rejected", "blocked", "not_an_attempt"];
    /// Result that an account may give to a status.
    OverruledStatus: ["answered", "no_answer", "busy", "failed", "rejected", "abandoned", "blocked", "not_final", "not_an_attempt"];
    /// Format of a file.
    FileFormat: ["xlsx", "csv"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_by_its_values() {
        for set in ALL {
            assert_eq!(
                Set::with(set.values).map(|found| found.name),
                Some(set.name)
            );
        }
        assert!(Set::with(&["draft"]).is_none());
    }
}
