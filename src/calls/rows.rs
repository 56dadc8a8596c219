//! Rows of the lists: the ingest fields in order, then the names that a call refers to.
//!
//! Owns their members and columns. The phone and the reference of a lead leave the database only for those who may read
//! them; others get a masked phone.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use super::position::Position;
use crate::closed::{AttemptResult, CallResult, Transfer};
use crate::percent::DecimalNumber;
use crate::time::Instant;

/// The calls of one product, in SQL.
#[derive(Debug)]
pub struct Calls {
    pub table: &'static str,
    /// Name of a call in conditions.
    pub call: &'static str,
    pub leads: &'static str,
    pub campaigns: &'static str,
    /// Columns of a row.
    pub columns: &'static str,
}

/// A row of a list.
pub trait Row: for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Sync + Unpin {
    const CALLS: Calls;
    fn position(&self) -> Position;
    fn lead(&self) -> i64;
}

/// The lead of a call.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct CallLead {
    /// Its id.
    #[sqlx(rename = "lead_key")]
    pub id: i64,
    /// Its phone as it was sent; without `calls_read` masked: `+84*****5678`. Null if no such lead is stored.
    pub phone: Option<String>,
    /// Your own reference of an AutoCall lead; null without `calls_read`.
    pub external_ref: Option<String>,
}

/// An AutoCall attempt.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct ListedAttempt {
    /// Id of the attempt.
    pub uuid: String,
    /// Its campaign.
    pub campaign_id: i64,
    /// The lead that was dialed.
    pub lead_id: i64,
    /// Number of the attempt of this lead, from 1.
    pub attempt_number: i32,
    /// Instant of dialing.
    pub started_at: Instant,
    /// Instant of the answer.
    pub answered_at: Option<Instant>,
    /// Instant of hanging up.
    pub ended_at: Option<Instant>,
    /// Result; null while it is in progress.
    #[schema(value_type = Option<AttemptResult>)]
    pub result: Option<String>,
    /// Hangup cause as the switch names it.
    pub hangup_cause: Option<String>,
    /// Billed seconds.
    pub billsec: i32,
    /// Keys pressed, in order.
    pub dtmf: String,
    /// Steps through the script, at most 64.
    pub script_path: Vec<String>,
    /// Result of handing it to an agent queue.
    #[schema(value_type = Option<Transfer>)]
    pub transfer: Option<String>,
    /// The agent who took it.
    pub agent_id: Option<i64>,
    /// Disposition by the agent.
    pub agent_disposition: Option<String>,
    /// Caller ID it was made from.
    pub caller_id: Option<String>,
    /// Provider it went through.
    pub provider: Option<String>,
    /// Outcome as the dialer names it.
    pub outcome: Option<String>,
    /// Sentiment, 0 to 1.
    #[serde(serialize_with = "number")]
    #[schema(value_type = Option<f64>)]
    pub sentiment: Option<Decimal>,
    /// Name of its campaign.
    pub campaign_name: Option<String>,
    /// Name of its agent.
    pub agent_name: Option<String>,
    /// Its lead.
    #[sqlx(flatten)]
    pub lead: CallLead,
}

/// A Telesales call.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct ListedCall {
    /// Id of the call.
    pub uuid: String,
    /// Its campaign.
    pub campaign_id: i64,
    /// The lead that was dialed.
    pub lead_id: i64,
    /// The agent who made it.
    pub agent_id: Option<i64>,
    /// Caller ID it was made from.
    pub cid: Option<String>,
    /// Instant of dialing.
    pub started_at: Instant,
    /// Instant of the answer.
    pub answered_at: Option<Instant>,
    /// Instant of hanging up.
    pub ended_at: Option<Instant>,
    /// Result; null while it is in progress.
    #[schema(value_type = Option<CallResult>)]
    pub result: Option<String>,
    /// Seconds of talk with the customer.
    pub talk_sec: i32,
    /// Seconds of work after the call.
    pub wrap_sec: i32,
    /// Hangup cause as the switch names it.
    pub hangup_cause: Option<String>,
    /// Code of its disposition.
    pub disposition: Option<String>,
    /// Name of its campaign.
    pub campaign_name: Option<String>,
    /// Name of its agent.
    pub agent_name: Option<String>,
    /// Its lead.
    #[sqlx(flatten)]
    pub lead: CallLead,
}

impl Row for ListedAttempt {
    const CALLS: Calls = Calls {
        table: "autocall_attempts",
        call: "a",
        leads: "autocall_leads",
        campaigns: "autocall_campaigns",
        columns: include_str!("attempt.sql"),
    };

    fn position(&self) -> Position {
        Position {
            started_at: self.started_at.0,
            uuid: self.uuid.clone(),
        }
    }

    fn lead(&self) -> i64 {
        self.lead_id
    }
}

impl Row for ListedCall {
    const CALLS: Calls = Calls {
        table: "telesales_calls",
        call: "c",
        leads: "telesales_leads",
        campaigns: "telesales_campaigns",
        columns: include_str!("sales_call.sql"),
    };

    fn position(&self) -> Position {
        Position {
            started_at: self.started_at.0,
            uuid: self.uuid.clone(),
        }
    }

    fn lead(&self) -> i64 {
        self.lead_id
    }
}

/// A decimal as a JSON number.
fn number<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(DecimalNumber::<6>::new).serialize(serializer)
}
