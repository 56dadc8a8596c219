//! Passwords: kept as Argon2id hashes, never as they are.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// The fewest characters a password may have.
pub const MIN_LEN: usize = 8;

/// The hash of a password that nobody has, which costs as much to check as one that [`hash`] makes.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzLg$YW5kIG5vdGhpbmcgaGFzaGVzIHRvIHRoaXMsIGV2ZXI";

/// How many are checked at once, each of which takes a core and 19 MiB while it lasts; others wait.
const AT_ONCE: usize = 2;
/// How long they wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hash to store, salted, in PHC form. Invalid on `password` where it is too short.
pub fn hash(password: &str) -> Result<String> {
    if password.chars().count() < MIN_LEN {
        return Err(Error::invalid("password", format!("must have at least {MIN_LEN} characters")));
    }
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())
}

/// Checks passwords, a few at a time, apart from the threads that answer requests. Cheap to clone.
#[derive(Clone)]
pub struct Checker(Arc<Semaphore>);

impl Default for Checker {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Checker {
    /// Whether the password is the one of that hash. Takes as long where there is no hash, and is false then.
    /// Unavailable where too many wait.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Unavailable("too many logins at once".into()))?.map_err(Error::internal)?;
        let check = move || {
            let _turn = turn; // kept to the end, though the one who asked may be gone
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(Error::internal)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known)
        };
        tokio::task::spawn_blocking(check).await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let (checker, stored) = (Checker::default(), hash("correct horse").unwrap());
        for (password, hash, fits) in [
            ("correct horse", Some(stored.clone()), true),
            ("Correct horse", Some(stored.clone()), false),
            ("", Some(stored), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(checker.fits(password.into(), hash).await.unwrap(), fits, "{password}");
        }
    }

    /// What makes a login under a name that does not exist take as long as one under a name that does.
    #[test]
    fn nobodys_hash_costs_what_a_users_does() {
        let (nobodys, stored) = (PasswordHash::new(NOBODYS).unwrap(), hash("correct horse").unwrap());
        let stored = PasswordHash::new(&stored).unwrap();
        assert_eq!((nobodys.algorithm, nobodys.version), (stored.algorithm, stored.version));
        assert_eq!(nobodys.params, stored.params);
        let lengths = |hash: &PasswordHash| (hash.salt.map(|salt| salt.len()), hash.hash.map(|hash| hash.len()));
        assert_eq!(lengths(&nobodys), lengths(&stored));
    }
}
