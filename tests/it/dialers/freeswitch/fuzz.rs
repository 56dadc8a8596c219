//! No bytes make a reader panic, and what it reads is bounded.

use callboard::dialers::freeswitch::{document, rows};
use callboard::dialers::leg::{MAX_ID, Record};
use callboard::time::Zone;
use proptest::prelude::*;
use std::sync::LazyLock;

use super::{bytes, real};

static REAL: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| real().into_iter().map(|(_, body)| body).collect());

const MEDIA: &[&str] = &[
    "",
    "application/json",
    "text/xml",
    "application/x-www-form-urlencoded",
    "application/x-www-form-base64-encoded",
    "application/x-www-form-plaintext",
];

/// Pieces that stand in documents, and some that must not.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u",
    "\\ud83d",
    "%",
    "%20",
    "%00",
    "nan",
    "null",
    "<",
    "</",
    ">",
    "&",
    "&#0;",
    "<cdr>",
    "</cdr>",
    "<variables>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "cdr=",
    "\"variables\":",
    "\"uuid\":\"1\"",
    "\"start_epoch\":\"1762923112\"",
    "\"start_epoch\":\"9223372036854775807\"",
    "\"answer_uepoch\":\"-1\"",
    "ARRAY::a|:b",
    "\"callflow\":",
    "\"Event-Name\":\"CHANNEL_HANGUP_COMPLETE\"",
    "\0",
    "\u{feff}",
    "é",
];

fn check(record: &Record) -> Result<(), TestCaseError> {
    match record {
        Record::Leg(leg) => {
            prop_assert!(leg.key.chars().count() <= MAX_ID && leg.call.chars().count() <= MAX_ID);
            prop_assert!(leg.family.contains(&leg.call) && leg.family.len() <= 100);
            prop_assert!(leg.billsec >= 0 && leg.started_at.is_some());
            let size = |(name, value): (&String, &String)| name.len() + value.len();
            prop_assert!(
                leg.fields.len() <= 5_000 && leg.fields.iter().map(size).sum::<usize>() <= 1 << 20
            );
            let texts = leg.fields.iter().flat_map(|(name, value)| [name, value]);
            let texts = texts.chain(&leg.from).chain(&leg.to).chain(&leg.family);
            prop_assert!(!texts.into_iter().any(|text| text.contains('\0')));
        }
        Record::Unreadable(sentence) => prop_assert!(
            sentence.ends_with('.') && sentence.len() < 500,
            "{}",
            sentence
        ),
        Record::NoCall(_) => {}
    }
    Ok(())
}

fn media() -> impl Strategy<Value = &'static str> {
    prop::sample::select(MEDIA)
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(media in media(), body in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&document(media, Some("a_1"), &body))?;
        for (_, record) in rows(&body[..], Zone::UTC) {
            check(&record)?;
        }
    }

    #[test]
    fn any_pieces_of_documents_are_read_or_refused(
        media in media(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
    ) {
        check(&document(media, None, pieces.concat().as_bytes()))?;
    }

    #[test]
    fn a_damaged_document_is_read_or_refused(
        which in 0..19_usize,
        media in media(),
        cut in 0..20_000_usize,
        damage in prop::collection::vec((0..20_000_usize, any::<u8>()), 0..4),
    ) {
        let mut body = REAL[which].clone();
        for (at, byte) in damage {
            let at = at % body.len();
            body[at] = byte;
        }
        check(&document(media, None, &body))?;
        body.truncate(cut);
        check(&document(media, None, &body))?;
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(damage in prop::collection::vec((0..14_000_usize, any::<u8>()), 0..8)) {
        let mut file = bytes("cdr-csv/2016-02-spicyramen-Master.csv");
        for (at, byte) in damage {
            let at = at % file.len();
            file[at] = byte;
        }
        let mut last = 0;
        for (line, record) in rows(&file[..], Zone::UTC) {
            prop_assert!(line > last);
            last = line;
            check(&record)?;
        }
    }
}

#[test]
fn a_document_with_too_much_is_read_as_far_as_there_is_room() {
    let variable = |name: usize| format!("\"v{name}\": \"{}\"", "x".repeat(100));
    let variables: Vec<String> = (0..8_000).map(variable).collect();
    let body = format!(
        "{{\"variables\": {{\"uuid\": \"1\", \"start_epoch\": \"1762923112\", {}}}}}",
        variables.join(",")
    );
    let Record::Leg(leg) = document("", None, body.as_bytes()) else {
        panic!("not read");
    };
    assert_eq!(leg.fields.len(), 5_000);
}
