//! Programs of the installed Postgres.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::at;
use crate::error::{Error, Result};

/// Oldest supported major version.
const MIN_VERSION: u32 = 15;

/// Major version of the cluster; `None` if there is none yet.
pub fn cluster_version(cluster: &Path) -> Result<Option<u32>> {
    match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(version) => Ok(version.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(cluster, error)),
    }
}

/// Path of a Postgres program: from the newest installed server, otherwise from `PATH`.
pub fn program(name: &str) -> PathBuf {
    binaries(None)
        .map(|dir| dir.join(name))
        .ok()
        .filter(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

/// Directory of the server's programs, of one major version, or of the newest.
pub fn binaries(version: Option<u32>) -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = candidates()
        .into_iter()
        .filter_map(|dir| Some((major_version(&dir)?, dir)))
        .filter(|(found, _)| version.map_or(*found >= MIN_VERSION, |version| *found == version))
        .collect();
    found.sort();
    found.pop().map(|(_, dir)| dir).ok_or_else(|| {
        let required = version.map_or(format!("{MIN_VERSION} or newer"), |version| version.to_string());
        Error::setup(format!(
            "no Postgres {required} found: install it with `apt-get install postgresql` \
             (Debian, Ubuntu) or `brew install postgresql@17` (macOS), set PG_BINDIR to the directory of its \
             programs, or set DATABASE_URL to a running server"
        ))
    })
}

fn candidates() -> Vec<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "PG_BINDIR is Postgres' own setting, not one of ours"
    )]
    if let Some(dir) = std::env::var_os("PG_BINDIR") {
        return vec![dir.into()];
    }
    let roots = [
        ("/usr/lib/postgresql", "bin"),
        ("/usr/local/opt", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    let entries = |root| fs::read_dir(root).into_iter().flatten().flatten();
    roots
        .iter()
        .flat_map(|(root, bin)| entries(*root).map(move |entry| entry.path().join(bin)))
        .collect()
}

fn major_version(dir: &Path) -> Option<u32> {
    if !dir.join("initdb").exists() {
        return None;
    }
    let output = Command::new(dir.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
