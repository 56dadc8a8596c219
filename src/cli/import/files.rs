//! Files and folders that a command names.

use std::path::{Path, PathBuf};

use crate::error::{Cause, Error, Result};

/// An error of a file.
pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::Setup(Cause::from(error).context(path))
}

/// The files, and those in folders, each folder's by name.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.metadata().map_err(at(path))?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inner = Vec::new();
        for entry in path.read_dir().map_err(at(path))? {
            inner.push(entry.map_err(at(path))?.path());
        }
        inner.sort();
        files.extend(self::files(&inner)?);
    }
    Ok(files)
}
