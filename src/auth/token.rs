//! The token itself: a signed note saying which session it stands for. Whether that session still opens
//! anything is the database's word, not the token's (see `session`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
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

/// What tokens are signed and checked with.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Tokens we have found to be ours, which they stay, to the letter. Others leave no trace.
    verified: RwLock<HashMap<Box<str>, Claims>>,
}

/// How many tokens are remembered. When there are as many, all are forgotten.
const REMEMBERED: usize = 10_000;

impl Keys {
    /// None where the secret is shorter than [`SECRET_LEN`].
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= SECRET_LEN).then(|| {
            let (encoding, decoding) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
            Self(Arc::new(Inner { encoding, decoding, verified: RwLock::default() }))
        })
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
        let verified = jsonwebtoken::decode(token, &self.0.decoding, &validation);
        let claims: Claims = verified.map_err(|_| Error::Unauthenticated)?.claims;
        let mut known = self.0.verified.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.into(), claims);
        Ok(claims)
    }
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
}
