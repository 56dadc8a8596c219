//! Orders of lists of calls: the list's parameters, with any window.

use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::auth::Tenant;
use crate::calls::{FileRequest, List, SALES_CALLS};
use crate::db::Scope;
use crate::error::Result;
use crate::files::Caption;
use crate::reports::report::Context;
use crate::time::Window;
use crate::time::exact::exactly;
use crate::words::Language;
use chrono::{DateTime, Utc};

/// Name of the report of these exports.
pub const REPORT_TYPE: &str = "calls";
/// The member of a stored order that holds the list's parameters.
pub const ASKED: &str = "calls";

/// A valid order.
pub struct CallsOrder {
    pub request: FileRequest,
    pub caption: Caption,
    /// Rows that the file has, if none comes or goes until it is made.
    pub rows: i64,
    /// The parameters, with the ends of the window as they are now.
    members: Map<String, Value>,
    accepted: Option<Language>,
    window: Window,
}

/// The list that can be ordered.
pub fn list() -> &'static List {
    SALES_CALLS
}

impl CallsOrder {
    /// Reads the members of a JSON object. `accepted`: the client's language. `Invalid` with every faulty field, or `Missing`.
    pub async fn read(
        scope: &mut Scope,
        tenant: &Tenant,
        (members, accepted): (&Map<String, Value>, Option<Language>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let request = FileRequest::ordered(list(), members);
        let context = Context { tenant, now };
        let (caption, rows) = request.look(scope, context).await?;
        let ever = Window::of_all_time(caption.zone);
        Ok(Self {
            members: resolved(members, caption.window),
            window: caption.window.unwrap_or(ever),
            request,
            caption,
            rows,
            accepted,
        })
    }

    pub fn entry(&self) -> Entry {
        let accepted = self.accepted.map(Language::name);
        Entry {
            campaign: None,
            report_type: REPORT_TYPE,
            format: self.request.format(),
            window: self.window,
            asked: json!({ ASKED: self.members, "accepted": accepted }).to_string(),
            rows: self.rows,
        }
    }
}

/// The parameters of the list among the members; a window that has a name or dates begins and ends at instants.
fn resolved(members: &Map<String, Value>, window: Option<Window>) -> Map<String, Value> {
    let known: Vec<&str> = list()
        .file_parameters()
        .flat_map(|parameter| [parameter.name, parameter.plain()])
        .collect();
    let given = members.iter();
    let given = given.filter(|(name, _)| known.contains(&name.as_str()));
    let mut resolved: Map<String, Value> = given
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(window) = window {
        resolved.remove("window");
        resolved.insert("date_from".into(), exactly(window.from).into());
        resolved.insert("date_to".into(), exactly(window.to).into());
    }
    resolved
}
