//! Passwords: kept as Argon2id hashes, never as they are.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};
use crate::text::nfc;

/// The fewest code points of a new password, in normal form.
pub const MIN_LEN: usize = 8;
/// The most code points of a new password, in normal form.
pub const MAX_LEN: usize = 256;
/// The most code points that login reads: earlier versions took longer passwords.
pub const SENT_LEN: usize = 1000;

/// The hash of a password that nobody has, which costs as much to check as one that [`hash`] makes.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzLg$YW5kIG5vdGhpbmcgaGFzaGVzIHRvIHRoaXMsIGV2ZXI";

/// How many are checked at once, each of which takes a core and 19 MiB while it lasts; others wait.
const AT_ONCE: usize = 2;
/// How long they wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hash to store, salted, in PHC form, of the password in normal form. Invalid on `password` where login would
/// not take it, or it is too short or too long.
pub fn hash(password: &str) -> Result<String> {
    let password = nfc(password);
    let fault = match password.chars().count() {
        ..MIN_LEN => Some(format!("must have at least {MIN_LEN} characters")),
        MIN_LEN..=MAX_LEN => password.contains('\0').then(|| "must not contain a NUL character".into()),
        _ => Some(format!("must not have more than {MAX_LEN} characters")),
    };
    if let Some(fault) = fault {
        return Err(Error::invalid("password", fault));
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
    /// Whether the password, in normal form or as it was sent, is the one of that hash. Takes as long where there is no
    /// hash, and is false then. Unavailable where too many wait.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Unavailable("too many logins at once".into()))?.map_err(Error::internal)?;
        let check = move || {
            let _turn = turn; // kept to the end, though the one who asked may be gone
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(Error::internal)?;
            let fits = |password: &str| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            // Earlier versions hashed what was sent, whichever form it was in.
            let normal = nfc(&password);
            Ok((fits(&normal) || (normal != password && fits(&password))) && known)
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

    #[tokio::test]
    async fn a_password_fits_in_normal_form_and_as_it_was_sent() {
        let [composed, decomposed] = ["tr\u{1ee9}ng g\u{e0}", "tru\u{31b}\u{301}ng ga\u{300}"];
        let as_sent = Argon2::default().hash_password(decomposed.as_bytes()).unwrap().to_string();
        let checker = Checker::default();
        for (password, hash, fits) in [
            (composed, hash(decomposed).unwrap(), true),
            (decomposed, hash(composed).unwrap(), true),
            (decomposed, as_sent.clone(), true),
            (composed, as_sent, false),
        ] {
            assert_eq!(checker.fits(password.into(), Some(hash)).await.unwrap(), fits, "{password}");
        }
    }

    #[test]
    fn a_new_password_is_one_that_login_takes() {
        for (password, is_taken) in [
            ("\u{e9}".repeat(8), true),
            ("e\u{301}".repeat(256), true),
            ("e\u{301}".repeat(7), false),
            ("x".repeat(257), false),
            ("        ".into(), true),
            ("with\0nul!".into(), false),
        ] {
            assert_eq!(hash(&password).is_ok(), is_taken, "{password:?}");
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
