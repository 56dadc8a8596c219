//! The shell that stands between us and Postgres.
//!
//! It reads a pipe whose other end we hold, and stops Postgres cleanly when the pipe closes, which it does however we
//! end, `kill -9` included. It ends when Postgres does, so that we notice.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::sleep;

use super::NAME;
use crate::error::{Error, Result};

/// Its own process group keeps a Ctrl-C meant for us away from it and Postgres. The watcher does not outlive Postgres,
/// whose number may soon be another process's. The sockets go with the last Postgres: while we live, we may start it
/// again, and nobody else is to have their path meanwhile.
const KEEPER: &str = r#"
    trap '' INT TERM HUP
    exec 3<&0
    "$1/postgres" -D "$2" -k "$3" -p 5432 -c listen_addresses= -c unix_socket_permissions=0700 $4 </dev/null 3<&- &
    postgres=$!
    { read -r _ <&3; kill -INT "$postgres" 2>/dev/null; exit 7; } &
    watcher=$!
    wait "$postgres"
    kill -KILL "$watcher" 2>/dev/null
    wait "$watcher"
    if [ $? -eq 7 ] || [ -n "$4" ]; then rm -rf "$3"; fi
    if [ -n "$4" ]; then rm -rf "${2%/*}"; fi
"#;

/// Settings of a cluster that is thrown away, all its directory with it.
const VOLATILE: &str =
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500";

/// Pause between looks at the process.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running keeper. Dropped, it stops Postgres, which nobody waits for.
pub struct Keeper(Child);

impl Keeper {
    /// Starts Postgres by a shell that `command` runs.
    pub fn spawn(
        mut command: Command,
        programs: &Path,
        cluster: &Path,
        sockets: &Path,
        volatile: bool,
        log: &File,
    ) -> Result<Self> {
        let copy = || log.try_clone().map_err(Error::internal);
        command
            .args(["-c", KEEPER, NAME])
            .args([programs, cluster, sockets]);
        command
            .arg(if volatile { VOLATILE } else { "" })
            .process_group(0);
        command
            .stdin(Stdio::piped())
            .stdout(copy()?)
            .stderr(copy()?);
        command.spawn().map(Self).map_err(Error::internal)
    }

    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait().map_err(Error::internal)?.is_some())
    }

    /// Stops Postgres in order and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        drop(self.0.stdin.take());
        while !self.has_ended()? {
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// As [`Keeper::stop`], by force where it has not stopped by then: the Postgres that comes next recovers.
    pub async fn stop_within(&mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        if tokio::time::timeout(time, self.stop())
            .await
            .is_ok_and(|stopped| stopped.is_ok())
        {
            return Ok(());
        }
        // As long as we have not waited for its leader, nobody else can have the group's number.
        let group = Pid::from_raw(i32::try_from(self.0.id()).map_err(Error::internal)?);
        tracing::warn!(
            ms = begun.elapsed().as_millis(),
            "embedded Postgres does not stop; killing it"
        );
        killpg(group, Signal::SIGKILL).map_err(Error::internal)?;
        self.stop().await
    }
}
