//! Ready mappings: each is taken as it is, and reads a sheet with the headers that it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callboard::dialers::sheet::ready;
use serde_json::{Value, json};

use super::{CSV, put_valid, stored};
use crate::support::TestApp;

/// A sheet by mapping: two calls, one answered, and rows that are none to report.
const SHEETS: &[(&str, &str)] = &[
    (
        "issabel-cdr",
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,uniqueid,userfield\n\
         2026-06-01 08:30:15,\"\"\"Lan\"\" <101>\",101,0987654321,from-internal,SIP/101-1,SIP/t-2,Dial,SIP/t,40,25,ANSWERED,3,,1780277415.1,\n\
         2026-06-01 09:30:15,101,101,0987654322,from-internal,SIP/101-3,SIP/t-4,Dial,SIP/t,30,0,NO ANSWER,3,,1780281015.3,\n\
         2026-06-01 09:40:15,101,101,102,from-internal,SIP/101-5,SIP/102-6,Dial,SIP/102,30,9,ANSWERED,3,,1780281615.5,\n",
    ),
    (
        "freepbx-cdr",
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,uniqueid,userfield,did,recordingfile,cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,peeraccount,sequence\n\
         2026-06-01 08:30:15,101,101,0987654321,from-internal,a,b,Dial,c,40,25,ANSWERED,3,,1.1,,,,101,Lan,02838000000,,,1.1,,1\n\
         2026-06-01 09:30:15,101,101,0987654322,from-internal,a,b,Dial,c,40,0,BUSY,3,,1.3,,,,101,Lan,02838000000,,,1.3,,3\n\
         2026-06-01 09:40:15,101,101,*97,from-internal,a,b,Dial,c,40,9,ANSWERED,3,,1.5,,,,101,Lan,,,,1.5,,5\n",
    ),
    (
        "fusionpbx-xml-cdr",
        "\"domain_uuid\",\"extension\",\"start_stamp\",\"end_stamp\",\"start_epoch\",\"hangup_cause\",\"duration\",\"xml_cdr_uuid\",\"direction\",\"billsec\",\"caller_id_number\",\"destination_number\",\"answer_stamp\",\"status\"\n\
         \"d\",\"101\",\"2026-06-01 08:30:15+07\",\"2026-06-01 08:31:00+07\",\"1780277415\",\"NORMAL_CLEARING\",\"25\",\"a-1\",\"outbound\",\"25\",\"02838000000\",\"0987654321\",\"2026-06-01 08:30:35+07\",\"answered\"\n\
         \"d\",\"101\",\"2026-06-01 09:30:15+07\",\"2026-06-01 09:31:00+07\",\"1780281015\",\"NO_ANSWER\",\"0\",\"a-2\",\"outbound\",\"0\",\"02838000000\",\"0987654322\",\"\",\"no_answer\"\n\
         \"d\",\"\",\"2026-06-01 09:40:15+07\",\"2026-06-01 09:41:00+07\",\"1780281615\",\"NORMAL_CLEARING\",\"9\",\"a-3\",\"inbound\",\"9\",\"0987654321\",\"02838000000\",\"2026-06-01 09:40:20+07\",\"answered\"\n",
    ),
    (
        "vicidial-export",
        "call_date\tphone_number_dialed\tstatus\tuser\tfull_name\tcampaign_id\tvendor_lead_code\tlist_id\tlength_in_sec\tlead_id\tstatus_name\n\
         2026-06-01 08:30:15\t84987654321\tSALE\tlan\tLan\tSALES\t\t101\t25\t7\tSale Made\n\
         2026-06-01 09:30:15\t84987654322\tNA\tVDAD\tOutbound Auto Dial\tSALES\t\t101\t0\t8\tNo Answer AutoDial\n\
         2026-06-01 09:40:15\t84987654323\tAFTHRS\tVDCL\tInbound No Agent\tSALES\t\t101\t9\t9\tAfter Hours\n",
    ),
    (
        "3cx-cdr",
        "historyid,callid,duration,time-start,time-answered,time-end,reason-terminated,from-no,to-no,from-dn,to-dn\n\
         1,c1,00:00:25,2026/06/01 08:30:15,2026/06/01 08:30:35,2026/06/01 08:31:00,TerminatedBySrc,Ext.101,0987654321,101,10000\n\
         2,c2,,2026/06/01 09:30:15,,2026/06/01 09:31:00,Failed_Cancelled,Ext.101,0987654322,101,10000\n\
         3,c3,00:00:09,2026/06/01 09:40:15,2026/06/01 09:40:20,2026/06/01 09:41:00,TerminatedByDst,Ext.101,102,101,102\n",
    ),
    (
        "aircall-calls",
        "line,datetime (tz offset incl.),number timezone,datetime (utc),country_code,direction,from,to,answered,missed_call_reason,user,duration (total),duration (in call),voicemail,recording,comments,tags,call quality,team,call direction - type,call start time,call end time,aircall number,customer number,in-call duration,call id,call type,waiting time\n\
         Sales,2026-06-01 08:30:15,Asia/Ho_Chi_Minh,2026-06-01 01:30:15,VN,outbound,842838000000,84987654321,Yes,,Lan,40,25,,,,,,,Outbound,2026-06-01 08:30:15,2026-06-01 08:30:55,Sales (+84 28 3800 0000),+84 987 654 321,00:00:25,CA1,Outbound,00:00:15\n\
         Sales,2026-06-01 09:30:15,Asia/Ho_Chi_Minh,2026-06-01 02:30:15.083,VN,outbound,842838000000,84987654322,No,,Lan,20,,,,,,,,Outbound,2026-06-01 09:30:15,2026-06-01 09:30:35,Sales (+84 28 3800 0000),+84 987 654 322,,CA2,Outbound,00:00:20\n\
         Sales,2026-06-01 09:40:15,Asia/Ho_Chi_Minh,2026-06-01 02:40:15,VN,inbound,84987654321,842838000000,No,no_available_agent,[No associated user],9,,,,,,,,Inbound - Missed,2026-06-01 09:40:15,2026-06-01 09:40:24,Sales (+84 28 3800 0000),+84 987 654 321,,CA3,Missed,00:00:09\n",
    ),
    (
        "genesys-interactions",
        "\"Full Export Completed\",\"Partial Result Timestamp\",\"Filters\",\"Media Type\",\"Users\",\"Remote\",\"Date\",\"End Date\",\"Duration\",\"Direction\",\"Initial Direction\",\"ANI\",\"DNIS\",\"Queue\",\"Wrap-up\",\"Flow\",\"Conversation ID\",\"Total Talk\",\"Total ACW\",\"Disconnect Type\"\n\
         \"YES\",\"\",\"\",\"voice\",\"Lan\",\"+84 987 654 321\",\"6/13/26 08:30:15 AM\",\"6/13/26 08:31:00 AM\",\"00:00:45\",\"Outbound\",\"Outbound\",\"tel:+842838000000\",\"tel:+84987654321\",\"\",\"\",\"\",\"g-1\",\"00:00:25\",\"00:00:05\",\"Peer\"\n\
         \"YES\",\"\",\"\",\"voice\",\"Lan\",\"+84 987 654 322\",\"6/13/26 09:30:15 AM\",\"6/13/26 09:31:00 AM\",\"00:00:45\",\"Outbound\",\"Outbound\",\"tel:+842838000000\",\"tel:+84987654322\",\"\",\"\",\"\",\"g-2\",\"\",\"\",\"Client\"\n\
         \"YES\",\"\",\"\",\"chat\",\"Lan\",\"guest\",\"6/13/26 09:40:15 AM\",\"6/13/26 09:41:00 AM\",\"00:00:45\",\"Inbound\",\"Inbound\",\"\",\"\",\"\",\"\",\"\",\"g-3\",\"\",\"\",\"\"\n",
    ),
    (
        "twilio-calls",
        "sid,date_created,start_time,end_time,from,to,duration,status,direction\n\
         CA1,\"Mon, 01 Jun 2026 01:30:14 +0000\",\"Mon, 01 Jun 2026 01:30:15 +0000\",\"Mon, 01 Jun 2026 01:30:40 +0000\",+842838000000,+84987654321,25,completed,outbound-api\n\
         CA2,\"Mon, 01 Jun 2026 02:30:14 +0000\",\"Mon, 01 Jun 2026 02:30:15 +0000\",\"Mon, 01 Jun 2026 02:30:40 +0000\",+842838000000,+84987654322,0,no-answer,outbound-api\n\
         CA3,\"Mon, 01 Jun 2026 02:40:14 +0000\",\"Mon, 01 Jun 2026 02:40:15 +0000\",\"Mon, 01 Jun 2026 02:40:24 +0000\",+84987654321,+842838000000,9,completed,inbound\n",
    ),
];

fn mapping(name: &str) -> Value {
    let path = format!("deploy/mappings/{name}.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(path).expect("a mapping");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_ready_mapping_has_a_sheet_and_cites_what_names_its_columns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mappings");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().replace(".json", ""))
        .collect();
    names.sort();
    let mut told: Vec<&str> = SHEETS.iter().map(|(name, _)| *name).collect();
    told.sort_unstable();
    assert_eq!(names, told);
    let within: BTreeSet<&str> = ready::names().collect();
    assert_eq!(within, told.into_iter().collect());
    for name in names {
        let about = mapping(&name)["about"].to_string();
        assert!(about.contains("http"), "{name}");
    }
}

#[tokio::test]
async fn ready_mappings_read_what_people_export() {
    let test = TestApp::new().await;
    for (name, sheet) in SHEETS {
        put_valid(&test, name, &mapping(name)).await;
        let path = format!("{CSV}?map={name}&timezone=Asia/Ho_Chi_Minh&dry_run=true");
        let preview = stored(&test, &path, *sheet).await;
        let counts = ["received", "rejected", "ignored"].map(|count| preview[count].clone());
        assert_eq!(
            counts,
            [3, 0, 1].map(|count| json!(count)),
            "{name}: {preview}"
        );
        let lines = preview["lines"].as_array().expect("lines");
        assert_eq!(lines[0]["result"], "answered", "{name}");
        assert_eq!(lines[0]["talk_sec"], 25, "{name}");
        assert_ne!(lines[1]["result"], "answered", "{name}");
        let phone = lines[0]["phone"].as_str().expect("a phone");
        assert!(phone.ends_with("987654321"), "{name}");
        let at = lines[0]["started_at"].as_str().expect("an instant");
        assert!(at.contains(":30:15"), "{name}: {at}");
    }
}
