//! The operating system user of Postgres.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use super::at;
use crate::error::{Error, Result};

/// User of the Postgres process: the current user, or another one if that is root, which Postgres
/// refuses.
pub struct Owner(Option<User>);

impl Owner {
    pub fn find() -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        let named = |name| User::from_name(name).ok().flatten();
        match named("postgres").or_else(|| named("nobody")) {
            Some(user) => Ok(Self(Some(user))),
            None => Err(Error::setup(
                "Postgres does not run as root, and neither a user postgres nor a user nobody exists",
            )),
        }
    }

    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // `PG*` variables of the environment are meant for other clusters.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG"))
        {
            command.env_remove(name);
        }
        command.current_dir("/");
        if let Self(Some(user)) = self {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Returns true if the user is this owner or the current user.
    pub fn may_own(&self, user: u32) -> bool {
        user == geteuid().as_raw()
            || self
                .0
                .as_ref()
                .is_some_and(|owner| owner.uid.as_raw() == user)
    }

    pub fn make_dir(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir).map_err(|error| at(dir, error))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
            .map_err(|error| at(dir, error))?;
        if let Self(Some(user)) = self {
            chown(dir, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .map_err(|error| at(dir, error))?;
        }
        Ok(())
    }

    /// Checks that Postgres can access its data, which it cannot below a private home directory
    /// such as root's.
    pub fn check_reach(&self, dir: &Path) -> Result<()> {
        let Self(Some(user)) = self else {
            return Ok(());
        };
        let reached = self
            .command("test")
            .arg("-x")
            .arg(dir)
            .status()
            .map_err(Error::internal)?;
        if reached.success() {
            return Ok(());
        }
        Err(Error::setup(format!(
            "Postgres runs as user {}, which cannot access {}: set CALLBOARD_DATA_DIR to a directory it can access, \
             such as /var/lib/callboard",
            user.name,
            dir.display()
        )))
    }
}
