//! An order of an export, whatever it is of, as the queue takes it.

use crate::reports::report::Format;
use crate::time::Window;

/// An order as it is stored.
#[derive(Debug)]
pub struct Entry {
    /// `None` for a list of calls, and for evidence.
    pub campaign: Option<i64>,
    pub report_type: &'static str,
    pub format: Format,
    pub window: Window,
    /// The order in canonical form.
    pub asked: String,
    /// Expected rows.
    pub rows: i64,
}
