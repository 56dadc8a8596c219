//! Positions in a list of calls: newest first, then by the bytes of the uuid.
//!
//! Owns the cursor that clients hold. It is a position and nothing else, so it works on every instance and after every
//! upgrade, also when the call that it names is gone.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The place of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    pub started_at: DateTime<Utc>,
    pub uuid: String,
}

/// Bytes of the check sum before a position, by which other texts are refused.
const CHECK: usize = 4;

impl Position {
    /// The cursor: check sum, microseconds since 1970 in eight bytes, uuid.
    pub fn cursor(&self) -> String {
        let micros = self.started_at.timestamp_micros().to_be_bytes();
        let position = [micros.as_slice(), self.uuid.as_bytes()].concat();
        let check = &Sha256::digest(&position)[..CHECK];
        BASE64_URL_SAFE_NO_PAD.encode([check, &position].concat())
    }

    /// The position of a cursor. `None` if it is not one.
    pub fn read(cursor: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (check, position) = bytes.split_at_checked(CHECK)?;
        let (micros, uuid) = position.split_first_chunk()?;
        let position = Self {
            started_at: DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?,
            uuid: String::from_utf8(uuid.to_vec()).ok()?,
        };
        let is_whole = Sha256::digest([micros.as_slice(), uuid].concat())[..CHECK] == *check;
        (is_whole && !position.uuid.contains('\0')).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients keep cursors over upgrades.
    #[test]
    fn cursors_are_stable_across_versions() {
        let position = Position {
            started_at: "2026-06-01T08:00:00.123456Z".parse().unwrap(),
            uuid: "a/ü".into(),
        };
        let cursor = position.cursor();
        assert_eq!(cursor, "g8CDzgAGUyyUyOJAYS_DvA");
        assert_eq!(Position::read(&cursor), Some(position));
    }

    #[test]
    fn other_texts_are_refused() {
        let cursor = "g8CDzgAGUyyUyOJAYS_DvA";
        for at in 0..cursor.len() {
            let mut changed = cursor.to_owned();
            changed.replace_range(at..=at, "x");
            assert_eq!(Position::read(&changed), None, "{changed}");
            assert_eq!(Position::read(&cursor[..at]), None, "{at}");
        }
        for text in [
            "",
            "1",
            "AAAA",
            "AAAAAAAAAAAAAAAA",
            "g8CDzgAGUyyUyOJAYS_DvA=",
        ] {
            assert_eq!(Position::read(text), None, "{text}");
        }
    }
}
