//! Cursors, the positions in lists that clients hold.
//!
//! A cursor is a position and nothing else, so it works on every instance and after every upgrade, also when the row that it
//! names is gone. Must not know the order of a list.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Pattern of cursors.
pub const PATTERN: &str = "[A-Za-z0-9_-]+";

/// Bytes of the check sum before a position, by which other texts are refused.
const CHECK: usize = 4;

/// A position in a list.
pub trait Cursor: Sized {
    /// Bytes that tell its cursors from those of other lists.
    const OF: &'static [u8];

    fn bytes(&self) -> Vec<u8>;

    /// `None` if these are not the bytes of a position.
    fn of_bytes(position: &[u8]) -> Option<Self>;

    /// The text that clients hold: check sum and position.
    fn cursor(&self) -> String {
        let position = self.bytes();
        BASE64_URL_SAFE_NO_PAD.encode([&check::<Self>(&position), position.as_slice()].concat())
    }

    /// The position of a cursor. `None` if it is not one.
    fn read(cursor: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (given, position) = bytes.split_first_chunk::<CHECK>()?;
        (*given == check::<Self>(position))
            .then(|| Self::of_bytes(position))
            .flatten()
    }
}

fn check<C: Cursor>(position: &[u8]) -> [u8; CHECK] {
    let sum = Sha256::digest([C::OF, position].concat());
    [sum[0], sum[1], sum[2], sum[3]]
}
