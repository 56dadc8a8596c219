//! Secrets of webhooks, which sign deliveries.
//!
//! A secret is stored encrypted under keys derived from `CALLBOARD_SECRET` ([`Keys::of_webhooks`]), bound to its webhook. As
//! with tokens, the first secret encrypts and all decrypt: a rotated `CALLBOARD_SECRET` stays behind the new one until the
//! sweep has encrypted every secret again. A secret whose key is gone cannot be recovered; its webhook needs a new one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, NONCE_LEN, Nonce};

use crate::auth::token::Keys;
use crate::error::{Error, Result};

/// Length of a secret, in bytes.
const LEN: usize = 32;
/// First byte of a stored secret: version of the format, which is followed by nonce and ciphertext.
const VERSION: u8 = 1;
/// First characters of a secret as shown.
const PREFIX: &str = "whsec_";

/// The secret of a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; LEN]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The webhook of a secret: tenant and id.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub tenant: i64,
    pub webhook: i64,
}

impl Owner {
    /// Data that is authenticated with the secret: a secret moved to another webhook does not decrypt.
    fn bound(self) -> Aad<[u8; 16]> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.tenant.to_be_bytes());
        bytes[8..].copy_from_slice(&self.webhook.to_be_bytes());
        Aad::from(bytes)
    }
}

impl Secret {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as its owner sees it: `whsec_` and the base64 of its bytes.
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// Encrypts the secret under the first key. An error without a `CALLBOARD_SECRET`.
    pub fn seal(&self, keys: &Keys, owner: Owner) -> Result<Vec<u8>> {
        let key = keys.of_webhooks().first();
        let key = key.ok_or_else(|| Error::internal("bug: no secret to encrypt with"))?;
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = self.0.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            owner.bound(),
            &mut sealed,
        )
        .map_err(|_| Error::internal("bug: a secret is not encrypted"))?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts a stored secret, and tells if it is encrypted under the first key. `None` if no key decrypts it.
    pub fn open(sealed: &[u8], keys: &Keys, owner: Owner) -> Option<(Self, bool)> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN)?;
        if *version != VERSION {
            return None;
        }
        let open = |key: &ring::aead::LessSafeKey| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut ciphertext = ciphertext.to_vec();
            let secret = key
                .open_in_place(nonce, owner.bound(), &mut ciphertext)
                .ok()?;
            Some(Self((&*secret).try_into().ok()?))
        };
        let mut keys = keys.of_webhooks().iter().enumerate();
        keys.find_map(|(at, key)| Some((open(key)?, at == 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner {
        tenant: 1,
        webhook: 2,
    };

    fn keys(secrets: &str) -> Keys {
        Keys::new(secrets.as_bytes()).unwrap()
    }

    #[test]
    fn a_stored_secret_is_opened_by_every_key_and_only_for_its_webhook() {
        let [old, new] = ["o".repeat(32), "n".repeat(32)];
        let secret = Secret::random();
        assert_ne!(secret, Secret::random());
        let sealed = secret.seal(&keys(&old), OWNER).unwrap();
        let again = secret.seal(&keys(&old), OWNER).unwrap();
        assert_ne!(sealed, again, "no nonce is used twice");
        let is_inside = |sealed: &[u8]| sealed.windows(LEN).any(|part| part == secret.bytes());
        assert!(!is_inside(&sealed));

        let open = |secrets: &str, owner| Secret::open(&sealed, &keys(secrets), owner);
        assert_eq!(open(&old, OWNER), Some((secret.clone(), true)));
        assert_eq!(
            open(&format!("{new},{old}"), OWNER),
            Some((secret.clone(), false))
        );
        assert_eq!(open(&new, OWNER), None);
        let others = [
            Owner { tenant: 2, ..OWNER },
            Owner {
                webhook: 3,
                ..OWNER
            },
        ];
        assert!(others.iter().all(|owner| open(&old, *owner).is_none()));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                Secret::open(&changed, &keys(&old), OWNER).is_none(),
                "byte {at}"
            );
            assert!(
                Secret::open(&sealed[..at], &keys(&old), OWNER).is_none(),
                "length {at}"
            );
        }
    }

    #[test]
    fn a_secret_is_shown_as_standard_webhooks_expects_it_and_never_printed() {
        let secret = Secret([7; LEN]);
        assert_eq!(
            secret.shown(),
            "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
        );
        assert_eq!(format!("{secret:?}"), "(hidden)");
    }
}
