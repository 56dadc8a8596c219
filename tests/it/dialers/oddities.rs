//! Oddities of the real files that no other test names: each is read as it was meant.

use std::collections::BTreeSet;
use std::path::PathBuf;

use callboard::dialers::asterisk::{Options, records};
use callboard::dialers::freeswitch::document;
use callboard::dialers::leg::{Leg, Part, Record};
use callboard::time::Zone;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

fn bytes(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr");
    std::fs::read(folder.join(name)).expect(name)
}

/// The leg of the document whose name begins so.
fn posted(start: &str) -> Leg {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/freeswitch");
    let mut names = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|it| it.expect("a file").file_name());
    let name = names
        .find(|name| name.to_string_lossy().starts_with(start))
        .expect(start);
    let body = bytes(&format!("freeswitch/{}", name.to_string_lossy()));
    match document("application/json", None, &body) {
        Record::Leg(leg) => *leg,
        other => panic!("{start}: {other:?}"),
    }
}

fn read(name: &str) -> Vec<(u64, Record)> {
    let options = Options::new(Zone::named("Asia/Ho_Chi_Minh").expect("a zone"));
    records("", bytes(&format!("asterisk/{name}")).as_slice(), &options).collect()
}

fn legs(name: &str) -> Vec<Leg> {
    let leg = |(_, record)| match record {
        Record::Leg(leg) => Some(*leg),
        _ => None,
    };
    read(name).into_iter().filter_map(leg).collect()
}

fn at(leg: &Leg) -> String {
    leg.started_at.expect("a start").to_rfc3339()
}

#[test]
fn a_plus_is_a_plus_whether_values_are_encoded_or_not() {
    assert_eq!(posted("11-").from.as_deref(), Some("+85516572410"));
    assert_eq!(posted("02-").to.as_deref(), Some("+4986517829391"));
}

#[test]
fn lists_of_the_switch_stay_as_it_wrote_them() {
    for start in ["06-", "07-"] {
        let leg = posted(start);
        let lists = leg
            .fields
            .values()
            .filter(|value| value.starts_with("ARRAY::"));
        assert!(lists.count() > 1, "{start}");
    }
}

#[test]
fn the_answer_instant_tells_an_answer_and_no_code_does() {
    let told = |start: &str| {
        let leg = posted(start);
        (
            leg.fields["hangup_cause_q850"].clone(),
            leg.answered_at.is_some(),
            leg.fields.contains_key("answer_stamp"),
        )
    };
    // The code of a caller who gave up is that of a call that was ended as usual.
    for (start, code, answered) in [
        ("01-", "16", true),
        ("08-", "16", false),
        ("14-", "16", false),
        ("11-", "31", true),
    ] {
        assert_eq!(told(start), (code.into(), answered, answered), "{start}");
    }
    assert_eq!(posted("12-").fields["answer_epoch"], "0");
}

#[test]
fn epochs_count_and_stamps_of_an_unknown_zone_do_not() {
    let leg = posted("14-");
    assert_eq!(leg.fields["start_stamp"], "2025-11-12 10:21:42");
    assert!(at(&leg).starts_with("2025-11-12T04:51:42."), "{}", at(&leg));
    let lasted = leg.ended_at.expect("an end") - leg.started_at.expect("a start");
    assert_eq!(
        (leg.fields["duration"].as_str(), lasted.num_milliseconds()),
        ("14", 13_540)
    );
    let lasted =
        posted("05-").ended_at.expect("an end") - posted("05-").started_at.expect("a start");
    assert_eq!(
        (
            posted("05-").fields["duration"].as_str(),
            lasted.num_milliseconds()
        ),
        ("71", 70_959)
    );
    // Stamps of applications are off by 75 minutes.
    let leg = posted("16-");
    let near = leg.fields["start_epoch"].parse::<i64>().expect("an epoch");
    assert_eq!(leg.started_at.expect("a start").timestamp(), near);
}

#[test]
fn a_dialers_leg_calls_its_destination_and_shows_its_own_number() {
    let leg = posted("16-");
    assert_eq!(
        leg.fields["caller_id_number"],
        leg.fields["destination_number"]
    );
    assert_eq!(
        (leg.from.as_deref(), leg.to.as_deref()),
        (Some("9111401549"), Some("3868624286"))
    );
    assert_eq!(leg.part, Part::Dialed);
}

#[test]
fn rows_come_in_any_order_and_names_of_systems_are_part_of_ids() {
    let legs = legs("chan_sip-2024-Master-linkedid-bad-utf8.csv");
    assert!(!self::legs("issabel-2022-Master.csv").is_sorted_by_key(|leg| leg.started_at));
    let named = legs
        .iter()
        .filter(|leg| leg.call.starts_with("mainserverdss-"))
        .count();
    assert!(0 < named && named < legs.len(), "midway");
    assert_eq!(
        self::legs("ami-cdr-2024-systemname.txt")[0].call,
        "asterisk-1722255899.0"
    );
}

#[test]
fn an_answered_row_may_bill_nothing_and_an_unanswered_one_has_no_answer() {
    let files = [
        "google-voice-2016-Master.csv",
        "lab-2015-Master.csv",
        "issabel-2022-Master.csv",
    ];
    let legs: Vec<Leg> = files.into_iter().flat_map(legs).collect();
    assert!(
        legs.iter()
            .any(|leg| leg.answered_at.is_some() && leg.billsec == 0)
    );
    let unanswered = legs
        .iter()
        .filter(|leg| leg.fields["disposition"] != "ANSWERED");
    assert!(unanswered.clone().count() > 300);
    assert!(unanswered.clone().all(|leg| leg.answered_at.is_none()));
    assert!(
        unanswered
            .clone()
            .any(|leg| !leg.fields.contains_key("answer")),
        "an empty field without quotes"
    );
}

#[test]
fn places_of_a_dialplan_are_no_numbers_and_a_caller_may_have_none() {
    let files = [
        "issabel-2022-Master.csv",
        "google-voice-2016-Master.csv",
        "freepbx-2017-cdr-table-dmy.csv",
    ];
    let legs: Vec<Leg> = files.into_iter().flat_map(legs).collect();
    let places: BTreeSet<&str> = legs.iter().filter_map(|leg| leg.to.as_deref()).collect();
    for place in ["s", "i", "t", "hangup"] {
        assert!(places.contains(place), "{place}: {places:?}");
    }
    assert!(
        legs.iter()
            .filter(|leg| leg.to.as_deref() == Some("s"))
            .all(|leg| leg.part != Part::Dialed)
    );
    assert!(legs.iter().any(|leg| !leg.fields.contains_key("src")));
}

#[test]
fn the_start_stands_where_the_id_is_older() {
    let leg = &legs("ami-cdr-2020-outbound-answered.txt")[0];
    assert_eq!(
        (leg.call.as_str(), at(leg)),
        ("1594669308.400", "2020-08-07T01:47:56+00:00".to_owned())
    );
    // FreePBX tells the epoch beside a stamp of its own zone.
    let leg = &legs("freepbx-2019-cdr-row-busy.json")[0];
    assert_eq!(
        (leg.fields["calldate"].as_str(), at(leg)),
        (
            "2019-03-03 14:00:03",
            "2019-03-03T11:00:03+00:00".to_owned()
        )
    );
}

#[test]
fn lines_may_end_in_cr_alone() {
    let body = bytes("asterisk/export-2017-cr-line-ends.csv");
    assert!(!body.contains(&b'\n') && body.contains(&b'\r'));
    let legs = legs("export-2017-cr-line-ends.csv");
    assert_eq!(
        (legs.len(), at(&legs[0])),
        (25, "2017-08-24T02:32:00+00:00".to_owned())
    );
}

#[test]
fn a_queue_log_with_lost_writes_keeps_its_other_lines() {
    let name = "issabel-2022-queue_log-20220801";
    let body = bytes(&format!("asterisk/{name}"));
    assert!(
        body.windows(8).any(|run| run == [0; 8]),
        "a run of NUL bytes"
    );
    let unreadable = read(name)
        .into_iter()
        .filter(|(_, record)| matches!(record, Record::Unreadable(_)));
    assert_eq!(unreadable.count(), 0);
    let set_aside = |name: &str| {
        read(name)
            .into_iter()
            .filter(|(_, record)| matches!(record, Record::NoCall(_)))
            .count()
    };
    assert_eq!(
        (
            set_aside(name),
            set_aside("queue_log-realtime-2013-mysqldump.txt")
        ),
        (479, 4)
    );
    let waited = &legs("queue_log-realtime-2013-mysqldump.txt")[1];
    let waited = waited.ended_at.expect("an end") - waited.started_at.expect("a start");
    assert_eq!(waited.num_seconds(), 227);
}

/// Exports with a header are spreadsheets too.
#[tokio::test]
async fn exports_with_a_header_are_calls_as_spreadsheets_too() {
    let test = TestApp::new().await;
    let mapping = json!({"kind": "telesales_call", "timezone": "Asia/Ho_Chi_Minh",
        "columns": {"started_at": "calldate", "phone": "dst", "cid": "src", "result": "disposition", "talk_sec": "billsec",
            "campaign": {"constant": "Export"}},
        "values": {"result": {"ANSWERED": "answered", "NO ANSWER": "no_answer", "BUSY": "busy", "*": "failed"}}});
    let put = test.with_method(Method::PUT, "/api/ingest/mappings/export");
    assert!(test.send(put.json(&mapping)).await.status.is_success());
    let expected: Value = serde_json::from_slice(&bytes("doors.json")).expect("JSON");
    let mut all = [0, 0, 0];
    for name in [
        "export-2017-cr-line-ends.csv",
        "ucoip-2017-export-with-header.csv",
    ] {
        let post = test
            .post("/api/ingest/csv?map=export")
            .header("content-type", "text/csv");
        let answer = test
            .send(post.body(bytes(&format!("asterisk/{name}"))))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let tally = answer.json()["data"].take();
        let wanted = &expected["files"][format!("asterisk/{name}")]["unrouted"];
        let count = |member: &str| wanted["reports"][member].as_u64().expect("a count");
        let (calls, received) = (
            count("dialed"),
            wanted["received"].as_u64().expect("a count"),
        );
        let told = ["received", "calls", "ignored", "rejected"]
            .map(|member| tally[member].as_u64().expect("a count"));
        assert_eq!(
            told,
            [received, calls, received - calls, 0],
            "{name}: calls to extensions are left out"
        );
        for (sum, member) in all.iter_mut().zip(["dialed", "answered", "talk"]) {
            *sum += count(member);
        }
    }
    let dashboard = test
        .data("/api/telesales/reports/dashboard?date_from=2017-08-01&date_to=2017-09-30")
        .await;
    let told = ["total_dials", "total_answers", "total_talk_time_sec"]
        .map(|member| dashboard[member].to_string());
    assert_eq!(
        told,
        [
            all[0].to_string(),
            all[1].to_string(),
            format!("\"{}\"", all[2])
        ],
        "{dashboard}"
    );
}

#[tokio::test]
async fn a_document_of_xml_is_taken_with_200_and_nothing_else() {
    let test = TestApp::new().await;
    let xml = "<?xml version=\"1.0\"?>\n<cdr core-uuid=\"c\"><channel_data><direction>outbound</direction></channel_data>\
               <variables><uuid>x1</uuid><start_epoch>1780000000</start_epoch><answer_epoch>1780000005</answer_epoch>\
               <end_epoch>1780000020</end_epoch><billsec>15</billsec><hangup_cause>NORMAL_CLEARING</hangup_cause></variables>\
               <callflow profile_index=\"1\"><caller_profile><destination_number>0987654321</destination_number>\
               </caller_profile></callflow></cdr>";
    let encoded = crate::support::switch::url_encoded(xml);
    let form = "application/x-www-form-urlencoded";
    // mod_xml_cdr counts no other status as delivered; also of what cannot be read.
    for (media, body, calls) in [
        ("application/x-www-form-plaintext", format!("cdr={xml}"), 1),
        (form, format!("cdr={encoded}"), 1),
        ("text/xml", xml.to_owned(), 1),
        ("text/xml", xml[..200].to_owned(), 0),
    ] {
        let post = test
            .post("/api/ingest/freeswitch?uuid=a_x1")
            .header("content-type", media);
        let answer = test.send(post.body(body)).await;
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        let tally = &answer.json()["data"];
        assert_eq!(
            (&tally["calls"], &tally["quarantined"]),
            (&json!(calls), &json!(1 - calls)),
            "{tally}"
        );
    }
    let attempts = test
        .query(
            crate::support::TENANT,
            "select to_jsonb(billsec) from autocall_attempts",
        )
        .await;
    assert_eq!(attempts, [json!(15)]);
}
