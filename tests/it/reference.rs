//! Every report against an independent implementation in Python, written from the contract alone.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use crate::support::world::{self, Size};
use crate::support::{NOW, TENANT, TestApp};

/// Zones with DST, without, and a quarter or half of an hour off.
pub const ZONES: &[&str] = &[
    "UTC",
    "Asia/Ho_Chi_Minh",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Chatham",
];

/// Windows on and off bucket edges, over DST changes, empty, and by date.
pub const WINDOWS: &[(&str, &str)] = &[
    ("2026-03-20", "2026-04-10"),
    ("2026-03-29", "2026-03-29"),
    ("2026-03-08T06:59:59.999999Z", "2026-03-08T07:00:00.000001Z"),
    ("2026-03-28T23:10:00+01:00", "2026-04-05T15:07:30.5Z"),
    ("2026-04-01T00:00:00", "2026-04-01T00:00:00"),
    ("2026-03-01", "2026-05-20"),
    ("2026-03-29T02:30:00", "2026-04-05T01:45:00"),
    ("2025-01-01", "2025-01-02"),
    ("2026-03-20T00:00:00", "2026-03-29T23:59:59"),
    ("2026-03-28T23:59:59.5", "2026-04-01T23:59:59.25-07:00"),
    ("2026-04-01T12:00:00", "2026-04-04T24:00:00"),
];

/// Valid random requests for every report.
fn requests(random: &mut StdRng, count: usize) -> Vec<Value> {
    (0..count).map(|_| request(random)).collect()
}

fn pick<T: Copy>(random: &mut StdRng, of: &[T]) -> T {
    of[random.random_range(0..of.len())]
}

fn request(random: &mut StdRng) -> Value {
    let report = &callboard::reports::ALL[random.random_range(0..callboard::reports::ALL.len())];
    let path = report
        .path()
        .replace("{id}", &random.random_range(world::CAMPAIGNS).to_string());
    let mut query = json!({"timezone": pick(random, ZONES)});
    let ends = if report.path().contains("telesales") {
        ("date_from", "date_to")
    } else {
        ("from", "to")
    };
    let dated = ends.0 == "date_from" || random.random_bool(0.8);
    if dated {
        let (from, to) = pick(random, WINDOWS);
        query[ends.0] = from.into();
        query[ends.1] = to.into();
    }
    for (name, values) in [
        ("granularity", &["", "day", "hour"][..]),
        ("group_by", &["", "day", "week", "hour"]),
        ("fill_gaps", &["", "true", "false"]),
        ("agent_ids", &["", "", "1", "3,1,2", "12"]),
        ("team_id", &["", "", "1", "2", "3"]),
        ("window_minutes", &["", "1", "60", "129600"]),
    ] {
        query[name] = pick(random, values).into();
    }
    query["metric"] = match report.about.name {
        "comparison" => pick(
            random,
            &[
                "",
                "answer_rate_pct",
                "avg_duration_sec",
                "transfer_rate_pct",
            ],
        ),
        "heatmap" => pick(random, &["", "dialed", "answered", "answer_rate_pct"]),
        _ => "",
    }
    .into();
    match report.about.name {
        "comparison" => query["campaign_ids"] = pick(random, &["1", "3,1,4,3", "2,1"]).into(),
        _ if ends.0 == "date_from" => {
            query["campaign_id"] = pick(random, &["", "", "1", "2", "4"]).into();
            from_sources(random, &mut query);
        }
        _ => {}
    }
    let query: serde_json::Map<String, Value> = query
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, value)| *value != "")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({"path": path, "query": query, "now": NOW, "timezone": "Asia/Ho_Chi_Minh", "tenant_id": TENANT,
        "settings": {"health_min_calls": 25, "short_call_sec": 8}})
}

/// Adds sources of leads to half of the requests: one, several, unknown ones, decomposed ones.
fn from_sources(random: &mut StdRng, query: &mut Value) {
    let source = |random: &mut StdRng| match random.random_range(0..8) {
        0 => "nobody".to_owned(),
        1 => "Hội chợ".nfd().collect(),
        2 => "Hội chợ, Huế".nfd().collect(),
        _ => pick(random, &world::SOURCES).to_owned(),
    };
    match random.random_range(0..4) {
        0 => query["source"] = source(random).into(),
        1 => {
            let sources: Vec<String> = (0..3).map(|_| source(random)).collect();
            query["source[]"] = sources.into();
        }
        _ => {}
    }
}

/// The request's target, as clients send it.
pub fn target(request: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request["query"].as_object().expect("an object") {
        match value {
            Value::Array(values) => {
                let values = values.iter().map(|value| value.as_str().expect("text"));
                query.extend_pairs(values.map(|value| (name, value)));
            }
            one => {
                query.append_pair(name, one.as_str().expect("text"));
            }
        }
    }
    format!(
        "{}?{}",
        request["path"].as_str().expect("a path"),
        query.finish()
    )
}

/// Python with the time zone data that the server ships, because the system's may differ. `None`
/// until `script/test` has installed it.
pub fn pinned_python() -> Option<Command> {
    let executable = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tzdata/bin/python3");
    let mut python = executable.exists().then(|| Command::new(executable))?;
    python.env("PYTHONTZPATH", "");
    Some(python)
}

/// The reference's answers, one a line.
pub fn reference(lines: &[Value], requests: &[Value]) -> Vec<String> {
    let mut world = tempfile::NamedTempFile::new().expect("a file");
    let write = |mut to: &mut dyn Write, values: &[Value]| {
        values
            .iter()
            .for_each(|value| writeln!(&mut to, "{value}").expect("written"))
    };
    write(world.as_file_mut(), lines);
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/reference.py");
    // No tzdata release of recent years changed any of the zones used here.
    let mut python = pinned_python().unwrap_or_else(|| Command::new("python3"));
    let python = python
        .arg("-B")
        .arg(script)
        .arg(world.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut python = python.spawn().expect("python3");
    let mut stdin = python.stdin.take().expect("a pipe");
    let requests = requests.to_vec();
    let writer = std::thread::spawn(move || {
        requests
            .iter()
            .for_each(|request| writeln!(stdin, "{request}").expect("written"))
    });
    let output = python.wait_with_output().expect("an end");
    writer.join().expect("written");
    assert!(output.status.success(), "the reference failed");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_report_matches_the_reference_byte_for_byte() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    // The world ends after the server's clock, so that default windows and "today" cut through it.
    let whole = Size {
        attempts: 22_000,
        calls: 22_000,
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-07-02T00:00:00Z"),
    };
    let lines = world::as_sent(8, &world::random(7, whole));
    let test = TestApp::new().await;
    let settings = [("health_min_calls", "25"), ("short_call_sec", "8")];
    let changes = settings
        .map(|(name, value)| callboard::auth::tenant::Change::Setting(name.into(), value.into()));
    callboard::auth::Tenant::change(&test.app.db, TENANT, &changes)
        .await
        .expect("settings");
    test.ingest(&lines).await;

    let requests = requests(&mut StdRng::seed_from_u64(11), 600);
    let expected = reference(&lines, &requests);
    assert_eq!(expected.len(), requests.len());
    for (request, expected) in requests.iter().zip(expected) {
        let target = target(request);
        assert_eq!(test.ok(&target).await.text(), expected, "{target}");
    }
}
