//! A spreadsheet of calls over HTTP, against `POST /api/ingest` of the same calls.

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::cluster::scalar;
use crate::support::data::Size;
use crate::support::incoming::Kind;
use crate::support::process::Process;
use crate::support::results::{Check, Section, figure};
use crate::support::spreadsheet::{self, RESULTS};
use crate::support::stats::{Pairs, median, seconds, spread};
use crate::support::{World, stats};

const DATABASE: &str = "callboard_bench_sheet";
const RUNS: usize = 5;
const CORRECTIONS: usize = 2;

pub async fn run_part(world: &World) -> Section {
    let rows = if world.size == Size::Full {
        200_000
    } else {
        50_000
    };
    let mut section = Section::new(
        "sheet",
        "Calls a second of a CSV with Vietnamese headers, dd/mm/yyyy, local times, a byte order mark and semicolons, that names \
         campaigns, agents and leads (three calls each): `POST /api/ingest/csv` with the mapping that a dry run suggested, against \
         `POST /api/ingest` of the same calls behind the lines of their leads, each into a database without any; `again` is the \
         same body a second time. The times are those of whole requests, and rows are compared with those of the other body. \
         The server is a process of its own; its memory is the most that it had in all.",
    );
    section.table(
        &format!("{rows} calls"),
        &[
            "sheet",
            "NDJSON",
            "n",
            "sheet ÷ NDJSON",
            "corrections",
            "MiB with the sheet",
            "with NDJSON",
        ],
    );
    for kind in [Kind::Call, Kind::Attempt] {
        let bodies = Bodies {
            sheet: spreadsheet::sheet(rows).into(),
            lines: spreadsheet::lines(kind, rows).into(),
            rows,
            kind,
        };
        measured(world, &bodies, &mut section).await;
    }
    section
}

struct Bodies {
    kind: Kind,
    rows: usize,
    sheet: Bytes,
    lines: Bytes,
}

async fn measured(world: &World, bodies: &Bodies, section: &mut Section) {
    let (mut new, mut again, mut sizes) = (Pairs::default(), Pairs::default(), Pairs::default());
    let mut corrections = 0;
    for run in 0..RUNS {
        let mut stored = Vec::new();
        for is_sheet in [run % 2 == 0, run % 2 != 0] {
            let done = store(world, bodies, is_sheet).await;
            for (pairs, value) in [
                (&mut new, bodies.rows as f64 / done.new),
                (&mut again, bodies.rows as f64 / done.again),
                (&mut sizes, done.peak),
            ] {
                let side = if is_sheet {
                    &mut pairs.subject
                } else {
                    &mut pairs.floor
                };
                side.push(value);
            }
            corrections = corrections.max(done.corrections);
            stored.push(done.digest);
        }
        assert_eq!(stored[0], stored[1], "the same rows");
    }
    for (what, pairs) in [("new", new), ("again", again)] {
        let ratios = pairs.ratios();
        let cells = [
            format!("{}, {what}", bodies.kind.name()),
            figure(median(&pairs.subject)),
            figure(median(&pairs.floor)),
            ratios.len().to_string(),
            spread(&ratios),
            corrections.to_string(),
            figure(stats::percentile(&sizes.subject, 1.0)),
            figure(stats::percentile(&sizes.floor, 1.0)),
        ];
        section.row(&cells, &[Check::at_least("", median(&ratios), 0.5)]);
    }
}

struct Done {
    /// Seconds of the body, and of the same body again.
    new: f64,
    again: f64,
    peak: f64,
    corrections: usize,
    digest: String,
}

/// Sends a body twice to a server with an empty database.
async fn store(world: &World, bodies: &Bodies, is_sheet: bool) -> Done {
    let options = world.cluster.empty(DATABASE).await;
    let server = Process::start(&options).await;
    let caller = Caller {
        token: server.token(&options).await,
        client: client(),
        url: format!("http://{}", server.address),
    };
    let corrections = if is_sheet {
        caller.map(bodies).await
    } else {
        0
    };
    let (path, kind, body) = if is_sheet {
        ("/api/ingest/csv?map=calls", "text/csv", &bodies.sheet)
    } else {
        ("/api/ingest", "application/x-ndjson", &bodies.lines)
    };
    let send = async || {
        let request = caller.request(Method::POST, path);
        let request = request.header("content-type", kind).body(body.clone());
        let tally = answer(request).await["data"].take();
        assert_eq!(tally["rejected"], 0, "{tally}");
        assert!(tally["stored"].as_u64() >= Some(bodies.rows as u64));
    };
    let (new, again) = (seconds(send()).await, seconds(send()).await);
    let peak = server.peak();
    let mut superuser = world.cluster.superuser(DATABASE).await;
    let digest = scalar(&mut superuser, spreadsheet::digest(bodies.kind)).await;
    drop((server, superuser));
    world.cluster.drop(DATABASE).await;
    Done {
        new,
        again,
        peak,
        corrections,
        digest,
    }
}

/// The program links TLS without a provider, which a client wants even for plain HTTP.
fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

struct Caller {
    client: Client,
    url: String,
    token: String,
}

impl Caller {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// Keeps the mapping that a dry run suggests, corrected. Returns the number of corrections.
    async fn map(&self, bodies: &Bodies) -> usize {
        let kind = match bodies.kind {
            Kind::Attempt => "autocall_attempt",
            Kind::Call => "telesales_call",
        };
        let dry = format!("/api/ingest/csv?kind={kind}&dry_run=true");
        let dry = self.request(Method::POST, &dry).body(bodies.sheet.clone());
        let dry = dry.header("content-type", "text/csv");
        let mut mapping = answer(dry).await["data"]["mapping"].take();
        let wanted = spreadsheet::columns(bodies.kind);
        let results = RESULTS.map(|(theirs, ours)| (theirs.to_owned(), Value::from(ours)));
        let results = Value::Object(results.into_iter().collect());
        let corrections = differences(&mapping["columns"], &wanted)
            + differences(&mapping["values"]["result"], &results);
        assert!(corrections <= CORRECTIONS, "{mapping}");
        mapping["columns"] = wanted;
        mapping["values"] = json!({"result": results});
        let put = self.request(Method::PUT, "/api/ingest/mappings/calls");
        answer(put.json(&mapping)).await;
        corrections
    }
}

/// Members that one of two objects has otherwise.
fn differences(found: &Value, wanted: &Value) -> usize {
    let members = |of: &Value| of.as_object().cloned().unwrap_or_default();
    let (found, wanted) = (members(found), members(wanted));
    let others = found.keys().filter(|name| !wanted.contains_key(*name));
    let wrong = wanted
        .iter()
        .filter(|(name, value)| found.get(*name) != Some(*value));
    others.count() + wrong.count()
}

async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let text = response.text().await.expect("a text");
    assert!(
        matches!(status, StatusCode::OK | StatusCode::CREATED),
        "{text}"
    );
    serde_json::from_str(&text).expect("JSON")
}
