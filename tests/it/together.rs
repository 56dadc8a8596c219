//! Several reports in one answer: each is what it is alone, and their figures agree.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use callboard::asked::Asked;
use callboard::auth::limit::Limits;
use callboard::auth::{Permission, Role};
use callboard::reports::together::{GROUPS, Group};
use callboard::rollups::{Source, compact};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::reference::ZONES;
use crate::support::world::{self, Size};
use crate::support::{NOW, TENANT, TestApp};

const OF_CAMPAIGN: &str = "/api/autocall/campaigns/1/reports";
const OF_ACCOUNT: &str = "/api/telesales/reports";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

async fn with_a_world(seed: u64) -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&lines(seed, 1_500)).await;
    test
}

fn lines(seed: u64, calls: usize) -> Vec<Value> {
    let size = Size {
        attempts: calls,
        calls,
        from: now() - TimeDelta::days(60),
        to: now() + TimeDelta::hours(1),
    };
    world::random(seed, size)
}

/// A random request of a group: the parameters of all reports, and options of single ones.
fn query(group: &Group, random: &mut StdRng) -> (String, Vec<(&'static str, &'static str)>) {
    let mut pick = |of: &[&'static str]| of[random.random_range(0..of.len())];
    let is_telesales = group.module.name() == "telesales";
    let window = match is_telesales {
        true => pick(&[
            "date_from=2026-06-01&date_to=2026-06-29",
            "window=today",
            "date_from=2026-06-30T00:07:00&date_to=2026-06-30T08:00:00.5Z",
        ]),
        false => pick(&["", "window=last_7_days", "from=2026-06-20T10:00:00"]),
    };
    let narrowed = match is_telesales {
        true => pick(&["", "&campaign_id=2", "&agent_ids=1,2,3", "&source=website"]),
        false => "",
    };
    let compare = match window {
        "" => "",
        _ => pick(&[
            "",
            "&compare=previous_week&until=now",
            "&compare=2026-06-01..2026-06-02",
        ]),
    };
    let options = match is_telesales {
        true => vec![("time-series", pick(&["", "group_by=hour"]))],
        false => vec![
            ("trend", pick(&["", "granularity=hour", "fill_gaps=true"])),
            ("heatmap", pick(&["", "metric=answered"])),
        ],
    };
    let zone = pick(ZONES);
    (
        format!("{window}&timezone={zone}{narrowed}{compare}"),
        options,
    )
}

#[tokio::test]
async fn every_part_is_the_answer_of_its_report_alone() {
    let test = with_a_world(21).await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    let mut random = StdRng::seed_from_u64(21);
    let mut scope = test.app.db.read(TENANT).await.expect("a scope");
    let mut compared = 0;
    for round in 0..60 {
        let group = &GROUPS[round % 2];
        let source = [Source::Rolled, Source::Raw][round / 2 % 2];
        let id = (round % 2 == 0).then(|| random.random_range(world::CAMPAIGNS));
        let (shared, options) = query(group, &mut random);
        let mut whole = shared.clone();
        for (report, option) in options.iter().filter(|(_, option)| !option.is_empty()) {
            whole += &format!("&{report}.{option}");
        }
        let names: Vec<&str> = group.reports().map(|report| report.about.name).collect();
        let included: Vec<&str> = names
            .into_iter()
            .filter(|_| random.random_bool(0.7))
            .collect();
        if !included.is_empty() {
            whole += &format!("&include={}", included.join(","));
        }
        let mut ask = async |asked: &dyn Asked| {
            let answer = asked
                .ask(&mut scope, now(), source)
                .await
                .expect("an answer");
            let body = answer.outcome.json().expect("a body");
            serde_json::from_str::<Value>(&body).expect("JSON")
        };
        let together = ask(&group.read(&whole, id)).await;
        let (mut data, mut before) = (json!({}), json!({}));
        let mut ends = Value::Null;
        for report in group.reports() {
            let name = report.about.name;
            if !included.is_empty() && !included.contains(&name) {
                continue;
            }
            let own = options.iter().find(|(of, _)| *of == name);
            let alone = format!("{shared}&{}", own.map_or("", |(_, option)| option));
            let alone = report.parse(&alone, id, &[callboard::reports::report::Format::Json]);
            let mut alone = ask(&*alone.into_asked()).await;
            data[name] = alone["data"].take();
            if let Some(earlier) = alone.get_mut("comparison") {
                before[name] = earlier["data"].take();
                ends = earlier.clone();
                compared += 1;
            }
        }
        assert_eq!(together["data"], data, "{whole}");
        if ends.is_null() {
            assert_eq!(together.get("comparison"), None, "{whole}");
        } else {
            assert_eq!(together["comparison"]["data"], before, "{whole}");
            for end in ["from", "to"] {
                assert_eq!(together["comparison"][end], ends[end], "{whole}");
            }
        }
    }
    assert!(compared > 60, "only {compared} compared");
}

#[tokio::test]
async fn the_answer_has_one_tag_one_window_and_counts_once() {
    let test = with_a_world(22).await;
    let limited = test.changed(|app| app.limits = Limits::on(app.clock)).await;
    for (path, alone) in [
        (
            format!("{OF_CAMPAIGN}?window=today&compare=previous_week&until=now"),
            "kpis",
        ),
        (
            format!("{OF_ACCOUNT}?window=today&compare=previous_week&until=now"),
            "dashboard",
        ),
    ] {
        let before = limited.ok(&path).await;
        let tag = before.header("etag").to_owned();
        let again = limited.get_with(&path, "if-none-match", &tag).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        let left = |answer: &crate::support::Answer| {
            answer
                .header("x-ratelimit-remaining")
                .parse::<i64>()
                .expect("a number")
        };
        assert_eq!(left(&before), left(&again) + 1, "{path}");
        let single = test.ok(&path.replace('?', &format!("/{alone}?"))).await;
        assert_eq!(
            before.header("callboard-window"),
            single.header("callboard-window")
        );
        let later = now() + TimeDelta::seconds(20);
        let later = test.instance(later, Duration::ZERO).await;
        let unchanged = later.get_with(&path, "if-none-match", &tag).await;
        assert_eq!(
            unchanged.status,
            StatusCode::NOT_MODIFIED,
            "no figure has changed"
        );
    }
    test.ingest(&[
        json!({"kind": "autocall_attempt", "uuid": "new", "campaign_id": 1, "lead_id": 1,
        "attempt_number": 1, "started_at": "2026-06-30T07:00:00Z"}),
    ])
    .await;
    let path = format!("{OF_CAMPAIGN}?include=trend,hangup&window=today");
    let tag = test.ok(&path).await.header("etag").to_owned();
    test.ingest(&[
        json!({"kind": "autocall_attempt", "uuid": "new", "campaign_id": 1, "lead_id": 1,
        "attempt_number": 1, "started_at": "2026-06-30T07:00:00Z", "hangup_cause": "X"}),
    ])
    .await;
    let changed = test.get_with(&path, "if-none-match", &tag).await;
    assert_eq!(changed.status, StatusCode::OK, "one part has changed");
}

#[tokio::test]
async fn the_faults_of_all_parts_are_reported_at_once() {
    let test = with_a_world(23).await;
    for (path, status, fields) in [
        (
            format!(
                "{OF_CAMPAIGN}?include=nothing&from=x&trend.granularity=week&heatmap.metric=x&granularity=x"
            ),
            422,
            &["from", "heatmap.metric", "include", "trend.granularity"][..],
        ),
        (
            format!("{OF_CAMPAIGN}?include=kpis&trend.granularity=week"),
            200,
            &[],
        ),
        (
            format!("{OF_CAMPAIGN}?include=trend,kpis&compare=previous_week"),
            422,
            &["compare"],
        ),
        (OF_CAMPAIGN.replace('1', "77") + "?include=x", 404, &[]),
        (
            format!("{OF_ACCOUNT}?include=abandon-rate&window_minutes=0"),
            422,
            &["window_minutes"],
        ),
        (
            format!("{OF_ACCOUNT}?include=abandon-rate&window_minutes=60"),
            200,
            &[],
        ),
        (OF_ACCOUNT.to_owned(), 422, &["date_from", "date_to"]),
        (
            format!("{OF_ACCOUNT}?window=today&campaign_id=77&time-series.group_by=x"),
            422,
            &["time-series.group_by"],
        ),
        (
            format!("{OF_ACCOUNT}?window=today&campaign_id=77"),
            404,
            &["campaign_id"],
        ),
    ] {
        let answer = test.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
        let errors = &answer.json()["errors"];
        let named: BTreeSet<&str> = errors
            .as_object()
            .into_iter()
            .flatten()
            .map(|it| it.0.as_str())
            .collect();
        assert_eq!(named, fields.iter().copied().collect(), "{path}");
        for messages in errors.as_object().into_iter().flatten().map(|it| it.1) {
            assert_eq!(
                messages.as_array().map(Vec::len),
                Some(1),
                "{path}: {errors}"
            );
        }
    }
    test.user(TENANT, "viewer", Role::Admin).await;
    let only = test
        .issue(TENANT, "viewer", &[Permission::TelesalesApiAccess])
        .await;
    let refused = test
        .request(reqwest::Method::GET, OF_CAMPAIGN, Some(&only))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

fn sum(rows: &Value, member: &str) -> i64 {
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row[member].as_i64().expect("a count")).sum()
}

/// While calls come in and sums are made.
#[tokio::test(flavor = "multi_thread")]
async fn the_parts_add_up_while_calls_come_in() {
    let test = Arc::new(with_a_world(24).await);
    let over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (test, over) = (Arc::clone(&test), Arc::clone(&over));
        let lines = lines(25, 6_000);
        tokio::spawn(async move {
            for chunk in lines.chunks(40).cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                test.ingest(chunk).await;
                compact::compact(&test.app.db, TENANT)
                    .await
                    .expect("compacted");
            }
        })
    };
    let mut seen = BTreeSet::new();
    for _ in 0..100 {
        let of_campaign = format!("{OF_CAMPAIGN}?from=2026-01-01&trend.granularity=hour");
        let all = test.data(&of_campaign).await;
        let dialed = all["kpis"]["dialed"].as_i64().expect("a count");
        assert_eq!(sum(&all["trend"], "dialed"), dialed);
        assert_eq!(sum(&all["heatmap"], "dialed"), dialed);
        assert_eq!(
            sum(&all["trend"], "answered"),
            all["dtmf"]["total_answered"]
        );
        assert_eq!(
            sum(&all["hangup"]["by_hangup_cause"], "count"),
            all["hangup"]["total_calls"]
        );
        let of_account = format!("{OF_ACCOUNT}?date_from=2026-05-01&date_to=2026-07-20");
        let all = test.data(&of_account).await;
        let dials = all["dashboard"]["total_dials"].as_i64().expect("a count");
        assert_eq!(sum(&all["time-series"], "dials"), dials);
        assert_eq!(sum(&all["hour-dow-heatmap"], "dials"), dials);
        let answers = sum(&all["time-series"], "answers");
        assert_eq!(all["dashboard"]["total_answers"], answers);
        seen.insert((dialed, dials));
    }
    over.store(true, Ordering::Relaxed);
    writer.await.expect("written");
    assert!(seen.len() > 10, "only {} states seen", seen.len());
}
