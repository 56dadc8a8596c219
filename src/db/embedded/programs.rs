//! The programs of a Postgres that is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::at;
use crate::error::{Error, Result};

/// The oldest Postgres that Callboard runs on.
const OLDEST: u32 = 15;

/// The major version that made the cluster. None where there is none yet.
pub fn cluster_version(cluster: &Path) -> Result<Option<u32>> {
    match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(version) => Ok(version.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(cluster, error)),
    }
}

/// A program that comes with Postgres: of the newest server there is, else whichever `PATH` has.
pub fn program(name: &str) -> PathBuf {
    binaries(None)
        .map(|dir| dir.join(name))
        .ok()
        .filter(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

/// The folder of the server's programs: the newest there is, or the one that made the cluster.
pub fn binaries(made_by: Option<u32>) -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = candidates()
        .into_iter()
        .filter_map(|dir| Some((major_version(&dir)?, dir)))
        .filter(|(version, _)| made_by.map_or(*version >= OLDEST, |made_by| *version == made_by))
        .collect();
    found.sort();
    found.pop().map(|(_, dir)| dir).ok_or_else(|| {
        let wanted = made_by.map_or(format!("{OLDEST} or newer"), |version| version.to_string());
        Error::setup(format!(
            "no Postgres {wanted} found: `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` \
             (macOS) brings one; PG_BINDIR names another place, and DATABASE_URL a server that runs already"
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
