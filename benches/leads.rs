//! Imports of leads over HTTP, against `POST /api/ingest` of the same leads.

use std::fmt::Write;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::World;
use crate::support::data::Size;
use crate::support::results::{Check, Section, figure};
use crate::support::server::{Client, Server};
use crate::support::stats::{Pairs, alternate, median, seconds, spread};

const DATABASE: &str = "callboard_bench_leads";
/// Leads of a request, its maximum.
const LEADS: i64 = 5_000;
/// Every how manieth lead has the phone of the one before it.
const DUPLICATE: i64 = 10;

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "leads",
        "Milliseconds of a request with 5,000 leads, every tenth of them a duplicate of the one before it, over a \
         connection that is kept: `POST …/leads` against `POST /api/ingest` of the same leads under ids of the client's. \
         Each pair has two new campaigns in a database that had no leads; `again` is the same list a second time.",
    );
    let runs = if world.size == Size::Full { 40 } else { 12 };
    let options = world.cluster.empty(DATABASE).await;
    let server = Server::start(&options).await;
    let bench = Bench {
        client: Mutex::new(Client::connect(server.address).await),
        server,
    };
    let columns = ["import", "ingest", "n", "import ÷ ingest"];
    section.table("5,000 leads", &columns);
    bench.campaigns(4 * (runs as i64 + 1)).await;
    bench.import(1).await;
    bench.ingest(2).await;
    // Two campaigns for each run: `again` sends what `new` has stored.
    for what in ["new", "again"] {
        let campaign = |run: usize, place: i64| 4 * (run as i64 + 1) + place;
        let import = async |run| bench.import(campaign(run, 1)).await;
        let ingest = async |run| bench.ingest(campaign(run, 2)).await;
        row(&mut section, what, &alternate(runs, import, ingest).await);
    }
    bench.server.stop().await;
    world.cluster.drop(DATABASE).await;
    section
}

fn row(section: &mut Section, what: &str, pairs: &Pairs) {
    let ratios = pairs.ratios();
    let cells = [
        what.to_owned(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        ratios.len().to_string(),
        spread(&ratios),
    ];
    section.row(&cells, &[Check::at_most("", median(&ratios), 1.2)]);
}

struct Bench {
    server: Server,
    client: Mutex<Client>,
}

impl Bench {
    async fn campaigns(&self, count: i64) {
        let mut lines = String::new();
        for id in 1..=count {
            let line = json!({"kind": "autocall_campaign", "id": id, "name": format!("Campaign {id}"), "status": "draft"});
            writeln!(lines, "{line}").expect("written");
        }
        self.send("/api/ingest", "application/x-ndjson", &lines, b"200")
            .await;
    }

    /// Milliseconds of an import into that campaign.
    async fn import(&self, campaign: i64) -> f64 {
        let leads: Vec<Value> = leads(campaign).map(|(_, lead)| lead).collect();
        let path = format!("/api/autocall/campaigns/{campaign}/leads");
        let body = json!({"leads": leads}).to_string();
        self.send(&path, "application/json", &body, b"201").await
    }

    /// Milliseconds of the ingest of the same leads into that campaign.
    async fn ingest(&self, campaign: i64) -> f64 {
        let mut lines = String::new();
        for (id, mut lead) in leads(campaign) {
            lead["kind"] = "autocall_lead".into();
            lead["campaign_id"] = campaign.into();
            lead["id"] = id.into();
            writeln!(lines, "{lead}").expect("written");
        }
        self.send("/api/ingest", "application/x-ndjson", &lines, b"200")
            .await
    }

    async fn send(&self, path: &str, content_type: &str, body: &str, expected: &[u8]) -> f64 {
        let request = self.server.post(path, content_type, body);
        let mut client = self.client.lock().await;
        let sent = async {
            let (status, body) = client.ask(&request).await;
            assert_eq!(status, expected, "{}", String::from_utf8_lossy(body));
        };
        1_000.0 * seconds(sent).await
    }
}

/// Leads of a campaign with their ids; a duplicate has the id of the lead before it.
fn leads(campaign: i64) -> impl Iterator<Item = (i64, Value)> {
    (0..LEADS).map(move |number| {
        let number = if number % DUPLICATE == DUPLICATE - 1 {
            number - 1
        } else {
            number
        };
        let lead = json!({"phone": format!("09{number:08}"), "external_ref": format!("crm-{campaign}-{number}"),
            "payload": {"name": "Nguyen Van An", "due": 1_000 * number, "tier": "gold"}});
        (campaign * LEADS + number, lead)
    })
}
