//! A result given to thousands of stored calls while reports are read, calls come, and the server is killed: each call is
//! counted by its old result or its new one, and all figures of one snapshot agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::program::{Program, Server, eventually};
use crate::support::{Client, database};

/// More than three batches.
const CALLS: u64 = 1_600;
/// Seconds that each of them talked, which count once it is answered.
const TALKED: u64 = 9;
const REPORTS: &str = "/api/autocall/campaigns/7/reports?include=kpis,trend,hangup,heatmap&trend.granularity=hour\
                       &heatmap.metric=answered&timezone=Asia/Kathmandu";
const LIST: &str = "/api/autocall/campaigns/7/attempts?result=answered&limit=1&count=true";

/// Rows of VICIdial of calls with a status that no table knows, over a week.
fn rows(calls: std::ops::Range<u64>) -> String {
    let mut text = String::from(
        "uniqueid,lead_id,list_id,campaign_id,start_epoch,end_epoch,length_in_sec,status,phone_code,phone_number,user\n",
    );
    for call in calls {
        let began = 1_780_000_000 + call % 604_800 * 233;
        text += &format!(
            "{began}.{call},{},101,7,{began},{},{TALKED},XNEW,84,09{:08},agent{}\n",
            call + 1,
            began + TALKED,
            call,
            call % 20
        );
    }
    text
}

async fn send(client: &Client, calls: std::ops::Range<u64>) -> Option<Value> {
    let post = client.post("/api/ingest/vicidial?timezone=UTC&module=autocall");
    let answer = post.body(rows(calls)).send().await.ok()?;
    assert_eq!(answer.status(), 200);
    answer.json().await.ok()
}

/// What one answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    dialed: u64,
    answered: u64,
}

impl Seen {
    /// The figures of one snapshot, which agree.
    fn read(answer: &Value) -> Self {
        let data = &answer["data"];
        let sum = |rows: &Value, name: &str| -> u64 {
            let rows = rows.as_array().expect("rows").iter();
            rows.map(|row| row[name].as_u64().expect("a count")).sum()
        };
        let kpi = |name: &str| data["kpis"][name].as_u64().expect("a count");
        let seen = Self {
            dialed: kpi("dialed"),
            answered: kpi("answered"),
        };
        assert_eq!(kpi("failed") + seen.answered, seen.dialed, "{data}");
        assert_eq!(kpi("total_leads"), seen.dialed, "{data}");
        assert_eq!(kpi("total_talk_time_sec"), TALKED * seen.answered, "{data}");
        for report in ["trend", "heatmap"] {
            assert_eq!(sum(&data[report], "dialed"), seen.dialed, "{data}");
            assert_eq!(sum(&data[report], "answered"), seen.answered, "{data}");
        }
        let causes = json!([{"hangup_cause": "XNEW", "count": seen.dialed, "pct": "100.00"}]);
        assert_eq!(data["hangup"]["by_hangup_cause"], causes, "{data}");
        seen
    }
}

/// Asks until it is over, or the server is gone. Counts only grow, and the total is that of the calls that came.
async fn watch(client: Client, sent: Arc<[AtomicU64; 2]>, is_over: Arc<AtomicBool>) -> u64 {
    let (mut before, mut states) = (
        Seen {
            dialed: 0,
            answered: 0,
        },
        0,
    );
    while !is_over.load(Ordering::Relaxed) {
        let stored = sent[0].load(Ordering::Acquire);
        let ask = async |path: &str| -> Option<Value> {
            let request = client.with_method(reqwest::Method::GET, path);
            let answer = request.send().await.ok()?;
            let answer = answer.error_for_status().expect("figures");
            answer.json().await.ok()
        };
        let (Some(reports), Some(list)) = (ask(REPORTS).await, ask(LIST).await) else {
            break;
        };
        let seen = Seen::read(&reports);
        let tried = sent[1].load(Ordering::Acquire);
        assert!(
            (stored..=tried).contains(&seen.dialed),
            "{seen:?}: {stored} were stored, {tried} sent"
        );
        assert!(
            seen.answered >= before.answered && seen.dialed >= before.dialed,
            "{seen:?} after {before:?}"
        );
        let listed = list["total"].as_u64().expect("a total");
        assert!(listed >= seen.answered, "{listed} listed after {seen:?}");
        states += u64::from(seen.answered != before.answered);
        before = seen;
    }
    states
}

/// Sends more calls until it is over, or the server is gone.
async fn come(client: Client, sent: Arc<[AtomicU64; 2]>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::Relaxed) {
        let from = sent[1].fetch_add(5, Ordering::AcqRel);
        if send(&client, from..from + 5).await.is_none() {
            return;
        }
        sent[0].fetch_add(5, Ordering::AcqRel);
    }
}

struct Meanwhile {
    tasks: Vec<tokio::task::JoinHandle<u64>>,
    is_over: Arc<AtomicBool>,
}

impl Meanwhile {
    fn begin(client: &Client, sent: &Arc<[AtomicU64; 2]>) -> Self {
        let is_over = Arc::new(AtomicBool::default());
        let (sent, over) = (|| Arc::clone(sent), || Arc::clone(&is_over));
        let mut tasks: Vec<_> = (0..2)
            .map(|_| tokio::spawn(watch(client.clone(), sent(), over())))
            .collect();
        let coming = come(client.clone(), sent(), over());
        tasks.push(tokio::spawn(async move {
            coming.await;
            0
        }));
        Self { tasks, is_over }
    }

    /// Ends the others, and returns the number of states between the first and the last that were seen.
    async fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        let states = futures_util::future::join_all(self.tasks).await;
        states.into_iter().map(|seen| seen.expect("no panic")).sum()
    }
}

async fn seen(client: &Client) -> Seen {
    Seen::read(&client.ok(REPORTS).await.json())
}

#[tokio::test]
async fn reports_are_right_while_results_are_mapped_anew() {
    let program = Program::on(&database::create().await).with("CALLBOARD_RATE_LIMIT", "off");
    let server = program.serve().await;
    let client = program.client(&server).await;
    send(&client, 0..CALLS).await.expect("stored");
    assert_eq!(
        seen(&client).await,
        Seen {
            dialed: CALLS,
            answered: 0
        }
    );
    let sent = Arc::new([AtomicU64::new(CALLS), AtomicU64::new(CALLS)]);
    let meanwhile = Meanwhile::begin(&client, &sent);
    let put = client.with_method(reqwest::Method::PUT, "/api/ingest/causes");
    let put = client
        .send(put.json(&json!({"statuses": {"XNEW": "answered"}})))
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    eventually("some are mapped", async || {
        seen(&client).await.answered > CALLS / 4
    })
    .await;
    server.kill().await;
    let states = meanwhile.end().await;
    // A body that was on its way is stored or not.
    let (server, client) = go_on(&program, &client, &sent).await;
    let meanwhile = Meanwhile::begin(&client, &sent);
    eventually("all are mapped", async || {
        let seen = seen(&client).await;
        seen.answered == seen.dialed
    })
    .await;
    let states = states + meanwhile.end().await;
    assert!(states > 3, "only {states} states seen");
    let last = seen(&client).await;
    assert_eq!(last.answered, last.dialed);
    let verified = program.run(&["verify", "--all"]).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    server.stop().await;
}

/// Another server on the same database. What the killed one was storing is counted as it was found.
async fn go_on(program: &Program, client: &Client, sent: &Arc<[AtomicU64; 2]>) -> (Server, Client) {
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), client.token.clone());
    let found = seen(&client).await;
    let [stored, tried] = [0, 1].map(|at| sent[at].load(Ordering::Acquire));
    assert!((stored..=tried).contains(&found.dialed), "{found:?}");
    assert!(
        found.answered < found.dialed,
        "killed in the middle: {found:?}"
    );
    sent[0].store(found.dialed, Ordering::Release);
    (server, client)
}
