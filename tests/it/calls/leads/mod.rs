//! Lists of leads: filters, pages, permissions, and the counts whose lists they are.

mod filters;
mod pages;
mod promise;

use serde_json::Value;

use crate::calls::world::World;
use crate::support::Client;

const AUTOCALL: &str = "/api/autocall/leads?";
const TELESALES: &str = "/api/telesales/leads?";

/// A world whose AutoCall leads have references, a few of them the same.
fn world(seed: u64, calls: usize) -> World {
    let mut world = World::random(seed, calls);
    let lines = world.lines.iter_mut();
    for lead in lines.filter(|line| line["kind"] == "autocall_lead") {
        let id = lead["id"].as_i64().expect("an id");
        if id % 4 > 0 {
            lead["external_ref"] = format!("Ref-{}", id % 4).into();
        }
    }
    world
}

/// Ids of all rows of a list, page by page, as long as its total says.
async fn ids(client: &Client, list: &str, limit: usize) -> Vec<i64> {
    let (mut ids, mut after, mut total) = (Vec::new(), String::new(), Value::Null);
    loop {
        let page = client.ok(&format!("{list}&limit={limit}{after}")).await;
        let page = page.json();
        let rows = page["data"].as_array().expect("rows");
        ids.extend(rows.iter().map(|row| row["id"].as_i64().expect("an id")));
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
    assert_eq!(total, ids.len(), "{list}");
    ids
}
