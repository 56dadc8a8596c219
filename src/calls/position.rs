//! Positions in a list of calls: newest first, then by the bytes of the uuid.

use chrono::{DateTime, Utc};

use super::cursor::Cursor;

/// The place of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    pub started_at: DateTime<Utc>,
    pub uuid: String,
}

/// Microseconds since 1970 in eight bytes, then the uuid.
impl Cursor for Position {
    const OF: &'static [u8] = b"";

    fn bytes(&self) -> Vec<u8> {
        let micros = self.started_at.timestamp_micros().to_be_bytes();
        [micros.as_slice(), self.uuid.as_bytes()].concat()
    }

    fn of_bytes(position: &[u8]) -> Option<Self> {
        let (micros, uuid) = position.split_first_chunk()?;
        let position = Self {
            started_at: DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?,
            uuid: String::from_utf8(uuid.to_vec()).ok()?,
        };
        (!position.uuid.contains('\0')).then_some(position)
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
