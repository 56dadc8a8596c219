//! Normalization of user names.

use crate::text::nfc;

/// Normalizes a user name for comparison: normal form, lower case, trimmed.
pub fn username_key(username: &str) -> String {
    // Lower-casing can make letters compose with the next one, hence the second normalization.
    nfc(&nfc(username.trim()).to_lowercase()).into_owned()
}
