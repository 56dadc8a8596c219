//! Passwords: kept as Argon2id hashes, never as they are.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;

use crate::error::{Error, Result};

/// The fewest characters a password may have.
pub const MIN_LEN: usize = 8;

/// The hash to store, salted, in PHC form. Invalid on `password` where it is too short.
pub fn hash(password: &str) -> Result<String> {
    if password.chars().count() < MIN_LEN {
        return Err(Error::invalid("password", format!("must have at least {MIN_LEN} characters")));
    }
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())
}
