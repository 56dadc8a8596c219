//! Rows of the lists: the ingest fields in order, then the names that a call refers to.
//!
//! Owns their members and columns. The phone and the reference of a lead leave the database only for those who may read
//! them; others get a masked phone.

use std::borrow::Cow;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use super::position::Position;
use crate::closed::{AttemptResult, CallResult, Transfer};
use crate::percent::DecimalNumber;
use crate::table::{Cell, Column, Field, Format, Table};
use crate::time::Instant;
use crate::words::Language;

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
pub trait Row:
    for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Sync + Unpin + 'static
{
    const CALLS: Calls;
    fn position(&self) -> Position;
    fn lead(&self) -> &CallLead;
    /// Columns of a file.
    fn file_columns() -> &'static [Column];

    /// Its cells in a file.
    fn file_cells(&self) -> Vec<Cell>;
}

/// The lead of a call.
#[derive(Debug, Clone, Serialize, ToSchema, FromRow)]
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
    #[schema(value_type = Option<f64>)]
    pub sentiment: Option<Sentiment>,
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

/// Columns of a file, each a member of the row with its title and format.
macro_rules! columns {
    ($row:ident $( $member:ident => $title:literal, $format:expr; )+) => {
        impl $row {
            fn columns() -> Vec<Column> {
                vec![$( column(stringify!($member), $title, $format) ),+]
            }

            fn cells(&self) -> Vec<Cell> {
                vec![$( self.$member.cell() ),+]
            }
        }
    };
}

columns! { ListedAttempt
    uuid => "UUID", Format::Text;
    campaign_id => "Campaign", Format::Id;
    lead_id => "Lead", Format::Id;
    attempt_number => "Attempt", Format::Integer;
    started_at => "Started at", Format::Instant;
    answered_at => "Answered at", Format::Instant;
    ended_at => "Ended at", Format::Instant;
    result => "Result", Format::Text;
    hangup_cause => "Hangup cause", Format::Text;
    billsec => "Billed, s", Format::Integer;
    dtmf => "Keys", Format::Text;
    script_path => "Script path", Format::Text;
    transfer => "Transfer", Format::Text;
    agent_id => "Agent", Format::Id;
    agent_disposition => "Agent disposition", Format::Text;
    caller_id => "Caller ID", Format::Text;
    provider => "Provider", Format::Text;
    outcome => "Outcome", Format::Text;
    sentiment => "Sentiment", Format::Decimal(6);
    campaign_name => "Campaign name", Format::Text;
    agent_name => "Agent name", Format::Text;
}

columns! { ListedCall
    uuid => "UUID", Format::Text;
    campaign_id => "Campaign", Format::Id;
    lead_id => "Lead", Format::Id;
    agent_id => "Agent", Format::Id;
    cid => "Caller ID", Format::Text;
    started_at => "Started at", Format::Instant;
    answered_at => "Answered at", Format::Instant;
    ended_at => "Ended at", Format::Instant;
    result => "Result", Format::Text;
    talk_sec => "Talk time, s", Format::Integer;
    wrap_sec => "Wrap-up time, s", Format::Integer;
    hangup_cause => "Hangup cause", Format::Text;
    disposition => "Disposition", Format::Text;
    campaign_name => "Campaign name", Format::Text;
    agent_name => "Agent name", Format::Text;
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

    fn lead(&self) -> &CallLead {
        &self.lead
    }

    fn file_columns() -> &'static [Column] {
        static COLUMNS: LazyLock<Vec<Column>> =
            LazyLock::new(|| with_columns_of_lead(ListedAttempt::columns()));
        &COLUMNS
    }

    fn file_cells(&self) -> Vec<Cell> {
        with_cells_of_lead(self.cells(), &self.lead)
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

    fn lead(&self) -> &CallLead {
        &self.lead
    }

    fn file_columns() -> &'static [Column] {
        static COLUMNS: LazyLock<Vec<Column>> =
            LazyLock::new(|| with_columns_of_lead(ListedCall::columns()));
        &COLUMNS
    }

    fn file_cells(&self) -> Vec<Cell> {
        with_cells_of_lead(self.cells(), &self.lead)
    }
}

/// Rows as the table of a file.
pub fn table_of<R: Row>(name: &'static str, rows: &[R]) -> Table {
    Table {
        name,
        columns: Cow::Borrowed(R::file_columns()),
        rows: rows.iter().map(Row::file_cells).collect(),
        chart: None,
        language: Language::English,
        looks: Vec::new(),
    }
}

/// A sentiment, kept to six decimals; a number in JSON.
#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sentiment(Decimal);

impl Serialize for Sentiment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DecimalNumber::<6>::new(self.0).serialize(serializer)
    }
}

impl Field for Sentiment {
    const FORMAT: Format = Format::Decimal(6);
    fn cell(&self) -> Cell {
        Cell::Decimal(self.0.normalize())
    }
}

/// The last columns of a file: members of the lead.
const OF_LEAD: [(&str, &str); 2] = [("phone", "Phone"), ("external_ref", "External reference")];

fn column(name: &'static str, title: &'static str, format: Format) -> Column {
    Column {
        name: name.into(),
        title: title.into(),
        format,
    }
}

fn with_columns_of_lead(columns: Vec<Column>) -> Vec<Column> {
    let of_lead = OF_LEAD.map(|(name, title)| column(name, title, Format::Text));
    columns.into_iter().chain(of_lead).collect()
}

fn with_cells_of_lead(cells: Vec<Cell>, lead: &CallLead) -> Vec<Cell> {
    let of_lead = [lead.phone.cell(), lead.external_ref.cell()];
    cells.into_iter().chain(of_lead).collect()
}
