//! Every real file through its own door: answers and reports against what a program apart says of it
//! (`tests/data/cdr/doors.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::support::program::{Program, words};
use crate::support::{Answer, Client, TestApp};

const ZONE: &str = "Asia/Ho_Chi_Minh";

/// Columns of a file of cdr_custom, which says no names.
const CUSTOM: &str = "clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,\
                      disposition,amaflags,accountcode,uniqueid,userfield,sequence";

/// The way in which a file is sent.
enum Door {
    Post(String),
    Import(&'static str),
}

fn door(name: &str) -> Door {
    let asterisk = format!("/api/ingest/asterisk?timezone={ZONE}");
    match name {
        name if name.contains("cdr-csv/") => Door::Import("freeswitch-csv"),
        name if name.starts_with("freeswitch/") => Door::Post("/api/ingest/freeswitch".into()),
        // Rotated logs lie in a folder.
        name if name.contains("queue_log-2022") => Door::Import("asterisk-queue-log"),
        name if name.contains("cdr_custom") => Door::Post(format!("{asterisk}&columns={CUSTOM}")),
        _ => Door::Post(asterisk),
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr")
}

fn expected() -> Value {
    let text = std::fs::read(folder().join("doors.json")).expect("a file");
    serde_json::from_slice(&text).expect("JSON")
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

/// An account of a server, and how files get into it.
struct Account<'a> {
    program: &'a Program,
    tenant: i64,
    client: Client,
}

impl<'a> Account<'a> {
    async fn new(test: &TestApp, program: &'a Program, tenant: i64) -> Self {
        let client = Client::new(test.url.clone(), test.account(tenant).await);
        Self {
            program,
            tenant,
            client,
        }
    }

    /// Sends a file. The counts are those that its door tells; faults are numbers of lines with their sentences.
    async fn send(&self, name: &str) -> Value {
        match door(name) {
            Door::Post(path) => {
                let bytes = std::fs::read(folder().join(name)).expect(name);
                let media = match name {
                    name if name.ends_with(".json") => "application/json",
                    name if name.ends_with(".csv") => "text/csv",
                    _ => "text/plain",
                };
                let post = self.client.post(&path).header("content-type", media);
                let answer = self.client.send(post.body(bytes)).await;
                self.told(name, &answer).await
            }
            Door::Import(format) => self.import(name, format).await,
        }
    }

    async fn told(&self, name: &str, answer: &Answer) -> Value {
        let mut tally = answer.json()["data"].take();
        let is_refused = tally["rejected"] != 0 && tally["stored"] == 0;
        let status = match is_refused {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::OK,
        };
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let errors = tally["errors"].take();
        let errors = errors.as_array().into_iter().flatten();
        let mut faults: Vec<Value> = errors
            .map(|error| json!([error["line"], error["errors"]["line"][0]]))
            .collect();
        if tally["quarantined"] != 0 {
            let kept = self.client.data("/api/ingest/quarantine").await;
            faults.push(json!([1, kept[0]["reason"]]));
        }
        told(tally, faults)
    }

    async fn import(&self, name: &str, format: &str) -> Value {
        let (path, tenant) = (folder().join(name), self.tenant.to_string());
        let path = path.to_string_lossy();
        let arguments = [
            "import",
            "--tenant",
            &tenant,
            "--format",
            format,
            "--timezone",
            ZONE,
            &path,
        ];
        let output = self.program.run(&arguments).await;
        let (said, refused) = (words(&output.stdout), words(&output.stderr));
        let faults: Vec<Value> = refused
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{path}, line ")))
            .filter_map(|line| line.split_once(": "))
            .map(|(line, fault)| json!([line.parse::<u64>().expect("a number"), fault]))
            .collect();
        assert_eq!(output.status.success(), faults.is_empty(), "{refused}");
        let said = said.trim().strip_prefix(&format!("{path}: "));
        told(counts(said.expect("counts")), faults)
    }

    /// Puts a rule that takes every call, whoever called whom, to one lead.
    async fn take_all(&self) {
        let lines = [
            json!({"kind": "autocall_campaign", "id": 1, "name": "All"}),
            json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        ];
        self.client.ingest(&lines).await;
        let rule =
            json!({"when": {}, "to": "autocall", "campaign": 1, "lead": 1, "attempt_number": 1});
        let put = self.client.with_method(Method::PUT, "/api/ingest/routing");
        let routing = json!({"strip_prefixes": [], "rules": [rule]});
        let answer = self.client.send(put.json(&routing)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// What reports say of a campaign; nothing dialed where the account has none by that name.
    async fn reported(&self, campaign: &str) -> Value {
        let campaigns = self.client.data("/api/autocall/campaigns").await;
        let campaigns = campaigns.as_array().expect("a page");
        let by_name = campaigns.iter().find(|it| it["name"] == campaign);
        let Some(id) = by_name.map(|it| &it["id"]) else {
            return json!({"dialed": 0, "answered": 0, "no_answer": 0, "busy": 0, "failed": 0, "abandoned": 0, "talk": 0,
                "causes": {}, "hours": {}});
        };
        let path = format!("/api/autocall/campaigns/{id}/reports");
        let query = "from=2000-01-01&trend.granularity=hour&include=kpis,trend,hangup";
        let mut all = self.client.data(&format!("{path}?{query}")).await;
        let of = |rows: &Value, name: &str, count: &str| -> Map<String, Value> {
            let rows = rows.as_array().expect("rows").iter();
            let named = |row: &Value| row[name].as_str().expect("a name").to_owned();
            rows.map(|row| (named(row), row[count].clone())).collect()
        };
        let mut reported = json!({
            "causes": of(&all["hangup"]["by_hangup_cause"], "hangup_cause", "count"),
            "hours": of(&all["trend"], "bucket", "dialed"),
            "talk": all["kpis"]["total_talk_time_sec"].take(),
        });
        for name in [
            "dialed",
            "answered",
            "no_answer",
            "busy",
            "failed",
            "abandoned",
        ] {
            reported[name] = all["kpis"][name].take();
        }
        reported
    }
}

/// Counts with faults in the order of their lines, and leads beside the others.
fn told(mut tally: Value, mut faults: Vec<Value>) -> Value {
    if tally["created"]["leads"].is_u64() {
        tally["leads"] = tally["created"]["leads"].take();
    }
    faults.sort_by_key(|fault| fault[0].as_u64());
    tally["faults"] = faults.into();
    tally
}

/// Counts of a line such as `5 records, 2 calls, 3 ignored (3 inbound), 0 rejected, 0 in quarantine, 0 unmapped`.
fn counts(said: &str) -> Value {
    let (before, after) = said.split_once(" ignored").expect("ignored ones");
    let (reasons, after) = after.split_once("), ").unwrap_or(("", &after[2..]));
    let pairs = |text: &str| -> Map<String, Value> {
        let counts = text.split(", ").filter_map(|part| part.split_once(' '));
        let numbered = |(count, name): (&str, &str)| {
            (
                name.to_owned(),
                count.parse::<u64>().expect("a number").into(),
            )
        };
        counts.map(numbered).collect()
    };
    let (before, ignored) = before.rsplit_once(", ").expect("a number");
    let (before, after) = (pairs(before), pairs(after));
    json!({
        "received": before["records"], "calls": before["calls"], "ignored": ignored.parse::<u64>().expect("a number"),
        "ignored_for": pairs(reasons.trim_start_matches(" (")), "rejected": after["rejected"],
        "quarantined": after["in quarantine"], "unmapped": after["unmapped"],
    })
}

/// Compares what a door told, as far as it tells it; an answer lists the first faults only.
fn compare(name: &str, told: &Value, wanted: &Value) {
    for (member, wanted) in members(wanted) {
        let Some(told) = told.get(member) else {
            continue;
        };
        if member == "faults" && wanted.as_array().is_some_and(|all| all.len() > 100) {
            assert_eq!(told.as_array().map(Vec::len), Some(100), "{name}");
        } else {
            assert_eq!(told, wanted, "{name}: {member}");
        }
    }
}

#[tokio::test]
async fn every_file_is_what_a_program_apart_counted_in_it() {
    let (test, expected) = (TestApp::new().await, expected());
    let program = Program::beside(&test);
    let files = members(&expected["files"]);
    assert_eq!(files.len(), 56);
    for (tenant, (name, wanted)) in (100..).zip(files) {
        let account = Account::new(&test, &program, tenant).await;
        compare(name, &account.send(name).await, &wanted["unrouted"]);
        let unrouted = account.reported("Unrouted calls").await;
        assert_eq!(unrouted, wanted["unrouted"]["reports"], "{name}");
        account.take_all().await;
        compare(name, &account.send(name).await, &wanted["all"]);
        assert_eq!(
            account.reported("All").await,
            wanted["all"]["reports"],
            "{name}"
        );
        let left = account.reported("Unrouted calls").await;
        assert_eq!(
            left["dialed"], 0,
            "{name}: calls go where the rule says now"
        );
    }
}

#[tokio::test]
async fn files_of_the_same_calls_are_those_calls_in_either_order() {
    let (test, expected) = (TestApp::new().await, expected());
    let program = Program::beside(&test);
    let mut tenant = 100;
    for (name, wanted) in members(&expected["together"]) {
        let mut files: Vec<&str> = wanted["files"]
            .as_array()
            .expect("files")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        for _ in 0..2 {
            tenant += 1;
            let account = Account::new(&test, &program, tenant).await;
            account.take_all().await;
            for file in &files {
                account.send(file).await;
            }
            assert_eq!(
                account.reported("All").await,
                wanted["reports"],
                "{name}: {files:?}"
            );
            files.reverse();
        }
    }
}

#[test]
fn the_program_apart_finds_the_same_again() {
    let run = Command::new("python3")
        .arg(folder().join("doors.py"))
        .output();
    let found: Value = serde_json::from_slice(&run.expect("python3").stdout).expect("JSON");
    let (found, expected) = (members(&found), expected());
    for (name, wanted) in members(&expected) {
        let of: BTreeMap<&String, &Value> = members(wanted).iter().collect();
        for (file, wanted) in of {
            assert_eq!(&found[name][file], wanted, "{file}");
        }
        assert_eq!(members(&found[name]).len(), members(wanted).len());
    }
}
