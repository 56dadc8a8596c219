//! A Postgres cluster in its data directory: created once, started on a fixed socket path.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::keeper::Keeper;
use super::owner::Owner;
use super::postmaster::Postmaster;
use super::{at, programs, sockets};
use crate::error::{Error, Result};

/// Name prefix of directories in which a cluster is being created.
const UNFINISHED: &str = "postgres.new-";
/// Timeout of a start, including recovery.
pub const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Maximum wait for the processes of an earlier server to exit.
pub const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(30);

pub struct Cluster {
    /// Data directory of Postgres.
    pub dir: PathBuf,
    pub sockets: PathBuf,
    log: PathBuf,
    programs: PathBuf,
    owner: Owner,
    volatile: bool,
}

impl Cluster {
    /// Creates the cluster of a data directory if it does not exist, and a directory for its
    /// sockets.
    pub fn prepare(data_dir: &Path, volatile: bool) -> Result<Self> {
        let dir = data_dir.join("postgres");
        let owner = Owner::find()?;
        let programs = programs::binaries(programs::cluster_version(&dir)?)?;
        if volatile {
            owner.make_dir(data_dir)?; // removed by its keeper
        }
        owner.check_reach(data_dir)?;
        initialise(&programs, data_dir, &dir, &owner)?;
        let (sockets, log) = (
            sockets::create(data_dir, &owner)?,
            data_dir.join("postgres.log"),
        );
        Ok(Self {
            dir,
            sockets,
            log,
            programs,
            owner,
            volatile,
        })
    }

    /// Starts Postgres and waits until it is ready. Fails if Postgres does not start or `stop` is
    /// cancelled first. If another Postgres still runs, retries for `max_wait`.
    pub async fn start(&self, max_wait: Duration, stop: &CancellationToken) -> Result<Keeper> {
        let leftover = Postmaster::read(&self.dir);
        self.stop_leftover(leftover.as_ref()).await?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(|error| at(&self.log, error))?;
        let started = Instant::now();
        let keeper = loop {
            let was_another = self.is_another(leftover.as_ref());
            sockets::ensure(&self.sockets, &self.owner)?;
            let shell = self.owner.command("sh");
            let mut keeper = Keeper::spawn(
                shell,
                &self.programs,
                &self.dir,
                &self.sockets,
                self.volatile,
                &log,
            )?;
            match self.await_ready(&mut keeper, leftover.as_ref(), stop).await {
                Ok(()) => break keeper,
                // Postgres refuses to start while a process of another one exists.
                Err(error) if started.elapsed() >= max_wait => return Err(error),
                Err(_) if was_another || self.is_another(leftover.as_ref()) => {
                    sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        };
        if let Some(leftover) = leftover.filter(|leftover| leftover.sockets != self.sockets) {
            sockets::remove(&leftover.sockets); // its keeper was killed before it could
        }
        Ok(keeper)
    }

    async fn await_ready(
        &self,
        keeper: &mut Keeper,
        leftover: Option<&Postmaster>,
        stop: &CancellationToken,
    ) -> Result<()> {
        let started = Instant::now();
        loop {
            if Postmaster::read(&self.dir).is_some_and(|found| {
                found.is_ready && found.sockets == self.sockets && !is_same(&found, leftover)
            }) {
                return Ok(());
            }
            if stop.is_cancelled() || started.elapsed() > START_TIMEOUT {
                keeper.stop().await?;
            }
            if keeper.has_ended()? {
                return Err(Error::setup(format!(
                    "Postgres did not start; see {}",
                    self.log.display()
                )));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns true if the pid file belongs to a Postgres that this process did not start.
    fn is_another(&self, leftover: Option<&Postmaster>) -> bool {
        Postmaster::read(&self.dir)
            .is_some_and(|found| found.sockets != self.sockets || is_same(&found, leftover))
    }

    /// Stops a Postgres whose keeper was killed.
    async fn stop_leftover(&self, leftover: Option<&Postmaster>) -> Result<()> {
        // Checked through its socket first: the pid in an old file may belong to another process by
        // now.
        if leftover.is_some_and(Postmaster::answers) {
            let mut stop =
                tokio::process::Command::from(self.owner.command(self.programs.join("pg_ctl")));
            stop.args(["stop", "--silent", "--wait", "--mode=fast", "-D"])
                .arg(&self.dir);
            stop.output().await.map_err(Error::internal)?;
        }
        Ok(())
    }
}

fn is_same(found: &Postmaster, leftover: Option<&Postmaster>) -> bool {
    leftover.is_some_and(|leftover| leftover.identity == found.identity)
}

/// Creates the cluster in a temporary directory and renames it, so that it exists completely or not
/// at all. Each attempt uses its own directory, because initdb of a killed server may still be
/// running.
fn initialise(binaries: &Path, data_dir: &Path, cluster: &Path, owner: &Owner) -> Result<()> {
    if cluster.join("PG_VERSION").exists() {
        return Ok(());
    }
    for entry in fs::read_dir(data_dir)
        .map_err(|error| at(data_dir, error))?
        .flatten()
    {
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(UNFINISHED.as_bytes())
        {
            let _ = fs::remove_dir_all(entry.path()); // retried at the next start
        }
    }
    let unfinished = data_dir.join(format!("{UNFINISHED}{}", uuid::Uuid::new_v4().simple()));
    owner.make_dir(&unfinished)?;
    let arguments = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
        "-D",
    ];
    let initdb = owner
        .command(binaries.join("initdb"))
        .args(arguments)
        .arg(&unfinished)
        .output();
    let initdb = initdb.map_err(Error::internal)?;
    if !initdb.status.success() {
        return Err(Error::setup(format!(
            "initdb failed: {}",
            String::from_utf8_lossy(&initdb.stderr)
        )));
    }
    fs::rename(&unfinished, cluster).map_err(|error| at(cluster, error))
}
