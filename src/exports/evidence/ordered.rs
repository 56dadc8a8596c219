//! An order of evidence, as it is stored.

use serde::{Deserialize, Serialize};

/// Name of the report of these exports, and the start of their files' names.
pub const REPORT_TYPE: &str = "compliance";

/// An order, besides what every export has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ordered {
    /// The only campaign.
    pub campaign_id: Option<i64>,
    /// Length of the window as it was asked for. Rows may begin later.
    pub window_minutes: i64,
    /// Language that was ordered.
    pub lang: Option<String>,
    /// Name of the user who ordered it.
    pub by: String,
}
