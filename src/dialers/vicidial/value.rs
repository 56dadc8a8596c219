//! Values of cells: numbers, instants, ids, and names in channels.

use chrono::{DateTime, TimeDelta, Utc};

use super::table::Fields;
use crate::time::Zone;
use crate::time::instant::GivenInstant;

/// Epochs from there on are none: 2100.
const END: i64 = 4_102_444_800;
/// Digits that a national number has at least.
const NATIONAL: usize = 8;

/// A value that says something: VICIdial writes 0 where it has no lead.
pub fn id<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let id = fields.get(name)?;
    (id.bytes().any(|byte| byte != b'0')).then_some(id)
}

/// Seconds of a column, at least 0. None if it has none.
pub fn seconds(fields: &Fields, name: &str) -> Result<Option<i32>, String> {
    let Some(text) = fields.get(name) else {
        return Ok(None);
    };
    let whole = text
        .split_once('.')
        .map_or(text.as_str(), |(whole, _)| whole);
    let Ok(seconds) = whole.parse::<i64>() else {
        let shown: String = text.chars().take(40).collect();
        return Err(format!(
            "`{name}` must be a number of seconds, and is `{shown}`."
        ));
    };
    Ok(Some(i32::try_from(seconds.max(0)).unwrap_or(i32::MAX)))
}

/// Instant of an epoch. None for 0, and for what is none.
pub fn epoch(fields: &Fields, name: &str) -> Option<DateTime<Utc>> {
    let seconds: i64 = fields.get(name)?.parse().ok()?;
    let is_one = (1..END).contains(&seconds);
    is_one
        .then(|| DateTime::from_timestamp(seconds, 0))
        .flatten()
}

/// Instant of a local stamp. None for zeros, and for what is none.
pub fn stamp(fields: &Fields, name: &str, zone: Zone) -> Option<DateTime<Utc>> {
    let given = GivenInstant::parse(fields.get(name)?)?;
    let at = given.start(zone);
    (0..END).contains(&at.timestamp()).then_some(at)
}

pub fn after(at: DateTime<Utc>, seconds: i32) -> DateTime<Utc> {
    at.checked_add_signed(TimeDelta::seconds(i64::from(seconds)))
        .unwrap_or(at)
}

pub fn before(at: DateTime<Utc>, seconds: i32) -> DateTime<Utc> {
    at.checked_sub_signed(TimeDelta::seconds(i64::from(seconds)))
        .unwrap_or(at)
}

/// The called number. National ones get the code of their country, which VICIdial keeps apart.
pub fn number(fields: &Fields) -> Option<String> {
    let number = fields
        .get("phone_number_dialed")
        .or_else(|| fields.get("phone_number"))?;
    let code = fields.get("phone_code").map_or("", String::as_str);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_national = !number.starts_with('0') && number.len() >= NATIONAL;
    if !is_digits(number) || !is_digits(code) || code.starts_with('0') || !is_national {
        return Some(number.clone());
    }
    let has_code = number.starts_with(code) && number.len() >= code.len() + NATIONAL;
    Some(if has_code {
        format!("+{number}")
    } else {
        format!("+{code}{number}")
    })
}

/// The trunk in a channel: `SIP/viettel-0000002f`. None for a channel of the switch itself.
pub fn trunk(channel: &str) -> Option<String> {
    let (kind, rest) = channel.split_once('/')?;
    if kind.eq_ignore_ascii_case("local") {
        return None;
    }
    let name = rest.rsplit_once('-').map_or(rest, |(name, _)| name);
    // `SIP/84901234567@viettel`
    let name = name.rsplit_once('@').map_or(name, |(_, host)| host);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The agent of a row. VICIdial's own names stand for nobody.
pub fn agent(fields: &Fields) -> Option<String> {
    let user = fields.get("user")?;
    let is_nobody = ["VDAD", "VDCL", "VDIC"]
        .iter()
        .any(|own| user.eq_ignore_ascii_case(own));
    (!is_nobody).then(|| user.clone())
}
