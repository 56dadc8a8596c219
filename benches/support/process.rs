//! `callboard serve` as a process of its own, so that what it uses is known.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::TENANT;
use super::server::{USER, user};

const KIB_OF_MIB: f64 = 1024.0;

/// A server that is killed when dropped.
pub struct Process {
    child: Child,
    pub address: String,
    database: String,
    folder: TempDir,
}

impl Process {
    /// Starts it, and waits until it listens.
    pub async fn start(options: &PgConnectOptions) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let database = options.to_url_lossy().to_string();
        let folder = tempfile::tempdir().expect("a folder");
        let child = command(&database, &folder)
            .args(["serve", "--listen", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut this = Self {
            child,
            address,
            database,
            folder,
        };
        while TcpStream::connect(&this.address).await.is_err() {
            this.assert_runs();
            sleep(Duration::from_millis(50)).await;
        }
        this
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn assert_runs(&mut self) {
        let state = self.child.try_wait().expect("a state");
        assert!(state.is_none(), "the server has ended");
    }

    /// A token that may do everything.
    pub async fn token(&self, options: &PgConnectOptions) -> String {
        user(options).await;
        let tenant = TENANT.to_string();
        let issue = ["token", "issue", "--tenant", &tenant, "--username", USER];
        let output = command(&self.database, &self.folder)
            .args(issue)
            .output()
            .expect("a token");
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{said}");
        said.trim().to_owned()
    }

    /// MiB that it had in memory at most.
    pub fn peak(&self) -> f64 {
        let status = format!("/proc/{}/status", self.id());
        let status = fs::read_to_string(status).expect("a system that has /proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.split_whitespace().next());
        let size: f64 = size.and_then(|size| size.parse().ok()).expect("a size");
        size / KIB_OF_MIB
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(database: &str, folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
    command
        .env("DATABASE_URL", database)
        .env("CALLBOARD_SECRET", "a-secret-of-thirty-two-bytes-or-more")
        .env("CALLBOARD_DATA_DIR", folder.path());
    command
}
