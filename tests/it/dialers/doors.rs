//! Doors over a real socket: real documents, in every order and encoding, and what happens to those that cannot be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use callboard::dialers::remap;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

use crate::support::switch::{Encode, Switch};
use crate::support::{Answer, Client, TENANT, TestApp};

const DOOR: &str = "/api/ingest/freeswitch";

/// Real documents of FreeSWITCH, by name.
fn documents() -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/freeswitch");
    let files = std::fs::read_dir(folder).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    let real = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let named = real.map(|path| {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, std::fs::read_to_string(&path).expect("text"))
    });
    let is_real = |name: &str| name.starts_with(|first: char| first.is_ascii_digit());
    named.filter(|(name, _)| is_real(name)).collect()
}

async fn post(client: &Client, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.post(DOOR).header("content-type", "application/json");
    client.send(request.body(body)).await
}

async fn posted(client: &Client, body: &str) -> Value {
    let answer = post(client, body.to_owned()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].take()
}

async fn calls(app: &TestApp) -> Vec<Value> {
    let sql = "select to_jsonb(r) from (
        select a.uuid, a.started_at, a.answered_at, a.ended_at, a.result, a.hangup_cause, a.billsec, a.attempt_number,
               a.dtmf, a.caller_id, l.phone, l.created_at
        from autocall_attempts a join autocall_leads l on l.id = a.lead_id order by a.uuid) as r";
    app.query(TENANT, sql).await
}

/// Two of the documents have a prefix of the trunk before their 12 digits.
async fn strip_trunks(client: &Client) {
    let routing = json!({"strip_prefixes": ["6998"], "rules": []});
    let put = client.with_method(reqwest::Method::PUT, "/api/ingest/routing");
    let answer = client.send(put.json(&routing)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(client.data("/api/ingest/routing").await, routing);
}

#[tokio::test]
async fn real_documents_are_the_same_calls_in_any_order_and_twice() {
    let documents = documents();
    assert_eq!(documents.len(), 16);
    let app = TestApp::new().await;
    strip_trunks(&app).await;
    let mut tallies = BTreeMap::new();
    for (name, document) in &documents {
        tallies.insert(name.clone(), posted(&app, document).await);
    }
    let sum = |member: &str| {
        tallies
            .values()
            .map(|tally| tally[member].as_u64().unwrap_or(0))
            .sum::<u64>()
    };
    assert_eq!(sum("received"), 16, "{tallies:#?}");
    assert_eq!(sum("stored"), 16, "nothing is lost");
    let expected = calls(&app).await;
    assert_eq!(
        expected.len(),
        6,
        "02, 08, 09 with 10, 12, 13, 16: {tallies:#?}"
    );
    let internal: u64 = tallies
        .values()
        .filter_map(|tally| tally["ignored_for"]["internal"].as_u64())
        .sum();
    let inbound: u64 = tallies
        .values()
        .filter_map(|tally| tally["ignored_for"]["inbound"].as_u64())
        .sum();
    assert_eq!((internal, inbound), (8, 1), "{tallies:#?}");
    for seed in 0..2 {
        let app = TestApp::new().await;
        strip_trunks(&app).await;
        let mut shuffled: Vec<&String> = documents.values().chain(documents.values()).collect();
        shuffled.shuffle(&mut StdRng::seed_from_u64(seed));
        let (one, other) = shuffled.split_at(16);
        let each = async |documents: &[&String]| {
            for document in documents {
                posted(&app, document).await;
            }
        };
        tokio::join!(each(one), each(other));
        assert_eq!(calls(&app).await, expected, "seed {seed}");
    }
}

#[tokio::test]
async fn a_switch_posts_in_every_encoding_by_basic_authentication() {
    let documents = documents();
    let dialed = documents.iter().find(|(name, _)| name.starts_with("16-"));
    let (_, document) = dialed.expect("a dialer's call");
    let mut seen = Vec::new();
    for encode in [Encode::False, Encode::True, Encode::Base64] {
        let app = TestApp::new().await;
        let folder = tempfile::TempDir::new().expect("a folder");
        let url = format!("{}{DOOR}", app.url);
        let switch = Switch::new(&url, &app.token, folder.path()).encoded(encode);
        let tries = switch.end_call("any", document).await;
        assert_eq!(tries, [Some(200)], "{encode:?}");
        seen.push(calls(&app).await);
    }
    assert_eq!(seen[0].len(), 1, "{seen:#?}");
    assert!(seen.iter().all(|calls| *calls == seen[0]), "{seen:#?}");
}

#[tokio::test]
async fn basic_authentication_opens_the_doors_of_dialers_only() {
    let app = TestApp::new().await;
    let basic = |password: &str| {
        format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("switch:{password}"))
        )
    };
    let status = async |path: &str, authorization: String| {
        let request = crate::support::http().get(format!("{}{path}", app.url));
        let request = request.header("authorization", authorization);
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(status("/api/ingest/routing", basic(&app.token)).await, 200);
    assert_eq!(status("/api/ingest/routing", basic("wrong")).await, 401);
    assert_eq!(status("/api/ingest/routing", "Basic %%%".into()).await, 401);
    assert_eq!(status("/api/auth/me", basic(&app.token)).await, 401);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_kept_and_not_repeated() {
    let app = TestApp::new().await;
    let early = document("early", "0987654321", "USER_BUSY", 5);
    let long = document("long", &"9".repeat(300), "USER_BUSY", 1_780_000_000);
    let late = document("late", "0987654321", "USER_BUSY", 900_000_000_000);
    for body in [
        "",
        "{",
        "no JSON at all",
        "{\"variables\": {}}",
        &early,
        &long,
        &late,
    ] {
        let tally = posted(&app, body).await;
        assert_eq!(
            (&tally["quarantined"], &tally["calls"]),
            (&json!(1), &json!(0)),
            "{body}"
        );
    }
    let kept = app.ok("/api/ingest/quarantine").await.json();
    assert_eq!(kept["total"], 7, "{kept}");
    let too_long = post(&app, "x".repeat((1 << 20) + 1)).await;
    assert_eq!(too_long.status, 413);
}

/// A document of a call that ended by a cause.
fn document(uuid: &str, number: &str, cause: &str, began: i64) -> String {
    json!({"variables": {"uuid": uuid, "direction": "outbound", "start_epoch": began.to_string(), "answer_epoch": "0",
        "end_epoch": (began + 20).to_string(), "billsec": "0", "hangup_cause": cause, "campaign_id": "7",
        "caller_id_number": "1001", "destination_number": number, "origination_caller_id_number": "0281234567"}})
    .to_string()
}

#[tokio::test]
async fn causes_that_an_account_overrules_are_mapped_anew() {
    let app = TestApp::new().await;
    for call in 0..20 {
        let cause = if call % 2 == 0 {
            "MADE_UP"
        } else {
            "USER_BUSY"
        };
        let document = document(
            &format!("call-{call}"),
            &format!("09876543{call:02}"),
            cause,
            1_780_000_000 + call,
        );
        let tally = posted(&app, &document).await;
        assert_eq!(tally["unmapped"], json!((call + 1) % 2), "{tally}");
    }
    let unmapped = app.ok("/api/ingest/unmapped").await.json()["data"].take();
    assert_eq!(
        unmapped,
        json!([{"source": "freeswitch", "vocabulary": "cause", "name": "MADE_UP", "calls": 10}])
    );
    let results = async || {
        let sql = "select to_jsonb(r) from (select result, count(*) from autocall_attempts group by result order by result) r";
        app.query(TENANT, sql).await
    };
    let of = |result: &str, count: i64| json!({"result": result, "count": count});
    assert_eq!(results().await, [of("busy", 10), of("failed", 10)]);
    let put = app.with_method(reqwest::Method::PUT, "/api/ingest/causes");
    let answer = app
        .send(put.json(&json!({"causes": {"MADE_UP": "no_answer"}})))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    remap::all(&app.app).await.expect("mapped anew");
    assert_eq!(results().await, [of("busy", 10), of("no_answer", 10)]);
    let unmapped = app.ok("/api/ingest/unmapped").await.json();
    assert_eq!(unmapped["total"], 0, "{unmapped}");
    let campaign = app
        .query(TENANT, "select to_jsonb(id) from autocall_campaigns")
        .await;
    assert_eq!(campaign, [json!(7)], "the id that the variable tells");
}

#[tokio::test]
async fn rows_of_asterisk_are_calls_by_linkedid_and_rejected_by_line() {
    let app = TestApp::new().await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/asterisk");
    let file = std::fs::read(folder.join("callcenter-2018-cdr-table.csv")).expect("a file");
    let send = async |query: &str, body: Vec<u8>| {
        let path = format!("/api/ingest/asterisk{query}");
        let post = app
            .post(&path)
            .header("content-type", "text/csv")
            .body(body);
        app.send(post).await
    };
    let refused = send("", file.clone()).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text().contains("timezone"), "{refused:?}");
    let first = send("?timezone=Asia/Kolkata", file.clone()).await;
    assert_eq!(first.status, 200, "{first:?}");
    let tally = first.json()["data"].take();
    assert_eq!(tally["received"], 1000, "{tally}");
    let count = |member: &str| tally[member].as_u64().expect("a count");
    assert_eq!(
        count("calls") + count("collapsed") + count("rejected"),
        1000,
        "{tally}"
    );
    let before = calls(&app).await;
    let again = send("?timezone=Asia/Kolkata", file).await.json()["data"].take();
    assert_eq!(again["created"]["leads"], 0, "{again}");
    assert_eq!(
        calls(&app).await,
        before,
        "the same file again changes nothing"
    );
    let broken =
        b"src,dst,start,end,disposition,uniqueid\n1001,0987654321,no date,,ANSWERED,1\n".to_vec();
    let rejected = send("?timezone=UTC", broken).await.json()["data"].take();
    assert_eq!(
        (&rejected["rejected"], &rejected["errors"][0]["line"]),
        (&json!(1), &json!(2)),
        "{rejected}"
    );
}

#[tokio::test]
async fn logs_of_vicidial_are_telesales_calls_in_any_order() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/vicidial");
    let logs = ["log", "carrier-log", "agent-log"];
    let logs = logs
        .map(|log| std::fs::read(folder.join(format!("made-vicidial-{log}.tsv"))).expect("a log"));
    let mut seen = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let app = TestApp::new().await;
        for at in order {
            let post = app.post("/api/ingest/vicidial?timezone=America/New_York");
            let answer = app.send(post.body(logs[at].clone())).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let sql = "select to_jsonb(r) from (
            select c.uuid, c.started_at, c.answered_at, c.ended_at, c.result, c.talk_sec, c.wrap_sec, c.hangup_cause,
                   g.username, l.phone
            from telesales_calls c join telesales_leads l on l.id = c.lead_id left join agents g on g.id = c.agent_id
            order by c.uuid) as r";
        seen.push(app.query(TENANT, sql).await);
    }
    assert!(seen[0].len() > 5, "{seen:#?}");
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}
