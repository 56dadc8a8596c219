//! The token itself: a signed note saying which session it stands for. Whether that session still opens
//! anything is the database's word, not the token's (see `session`).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The fewest bytes a secret may have.
pub const SECRET_LEN: usize = 32;

#[derive(Debug, Clone, Serialize, Deserialize)]
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
pub struct Keys(Arc<(EncodingKey, DecodingKey)>);

impl Keys {
    /// None where the secret is shorter than [`SECRET_LEN`].
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= SECRET_LEN)
            .then(|| Self(Arc::new((EncodingKey::from_secret(secret), DecodingKey::from_secret(secret)))))
    }

    pub fn sign(&self, claims: &Claims) -> Result<String> {
        jsonwebtoken::encode(&Header::default(), claims, &self.0.0).map_err(Error::internal)
    }

    /// What the token says, if we signed it. Its expiry is the session's business, which has one clock.
    pub fn verify(&self, token: &str) -> Result<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let verified = jsonwebtoken::decode(token, &self.0.1, &validation);
        Ok(verified.map_err(|_| Error::Unauthenticated)?.claims)
    }
}

impl Claims {
    pub fn new(tenant: i64, session: Uuid, issued: DateTime<Utc>, expires: Option<DateTime<Utc>>) -> Self {
        Self { tenant, jti: session, iat: issued.timestamp(), exp: expires.map(|at| at.timestamp()) }
    }
}
