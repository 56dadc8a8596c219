//! Postgres as a child process, for trying Callboard and for its tests: no database to set up by hand.
//!
//! Owns the cluster under the data directory and everything about running it: finding the binaries, the
//! first initdb, leaving root, stopping. Postgres listens on a Unix socket only. A small shell stands between
//! us and Postgres, reading a pipe whose other end we hold: it stops Postgres cleanly when the pipe closes,
//! which it does however we end, `kill -9` included.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::{User, geteuid};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::error::{Error, Result};

/// The oldest Postgres that Callboard runs on.
const OLDEST: u32 = 15;
const NAME: &str = "callboard";
/// How the folders of our sockets begin: a short path, for a socket's may not have more than 107 bytes.
const SOCKETS: &str = "/tmp/callboard-";
/// How the folders begin in which a cluster is made.
const UNFINISHED: &str = "postgres.new-";
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long processes that were killed may take to be gone.
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(30);

/// The shell between us and Postgres. Its own process group keeps a Ctrl-C meant for us away from both.
/// It also ends when Postgres does, so that one that could not start is noticed at once.
const KEEPER: &str = r#"
    trap '' INT TERM HUP
    exec 3<&0
    "$1/postgres" -D "$2" -k "$3" -p 5432 -c listen_addresses= -c unix_socket_permissions=0700 $4 </dev/null 3<&- &
    postgres=$!
    { cat <&3 >/dev/null; kill -INT "$postgres" 2>/dev/null; } &
    wait "$postgres"
    rm -rf "$3"
    if [ -n "$4" ]; then rm -rf "${2%/*}"; fi
"#;

#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// No waiting for the disk, room for many at once, and the whole data directory is thrown away at the
    /// end. For tests.
    pub volatile: bool,
}

/// A running cluster. It stops when this is dropped; [`Embedded::stop`] also waits for it.
pub struct Embedded {
    keeper: Child,
    options: PgConnectOptions,
    _lock: File,
}

impl Embedded {
    /// Starts the cluster of `data_dir`, making it first where there is none.
    ///
    /// None where another Callboard runs it already; [`Embedded::running`] then says how to reach it.
    pub async fn start(data_dir: &Path, settings: &Settings) -> Result<Option<Self>> {
        fs::create_dir_all(data_dir).map_err(|error| at(data_dir, error))?;
        let data_dir = fs::canonicalize(data_dir).map_err(|error| at(data_dir, error))?;
        match lock(&data_dir)? {
            Some(lock) => Ok(Some(Self::start_locked(&data_dir, settings, lock).await?)),
            None => Ok(None),
        }
    }

    async fn start_locked(data_dir: &Path, settings: &Settings, lock: File) -> Result<Self> {
        let cluster = data_dir.join("postgres");
        let owner = Owner::find()?;
        let binaries = binaries(cluster_version(&cluster)?)?;
        if settings.volatile {
            owner.make_dir(data_dir)?; // whose it is may throw it away
        }
        owner.check_reach(data_dir)?;
        initialise(&binaries, data_dir, &cluster, &owner)?;
        let leftover = Postmaster::read(&cluster);
        stop_leftover(leftover.as_ref(), &binaries, &cluster, &owner)?;

        let sockets = PathBuf::from(format!("{SOCKETS}{}", uuid::Uuid::new_v4().simple()));
        let log = data_dir.join("postgres.log");
        let log = File::options().create(true).append(true).open(&log).map_err(|error| at(&log, error))?;
        let volatile = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500";
        let mut command = owner.command("sh");
        command.args(["-c", KEEPER, NAME]).args([&binaries, &cluster, &sockets]);
        command.arg(if settings.volatile { volatile } else { "" }).process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().map_err(Error::internal)?).stderr(log);
        let started = Instant::now();
        let keeper = loop {
            owner.make_dir(&sockets)?;
            let mut keeper = command.spawn().map_err(Error::internal)?;
            match await_ready(&mut keeper, &cluster, &sockets, data_dir).await {
                Ok(()) => break keeper,
                // While a process of the killed one is about, Postgres refuses to start.
                Err(_) if Postmaster::is_another(&cluster, &sockets) && started.elapsed() < LEFTOVER_TIMEOUT => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        };
        if let Some(leftover) = leftover {
            leftover.remove_sockets();
        }
        let options = connect_options(&sockets);
        create_database(&options).await?;
        Ok(Self { keeper, options, _lock: lock })
    }

    /// How to reach the cluster of `data_dir` that another process runs. None where it cannot be reached (yet),
    /// or is about to be stopped.
    pub async fn join(data_dir: &Path) -> Option<(PgConnectOptions, Guest)> {
        let guests = guests(data_dir).ok()?;
        guests.try_lock_shared().ok()?;
        let options = connect_options(&Postmaster::read(&data_dir.join("postgres"))?.sockets);
        PgConnection::connect_with(&options).await.ok()?.close().await.ok()?;
        Some((options, Guest(guests)))
    }

    /// Waits until no other process uses the cluster, and lets none begin to. What it returns is to be kept
    /// until the cluster has stopped.
    pub async fn await_guests(data_dir: &Path) -> Result<impl Sized + use<>> {
        let guests = guests(data_dir)?;
        let locked = tokio::task::spawn_blocking(move || guests.lock().map(|()| guests)).await;
        locked.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// How to connect as the owner of the database, who is no superuser.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Stops the cluster and waits until it has.
    pub async fn stop(mut self) {
        drop(self.keeper.stdin.take());
        let waited = tokio::task::spawn_blocking(move || self.keeper.wait()).await;
        if !matches!(waited, Ok(Ok(_))) {
            tracing::warn!("Postgres may not have stopped: {waited:?}");
        }
    }
}

/// A process that uses a cluster which another one runs, until this is dropped.
pub struct Guest(#[expect(dead_code, reason = "held, not used")] File);

fn guests(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("callboard.guests");
    File::options().create(true).append(true).open(&path).map_err(|error| at(&path, error))
}

/// The sign that a Callboard runs this data directory; the system takes it away with the process.
fn lock(data_dir: &Path) -> Result<Option<File>> {
    let path = data_dir.join("callboard.lock");
    let lock = File::options().create(true).append(true).open(&path).map_err(|error| at(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(at(&path, error)),
    }
}

/// What Postgres says of itself in `postmaster.pid`, a line for each thing; the file may outlive it.
struct Postmaster {
    sockets: PathBuf,
    ready: bool,
}

impl Postmaster {
    fn read(cluster: &Path) -> Option<Self> {
        let state = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = state.lines().skip(4);
        let sockets = lines.next().filter(|line| !line.is_empty())?.into();
        Some(Self { sockets, ready: lines.nth(2).is_some_and(|line| line.trim() == "ready") })
    }

    fn is_another(cluster: &Path, sockets: &Path) -> bool {
        Self::read(cluster).is_some_and(|other| other.sockets != sockets)
    }

    /// What its keeper would have done, had it not been killed too.
    fn remove_sockets(&self) {
        if self.sockets.to_string_lossy().starts_with(SOCKETS) {
            let _ = fs::remove_dir_all(&self.sockets); // most often it is gone already
        }
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.sockets.join(".s.PGSQL.5432")).is_ok()
    }
}

/// Who Postgres runs as: ourselves, or, since it refuses root, a user who is not.
struct Owner(Option<User>);

impl Owner {
    fn find() -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        let named = |name| User::from_name(name).ok().flatten();
        match named("postgres").or_else(|| named("nobody")) {
            Some(user) => Ok(Self(Some(user))),
            None => Err(Error::Internal(
                "Postgres does not run as root, and there is neither a user postgres nor a user nobody".into(),
            )),
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // What the environment says to clients and servers of other clusters is not meant for this one.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.current_dir("/");
        if let Self(Some(user)) = self {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    fn make_dir(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir).map_err(|error| at(dir, error))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(|error| at(dir, error))?;
        if let Self(Some(user)) = self {
            chown(dir, Some(user.uid.as_raw()), Some(user.gid.as_raw())).map_err(|error| at(dir, error))?;
        }
        Ok(())
    }

    /// Postgres must be able to walk to its data, which it cannot below a closed home such as root's.
    fn check_reach(&self, dir: &Path) -> Result<()> {
        let Self(Some(user)) = self else { return Ok(()) };
        let reached = self.command("test").arg("-x").arg(dir).status().map_err(Error::internal)?;
        if reached.success() {
            return Ok(());
        }
        Err(Error::Internal(format!(
            "Postgres runs as {}, who cannot reach {}: set CALLBOARD_DATA_DIR to a directory outside closed homes, \
             /var/lib/callboard say",
            user.name,
            dir.display()
        )))
    }
}

/// The major version that made the cluster. None where there is none yet.
fn cluster_version(cluster: &Path) -> Result<Option<u32>> {
    match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(version) => Ok(version.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(cluster, error)),
    }
}

/// A program that comes with Postgres: of the newest server there is, else whichever `PATH` has.
pub fn program(name: &str) -> PathBuf {
    binaries(None).map(|dir| dir.join(name)).ok().filter(|path| path.exists()).unwrap_or_else(|| name.into())
}

/// The folder of the server's programs: the newest there is, or the one that made the cluster.
fn binaries(made_by: Option<u32>) -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = candidates()
        .into_iter()
        .filter_map(|dir| Some((major_version(&dir)?, dir)))
        .filter(|(version, _)| made_by.map_or(*version >= OLDEST, |made_by| *version == made_by))
        .collect();
    found.sort();
    found.pop().map(|(_, dir)| dir).ok_or_else(|| {
        let wanted = made_by.map_or(format!("{OLDEST} or newer"), |version| version.to_string());
        Error::Internal(format!(
            "no Postgres {wanted} found: `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` \
             (macOS) brings one; PG_BINDIR names another place, and DATABASE_URL a server that runs already"
        ))
    })
}

fn candidates() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "PG_BINDIR is Postgres' own setting, not one of ours")]
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
    roots.iter().flat_map(|(root, bin)| entries(*root).map(move |entry| entry.path().join(bin))).collect()
}

fn major_version(dir: &Path) -> Option<u32> {
    if !dir.join("initdb").exists() {
        return None;
    }
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Makes the cluster beside its place and then moves it there, so that it is there whole or not at all. Each
/// attempt has a place of its own: the initdb of a server that was killed may still be at work in another.
fn initialise(binaries: &Path, data_dir: &Path, cluster: &Path, owner: &Owner) -> Result<()> {
    if cluster.join("PG_VERSION").exists() {
        return Ok(());
    }
    for entry in fs::read_dir(data_dir).map_err(|error| at(data_dir, error))?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            let _ = fs::remove_dir_all(entry.path()); // what cannot be removed yet, the next start will
        }
    }
    let unfinished = data_dir.join(format!("{UNFINISHED}{}", uuid::Uuid::new_v4().simple()));
    owner.make_dir(&unfinished)?;
    let arguments = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "-D"];
    let made = owner.command(binaries.join("initdb")).args(arguments).arg(&unfinished).output();
    let made = made.map_err(Error::internal)?;
    if !made.status.success() {
        return Err(Error::Internal(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr))));
    }
    fs::rename(&unfinished, cluster).map_err(|error| at(cluster, error))
}

/// Stops a Postgres whose Callboard was killed together with the shell that would have stopped it.
fn stop_leftover(leftover: Option<&Postmaster>, binaries: &Path, cluster: &Path, owner: &Owner) -> Result<()> {
    // Asked through its socket first: the process of an old pid file may by now be somebody else's.
    if leftover.is_some_and(Postmaster::answers) {
        let arguments = ["stop", "--silent", "--wait", "--mode=fast", "-D"];
        owner.command(binaries.join("pg_ctl")).args(arguments).arg(cluster).output().map_err(Error::internal)?;
    }
    Ok(())
}

async fn await_ready(keeper: &mut Child, cluster: &Path, sockets: &Path, data_dir: &Path) -> Result<()> {
    let started = Instant::now();
    loop {
        if Postmaster::read(cluster).is_some_and(|ours| ours.ready && ours.sockets == sockets) {
            return Ok(());
        }
        let ended = keeper.try_wait().map_err(Error::internal)?.is_some();
        if ended || started.elapsed() > START_TIMEOUT {
            let log = data_dir.join("postgres.log");
            return Err(Error::Internal(format!("Postgres did not start; {} says why", log.display())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn connect_options(sockets: &Path) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass().socket(sockets).port(5432).ssl_mode(PgSslMode::Disable);
    options.username(NAME).database(NAME)
}

/// The role and the database that Callboard uses, made on the first start.
async fn create_database(options: &PgConnectOptions) -> Result<()> {
    let superuser = options.clone().username("postgres").database("postgres");
    let mut connection = PgConnection::connect_with(&superuser).await?;
    let exists = "select exists (select from pg_database where datname = $1)";
    if !sqlx::query_scalar::<_, bool>(exists).bind(NAME).fetch_one(&mut connection).await? {
        let role =
            format!("do $$ begin create role {NAME} login createdb; exception when duplicate_object then null; end $$");
        connection.execute(AssertSqlSafe(role)).await?;
        connection.execute(AssertSqlSafe(format!("create database {NAME} owner {NAME}"))).await?;
    }
    Ok(connection.close().await?)
}

fn at(path: &Path, error: std::io::Error) -> Error {
    Error::Internal(format!("{}: {error}", path.display()))
}
