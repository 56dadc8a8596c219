//! Opaque ids: 256 random bits that stand for a session in a cookie, or for a link that signs in.
//!
//! Owns their text, their seal, and their digest, which is all that is stored. An id names its tenant, because rows are
//! looked up within one. Must not know where it is carried.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::token::Keys;
use crate::error::{Error, Result};

/// Length of an id, in bytes.
const LEN: usize = 32;

/// SHA-256 of an id.
pub type OpaqueDigest = [u8; 32];

/// An opaque id. Without `Debug`, so that none can be printed by accident.
pub struct OpaqueId {
    tenant: i64,
    bits: [u8; LEN],
}

impl OpaqueId {
    pub fn random(tenant: i64) -> Self {
        Self {
            tenant,
            bits: rand::random(),
        }
    }

    pub fn tenant(&self) -> i64 {
        self.tenant
    }

    pub fn digest(&self) -> OpaqueDigest {
        Sha256::digest(self.bits).into()
    }

    /// Reads the text of an id: the tenant, a dot, and 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let (tenant, bits) = text.split_once('.')?;
        let bits = URL_SAFE_NO_PAD.decode(bits).ok()?;
        Some(Self {
            tenant: tenant.parse().ok()?,
            bits: bits.try_into().ok()?,
        })
    }

    /// The text of the id, a dot, and the seal of the first key. Made-up texts are refused without a look-up, as made-up
    /// tokens are.
    pub fn sealed(&self, keys: &Keys) -> Result<String> {
        let key = keys.of_cookies().first();
        let key = key.ok_or_else(|| Error::internal("bug: no secret to seal with"))?;
        let seal = URL_SAFE_NO_PAD.encode(mac(key, &self.to_string()).finalize().into_bytes());
        Ok(format!("{self}.{seal}"))
    }

    /// Reads a sealed id. `None` unless one of the keys sealed it.
    pub fn unsealed(keys: &Keys, text: &str) -> Option<Self> {
        let (id, seal) = text.rsplit_once('.')?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        // Compared in constant time.
        let is_ours = |key| mac(key, id).verify_slice(&seal).is_ok();
        let is_sealed = keys.of_cookies().iter().any(is_ours);
        is_sealed.then(|| Self::parse(id)).flatten()
    }
}

impl fmt::Display for OpaqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.tenant, URL_SAFE_NO_PAD.encode(self.bits))
    }
}

fn mac(key: &Hmac<Sha256>, text: &str) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::super::token::SECRET_LEN;
    use super::*;

    #[test]
    fn an_id_is_read_from_its_own_text_only() {
        let (id, other) = (OpaqueId::random(7), OpaqueId::random(7));
        assert_ne!(id.digest(), other.digest());
        let read = OpaqueId::parse(&id.to_string()).expect("an id");
        assert_eq!((read.tenant(), read.digest()), (7, id.digest()));
        assert_eq!(id.to_string().len(), "7.".len() + 43);
        for wrong in ["", ".", "7.", "7", "x.", &id.to_string()[1..]] {
            assert!(OpaqueId::parse(wrong).is_none(), "{wrong}");
        }
        for cut in 3..id.to_string().len() {
            assert!(OpaqueId::parse(&id.to_string()[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn a_seal_holds_for_its_id_and_for_keys_in_use() {
        let keys = |secrets: &[&str]| {
            let secrets: Vec<String> = secrets.iter().map(|it| it.repeat(SECRET_LEN)).collect();
            Keys::new(secrets.join(",").as_bytes()).expect("long enough")
        };
        let id = OpaqueId::random(7);
        let sealed = id.sealed(&keys(&["o"])).expect("a text");
        for keys in [keys(&["o"]), keys(&["n", "o"])] {
            let read = OpaqueId::unsealed(&keys, &sealed).expect("an id");
            assert_eq!((read.tenant(), read.digest()), (7, id.digest()));
        }
        assert!(OpaqueId::unsealed(&keys(&["n"]), &sealed).is_none());
        let (text, seal) = sealed.rsplit_once('.').expect("a seal");
        let elsewhere = text.replacen('7', "8", 1);
        for wrong in [
            text,
            &format!("{elsewhere}.{seal}"),
            &format!("{text}."),
            "",
        ] {
            assert!(
                OpaqueId::unsealed(&keys(&["o"]), wrong).is_none(),
                "{wrong}"
            );
        }
        assert!(id.sealed(&Keys::none()).is_err());
    }
}
