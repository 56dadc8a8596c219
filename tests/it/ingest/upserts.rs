//! Lines for rows that are stored: the later one wins, repeats change nothing, reports see them at once.

use serde_json::{Value, json};

use super::{TABLES, one_of_each_kind, rows, tally};
use crate::support::{TENANT, TestApp, body, world};

#[tokio::test]
async fn the_later_line_wins_within_and_between_bodies() {
    let test = TestApp::new().await;
    let named = |id: i64, name: &str| json!({"kind": "team", "id": id, "name": name});
    let sent = [
        named(1, "first"),
        named(2, "other"),
        named(1, "second"),
        json!({"kind": "team", "id": 1}),
        named(1, "third"),
    ];
    let reported = tally(&test, body(&sent)).await;
    assert_eq!(
        (&reported["stored"], &reported["rejected"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(
        rows(&test, "teams").await,
        [
            json!({"id": 1, "name": "third"}),
            json!({"id": 2, "name": "other"})
        ]
    );
    test.ingest(&[named(2, "last")]).await;
    assert_eq!(rows(&test, "teams").await[1]["name"], "last");

    let far_apart: Vec<Value> = (0..25_000)
        .map(|line| named(line % 9_000, &format!("{line}")))
        .chain([named(5, "the very last")])
        .collect();
    test.ingest(&far_apart).await;
    let wrong = "select to_jsonb(id) from teams where name <> case when id = 5 then 'the very last'
                 when id < 7000 then (id + 18000)::text else (id + 9000)::text end";
    assert_eq!(test.query(TENANT, wrong).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_omitted_created_at_keeps_its_first_value() {
    let test = TestApp::new().await;
    let line = |id: i64, name: &str, created_at: Value| {
        json!({"kind": "telesales_campaign", "id": id, "name": name,
            "created_at": created_at})
    };
    let (early, late) = (json!("2020-01-01T00:00:00Z"), json!("2021-01-01T00:00:00Z"));
    let stored = async || {
        test.query(
            TENANT,
            "select jsonb_build_array(name, created_at) from telesales_campaigns order by id",
        )
        .await
    };
    test.ingest(&[
        line(1, "kept within a body", Value::Null),
        line(1, "a", early.clone()),
        line(1, "b", Value::Null),
        line(2, "c", early.clone()),
        line(2, "d", late.clone()),
        line(3, "e", Value::Null),
    ])
    .await;
    let first = stored().await;
    assert_eq!(
        first[..2],
        [
            json!(["b", "2020-01-01T00:00:00+00:00"]),
            json!(["d", "2021-01-01T00:00:00+00:00"])
        ]
    );
    assert!(
        first[2][1].as_str().is_some_and(|at| at > "2026"),
        "{first:?}"
    );

    test.ingest(&[
        line(1, "f", Value::Null),
        line(2, "g", early.clone()),
        line(3, "h", json!("")),
    ])
    .await;
    let second = stored().await;
    assert_eq!(
        second[..2],
        [
            json!(["f", "2020-01-01T00:00:00+00:00"]),
            json!(["g", "2020-01-01T00:00:00+00:00"])
        ]
    );
    assert_eq!(second[2], json!(["h", first[2][1]]));
}

#[tokio::test]
async fn resending_a_body_changes_nothing() {
    let test = TestApp::new().await;
    let (from, to) = (
        "2026-06-01T00:00:00Z".parse().expect("an instant"),
        "2026-06-03T00:00:00Z".parse().expect("an instant"),
    );
    let mut world = world::random(
        7,
        world::Size {
            attempts: 300,
            calls: 300,
            from,
            to,
        },
    );
    world.extend(one_of_each_kind());
    test.ingest(&world).await;
    let all: Vec<String> = TABLES
        .map(|table| format!("select '{table}', to_jsonb(t), xmin::text from {table} t"))
        .into();
    let all = format!(
        "select to_jsonb(t) from ({}) t order by 1",
        all.join(" union all ")
    );
    let before = test.query(TENANT, &all).await;
    test.ingest(&world).await;
    assert_eq!(test.query(TENANT, &all).await, before);
}

#[tokio::test]
async fn acknowledged_rows_are_in_reports_at_once() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    for number in 1..=30 {
        let attempt = |result: Value| {
            json!({"kind": "autocall_attempt", "uuid": format!("n{number}"), "campaign_id": 1, "lead_id": 1,
                "attempt_number": 1, "started_at": "2026-06-02T00:00:00Z", "result": result, "billsec": 10})
        };
        for (result, answered) in [(Value::Null, number - 1), (json!("answered"), number)] {
            test.ingest(&[attempt(result)]).await;
            let kpis = test
                .data("/api/autocall/campaigns/1/reports/kpis?from=2026-06-02&to=2026-06-02")
                .await;
            assert_eq!(
                (&kpis["dialed"], &kpis["answered"]),
                (&json!(number), &json!(answered))
            );
        }
    }
}
