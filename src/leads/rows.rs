//! Rows of the lists, and the positions between them.
//!
//! The phone and the reference of a lead leave the database only for those who may read them; of Telesales, where nothing else
//! shows them, the name and the data too.

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::calls::cursor::Cursor;
use crate::calls::{self, Calls, ListedAttempt, ListedCall, Sight};
use crate::closed::CallResult;
use crate::resources::leads::{self, AutocallLead};
use crate::template::{self, composed};
use crate::time::Instant;

/// A row of a list.
pub trait Row:
    for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Sync + Unpin + 'static
{
    /// The leads, and their calls.
    const CALLS: Calls;

    /// Columns of lead `l` and its calls `a`.
    fn columns(sight: Sight) -> String;

    /// The statement of its calls.
    fn calls() -> &'static str;

    fn id(&self) -> i64;
}

/// A Telesales lead.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct TelesalesLead {
    /// Its id.
    pub id: i64,
    /// The campaign it belongs to.
    pub campaign_id: i64,
    /// Its phone number, as it was sent; without `calls_read` masked: `+84*****5678`.
    pub phone_number: String,
    /// Where it came from.
    pub source: Option<String>,
    /// Its name; null without `calls_read`.
    pub full_name: Option<String>,
    /// Its data; null without `calls_read`.
    #[schema(value_type = Option<Object>)]
    #[sqlx(json(nullable))]
    pub payload: Option<Box<RawValue>>,
    /// Number of its dials.
    pub total_dials: i64,
    /// Start of its last dial.
    pub last_dial_at: Option<Instant>,
    /// Result of its last dial; null while that is in progress.
    #[schema(value_type = Option<CallResult>)]
    pub last_result: Option<String>,
    /// Creation time.
    pub created_at: Instant,
}

impl Row for AutocallLead {
    const CALLS: Calls = <ListedAttempt as calls::Row>::CALLS;

    fn columns(sight: Sight) -> String {
        leads::columns(sight.phone(), sight.external_ref())
    }

    fn calls() -> &'static str {
        leads::attempts()
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Row for TelesalesLead {
    const CALLS: Calls = <ListedCall as calls::Row>::CALLS;

    fn columns(sight: Sight) -> String {
        let (full_name, payload) = match sight {
            Sight::Clear => ("l.full_name", "l.payload"),
            Sight::Masked => ("null::text", "null::jsonb"),
        };
        let values: template::Values<'_> = &[
            ("phone", &sight.phone()),
            ("full_name", &full_name),
            ("payload", &payload),
        ];
        composed(include_str!("sql/sales_lead.sql"), values)
    }

    fn calls() -> &'static str {
        template::body(include_str!("sql/dials.sql"))
    }

    fn id(&self) -> i64 {
        self.id
    }
}

/// The place of a lead: by id, descending.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position(pub i64);

impl Cursor for Position {
    const OF: &'static [u8] = b"lead";

    fn bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    fn of_bytes(position: &[u8]) -> Option<Self> {
        Some(Self(i64::from_be_bytes(position.try_into().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients keep cursors over upgrades.
    #[test]
    fn cursors_are_stable_across_versions() {
        let cursor = Position(1_099_511_627_780).cursor();
        assert_eq!(cursor, "dn2UIQAAAQAAAAAE");
        assert_eq!(Position::read(&cursor), Some(Position(1_099_511_627_780)));
        for at in 0..cursor.len() {
            assert_eq!(Position::read(&cursor[..at]), None, "{at}");
        }
        let of_call = "g8CDzgAGUyyUyOJAYS_DvA";
        assert_eq!(Position::read(of_call), None, "that of a list of calls");
    }
}
