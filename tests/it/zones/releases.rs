//! Releases of the tz database: offsets, and the newest one in use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use callboard::db::tz_release;
use callboard::time::zone::database::{Database, Release, SHIPPED};
use callboard::time::{Clock, Window, Zone};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::reference::pinned_python;
use crate::support::TestApp;
use crate::support::program::{Program, eventually};

/// Offsets of PyPI's tzdata, an independent copy of the tz database.
#[derive(serde::Deserialize)]
struct Others {
    version: String,
    zones: BTreeMap<String, Vec<(i64, i32)>>,
}

#[test]
fn every_zone_has_the_offsets_of_the_same_tzdata_release() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/zones.py");
    let mut python = pinned_python().expect("target/tzdata, which script/test installs");
    let output = python.arg("-B").arg(script).output().expect("python3");
    let others: Others = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        others.version, SHIPPED,
        "tests/tzdata.txt is pinned to the data shipped"
    );
    assert!(Database::current().release().as_str() >= SHIPPED);

    let names: Vec<&str> = others.zones.keys().map(String::as_str).collect();
    let mut ours: Vec<&str> = Zone::all().map(Zone::name).collect();
    ours.sort_unstable();
    assert_eq!(ours, names);
    if Database::current().release().as_str() > SHIPPED {
        return; // the system's data is newer than the pinned data
    }
    let (from, to) = ("2015-01-01T00:00:00Z", "2038-01-01T00:00:00Z");
    for (name, spans) in others.zones {
        let zone = Zone::named(&name).expect("a zone");
        let window = Window {
            from: from.parse().expect("an instant"),
            to: to.parse().expect("an instant"),
            zone,
        };
        let ours: Vec<(i64, i32)> = window
            .segments()
            .iter()
            .map(|segment| (segment.from.timestamp(), segment.utc_offset))
            .collect();
        assert_eq!(ours, spans, "{name}");
    }
}

#[tokio::test]
async fn recently_changed_zones_have_current_offsets() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 911, "name": "tz"}),
        json!({"kind": "autocall_lead", "id": 911, "campaign_id": 911, "phone": "0987654321"}),
        json!({"kind": "autocall_attempt", "uuid": "v911", "campaign_id": 911, "lead_id": 911, "attempt_number": 1,
            "started_at": "2026-11-20T07:30:00Z", "result": "answered", "billsec": 1}),
    ])
    .await;
    let trend = "/api/autocall/campaigns/911/reports/trend?granularity=hour&from=2026-11-01&to=2026-11-30&timezone=";
    for (zone, bucket) in [
        ("America/Vancouver", "2026-11-20 00:00:00"),
        ("america/vancouver", "2026-11-20 00:00:00"),
        ("Canada/Pacific", "2026-11-20 00:00:00"),
        ("Etc/GMT+7", "2026-11-20 00:00:00"),
        ("etc/gmt%2B7", "2026-11-20 00:00:00"),
    ] {
        let rows = test.data(&format!("{trend}{zone}")).await;
        assert_eq!(rows[0]["bucket"], bucket, "{zone}");
    }
}

#[tokio::test]
async fn the_newest_zone_release_in_use_is_tracked() {
    let test = TestApp::new().await;
    let (old, new) = (
        Release::parse("2026z").expect("a release"),
        Release::parse("2026za").expect("a release"),
    );
    let at = |minutes| {
        "2026-06-30T08:00:00Z"
            .parse::<DateTime<Utc>>()
            .expect("now")
            + TimeDelta::minutes(minutes)
    };
    let newest = async |release: &Release, minutes| {
        tz_release::record(&test.app.db, release, at(minutes))
            .await
            .expect("stated")
    };
    assert_eq!(newest(&old, 0).await.as_ref(), Some(&old));
    assert_eq!(newest(&new, 1).await.as_ref(), Some(&new));
    assert_eq!(newest(&old, 5).await.as_ref(), Some(&new));
    assert_eq!(
        newest(&old, 7).await.as_ref(),
        Some(&old),
        "no server uses the newer one any more"
    );
}

#[tokio::test]
async fn a_server_logs_its_zone_release_and_warns_of_a_newer_one() {
    let test = TestApp::new().await;
    const WARNING: &str =
        "another server has newer time zone data, and answers differently where rules changed";
    let newer = Release::parse("2999a").expect("a release");
    tz_release::record(&test.app.db, &newer, Clock::System.now())
        .await
        .expect("stated");
    let program = Program::beside(&test);
    let server = program.serve().await;
    eventually("it has warned", async || server.logged(WARNING).is_some()).await;
    let warning = server.logged(WARNING).expect("a line");
    let own = Database::current().release().as_str();
    assert_eq!(
        (&warning["newest"], &warning["release"]),
        (&"2999a".into(), &own.into()),
        "{warning}"
    );
    assert_eq!(
        server.logged("time zone data").expect("a line")["release"],
        own
    );
    server.stop().await;
}
