//! The private directory of Postgres' sockets, at a short path, because socket paths are limited to
//! about 100 bytes.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::at;
use super::owner::Owner;
use crate::error::{Error, Result};

/// File name of the socket.
pub const FILE: &str = ".s.PGSQL.5432";
/// Name prefix of the directories.
const PREFIX: &str = "callboard-";
/// Maximum length of a socket path supported on every system, in bytes.
const MAX_PATH_LEN: usize = 103;

/// Creates a directory with a unique name in the first usable place: `/tmp`, another directory for
/// temporary files, or the data directory.
pub fn create(data_dir: &Path, owner: &Owner) -> Result<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "XDG_RUNTIME_DIR is the session's own setting, not one of ours"
    )]
    let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let places = [
        Some("/tmp".into()),
        runtime_dir,
        Some("/var/tmp".into()),
        Some("/dev/shm".into()),
    ];
    let places: Vec<PathBuf> = places
        .into_iter()
        .flatten()
        .chain([data_dir.to_owned()])
        .collect();
    create_in(&places, owner)
}

fn create_in(places: &[PathBuf], owner: &Owner) -> Result<PathBuf> {
    let mut faults = Vec::new();
    for place in places {
        let dir = place.join(format!("{PREFIX}{}", uuid::Uuid::new_v4().simple()));
        let created = if dir.join(FILE).as_os_str().as_bytes().len() > MAX_PATH_LEN {
            Err(Error::setup(format!(
                "{}: path too long for a socket",
                place.display()
            )))
        } else {
            ensure(&dir, owner)
        };
        // The user of Postgres may lack access that the current user has.
        match created.and_then(|()| owner.check_reach(&dir)) {
            Ok(()) => return Ok(dir),
            Err(fault) => {
                remove(&dir);
                faults.push(fault.to_string());
            }
        }
    }
    Err(Error::setup(format!(
        "no directory for the sockets of Postgres: {}",
        faults.join("; ")
    )))
}

/// Creates the directory if it is missing. Fails if another user owns it.
pub fn ensure(dir: &Path, owner: &Owner) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(at(dir, error)),
        _ => {}
    }
    let found = fs::symlink_metadata(dir).map_err(|error| at(dir, error))?;
    if !found.is_dir() || !owner.may_own(found.uid()) {
        return Err(Error::setup(format!(
            "{}: owned by another user",
            dir.display()
        )));
    }
    owner.make_dir(dir)
}

/// Removes a directory created by [`create`], possibly by an earlier server.
pub fn remove(dir: &Path) {
    if dir
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()))
    {
        let _ = fs::remove_dir_all(dir); // usually removed already
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_use_the_first_writable_directory_with_a_short_path() {
        let owner = Owner::find().unwrap();
        let long = tempfile::Builder::new()
            .prefix(&"x".repeat(90))
            .tempdir()
            .unwrap();
        // A file cannot contain a directory, not even for root.
        let file = tempfile::NamedTempFile::new().unwrap();
        let places = [
            file.path().to_owned(),
            "/proc".into(),
            long.path().to_owned(),
            "/tmp".into(),
        ];
        let dir = create_in(&places, &owner).unwrap();
        assert!(
            dir.is_dir() && dir.parent() == Some(Path::new("/tmp")),
            "{}",
            dir.display()
        );
        ensure(&dir, &owner).unwrap();
        remove(&dir);
        assert!(!dir.exists());
        assert_eq!(fs::read_dir(long.path()).unwrap().count(), 0);
        let refused = create_in(&places[..3], &owner).unwrap_err().to_string();
        assert!(
            refused.contains("path too long") && refused.contains("/proc"),
            "{refused}"
        );
    }

    #[test]
    fn a_directory_of_another_user_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let (dir, elsewhere) = (
            place.path().join("callboard-1"),
            place.path().join("elsewhere"),
        );
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &dir).unwrap();
        assert!(
            ensure(&dir, &Owner::find().unwrap())
                .unwrap_err()
                .to_string()
                .contains("another user")
        );
    }
}
