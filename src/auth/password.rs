//! Passwords: kept as Argon2id hashes, never as they are.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use super::limit::rate_limit_prefix;
use super::turns::{Origin, Turn, Turns};
use crate::error::{Error, Result};
use crate::text::nfc;

/// The fewest code points of a new password, in normal form.
pub const MIN_LEN: usize = 8;
/// The most code points of a new password, in normal form.
pub const MAX_LEN: usize = 256;
/// The most code points that login reads: earlier versions took longer passwords.
pub const SENT_LEN: usize = 1000;

/// The hash of a password that nobody has, which costs as much to check as one that [`hash`] makes.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzLg$YW5kIG5vdGhpbmcgaGFzaGVzIHRvIHRoaXMsIGV2ZXI";

/// How many are checked at once, each of which takes a core and 19 MiB while it lasts; others wait.
const AT_ONCE: usize = 2;
/// The longest wait for a turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many clients are remembered that have logged in, about 100 bytes each.
const KNOWN: u64 = 100_000;

/// The hash to store, salted, in PHC form, of the password in normal form. Invalid on `password` where login would
/// not take it, or it is too short or too long.
pub fn hash(password: &str) -> Result<String> {
    let password = nfc(password);
    let fault = match password.chars().count() {
        ..MIN_LEN => Some(format!("must have at least {MIN_LEN} characters")),
        MIN_LEN..=MAX_LEN => password
            .contains('\0')
            .then(|| "must not contain a NUL character".into()),
        _ => Some(format!("must not have more than {MAX_LEN} characters")),
    };
    if let Some(fault) = fault {
        return Err(Error::invalid("password", fault));
    }
    Ok(Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?
        .to_string())
}

/// Gives turns at logging in, a few at a time. Cheap to clone.
///
/// Clients that have logged in since this instance started do not wait behind those that have not.
#[derive(Clone)]
pub struct Checker {
    turns: Turns,
    known: moka::sync::Cache<Client, ()>,
    names: RandomState,
}

/// A client's address and the name that it logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Client {
    address: u128,
    name: u64,
}

impl Default for Checker {
    fn default() -> Self {
        let known = moka::sync::Cache::new(KNOWN);
        Self {
            turns: Turns::new(AT_ONCE),
            known,
            names: RandomState::new(),
        }
    }
}

impl Checker {
    fn client(&self, address: IpAddr, username_key: &str) -> Client {
        Client {
            address: rate_limit_prefix(address),
            name: self.names.hash_one(username_key),
        }
    }

    /// A turn for a client that wants to log in. Unavailable where too many wait.
    pub async fn turn(&self, address: IpAddr, username_key: &str) -> Result<Turn> {
        let is_known = self.known.contains_key(&self.client(address, username_key));
        let turn = self
            .turns
            .take(Origin::new(address, is_known), PATIENCE)
            .await;
        turn.ok_or_else(|| Error::Unavailable("too many logins at once".into()))
    }

    /// Remembers a client that has logged in.
    pub fn remember(&self, address: IpAddr, username_key: &str) {
        self.known.insert(self.client(address, username_key), ());
    }
}

/// Whether the password, in normal form or as it was sent, is the one of that hash. Takes as long where there is no
/// hash, and is false then. It is the end of the turn.
pub async fn fits(turn: Turn, password: String, hash: Option<String>) -> Result<bool> {
    let check = move || {
        let _turn = turn; // kept to the end, though the one who asked may be gone
        let known = hash.is_some();
        let hash =
            PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(Error::internal)?;
        let fits = |password: &str| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        };
        // Earlier versions hashed what was sent, whichever form it was in.
        let normal = nfc(&password);
        Ok((fits(&normal) || (normal != password && fits(&password))) && known)
    };
    tokio::task::spawn_blocking(check)
        .await
        .map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(password: &str, hash: Option<String>) -> bool {
        let turn = Checker::default()
            .turn([192, 0, 2, 1].into(), "ann")
            .await
            .unwrap();
        fits(turn, password.into(), hash).await.unwrap()
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let stored = hash("correct horse").unwrap();
        for (password, hash, fits) in [
            ("correct horse", Some(stored.clone()), true),
            ("Correct horse", Some(stored.clone()), false),
            ("", Some(stored), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(check(password, hash).await, fits, "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_fits_in_normal_form_and_as_it_was_sent() {
        let [composed, decomposed] = ["tr\u{1ee9}ng g\u{e0}", "tru\u{31b}\u{301}ng ga\u{300}"];
        let as_sent = Argon2::default()
            .hash_password(decomposed.as_bytes())
            .unwrap()
            .to_string();
        for (password, hash, fits) in [
            (composed, hash(decomposed).unwrap(), true),
            (decomposed, hash(composed).unwrap(), true),
            (decomposed, as_sent.clone(), true),
            (composed, as_sent, false),
        ] {
            assert_eq!(check(password, Some(hash)).await, fits, "{password}");
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
        let (nobodys, stored) = (
            PasswordHash::new(NOBODYS).unwrap(),
            hash("correct horse").unwrap(),
        );
        let stored = PasswordHash::new(&stored).unwrap();
        assert_eq!(
            (nobodys.algorithm, nobodys.version),
            (stored.algorithm, stored.version)
        );
        assert_eq!(nobodys.params, stored.params);
        let lengths = |hash: &PasswordHash| {
            (
                hash.salt.map(|salt| salt.len()),
                hash.hash.map(|hash| hash.len()),
            )
        };
        assert_eq!(lengths(&nobodys), lengths(&stored));
    }
}
