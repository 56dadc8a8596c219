//! Passwords, stored as Argon2id hashes.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use super::limit::rate_limit_prefix;
use super::permits::{Origin, Permit, Permits};
use crate::error::{Error, Result};
use crate::text::nfc;

/// Minimum length of a new password, in code points of its normal form.
pub const MIN_LEN: usize = 8;
/// Maximum length of a new password, in code points of its normal form.
pub const MAX_LEN: usize = 256;
/// Maximum length of a password at login, in code points: earlier versions accepted longer ones.
pub const LOGIN_MAX_LEN: usize = 1000;

/// Hash of an unknown password. Verifying against it costs as much as against one of [`hash`].
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzLg$YW5kIG5vdGhpbmcgaGFzaGVzIHRvIHRoaXMsIGV2ZXI";

/// Concurrent checks. Each uses one core and 19 MiB; others wait.
const CONCURRENT_CHECKS: usize = 2;
/// Maximum wait for a permit.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Maximum number of clients remembered after a login, about 100 bytes each.
const MAX_KNOWN_CLIENTS: u64 = 100_000;

/// Returns the salted hash of a password's normal form, in PHC format. Returns `Invalid` on
/// `password` if it is too short, too long or not accepted by login.
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

/// Limits concurrent logins. Cheap to clone.
///
/// Clients that have logged in since this instance started do not wait behind other clients.
#[derive(Clone)]
pub struct Checker {
    permits: Permits,
    known: moka::sync::Cache<Client, ()>,
    names: RandomState,
}

/// A client: its address and its user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Client {
    address: u128,
    name: u64,
}

impl Default for Checker {
    fn default() -> Self {
        let known = moka::sync::Cache::new(MAX_KNOWN_CLIENTS);
        Self {
            permits: Permits::new(CONCURRENT_CHECKS),
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

    /// Waits for a permit to log in. Returns `Unavailable` if too many clients wait.
    pub async fn permit(&self, address: IpAddr, username_key: &str) -> Result<Permit> {
        let is_known = self.known.contains_key(&self.client(address, username_key));
        let permit = self
            .permits
            .acquire(Origin::new(address, is_known), MAX_WAIT)
            .await;
        permit.ok_or_else(|| Error::Unavailable("too many logins at once".into()))
    }

    /// Remembers a client after a successful login.
    pub fn remember(&self, address: IpAddr, username_key: &str) {
        self.known.insert(self.client(address, username_key), ());
    }
}

/// Checks a password against a hash, in normal form and as sent. Without a hash, it takes the same
/// time and returns false. Consumes the permit.
pub async fn verify(permit: Permit, password: String, hash: Option<String>) -> Result<bool> {
    let check = move || {
        let _permit = permit; // held to the end, even if the client disconnects
        let known = hash.is_some();
        let hash =
            PasswordHash::new(hash.as_deref().unwrap_or(DUMMY_HASH)).map_err(Error::internal)?;
        let matches = |password: &str| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        };
        // Earlier versions hashed passwords as sent, without normalization.
        let normal = nfc(&password);
        Ok((matches(&normal) || (normal != password && matches(&password))) && known)
    };
    tokio::task::spawn_blocking(check)
        .await
        .map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(password: &str, hash: Option<String>) -> bool {
        let permit = Checker::default()
            .permit([192, 0, 2, 1].into(), "ann")
            .await
            .unwrap();
        verify(permit, password.into(), hash).await.unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_only_its_own_hash() {
        let stored = hash("correct horse").unwrap();
        for (password, hash, matches) in [
            ("correct horse", Some(stored.clone()), true),
            ("Correct horse", Some(stored.clone()), false),
            ("", Some(stored), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(check(password, hash).await, matches, "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_matches_in_normal_form_and_as_sent() {
        let [composed, decomposed] = ["tr\u{1ee9}ng g\u{e0}", "tru\u{31b}\u{301}ng ga\u{300}"];
        let as_sent = Argon2::default()
            .hash_password(decomposed.as_bytes())
            .unwrap()
            .to_string();
        for (password, hash, matches) in [
            (composed, hash(decomposed).unwrap(), true),
            (decomposed, hash(composed).unwrap(), true),
            (decomposed, as_sent.clone(), true),
            (composed, as_sent, false),
        ] {
            assert_eq!(check(password, Some(hash)).await, matches, "{password}");
        }
    }

    #[test]
    fn a_new_password_is_accepted_by_login() {
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

    /// Equal cost of both hashes makes logins of unknown users take as long as those of known ones.
    #[test]
    fn the_dummy_hash_costs_as_much_as_a_real_one() {
        let (dummy, stored) = (
            PasswordHash::new(DUMMY_HASH).unwrap(),
            hash("correct horse").unwrap(),
        );
        let stored = PasswordHash::new(&stored).unwrap();
        assert_eq!(
            (dummy.algorithm, dummy.version),
            (stored.algorithm, stored.version)
        );
        assert_eq!(dummy.params, stored.params);
        let lengths = |hash: &PasswordHash| {
            (
                hash.salt.map(|salt| salt.len()),
                hash.hash.map(|hash| hash.len()),
            )
        };
        assert_eq!(lengths(&dummy), lengths(&stored));
    }
}
