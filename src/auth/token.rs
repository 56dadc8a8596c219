//! The token itself: a signed note saying which session it stands for. Whether that session still opens
//! anything is the database's word, not the token's (see `session`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::hs256;
use crate::error::{Error, Result};

/// The fewest bytes a secret may have.
pub const SECRET_LEN: usize = 32;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    pub tenant: i64,
    /// The session.
    pub jti: Uuid,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
}

/// What tokens are signed and checked with. It has no `Debug`: nothing in it is anybody's to see.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    /// None: there is no secret.
    encoding: Option<EncodingKey>,
    /// The one that belongs to `encoding`, then those that signed before it.
    decoding: Vec<DecodingKey>,
    /// For links, in the same order: nothing that is signed as one can be taken for the other.
    links: Vec<Hmac<Sha256>>,
    /// For names that are kept as digests, in the same order.
    names: Vec<Hmac<Sha256>>,
    /// See [`Keys::fingerprints`].
    fingerprints: Vec<String>,
    /// Tokens we have found to be ours, which they stay, to the letter. Others leave no trace.
    verified: RwLock<HashMap<Box<str>, Claims>>,
}

/// How many tokens are remembered. When there are as many, all are forgotten.
const REMEMBERED: usize = 10_000;

impl Keys {
    /// From one secret or several, with commas or blanks between them: the first signs, all verify, so that a new
    /// one may be put in front while tokens of the old one are out. None where there is none, or one of them is
    /// shorter than [`SECRET_LEN`].
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
                fingerprints,
                verified,
            }))
        })
    }

    /// Without a secret, for commands that need none: nothing is signed, and no token is ours.
    pub fn none() -> Self {
        let (decoding, links, names, fingerprints) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let verified = RwLock::default();
        Self(Arc::new(Inner {
            encoding: None,
            decoding,
            links,
            names,
            fingerprints,
            verified,
        }))
    }

    /// A digest of each secret, the one that signs first: 32 hex digits from which no secret can be found.
    pub fn fingerprints(&self) -> &[String] {
        &self.0.fingerprints
    }

    /// What is kept of a name that no user has, under each secret, the one that signs first: 8 hex digits.
    pub fn name_digests(&self, username_key: &str) -> impl Iterator<Item = String> {
        self.0
            .names
            .iter()
            .map(|key| digest(key, username_key.as_bytes(), NAME_DIGEST_LEN))
    }

    /// What links are signed with: the first signs, all verify.
    pub fn of_links(&self) -> &[Hmac<Sha256>] {
        &self.0.links
    }

    pub fn sign(&self, claims: &Claims) -> Result<String> {
        let encoding = self
            .0
            .encoding
            .as_ref()
            .ok_or_else(|| Error::internal("bug: there is no secret to sign with"))?;
        jsonwebtoken::encode(&Header::default(), claims, encoding).map_err(Error::internal)
    }

    /// What the token says, if we signed it. Its expiry is the session's business, which has one clock.
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

/// Hex digits of a fingerprint.
const FINGERPRINT_LEN: usize = 32;
/// Hex digits of a name's digest: enough to tell repeated names, too few to tell which name it was.
const NAME_DIGEST_LEN: usize = 8;

/// A key for one purpose, derived from the secret.
fn derived_key(secret: &[u8], purpose: &str) -> Option<Hmac<Sha256>> {
    let mut derived = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    derived.update(purpose.as_bytes());
    Hmac::new_from_slice(&derived.finalize().into_bytes()).ok()
}

/// The first hex digits of a text's digest.
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
    fn a_token_is_ours_to_the_letter_however_often_it_was_shown() {
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
            "others leave no trace"
        );
    }

    #[test]
    fn digests_differ_by_secret_and_purpose_and_stay_the_same() {
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
    fn a_secret_is_followed_by_another_and_dropped_later() {
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
