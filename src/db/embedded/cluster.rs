//! A cluster in its place: made once, and its Postgres started, as often as it takes, always on the same sockets.

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

/// How the folders begin in which a cluster is made.
const UNFINISHED: &str = "postgres.new-";
/// Time for a start, recovery included.
pub const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Time for the processes of an earlier server to be gone.
pub const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(30);

pub struct Cluster {
    /// Where it is.
    pub dir: PathBuf,
    pub sockets: PathBuf,
    log: PathBuf,
    programs: PathBuf,
    owner: Owner,
    volatile: bool,
}

impl Cluster {
    /// The cluster of a data directory, made where there is none, and a folder for its sockets.
    pub fn prepare(data_dir: &Path, volatile: bool) -> Result<Self> {
        let dir = data_dir.join("postgres");
        let owner = Owner::find()?;
        let programs = programs::binaries(programs::cluster_version(&dir)?)?;
        if volatile {
            owner.make_dir(data_dir)?; // its keeper throws it away
        }
        owner.check_reach(data_dir)?;
        initialise(&programs, data_dir, &dir, &owner)?;
        let (sockets, log) = (
            sockets::make(data_dir, &owner)?,
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

    /// Starts Postgres and waits until it is ready. Fails where it does not start, or is to `stop` before it has; where
    /// another one is still there, only after `patience`.
    pub async fn start(&self, patience: Duration, stop: &CancellationToken) -> Result<Keeper> {
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
            sockets::make_again(&self.sockets, &self.owner)?;
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
                // While a process of another one is about, Postgres refuses to start.
                Err(error) if started.elapsed() >= patience => return Err(error),
                Err(_) if was_another || self.is_another(leftover.as_ref()) => {
                    sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        };
        if let Some(leftover) = leftover.filter(|leftover| leftover.sockets != self.sockets) {
            sockets::remove(&leftover.sockets); // as its keeper would have, had it not been killed too
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
                    "Postgres did not start; {} says why",
                    self.log.display()
                )));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether the pid file is that of a Postgres that we did not start.
    fn is_another(&self, leftover: Option<&Postmaster>) -> bool {
        Postmaster::read(&self.dir)
            .is_some_and(|found| found.sockets != self.sockets || is_same(&found, leftover))
    }

    /// Stops a Postgres whose keeper was killed.
    async fn stop_leftover(&self, leftover: Option<&Postmaster>) -> Result<()> {
        // Asked through its socket first: the process of an old pid file may by now be somebody else's.
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

/// Makes the cluster beside its place and then moves it there, so that it is there whole or not at all. Each
/// attempt has a place of its own: the initdb of a server that was killed may still be at work in another.
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
            let _ = fs::remove_dir_all(entry.path()); // what cannot be removed yet, the next start will
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
    let made = owner
        .command(binaries.join("initdb"))
        .args(arguments)
        .arg(&unfinished)
        .output();
    let made = made.map_err(Error::internal)?;
    if !made.status.success() {
        return Err(Error::setup(format!(
            "initdb failed: {}",
            String::from_utf8_lossy(&made.stderr)
        )));
    }
    fs::rename(&unfinished, cluster).map_err(|error| at(cluster, error))
}
