//! The shell process between Callboard and Postgres.
//!
//! It reads a pipe held open by Callboard and stops Postgres cleanly when the pipe closes, which
//! happens however Callboard ends, `kill -9` included. It exits when Postgres does, so Callboard
//! notices.

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

/// A process group of its own keeps Ctrl-C away from the shell and Postgres. The watcher is killed
/// once Postgres exits, because its pid may be reused. The sockets are removed only at the end:
/// Callboard may restart Postgres, and no other process may take over their path meanwhile.
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

/// Settings of a cluster that is removed at the end with its whole data directory.
const VOLATILE: &str =
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500";

/// Interval between checks of the process.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A running keeper. Dropping it stops Postgres without waiting.
pub struct Keeper(Child);

impl Keeper {
    /// Starts Postgres through the shell `command`.
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

    /// Stops Postgres cleanly and waits for its exit.
    pub async fn stop(&mut self) -> Result<()> {
        drop(self.0.stdin.take());
        while !self.has_ended()? {
            sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Like [`Keeper::stop`], but kills Postgres after a timeout; the next start recovers.
    pub async fn stop_within(&mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        if tokio::time::timeout(time, self.stop())
            .await
            .is_ok_and(|stopped| stopped.is_ok())
        {
            return Ok(());
        }
        // The group id cannot be reused before its leader has been waited for.
        let group = Pid::from_raw(i32::try_from(self.0.id()).map_err(Error::internal)?);
        tracing::warn!(
            ms = begun.elapsed().as_millis(),
            "embedded Postgres does not stop; killing it"
        );
        killpg(group, Signal::SIGKILL).map_err(Error::internal)?;
        self.stop().await
    }
}
