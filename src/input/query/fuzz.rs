//! Any text at all as a query: `script/fuzz` tries a million.

use proptest::prelude::*;

use super::*;
use crate::input::{FILL_GAPS, ZONE_UTC, choice};

const DATE: Parameter = Parameter::optional("from", Kind::Moment, "");
const NAME: Parameter = Parameter::optional("q", Kind::Text, "");
const ID: Parameter = Parameter::optional("campaign_id", Kind::Id, "");
const IDS: Parameter = Parameter::required("campaign_ids", Kind::IdList { most: 3 }, "");
const SOURCES: Parameter = Parameter::optional("source[]", Kind::TextList { most: 3 }, "");
const PAGE: Parameter = Parameter::optional(
    "page",
    Kind::Integer {
        range: 1..=200,
        default: 50,
    },
    "",
);
const UNIT: Parameter = Parameter::optional("granularity", Kind::Choice(Unit::NAMES), "");
const READ: &[&Parameter] = &[
    &DATE, &NAME, &ID, &IDS, &PAGE, &UNIT, &ZONE_UTC, &FILL_GAPS, &AGENT_IDS, &SOURCES,
];

choice! {
    pub enum Unit { Day = "day", Hour = "hour" }
}

/// Everything that can be read of a query, and what is wrong with it.
fn read(raw: &str) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut query = Query::parse(raw, READ.iter().copied());
    let zone = query.zone();
    let read = (
        query.moment(&DATE),
        query.storable_text(&NAME),
        query.id(&ID),
        query.id_list(&IDS),
        query.integer(&PAGE),
        query.choice::<Unit>(&UNIT),
        query.flag(&FILL_GAPS),
        query.agent_ids(),
        query.text_list(&SOURCES),
    );
    (
        zone,
        read,
        query.finish(Some(())).map_err(|error| error.to_string()),
    )
}

/// Parts of such queries.
const KNOWN: &[&str] = &[
    "from=",
    "q=",
    "campaign_id=",
    "campaign_ids=",
    "page=",
    "granularity=",
    "timezone=",
    "fill_gaps=",
    "agent_ids",
    "agent_ids[]=",
    "Agent_ids",
    "source=",
    "source[]=",
    "[0]",
    "[]",
    "[",
    "]",
    "%5B%5D",
    "=",
    "&",
    "&&",
    "%",
    "%2",
    "%00",
    "%ff",
    "%26",
    "%3D",
    "+",
    " ",
    ",",
    ";",
    "#",
    "1",
    "-1",
    "25,26",
    "9223372036854775807",
    "99999999999999999999",
    "true",
    "0",
    "day",
    "2026-06-01",
    "2026-06-01T00:00:00+07:00",
    "0000-00-00",
    "9999-12-31T23:59:59.999999999Z",
    "T24:00",
    "Asia/Ho_Chi_Minh",
    "UTC",
];

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(KNOWN).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => ".{0,12}",
    ]
}

proptest! {
    #[test]
    fn any_query_is_read_or_refused_whatever_stands_between_its_parameters(
        pieces in prop::collection::vec(piece(), 0..16),
    ) {
        let raw = pieces.concat();
        prop_assert_eq!(read(&raw), read(&format!("x=1&_&{raw}&agent=1")));
    }
}
