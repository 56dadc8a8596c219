//! User names as they are compared.

use crate::text::nfc;

/// A user name as it is compared: in normal form, without case, and without blanks around it.
pub fn username_key(username: &str) -> String {
    // A letter in lower case may compose with the next where it did not before.
    nfc(&nfc(username.trim()).to_lowercase()).into_owned()
}
