//! Tokens: signed references to a session. The database, not the token, decides if the session is
//! still open (see `session`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::hs256;
use crate::error::{Error, Result};

/// Minimum length of a secret, in bytes.
pub const SECRET_LEN: usize = 32;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Claims {
    /// Tenant id.
    pub tenant: i64,
    /// Session id.
    pub jti: Uuid,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
}

/// Keys that sign and verify tokens and links. Without `Debug`, so that no secret can be printed.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    /// `None` without a secret.
    encoding: Option<EncodingKey>,
    /// Key of `encoding` first, then earlier keys.
    decoding: Vec<DecodingKey>,
    /// Keys for links, in the same order. They differ from the token keys, so a token cannot pass
    /// as a link, nor a link as a token.
    links: Vec<Hmac<Sha256>>,
    /// Keys for digests of user names, in the same order.
    names: Vec<Hmac<Sha256>>,
    /// Keys that seal the ids in cookies, in the same order.
    cookies: Vec<Hmac<Sha256>>,
    /// Keys that encrypt the secrets of webhooks, in the same order.
    webhooks: Vec<LessSafeKey>,
    /// See [`Keys::fingerprints`].
    fingerprints: Vec<String>,
    /// Tokens already verified, by their exact text. Invalid tokens are never stored.
    verified: RwLock<HashMap<Box<str>, Claims>>,
}

/// Maximum number of verified tokens. At this size the map is cleared.
const REMEMBERED: usize = 10_000;

impl Keys {
    /// Derives keys from one or more secrets, separated by commas or white space. The first signs
    /// and all verify, so a new secret can be put in front while tokens of the old one are in use.
    /// Returns `None` if there is no secret or one is shorter than [`SECRET_LEN`].
    pub fn new(secrets: &[u8]) -> Option<Self> {
        let is_between = |byte: &u8| *byte == b',' || byte.is_ascii_whitespace();
        let secrets: Vec<&[u8]> = secrets
            .split(is_between)
            .filter(|secret| !secret.is_empty())
            .collect();
        hs256::install();
        let encoding = EncodingKey::from_secret(secrets.first()?);
        let decoding = secrets
            .iter()
            .map(|secret| DecodingKey::from_secret(secret))
            .collect();
        let keys = |purpose| {
            secrets
                .iter()
                .map(|secret| derived_key(secret, purpose))
                .collect::<Option<Vec<_>>>()
        };
        let (links, names) = (keys("callboard links")?, keys("callboard names")?);
        let cookies = keys("callboard cookies")?;
        let webhooks = secrets
            .iter()
            .map(|secret| encryption_key(secret, "callboard webhooks"))
            .collect::<Option<Vec<_>>>()?;
        let fingerprints = keys("callboard fingerprint")?
            .iter()
            .map(|key| digest(key, b"", FINGERPRINT_LEN))
            .collect();
        let are_long = secrets.iter().all(|secret| secret.len() >= SECRET_LEN);
        let (encoding, verified) = (Some(encoding), RwLock::default());
        are_long.then(|| {
            Self(Arc::new(Inner {
                encoding,
                decoding,
                links,
                names,
                cookies,
                webhooks,
                fingerprints,
                verified,
            }))
        })
    }

    /// Keys without a secret, for commands that need none: they cannot sign and verify no token.
    pub fn none() -> Self {
        let (decoding, links, names, fingerprints) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (cookies, webhooks) = (Vec::new(), Vec::new());
        let verified = RwLock::default();
        Self(Arc::new(Inner {
            encoding: None,
            decoding,
            links,
            names,
            cookies,
            webhooks,
            fingerprints,
            verified,
        }))
    }

    /// One fingerprint per secret, in order: 32 hex digits that do not reveal the secret.
    pub fn fingerprints(&self) -> &[String] {
        &self.0.fingerprints
    }

    /// Digests of an unknown user name, one per secret, in order: 8 hex digits.
    pub fn name_digests(&self, username_key: &str) -> impl Iterator<Item = String> {
        self.0
            .names
            .iter()
            .map(|key| digest(key, username_key.as_bytes(), NAME_DIGEST_LEN))
    }

    /// Keys of signed links: the first signs, all verify.
    pub fn of_links(&self) -> &[Hmac<Sha256>] {
        &self.0.links
    }

    /// Keys that seal the ids in cookies: the first seals, all verify.
    pub fn of_cookies(&self) -> &[Hmac<Sha256>] {
        &self.0.cookies
    }

    /// Keys that encrypt the secrets of webhooks: the first encrypts, all decrypt.
    pub fn of_webhooks(&self) -> &[LessSafeKey] {
        &self.0.webhooks
    }

    pub fn sign(&self, claims: &Claims) -> Result<String> {
        let encoding = self
            .0
            .encoding
            .as_ref()
            .ok_or_else(|| Error::internal("bug: no secret to sign with"))?;
        jsonwebtoken::encode(&Header::default(), claims, encoding).map_err(Error::internal)
    }

    /// Returns the claims of a token with a valid signature. Expiry is checked by `session`,
    /// against one clock.
    pub fn verify(&self, token: &str) -> Result<Claims> {
        if let Some(claims) = self
            .0
            .verified
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(token)
        {
            return Ok(*claims);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let by = |key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok();
        let claims = self
            .0
            .decoding
            .iter()
            .find_map(by)
            .ok_or(Error::Unauthenticated)?
            .claims;
        let mut known = self
            .0
            .verified
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.into(), claims);
        Ok(claims)
    }
}

/// Length of a fingerprint, in hex digits.
const FINGERPRINT_LEN: usize = 32;
/// Length of a name's digest, in hex digits: enough to recognize repeated names, too few to
/// identify the name.
const NAME_DIGEST_LEN: usize = 8;

/// Derives the bytes of a key for one purpose from the secret.
fn derived_bytes(secret: &[u8], purpose: &str) -> Option<[u8; 32]> {
    let mut derived = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    derived.update(purpose.as_bytes());
    Some(derived.finalize().into_bytes().into())
}

/// Derives a key that signs.
fn derived_key(secret: &[u8], purpose: &str) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(&derived_bytes(secret, purpose)?).ok()
}

/// Derives a key that encrypts.
fn encryption_key(secret: &[u8], purpose: &str) -> Option<LessSafeKey> {
    let bytes = derived_bytes(secret, purpose)?;
    Some(LessSafeKey::new(
        UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?,
    ))
}

/// Returns the first hex digits of a text's digest.
fn digest(key: &Hmac<Sha256>, text: &[u8], digits: usize) -> String {
    let mut mac = key.clone();
    mac.update(text);
    mac.finalize()
        .into_bytes()
        .iter()
        .take(digits / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Claims {
    pub fn new(
        tenant: i64,
        session: Uuid,
        issued: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            tenant,
            jti: session,
            iat: issued.timestamp(),
            exp: expires.map(|at| at.timestamp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_token_is_refused_even_after_the_original_was_verified() {
        let now = "2026-06-30T08:00:00Z".parse().unwrap();
        let keys = |byte| Keys::new(&[byte; SECRET_LEN]).unwrap();
        let (ours, theirs, session) = (keys(7), keys(8), Uuid::from_u128(5));
        let token = ours.sign(&Claims::new(1, session, now, None)).unwrap();
        for _ in 0..3 {
            assert_eq!(ours.verify(&token).unwrap().jti, session);
            assert!(theirs.verify(&token).is_err());
            for wrong in [
                &token[..token.len() - 1],
                &format!("{token}="),
                &token.to_lowercase(),
                "",
            ] {
                assert!(ours.verify(wrong).is_err(), "{wrong}");
            }
        }
        assert_eq!(ours.0.verified.read().unwrap().len(), 1);
        assert!(
            theirs.0.verified.read().unwrap().is_empty(),
            "invalid tokens are not stored"
        );
    }

    #[test]
    fn digests_differ_by_secret_and_purpose_and_are_stable() {
        let keys =
            Keys::new(format!("{},{}", "o".repeat(SECRET_LEN), "n".repeat(SECRET_LEN)).as_bytes())
                .unwrap();
        let names: Vec<_> = keys.name_digests("nobody").collect();
        assert_eq!(names, ["d555774e", "b4511247"]);
        let [first, second] = keys.fingerprints() else {
            panic!("one each")
        };
        assert!(
            first != second
                && [first, second]
                    .iter()
                    .all(|print| print.len() == 32 && !print.contains(&names[0]))
        );
        assert_eq!(
            Keys::none().name_digests("nobody").count() + Keys::none().fingerprints().len(),
            0
        );
        assert!(
            Keys::none()
                .sign(&Claims::new(1, Uuid::nil(), DateTime::UNIX_EPOCH, None))
                .is_err()
        );
    }

    #[test]
    fn a_secret_can_be_rotated() {
        let [old, new] = ["o".repeat(SECRET_LEN), "n".repeat(SECRET_LEN)];
        let now = "2026-06-30T08:00:00Z".parse().unwrap();
        let claims = Claims::new(1, Uuid::from_u128(5), now, None);
        let by = |secrets: &str| Keys::new(secrets.as_bytes()).unwrap();
        let signed = by(&old).sign(&claims).unwrap();
        for both in [
            format!("{new},{old}"),
            format!("{new} {old}\n"),
            format!("\n{new} ,\t{old},"),
        ] {
            assert!(by(&both).verify(&signed).is_ok(), "{both:?}");
            let signed = by(&both).sign(&claims).unwrap();
            assert!(
                by(&new).verify(&signed).is_ok() && by(&old).verify(&signed).is_err(),
                "{both:?}"
            );
        }
        assert!(by(&new).verify(&signed).is_err());
        for wrong in [
            "",
            " , ",
            &old[1..],
            &format!("{new},short"),
            &format!("short {new}"),
        ] {
            assert!(Keys::new(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }
}
