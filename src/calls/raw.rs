//! Records of a dialer about a call, as long as they are kept (contract, section 10).

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::closed::DialerSource;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::Module;
use crate::time::Instant;

/// Maximum number of records of a call, and size of those before the last, in bytes.
const MOST: i64 = 100;
const MAX_SIZE: i64 = 1 << 20;

/// A record of a dialer about a call.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct DialerRecord {
    /// Kind of the dialer that wrote it.
    #[schema(value_type = DialerSource)]
    source: String,
    /// Time at which it came first.
    received_at: Instant,
    /// Everything that it said, by its own names.
    #[schema(value_type = BTreeMap<String, String>)]
    fields: Json<BTreeMap<String, String>>,
}

/// The records of a call, in the order they came.
pub async fn of_call(scope: &mut Scope, module: Module, uuid: &str) -> Result<Vec<DialerRecord>> {
    let find = scope.select::<DialerRecord>(include_str!("raw.sql"));
    let find = find.bind(uuid).bind(module.name());
    let find = find.bind(MOST).bind(MAX_SIZE);
    Ok(find.fetch_all(scope.connection()).await?)
}
