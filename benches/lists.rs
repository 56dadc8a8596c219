//! Pages of a list of calls while calls come in: a page costs the same at any depth, and a call that is there all the while
//! comes exactly once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use std::time::Instant;

use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind, as_account};
use crate::support::results::{Check, Section, figure};
use crate::support::server::{Client, Server};
use crate::support::stats::{Pairs, median, percentile, spread};
use crate::support::writers::Writers;
use crate::support::{LARGEST_CAMPAIGN, TENANT, World};

const COPY: &str = "callboard_bench_lists";
const RUNS: usize = 8;
/// Requests for each page in a run.
const REQUESTS: usize = 60;
/// Pages that are compared with the first.
const PAGES: [i64; 2] = [1_000, 20_000];
/// Rows of a page of the walk through all of them.
const MOST: i64 = 200;

pub async fn run_part(world: &World) -> Section {
    let size = world.size.of_thousands(2000);
    // So many that the last page lies well within the list.
    let limit = if world.size == Size::Full { 50 } else { 4 };
    let mut section = Section::new(
        "lists",
        &format!(
            "Attempts of the large campaign, {size} of them, over HTTP: {limit} a page (`full`: 50), not counted, each request \
             with a window of its own so that no answer is kept; milliseconds. Meanwhile 1,500 attempts a second come in, half \
             of them of that campaign, the compactor at work."
        ),
    );
    let options = world.cluster.copy(COPY).await;
    let there = uuids(&options).await;
    let server = Server::start(&options).await;
    let incoming = Incoming::new(&options, Kind::Attempt).await;
    let incoming = Arc::new(tokio::sync::Mutex::new(incoming));
    let mut list = List {
        client: Client::connect(server.address).await,
        server: &server,
        asked: 0,
    };
    let mut pages = vec![(1, String::new())];
    for page in PAGES {
        let at = instant(&options, (page - 1) * limit).await;
        pages.push((page, list.cursor(&at).await));
    }

    let writing = Writers::start(&server, incoming.clone());
    let mut times = vec![Vec::new(); pages.len()];
    let mut p50 = vec![Pairs::default(); pages.len()];
    for run in 0..=RUNS {
        let mut of_run = vec![Vec::new(); pages.len()];
        for request in 0..REQUESTS * pages.len() {
            let page = (request + run) % pages.len();
            let began = Instant::now();
            list.page(&pages[page].1, limit).await;
            of_run[page].push(1000.0 * began.elapsed().as_secs_f64());
        }
        if run == 0 {
            continue; // plans, and pages into memory
        }
        for (page, of_page) in of_run.iter().enumerate() {
            p50[page].subject.push(median(of_page));
            p50[page].floor.push(median(&of_run[0]));
            times[page].extend(of_page);
        }
    }
    section.table("page", &["p50", "p99", "n", "p50 ÷ p50 of page 1"]);
    for (page, (number, _)) in pages.iter().enumerate() {
        let ratios = p50[page].ratios();
        let cells = [
            number.to_string(),
            figure(median(&times[page])),
            figure(percentile(&times[page], 0.99)),
            times[page].len().to_string(),
            spread(&ratios),
        ];
        let checks = [Check::at_most("", median(&ratios), 1.5)];
        section.row(&cells, &checks[usize::from(page == 0)..]);
    }
    let walk = walked(&mut list, there).await;
    section.table(
        "every page in order",
        &["pages", "there all the while", "twice", "missing"],
    );
    let cells = [
        format!("{MOST} a page"),
        walk.pages.to_string(),
        walk.there.to_string(),
        walk.twice.to_string(),
        walk.missing.to_string(),
    ];
    section.row(
        &cells,
        &[
            Check::at_most("twice", walk.twice as f64, 0.0),
            Check::at_most("missing", walk.missing as f64, 0.0),
        ],
    );
    section.figures("while measured", &["a second"]);
    section.row(
        &["attempts stored".into(), figure(writing.stop().await)],
        &[],
    );
    drop(incoming);
    server.stop().await;
    world.cluster.drop(COPY).await;
    section
}

/// The list over HTTP.
struct List<'a> {
    client: Client,
    server: &'a Server,
    asked: u32,
}

impl List<'_> {
    /// A page from a cursor on, to an end behind everything that comes in.
    async fn page(&mut self, after: &str, limit: i64) -> Vec<u8> {
        self.asked += 1;
        let to = format!("2026-06-01T00:00:00.{:06}Z", self.asked);
        self.ask(&format!("to={to}&limit={limit}&after={after}"))
            .await
    }

    async fn ask(&mut self, query: &str) -> Vec<u8> {
        let path = format!(
            "/api/autocall/campaigns/{LARGEST_CAMPAIGN}/attempts?from=2025-12-01&count=false&{query}"
        );
        let request = self.server.get(&path);
        self.client
            .send(&request)
            .await
            .expect("an answer")
            .to_vec()
    }

    /// The cursor behind the first attempt up to an instant.
    async fn cursor(&mut self, at: &str) -> String {
        let page = json(&self.ask(&format!("to={at}&limit=1")).await);
        page["next"].as_str().expect("a cursor").to_owned()
    }
}

struct Walk {
    pages: usize,
    there: usize,
    twice: usize,
    missing: usize,
}

/// Reads every page. `there`: the uuids of the attempts that are there from the beginning, each seen no times.
async fn walked(list: &mut List<'_>, mut there: HashMap<String, usize>) -> Walk {
    let (mut after, mut pages) = (String::new(), 0);
    loop {
        let page = json(&list.page(&after, MOST).await);
        pages += 1;
        for row in page["data"].as_array().expect("rows") {
            let uuid = row["uuid"].as_str().expect("a uuid");
            there.entry(uuid.to_owned()).and_modify(|seen| *seen += 1);
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        next.clone_into(&mut after);
    }
    let seen = |wanted: fn(usize) -> bool| there.values().filter(|seen| wanted(**seen)).count();
    Walk {
        pages,
        there: there.len(),
        twice: seen(|seen| seen > 1),
        missing: seen(|seen| seen == 0),
    }
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

async fn uuids(options: &PgConnectOptions) -> HashMap<String, usize> {
    let sql =
        "select uuid, 0::bigint from autocall_attempts where tenant_id = $1 and campaign_id = $2";
    let mut connection = as_account(options).await;
    let rows = sqlx::query_as::<_, (String, i64)>(sql)
        .bind(TENANT)
        .bind(LARGEST_CAMPAIGN)
        .fetch_all(&mut connection);
    let rows = rows.await.expect("uuids").into_iter();
    rows.map(|(uuid, _)| (uuid, 0)).collect()
}

/// The instant right behind the attempt before which so many newer ones stand.
async fn instant(options: &PgConnectOptions, before: i64) -> String {
    let sql = "select to_char((started_at + interval '1 microsecond') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')
               from autocall_attempts where tenant_id = $1 and campaign_id = $2
               order by started_at desc, uuid offset $3 - 1 limit 1";
    let at: (String,) = sqlx::query_as(sql)
        .bind(TENANT)
        .bind(LARGEST_CAMPAIGN)
        .bind(before)
        .fetch_one(&mut as_account(options).await)
        .await
        .expect("an instant");
    at.0
}
