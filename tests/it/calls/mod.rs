//! Lists of calls: filters, pages, permissions, and the counts whose lists they are.

mod access;
mod files;
pub mod filters;
mod job;
mod leads;
mod pages;
mod raw;
mod sums;
mod world;

use serde_json::Value;

use crate::support::Client;

/// The lists, with parameters that select all calls of a world.
const CAMPAIGN: &str =
    "/api/autocall/campaigns/2/attempts?from=2025-10-20&to=2025-11-03&timezone=Europe/Berlin";
const ATTEMPTS: &str = "/api/autocall/attempts?timezone=Europe/Berlin";
const SALES_CALLS: &str =
    "/api/telesales/calls?date_from=2025-10-20&date_to=2025-11-03&timezone=Europe/Berlin";

/// Text as a value of a query string.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Uuids of all rows of a list, page by page, as long as its total says.
async fn uuids(client: &Client, list: &str, limit: usize) -> Vec<String> {
    let (mut uuids, mut after, mut total) = (Vec::new(), String::new(), Value::Null);
    loop {
        let page = format!("{list}&limit={limit}{after}");
        let page = client.ok(&page).await.json();
        let rows = page["data"].as_array().expect("rows");
        uuids.extend(
            rows.iter()
                .map(|row| row["uuid"].as_str().expect("a uuid").to_owned()),
        );
        if after.is_empty() {
            total = page["total"].clone();
        } else {
            assert_eq!(page["total"], Value::Null, "{list}");
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        assert_eq!(rows.len(), limit, "{list}");
        after = format!("&after={next}");
    }
    assert_eq!(total, uuids.len(), "{list}");
    uuids
}
