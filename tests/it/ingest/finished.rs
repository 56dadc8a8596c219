//! An unfinished line never replaces a finished row.

use callboard::ingest::kind::{KINDS, Kind};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{one_of_each_kind, send, tally, team};
use crate::support::{TENANT, TestApp, body};

/// Kinds with a field that finishes a row.
fn finishing() -> Vec<(&'static Kind, &'static str)> {
    let kinds: Vec<_> = KINDS
        .iter()
        .filter_map(|kind| Some((kind, kind.finished_by?)))
        .collect();
    assert_eq!(kinds.len(), 2, "attempts and calls");
    kinds
}

/// A line of the kind for the row of that key: `state` in its finishing field, `note` in a free
/// text.
fn line(kind: &Kind, key: &str, state: Value, note: &str) -> Value {
    let mut line = one_of_each_kind()
        .into_iter()
        .find(|line| line["kind"] == kind.name)
        .expect("a line of each kind");
    line[kind.key().name] = key.into();
    line[kind.finished_by.expect("a field")] = state;
    line["hangup_cause"] = note.into();
    line
}

/// Key, finishing field, note and version of every row, by key.
async fn stored(test: &TestApp, kind: &Kind) -> Vec<Value> {
    let (key, field, table) = (
        kind.key().name,
        kind.finished_by.expect("a field"),
        kind.table,
    );
    let sql = format!(
        "select jsonb_build_array({key}, {field}, hangup_cause, xmin::text) from {table} order by {key}"
    );
    test.query(TENANT, &sql).await
}

async fn with_references() -> TestApp {
    let test = TestApp::new().await;
    let lines = one_of_each_kind();
    let kept = |line: &&Value| {
        finishing()
            .iter()
            .all(|(kind, _)| line["kind"] != kind.name)
    };
    test.ingest(&lines.iter().filter(kept).cloned().collect::<Vec<_>>())
        .await;
    test
}

#[tokio::test]
async fn an_unfinished_line_is_counted_but_does_not_replace_a_finished_row() {
    let test = with_references().await;
    for (kind, _) in finishing() {
        test.ingest(&[line(kind, "k", json!("answered"), "final")])
            .await;
        let before = stored(&test, kind).await;
        for nothing in [Value::Null, json!(""), json!("  ")] {
            test.ingest(&[line(kind, "k", nothing, "late")]).await;
            assert_eq!(stored(&test, kind).await, before, "{}", kind.name);
        }
        let faulty = line(kind, "k", Value::Null, &"x".repeat(256));
        let reported = send(&test, "", body(&[faulty, team(1)])).await.json();
        assert_eq!(
            reported["data"]["rejected"], 1,
            "what is refused is refused still: {reported}"
        );
        test.ingest(&[line(kind, "k", json!("busy"), "corrected")])
            .await;
        assert_eq!(
            stored(&test, kind).await[0].as_array().expect("a row")[..3],
            [json!("k"), json!("busy"), json!("corrected")]
        );
    }
}

/// Every order of three lines about one row: in one body, in separate bodies, and far apart in one
/// body.
#[tokio::test]
async fn the_last_finished_line_wins_in_every_order() {
    let test = with_references().await;
    let filler: Vec<Value> = (1..=10_001).map(team).collect();
    for (kind, _) in finishing() {
        let states = [Value::Null, json!("busy"), json!("answered")];
        let mut expected = Vec::new();
        let (mut together, mut apart) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
        for code in 0..27 {
            let order = [code % 3, code / 3 % 3, code / 9].map(|state| &states[state]);
            let last_known = order.iter().rposition(|state| !state.is_null());
            let wins = last_known.unwrap_or(2);
            for key in [format!("apart-{code:02}"), format!("together-{code:02}")] {
                expected.push(json!([key, order[wins], format!("{wins}")]));
            }
            for (at, state) in order.iter().enumerate() {
                together.push(line(
                    kind,
                    &format!("together-{code:02}"),
                    (*state).clone(),
                    &at.to_string(),
                ));
                apart[at].push(line(
                    kind,
                    &format!("apart-{code:02}"),
                    (*state).clone(),
                    &at.to_string(),
                ));
            }
        }
        expected.sort_by_key(ToString::to_string);
        let check = async |after: &str| {
            let rows = stored(&test, kind).await;
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| json!(row.as_array().expect("a row")[..3]))
                .collect();
            assert_eq!(rows, expected, "{} {after}", kind.name);
        };
        test.ingest(&together).await;
        for lines in &apart {
            test.ingest(lines).await;
        }
        check("in bodies of their own").await;

        test.execute(TENANT, &format!("delete from {}", kind.table))
            .await;
        let chunks = [
            apart[0].as_slice(),
            &filler,
            &apart[1],
            &filler,
            &apart[2],
            &together,
        ]
        .concat();
        test.ingest(&chunks).await;
        check("in chunks of one body").await;

        test.execute(TENANT, &format!("delete from {}", kind.table))
            .await;
        let answer = send(&test, "atomic=true", body(&chunks)).await;
        assert_eq!(
            answer.json()["data"]["stored"],
            chunks.len(),
            "{}",
            answer.text()
        );
        check("in one transaction").await;
    }
}

/// Late lines of calls in progress, concurrent with the final ones on other connections.
#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_late_line_does_not_replace_the_final_one() {
    const KEYS: usize = 300;
    let test = with_references().await;
    for (kind, field) in finishing() {
        for round in 0..4_u64 {
            let lines = |state: Value, seed: u64| {
                let key = |key| {
                    line(
                        kind,
                        &format!("{round}-{key}"),
                        state.clone(),
                        &format!("by {seed}"),
                    )
                };
                let mut lines: Vec<Value> = (0..KEYS).map(key).collect();
                lines.shuffle(&mut StdRng::seed_from_u64(seed));
                body(&lines)
            };
            let writers = (0..6).map(|writer| {
                let client = test.clone();
                let pause = StdRng::seed_from_u64(round * 10 + writer).random_range(0..3);
                let text = lines(
                    if writer == 3 {
                        json!("answered")
                    } else {
                        Value::Null
                    },
                    writer,
                );
                async move {
                    for _ in 0..pause {
                        tokio::task::yield_now().await;
                    }
                    tally(&client, text).await
                }
            });
            for reported in futures_util::future::join_all(writers).await {
                assert_eq!(reported["stored"], KEYS);
            }
            let table = kind.table;
            let wrong = format!(
                "select to_jsonb(t) from {table} t where {field} is null or hangup_cause <> 'by 3'"
            );
            assert_eq!(
                test.query(TENANT, &wrong).await,
                Vec::<Value>::new(),
                "{}",
                kind.name
            );
        }
    }
}
