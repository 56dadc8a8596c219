use super::*;
use crate::error::Error;
use crate::input::{FILL_GAPS, ZONE_UTC};

const IDS: Parameter = Parameter::optional("campaign_ids", Kind::IdList { most: 3 }, "");

fn agents(raw: &str) -> Result<Option<Vec<i64>>> {
    let mut query = Query::parse(raw, [&AGENT_IDS]);
    let agents = query.agent_ids();
    query.finish(Some(agents))
}

#[test]
fn agents_are_read_in_every_spelling_clients_use() {
    for raw in [
        "agent_ids[]=26&agent_ids[]=25",
        "agent_ids[0]=25&agent_ids[1]=26",
        "agent_ids=25,26,25",
        "agent_ids%5B%5D=25&agent_ids%5B%5D=26",
        "agent_ids[]=25,26",
    ] {
        assert_eq!(agents(raw).unwrap(), Some(vec![25, 26]), "{raw}");
    }
    assert_eq!(agents("agent_ids=&agent_ids[]=").unwrap(), None);
}

#[test]
fn a_list_is_read_in_every_spelling_in_the_order_given() {
    for (raw, expected) in [
        ("campaign_ids=3,1", Ok(Some(vec![3, 1]))),
        ("campaign_ids=3&campaign_ids=1", Ok(Some(vec![3, 1]))),
        (
            "campaign_ids[]=3&campaign_ids[]=1&campaign_ids=3",
            Ok(Some(vec![3, 1])),
        ),
        (
            "campaign_ids%5B0%5D=3&campaign_ids[7]=1,2",
            Ok(Some(vec![3, 1, 2])),
        ),
        ("campaign_ids=&campaign_ids[]=", Ok(None)),
        ("campaign_ids=1,2&campaign_ids=3,4", Err(())),
        ("campaign_ids[]=1&campaign_ids[]=x", Err(())),
        ("campaign_ids[x]=1", Err(())),
        ("campaign_ids[][]=1&campaign_ids=1", Err(())),
    ] {
        let mut query = Query::parse(raw, [&IDS]);
        let ids = query.id_list(&IDS);
        assert_eq!(query.finish(Some(ids)).map_err(drop), expected, "{raw}");
    }
}

#[test]
fn texts_of_a_list_are_whole() {
    const SOURCES: Parameter = Parameter::optional("source[]", Kind::TextList { most: 2 }, "");
    let long = |letter: &str, length| format!("source={}", letter.repeat(length));
    let fault = |text: &str| Err(vec![format!("source {text}")]);
    for (raw, expected) in [
        ("source=b,a", Ok(Some(vec!["b,a".to_owned()]))),
        ("source=+b+", Ok(Some(vec![" b ".into()]))),
        ("source=b&source[]=&source=b", Ok(Some(vec!["b".into()]))),
        (
            "source[]=b&source[]=a",
            Ok(Some(vec!["a".into(), "b".into()])),
        ),
        (
            "source%5B1%5D=b&source=a&source[7]=a",
            Ok(Some(vec!["a".into(), "b".into()])),
        ),
        ("source=e%CC%81&source[]=%C3%A9", Ok(Some(vec!["é".into()]))),
        ("source=&source[]=", Ok(None)),
        ("sources=a&Source=a", Ok(None)),
        ("source=a&source=b", fault("may have one value only.")),
        (
            "source[]=a&source[]=b&source[]=c",
            fault("may not have more than 2 items."),
        ),
        (
            "source[]=a&source[]=a%00",
            fault("may not contain a NUL character."),
        ),
        (
            "source[a]=a",
            fault("must be given as source=, source[]= or source[0]=."),
        ),
        (&long("%F0%9F%92%A9", 255), Ok(Some(vec!["💩".repeat(255)]))),
        (
            &long("a", 256),
            fault("may not have more than 255 characters."),
        ),
    ] {
        let mut query = Query::parse(raw, [&SOURCES]);
        let texts = query.text_list(&SOURCES);
        let read = query.finish(Some(texts)).map_err(|error| match error {
            Error::Invalid(faults) => {
                let each = faults
                    .iter()
                    .map(|(name, fault)| format!("{name} {}", fault.join(" ")));
                each.collect::<Vec<_>>()
            }
            other => vec![other.to_string()],
        });
        assert_eq!(read, expected, "{raw}");
    }
}

#[test]
fn one_value_is_read_in_every_spelling_and_several_are_a_fault() {
    let read = |raw: &str| {
        let mut query = Query::parse(raw, [&ZONE_UTC, &FILL_GAPS]);
        let zone = query.zone().unwrap_or(Zone::UTC);
        query
            .finish(Some(zone.name()))
            .map_err(|error| match error {
                Error::Invalid(faults) => {
                    faults.iter().map(|(field, _)| field.to_owned()).collect()
                }
                other => vec![other.to_string()],
            })
    };
    for raw in [
        "timezone=Asia/Tokyo",
        "timezone[]=Asia/Tokyo",
        "timezone[0]=Asia/Tokyo&timezone=Asia/Tokyo",
    ] {
        assert_eq!(read(raw), Ok("Asia/Tokyo"), "{raw}");
    }
    for raw in [
        "timezones=Mars",
        "timezone_=Mars",
        "time=Mars",
        "[]=1",
        "fill_gaps[]=",
    ] {
        assert_eq!(read(raw), Ok("UTC"), "{raw}");
    }
    for raw in [
        "timezone=UTC&timezone=Asia/Tokyo",
        "timezone[]=UTC&timezone[]=Asia/Tokyo",
        "timezone[x]=UTC",
        "TimeZone[]=UTC",
        "timezone.0=UTC",
    ] {
        assert_eq!(read(raw), Err(vec!["timezone".to_owned()]), "{raw}");
    }
    // Told even where the code that answers does not look at it.
    assert_eq!(read("fill_gaps{}=1"), Err(vec!["fill_gaps".to_owned()]));
}

#[test]
fn an_unsupported_spelling_is_a_fault() {
    let many = format!(
        "agent_ids={}",
        (0..1001)
            .map(|id| id.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
    for raw in [
        "agent_ids{}=1",
        "agent_ids.0=1",
        "agent_ids[a]=1",
        "agent_ids_in=1",
        "agent_ids[]=x",
        "agent_ids=1;2",
        "agent_ids=1,",
        "Agent_Ids=1",
        &many,
    ] {
        assert!(agents(raw).is_err(), "{raw}");
    }
}
