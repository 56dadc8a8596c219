//! The folder of Postgres' sockets: at a short path, for a socket's is limited to about 100 bytes, and nobody else's.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::at;
use super::owner::Owner;
use crate::error::{Error, Result};

/// The socket in the folder.
pub const FILE: &str = ".s.PGSQL.5432";
/// How the folders' names begin.
const PREFIX: &str = "callboard-";
/// Longest path of a socket that every system takes, in bytes.
const LONGEST: usize = 103;

/// Makes a folder of a new name in the first place that allows it: `/tmp`, another folder for things that pass, or the
/// data directory.
pub fn make(data_dir: &Path, owner: &Owner) -> Result<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "XDG_RUNTIME_DIR is the session's own setting, not one of ours"
    )]
    let of_session = std::env::var_os("XDG_RUNTIME_DIR")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let places = [
        Some("/tmp".into()),
        of_session,
        Some("/var/tmp".into()),
        Some("/dev/shm".into()),
    ];
    let places: Vec<PathBuf> = places
        .into_iter()
        .flatten()
        .chain([data_dir.to_owned()])
        .collect();
    make_in(&places, owner)
}

fn make_in(places: &[PathBuf], owner: &Owner) -> Result<PathBuf> {
    let mut faults = Vec::new();
    for place in places {
        let dir = place.join(format!("{PREFIX}{}", uuid::Uuid::new_v4().simple()));
        let made = if dir.join(FILE).as_os_str().as_bytes().len() > LONGEST {
            Err(Error::setup(format!(
                "{}: too long a path for a socket",
                place.display()
            )))
        } else {
            make_again(&dir, owner)
        };
        // Access may be granted to us and not to the user that Postgres runs as.
        match made.and_then(|()| owner.check_reach(&dir)) {
            Ok(()) => return Ok(dir),
            Err(fault) => {
                remove(&dir);
                faults.push(fault.to_string());
            }
        }
    }
    Err(Error::setup(format!(
        "no place for the sockets of Postgres: {}",
        faults.join("; ")
    )))
}

/// Makes a folder of that name where it is missing. Fails where it belongs to somebody else.
pub fn make_again(dir: &Path, owner: &Owner) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(at(dir, error)),
        _ => {}
    }
    let found = fs::symlink_metadata(dir).map_err(|error| at(dir, error))?;
    if !found.is_dir() || !owner.may_own(found.uid()) {
        return Err(Error::setup(format!(
            "{}: belongs to somebody else",
            dir.display()
        )));
    }
    owner.make_dir(dir)
}

/// Removes a folder that [`make`] made, as an earlier server may have left it.
pub fn remove(dir: &Path) {
    if dir
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()))
    {
        let _ = fs::remove_dir_all(dir); // most often it is gone already
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_lie_in_the_first_place_that_can_be_written_and_has_a_short_path() {
        let owner = Owner::find().unwrap();
        let long = tempfile::Builder::new()
            .prefix(&"x".repeat(90))
            .tempdir()
            .unwrap();
        // A file is no folder, not even root's.
        let file = tempfile::NamedTempFile::new().unwrap();
        let places = [
            file.path().to_owned(),
            "/proc".into(),
            long.path().to_owned(),
            "/tmp".into(),
        ];
        let dir = make_in(&places, &owner).unwrap();
        assert!(
            dir.is_dir() && dir.parent() == Some(Path::new("/tmp")),
            "{}",
            dir.display()
        );
        make_again(&dir, &owner).unwrap();
        remove(&dir);
        assert!(!dir.exists());
        assert_eq!(fs::read_dir(long.path()).unwrap().count(), 0);
        let refused = make_in(&places[..3], &owner).unwrap_err().to_string();
        assert!(
            refused.contains("too long a path") && refused.contains("/proc"),
            "{refused}"
        );
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_taken() {
        let place = tempfile::tempdir().unwrap();
        let (dir, elsewhere) = (
            place.path().join("callboard-1"),
            place.path().join("elsewhere"),
        );
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &dir).unwrap();
        assert!(
            make_again(&dir, &Owner::find().unwrap())
                .unwrap_err()
                .to_string()
                .contains("somebody else")
        );
    }
}
