//! The real program with a data directory of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::unistd::User;
use serde_json::Value;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::{Client, TENANT, TestApp};

/// A timeout far above the duration of any step: reaching it means the condition never holds.
const PATIENCE: Duration = Duration::from_secs(120);

/// `callboard` with its settings. Drop deletes its data and ends its processes.
pub struct Program {
    place: TempDir,
    executable: PathBuf,
    settings: Vec<(String, String)>,
    user: Option<User>,
}

impl Program {
    /// Uses a new data directory, and so an embedded Postgres.
    pub fn new() -> Self {
        let open = Permissions::from_mode(0o755);
        let place = tempfile::Builder::new()
            .prefix("callboard-program-")
            .permissions(open)
            .tempdir();
        let executable = env!("CARGO_BIN_EXE_callboard").into();
        Self {
            place: place.expect("a place"),
            executable,
            settings: Vec::new(),
            user: None,
        }
    }

    /// Uses an existing database.
    pub fn on(database: &PgConnectOptions) -> Self {
        Self::new().with("DATABASE_URL", database.to_url_lossy().as_str())
    }

    /// Uses the database of a server under test, whose tokens it accepts.
    pub fn beside(test: &TestApp) -> Self {
        Self::on(&test.app.db.unscoped().connect_options())
            .with("CALLBOARD_SECRET", &"\x07".repeat(32))
    }

    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.push((setting.into(), value.into()));
        self
    }

    /// Runs as that user, from a copy that the user can read.
    pub fn by(mut self, user: User) -> Self {
        let copy = self.place.path().join("callboard");
        fs::copy(&self.executable, &copy).expect("a copy");
        chown(
            self.place.path(),
            Some(user.uid.as_raw()),
            Some(user.gid.as_raw()),
        )
        .expect("given away");
        self.executable = copy;
        self.user = Some(user);
        self
    }

    pub fn place(&self) -> &Path {
        self.place.path()
    }

    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// True once initdb has started.
    pub fn is_making_its_cluster(&self) -> bool {
        let entries = std::fs::read_dir(self.data())
            .into_iter()
            .flatten()
            .flatten();
        entries.into_iter().any(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("postgres.new-")
        })
    }

    /// A command with piped input and output.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        for ours in ["DATABASE_URL", "CALLBOARD_SECRET", "RUST_LOG"] {
            command.env_remove(ours);
        }
        // Caching is off by default, so that writes are visible at once.
        command
            .env("CALLBOARD_CACHE_TTL", "0")
            .env("CALLBOARD_DATA_DIR", self.data())
            .env("CALLBOARD_LISTEN", "127.0.0.1:0");
        command
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .args(arguments);
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Like [`Program::command`], started by a line of shell: `$0` is the program, `$@` its
    /// arguments.
    pub fn limited(&self, line: &str, arguments: &[&str]) -> Command {
        let plain = self.command(arguments);
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(line)
            .arg(&self.executable)
            .args(arguments);
        for (name, value) in plain.as_std().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to completion.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.feed(arguments, b"").await
    }

    /// Like [`Program::run`], with that standard input.
    pub async fn feed(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self.command(arguments).spawn().expect("a process");
        let mut stdin = child.stdin.take().expect("piped");
        let feeding = async move {
            let _ = stdin.write_all(input).await; // a failing program may not read all input
        };
        let both = async { tokio::join!(feeding, child.wait_with_output()).1 };
        tokio::time::timeout(PATIENCE, both)
            .await
            .expect("an end")
            .expect("an output")
    }

    /// Runs a command that must succeed, and returns its output.
    pub async fn ok(&self, arguments: &[&str], input: &str) -> String {
        let output = self.feed(arguments, input.as_bytes()).await;
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            words(&output.stderr)
        );
        words(&output.stdout)
    }

    /// Runs a command that must fail with exit code 1, and returns its error output.
    pub async fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.feed(arguments, input.as_bytes()).await;
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            words(&output.stderr)
        );
        words(&output.stderr)
    }

    pub async fn serve(&self) -> Server {
        Server::start(self.command(&["serve"])).await
    }

    /// Creates the tenant, its admin and a token, and returns a client of that server.
    pub async fn client(&self, server: &Server) -> Client {
        let tenant = TENANT.to_string();
        self.ok(
            &["tenant", "create", "--id", &tenant, "--name", "Account"],
            "",
        )
        .await;
        let user = [
            "user",
            "create",
            "--tenant",
            &tenant,
            "--username",
            "admin",
            "--role",
            "admin",
        ];
        self.ok(&user, "correct horse\n").await;
        let token = self
            .ok(
                &["token", "issue", "--tenant", &tenant, "--username", "admin"],
                "",
            )
            .await;
        Client::new(server.url.clone(), token.trim().into())
    }

    /// Every process that uses the data directory: Postgres, its keeper, the program itself. Empty
    /// without /proc.
    pub fn processes(&self) -> Vec<u32> {
        let data = self.data();
        let names = |path: &Path| {
            let text = fs::read(path).unwrap_or_default();
            text.windows(data.as_os_str().len())
                .any(|part| part == data.as_os_str().as_encoded_bytes())
        };
        let numbered =
            |entry: fs::DirEntry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()));
        let all = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(numbered);
        let ours = all.filter(|(_, process)| {
            let inside = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&data));
            inside || names(&process.join("cmdline")) || names(&process.join("environ"))
        });
        ours.map(|(pid, _): (u32, _)| pid).collect()
    }

    pub fn assert_nothing_runs(&self) {
        let left = self.processes();
        assert!(
            left.is_empty(),
            "{left:?} still run on {}",
            self.data().display()
        );
    }
}

impl Drop for Program {
    /// Postgres stops by itself when the program has ended; leftovers are killed here.
    fn drop(&mut self) {
        let started = Instant::now();
        while !self.processes().is_empty() && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let left = self.processes();
        if !left.is_empty() {
            signal("KILL", &left);
            eprintln!("had to be killed: {left:?}");
        }
    }
}

/// A running `callboard serve`.
pub struct Server {
    child: Child,
    pub url: String,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    pub async fn start(command: Command) -> Self {
        Self::start_printing_to(command, Stdio::null()).await
    }

    /// Like [`Server::start`], with that standard output.
    pub async fn start_printing_to(mut command: Command, stdout: impl Into<Stdio>) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(stdout)
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let log = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&log);
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                kept.lock().expect("no panic").push(line);
            }
        });
        let mut this = Self {
            child,
            url: String::new(),
            log,
        };
        eventually("the server listens", async || {
            reading.is_finished() || this.logged("listening").is_some()
        })
        .await;
        let listening = this
            .logged("listening")
            .unwrap_or_else(|| panic!("it ended: {:?}", this.log));
        this.url = format!(
            "http://{}",
            listening["address"].as_str().expect("an address")
        );
        this
    }

    /// The last log line with that message.
    pub fn logged(&self, message: &str) -> Option<Value> {
        self.log
            .lock()
            .expect("no panic")
            .iter()
            .rev()
            .find(|line| line["message"] == message)
            .cloned()
    }

    pub fn log(&self) -> String {
        self.log
            .lock()
            .expect("no panic")
            .iter()
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// Socket directory of its embedded Postgres.
    pub fn sockets(&self) -> PathBuf {
        let ready = self
            .logged("embedded Postgres is ready")
            .expect("a Postgres of its own");
        ready["host"].as_str().expect("a folder").into()
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("an end")
            .expect("a status")
    }

    /// Stops the server with SIGTERM, and asserts exit code 0.
    pub async fn stop(mut self) {
        signal("TERM", &[self.pid()]);
        assert_eq!(self.ended().await.code(), Some(0), "{}", self.log());
    }

    /// `kill -9`
    pub async fn kill(mut self) {
        signal("KILL", &[self.pid()]);
        self.ended().await;
    }
}

/// Sends a signal to all processes at once. A process group is a negative number.
pub fn signal(name: &str, processes: &[impl ToString]) {
    let mut kill = std::process::Command::new("sh");
    kill.args(["-c", r#"kill -s "$0" -- "$@" 2>/dev/null"#, name])
        .args(processes.iter().map(ToString::to_string));
    kill.status().expect("a shell");
}

/// Waits until the condition holds.
pub async fn eventually(what: &str, happened: impl AsyncFnMut() -> bool) {
    eventually_asked(what, Duration::from_millis(5), happened).await;
}

/// Like [`eventually`], asking that seldom: a server that limits its clients refuses those who ask all the time.
pub async fn eventually_asked(
    what: &str,
    every: Duration,
    mut happened: impl AsyncFnMut() -> bool,
) {
    let started = Instant::now();
    while !happened().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(every).await;
    }
}

pub fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
