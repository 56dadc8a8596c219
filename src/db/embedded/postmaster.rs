//! State from Postgres' `postmaster.pid`, one value per line. The file can outlive the process.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::sockets;

/// A Postgres that runs on a cluster, or ran there when it was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmaster {
    /// Process id, data directory and start time; unique per Postgres.
    pub identity: String,
    /// Directory of its sockets.
    pub sockets: PathBuf,
    pub is_ready: bool,
    pub is_stopping: bool,
}

impl Postmaster {
    pub fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(state: &str) -> Option<Self> {
        let lines: Vec<&str> = state.lines().collect();
        let sockets = lines.get(4).filter(|line| !line.is_empty())?.into();
        let status = lines.get(7).map_or("", |line| line.trim());
        let identity = lines[..3].join("\n");
        Some(Self {
            identity,
            sockets,
            is_ready: status == "ready",
            is_stopping: status == "stopping",
        })
    }

    /// Returns true if a process listens on its socket.
    pub fn answers(&self) -> bool {
        UnixStream::connect(self.sockets.join(sockets::FILE)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_parsed_by_line() {
        let state = "4711\n/data/postgres\n1782810000\n5432\n/tmp/callboard-1\n\n  1 2\nready   \n";
        let read = Postmaster::parse(state).unwrap();
        assert_eq!(
            (read.sockets.to_str(), read.is_ready, read.is_stopping),
            (Some("/tmp/callboard-1"), true, false)
        );
        let stopping = Postmaster::parse(&state.replace("ready   ", "stopping")).unwrap();
        assert!(!stopping.is_ready && stopping.is_stopping && stopping.identity == read.identity);
        let another = Postmaster::parse(&state.replace("1782810000", "1782810001")).unwrap();
        assert_ne!(another.identity, read.identity);
        for unfinished in ["", "4711\n", "4711\n/data/postgres\n1782810000\n5432\n"] {
            assert_eq!(Postmaster::parse(unfinished), None, "{unfinished:?}");
        }
    }
}
