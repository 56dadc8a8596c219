use proptest::prelude::*;

use super::*;
use crate::dialers::leg::Leg;

fn read(text: &str) -> Vec<Record> {
    queue_log(text.as_bytes(), &Options::new(Zone::UTC))
        .map(|(_, record)| record)
        .collect()
}

fn leg(line: &str) -> Leg {
    match read(line).pop() {
        Some(Record::Leg(leg)) => *leg,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn events_tell_the_agent_and_how_long_the_caller_waited() {
    let waited = |leg: &Leg| {
        let end = leg.answered_at.or(leg.ended_at).unwrap();
        (end - leg.started_at.unwrap()).num_seconds()
    };
    let connect = leg("1658814335|1658814295.0|500|Agent/1127|CONNECT|6|1658814329.3|5");
    assert_eq!(
        (
            connect.agent.as_deref(),
            waited(&connect),
            connect.abandoned
        ),
        (Some("1127"), 6, false)
    );
    assert_eq!(
        (
            connect.family.concat().as_str(),
            connect.fields["queue"].as_str()
        ),
        ("1658814295.0", "500")
    );
    let complete = leg("1658814342|1658814295.0|500|Agent03|COMPLETEAGENT|6|7|1");
    assert_eq!(
        (complete.billsec, complete.answered_at, complete.started_at),
        (7, connect.answered_at, connect.started_at)
    );
    for (line, seconds) in [
        ("1658129459|1.5|500|NONE|ABANDON|1|1|28", 28),
        ("1658129459|1.5|500|NONE|EXITWITHTIMEOUT|1|1|28", 28),
        ("1658129459|1.5|500|NONE|EXITWITHKEY|1|2|1|28", 28),
        ("1658129459|1.5|500|NONE|EXITEMPTY|1|1|28", 28),
    ] {
        let leg = leg(line);
        assert_eq!(
            (leg.abandoned, leg.agent.clone(), waited(&leg)),
            (true, None, seconds),
            "{line}"
        );
    }
    let rang = leg("1658906011|1658905976.72|500|Agent03|RINGNOANSWER|10000");
    assert_eq!((rang.agent, rang.abandoned, rang.billsec), (None, false, 0));
    let entered = leg("1665156376|1665156376.14|500|NONE|ENTERQUEUE||1000|1");
    assert_eq!(
        (entered.ended_at, entered.fields["data2"].as_str()),
        (None, "1000")
    );
}

#[test]
fn events_of_no_call_are_counted_with_a_reason() {
    for line in [
        "1657196115|MANAGER|500|SIP/1001|ADDMEMBER|",
        "1657196115|NONE|NONE|Agent03|UNPAUSEALL|",
        "1657196115|REALTIME|500|SIP/1|ADDMEMBER|",
        "1657196115|1657196100.1|NONE|SIP/1|PAUSEALL|",
        "1665156376|1665156376.14|500|NONE|DID|7777",
        "-- MySQL dump 10.13",
    ] {
        assert!(matches!(read(line)[..], [Record::NoCall(_)]), "{line}");
    }
    for line in [
        "1657196115|NONE|NONE",
        "x|1.5|500|NONE|ABANDON|1|1|28",
        "1657196115|1.5|500|NONE|CONNECT|x",
        "hello",
    ] {
        assert!(matches!(&read(line)[..], [Record::Unreadable(_)]), "{line}");
    }
}

#[test]
fn tables_are_read_by_their_names_and_epochs_stand_before_stamps() {
    let text = "uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time\n\
                19,1543602753,1543602660.197,IT,Agent/1127,CONNECT,,1543602746.232,6,0,0,76,0,\"2018-11-30 13:32:34\"\n\
                22,1543603971,1543603907.257,NONE,Agent/1141,OUTANSWER,3022778390,COMPLETEAGENT,,0,0,9,54,\"2018-11-30 13:52:52\"\n";
    let legs: Vec<Leg> = read(text)
        .into_iter()
        .map(|record| match record {
            Record::Leg(leg) => *leg,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        (legs[0].agent.as_deref(), legs[0].fields["queue"].as_str()),
        (Some("1127"), "IT")
    );
    assert_eq!(legs[0].answered_at.unwrap().timestamp(), 1_543_602_753);
    assert_eq!(legs[0].started_at.unwrap().timestamp(), 1_543_602_677);
    assert_eq!(
        (legs[1].agent.as_deref(), legs[1].billsec, legs[1].abandoned),
        (Some("1141"), 54, false)
    );
    let named =
        "time,callid,queuename,agent,event,data1\n2018-11-30 13:32:34,1.5,IT,SIP/7,CONNECT,6\n";
    assert_eq!(leg(named).agent.as_deref(), Some("7"));
}

#[test]
fn rows_of_a_dump_are_events() {
    let connect = "(34013, '2013-07-23 16:19:46.939229', '1374576570.0', 'Billing', 'SIP/551', 'CONNECT', '6', '1', '6', '', ''),";
    for text in [
        connect.to_owned(),
        format!("INSERT INTO `queue_log` VALUES {connect}(1,'2013-07-23 16:19:46','NONE','','','QUEUESTART','','','','','');"),
        "('1374596386','1374576570.0','Billing','SIP/551','CONNECT','6','1','6','','')".to_owned(),
        "(1,'2013-07-23 16:19:46','1374576570.0','Billing','SIP/551','CONNECT','','6','1','6','','')".to_owned(),
    ] {
        let Some(Record::Leg(leg)) = read(&text).into_iter().next() else {
            panic!("{text}");
        };
        assert_eq!((leg.agent.as_deref(), leg.fields["data1"].as_str()), (Some("551"), "6"), "{text}");
    }
    assert!(matches!(&read("(1, 2, 3)")[..], [Record::Unreadable(_)]));
}

#[test]
fn the_same_line_is_one_leg() {
    let line = "1658129459|1.5|500|NONE|ABANDON|1|1|28";
    assert_eq!(leg(line), leg(&format!("{line}\r\n")));
    assert!(leg(line).key != leg("1658129459|1.5|501|NONE|ABANDON|1|1|28").key);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        queue_log(bytes.as_slice(), &Options::new(Zone::UTC)).count();
    }
}
