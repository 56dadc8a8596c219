//! Signed, expiring links to finished files.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use crate::app::App;
use crate::auth::token::Keys;
use crate::error::{Error, Result};

/// Route of files.
pub const PATH: &str = "/api/public/exports/{job_id}/{file_name}";

/// Creates and checks links.
#[derive(Clone)]
pub struct Links<'a> {
    /// The first signs, all verify.
    keys: &'a [Hmac<Sha256>],
    /// The URL of a file, with places for `{job_id}` and `{file_name}`.
    address: String,
}

impl<'a> Links<'a> {
    /// Links to this server.
    pub fn of(app: &'a App) -> Self {
        let base = app.exports.public_url.as_deref().unwrap_or_default();
        Self::new(&app.keys, format!("{base}{PATH}"))
    }

    /// `address`: the URL of a file, with places for `{job_id}` and `{file_name}`.
    pub fn new(keys: &'a Keys, address: String) -> Self {
        Self {
            keys: keys.of_links(),
            address,
        }
    }

    pub fn link(&self, job: &str, name: &str, expires: DateTime<Utc>) -> String {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'.')
            .remove(b'_')
            .remove(b'~');
        let (expires, file) = (expires.timestamp(), utf8_percent_encode(name, KEPT));
        let signed = self
            .keys
            .first()
            .map(|key| mac(key, job, name, expires).finalize().into_bytes());
        let signature = signed.map_or_else(String::new, |signed| hex(&signed));
        let address = self.address.replace("{job_id}", job);
        let address = address.replace("{file_name}", &file.to_string());
        format!("{address}?expires={expires}&signature={signature}")
    }

    /// Checks a link: `Forbidden` if its signature is invalid, `Expired` if it is past its time.
    pub fn check(
        &self,
        job: &str,
        name: &str,
        expires: &str,
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let seconds: i64 = expires
            .parse()
            .ok()
            .filter(|seconds: &i64| seconds.to_string() == expires)
            .ok_or(Error::Forbidden)?;
        let signature = unhex(signature).ok_or(Error::Forbidden)?;
        // Compared in constant time.
        let is_ours = |key| {
            mac(key, job, name, seconds)
                .verify_slice(&signature)
                .is_ok()
        };
        if !self.keys.iter().any(is_ours) {
            return Err(Error::Forbidden);
        }
        if now.timestamp() >= seconds {
            Err(Error::Expired)
        } else {
            Ok(())
        }
    }
}

/// Names contain no line feed, so that no two links sign the same text.
fn mac(key: &Hmac<Sha256>, job: &str, name: &str, expires: i64) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(format!("{job}\n{name}\n{expires}").as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower case only: a signature has one spelling.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            if let [high, low] = pair {
                Some(digit(*high)? << 4 | digit(*low)?)
            } else {
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links stay valid over an upgrade.
    #[test]
    fn a_link_says_the_same_in_every_version() {
        let keys = Keys::new(&[7; 32]).unwrap();
        let links = Links::new(
            &keys,
            "https://reports.example.com/api/public/exports/{job_id}/{file_name}".into(),
        );
        let expires = DateTime::from_timestamp(1_782_810_000, 0).unwrap();
        let link = links.link("export_1", "Gia hạn.xlsx", expires);
        let (path, signature) = link.split_once("&signature=").unwrap();
        assert_eq!(
            path,
            "https://reports.example.com/api/public/exports/export_1/Gia%20h%E1%BA%A1n.xlsx?expires=1782810000"
        );
        assert_eq!(
            signature,
            "d0489c06cea8a2c9636686439d0fd7221e30f742a69e8ebd8e0010ddfe2722d3"
        );
        let check = |at: i64| {
            links.check(
                "export_1",
                "Gia hạn.xlsx",
                "1782810000",
                signature,
                DateTime::from_timestamp(at, 0).unwrap(),
            )
        };
        assert!(check(1_782_809_999).is_ok());
        assert!(matches!(check(1_782_810_000), Err(Error::Expired)));
    }
}

/// Arbitrary parts of links; `script/fuzz` tries a million.
#[cfg(test)]
mod fuzz {
    use proptest::prelude::*;

    use super::*;

    const JOB: &str = "export_1";
    const NAME: &str = "Gia hạn.xlsx";
    const EXPIRES: i64 = 1_782_810_000;

    /// A part of the link unchanged, damaged, or replaced.
    fn part(right: String) -> impl Strategy<Value = String> {
        let letters: Vec<char> = right.chars().collect();
        let damaged = (any::<prop::sample::Index>(), "[0-9a-fA-F\\n/%+. -]{0,2}").prop_map(
            move |(at, instead)| {
                let mut letters = letters.clone();
                let at = at.index(letters.len());
                letters.splice(at..=at, instead.chars());
                letters.into_iter().collect()
            },
        );
        prop_oneof![6 => Just(right), 3 => damaged, 1 => ".{0,80}"]
    }

    proptest! {
        #[test]
        fn only_our_own_link_opens_anything(
            job in part(JOB.into()), name in part(NAME.into()), expires in part(EXPIRES.to_string()),
            signature in part("d0489c06cea8a2c9636686439d0fd7221e30f742a69e8ebd8e0010ddfe2722d3".into()),
        ) {
            let keys = Keys::new(&[7; 32]).unwrap();
            let links = Links::new(&keys, "/{job_id}/{file_name}".into());
            let now = DateTime::from_timestamp(EXPIRES - 1, 0).unwrap();
            let ours = links.link(JOB, NAME, DateTime::from_timestamp(EXPIRES, 0).unwrap());
            let is_ours = job == JOB && name == NAME && expires == EXPIRES.to_string() && ours.ends_with(&format!("={signature}"));
            prop_assert_eq!(links.check(&job, &name, &expires, &signature, now).is_ok(), is_ours);
        }
    }
}
