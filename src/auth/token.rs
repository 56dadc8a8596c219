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
    encoding: EncodingKey,
    /// The one that belongs to `encoding`, then those that signed before it.
    decoding: Vec<DecodingKey>,
    /// For links, in the same order: nothing that is signed as one can be taken for the other.
    links: Vec<Hmac<Sha256>>,
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
        let secrets: Vec<&[u8]> = secrets.split(is_between).filter(|secret| !secret.is_empty()).collect();
        let encoding = EncodingKey::from_secret(secrets.first()?);
        let decoding = secrets.iter().map(|secret| DecodingKey::from_secret(secret)).collect();
        let links = secrets.iter().map(|secret| link_key(secret)).collect::<Option<_>>()?;
        let are_long = secrets.iter().all(|secret| secret.len() >= SECRET_LEN);
        are_long.then(|| Self(Arc::new(Inner { encoding, decoding, links, verified: RwLock::default() })))
    }

    /// What links are signed with: the first signs, all verify.
    pub fn of_links(&self) -> &[Hmac<Sha256>] {
        &self.0.links
    }

    pub fn sign(&self, claims: &Claims) -> Result<String> {
        jsonwebtoken::encode(&Header::default(), claims, &self.0.encoding).map_err(Error::internal)
    }

    /// What the token says, if we signed it. Its expiry is the session's business, which has one clock.
    pub fn verify(&self, token: &str) -> Result<Claims> {
        if let Some(claims) = self.0.verified.read().unwrap_or_else(PoisonError::into_inner).get(token) {
            return Ok(*claims);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let by = |key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok();
        let claims = self.0.decoding.iter().find_map(by).ok_or(Error::Unauthenticated)?.claims;
        let mut known = self.0.verified.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.into(), claims);
        Ok(claims)
    }
}

/// A key of its own, derived from the secret.
fn link_key(secret: &[u8]) -> Option<Hmac<Sha256>> {
    let mut derived = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    derived.update(b"callboard links");
    Hmac::new_from_slice(&derived.finalize().into_bytes()).ok()
}

impl Claims {
    pub fn new(tenant: i64, session: Uuid, issued: DateTime<Utc>, expires: Option<DateTime<Utc>>) -> Self {
        Self { tenant, jti: session, iat: issued.timestamp(), exp: expires.map(|at| at.timestamp()) }
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
            for wrong in [&token[..token.len() - 1], &format!("{token}="), &token.to_lowercase(), ""] {
                assert!(ours.verify(wrong).is_err(), "{wrong}");
            }
        }
        assert_eq!(ours.0.verified.read().unwrap().len(), 1);
        assert!(theirs.0.verified.read().unwrap().is_empty(), "others leave no trace");
    }

    #[test]
    fn a_secret_is_followed_by_another_and_dropped_later() {
        let [old, new] = ["o".repeat(SECRET_LEN), "n".repeat(SECRET_LEN)];
        let now = "2026-06-30T08:00:00Z".parse().unwrap();
        let claims = Claims::new(1, Uuid::from_u128(5), now, None);
        let by = |secrets: &str| Keys::new(secrets.as_bytes()).unwrap();
        let signed = by(&old).sign(&claims).unwrap();
        for both in [format!("{new},{old}"), format!("{new} {old}\n"), format!("\n{new} ,\t{old},")] {
            assert!(by(&both).verify(&signed).is_ok(), "{both:?}");
            let signed = by(&both).sign(&claims).unwrap();
            assert!(by(&new).verify(&signed).is_ok() && by(&old).verify(&signed).is_err(), "{both:?}");
        }
        assert!(by(&new).verify(&signed).is_err());
        for wrong in ["", " , ", &old[1..], &format!("{new},short"), &format!("short {new}")] {
            assert!(Keys::new(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }
}
