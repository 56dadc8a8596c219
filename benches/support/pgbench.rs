//! The server's statements sent by `pgbench`: the floor for the server's overhead.
//!
//! They are read from Postgres' log while the server answers, so they are always the server's own: text, arguments, and the
//! begin and end of the transaction.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use callboard::auth::Tenant;
use callboard::db::{Database, READING_SETTINGS, SETTINGS};

use super::TENANT;
use super::ask::{ask, tenant};
use super::cluster::{Cluster, run, scalar};
use super::rolled::Source;
use super::windows::{Question, Shape, Window, Windows};

/// Default number of windows, and so of scripts. pgbench picks a script per transaction and prepares each once.
const WINDOWS: usize = 32;

/// Longest argument, in bytes, that is passed on pgbench's command line.
const MAX_VALUE: usize = 1_000;

/// More connections than the pool opens for sequential requests.
const CONNECTIONS: usize = 4;

pub struct Pgbench {
    program: PathBuf,
    scripts: tempfile::TempDir,
    windows: usize,
    /// Variables of the scripts: name and value.
    arguments: Vec<String>,
    socket: PathBuf,
    database: String,
    user: String,
}

/// A statement with its arguments, as logged.
#[derive(Default)]
struct Statement {
    sql: String,
    arguments: Vec<Option<String>>,
}

impl Pgbench {
    /// Runs a report in-process over random windows, and makes a script of each transaction.
    pub async fn record(cluster: &Cluster, question: &Question) -> Self {
        Self::record_asking(cluster, WINDOWS, async |db, tenant, window| {
            ask(db, tenant, question, window, Source::Rolled).await;
        })
        .await
    }

    /// Like [`Pgbench::record`], for any query over that many windows.
    pub async fn record_asking(
        cluster: &Cluster,
        count: usize,
        ask: impl AsyncFn(&Database, &Tenant, &Window),
    ) -> Self {
        let (role, database) = (cluster.options().get_username(), cluster.loaded());
        let mut superuser = cluster.superuser(database).await;
        let program: String = scalar(
            &mut superuser,
            "select setting from pg_config where name = 'BINDIR'",
        )
        .await;
        let logging = format!("alter role {role} in database {database}");
        run(
            &mut superuser,
            &format!("{logging} set log_statement = 'all'"),
        )
        .await;
        let db = Database::open(
            cluster.options().clone(),
            callboard::rollups::Edition::own().schema(),
        )
        .await
        .expect("a database");
        let tenant = tenant(&db, TENANT).await;
        let before = fs::metadata(cluster.log()).map_or(0, |log| log.len());
        let mut windows = Windows::new(2);
        for _ in 0..count {
            ask(&db, &tenant, &windows.next(Shape::Ragged)).await;
        }
        let types = parameter_types(&db).await;
        db.close().await;
        run(&mut superuser, &format!("{logging} reset log_statement")).await;

        let log = fs::read(cluster.log()).expect("a log");
        let log =
            String::from_utf8_lossy(&log[usize::try_from(before).expect("a size")..]).into_owned();
        let mut this = Self {
            program: PathBuf::from(program).join("pgbench"),
            scripts: tempfile::tempdir().expect("a folder"),
            windows: count,
            arguments: Vec::new(),
            socket: cluster.options().get_socket().expect("a socket").clone(),
            database: database.to_owned(),
            user: role.to_owned(),
        };
        let transactions = transactions(&log);
        assert!(
            transactions.len() > count,
            "a transaction for each answer, and that of the types"
        );
        for (number, transaction) in transactions.iter().take(count).enumerate() {
            this.script(number, transaction, &types);
        }
        this
    }

    fn script(
        &mut self,
        number: usize,
        transaction: &[Statement],
        types: &HashMap<String, Vec<String>>,
    ) {
        let mut script = String::new();
        for (place, statement) in transaction.iter().enumerate() {
            let mut sql = without_comments(&statement.sql);
            let types = types.get(&statement.sql);
            for (index, argument) in statement.arguments.iter().enumerate().rev() {
                // With its type: the server's driver sends types, pgbench does not.
                let kind = types.and_then(|types| types.get(index)).expect("a type");
                let name = format!("w{number}_{place}_{index}");
                let value = match argument {
                    None => "null".to_owned(),
                    // Too long for a command line. Such an argument gets a plan of its own anyway.
                    Some(value) if value.len() > MAX_VALUE => {
                        format!("'{}'", value.replace('\'', "''"))
                    }
                    Some(value) => {
                        self.arguments.push(format!("-D{name}={value}"));
                        format!(":{name}")
                    }
                };
                sql = sql.replace(&format!("${}", index + 1), &format!("{value}::{kind}"));
            }
            let _ = writeln!(script, "{};", sql.trim_end().trim_end_matches(';'));
        }
        fs::write(self.scripts.path().join(format!("{number}.sql")), script).expect("a script");
    }

    /// Transactions a second with that many clients. `None` if pgbench failed.
    pub fn rate(&self, clients: usize, seconds: u64) -> Option<f64> {
        let mut command = Command::new(&self.program);
        let settings = SETTINGS.iter().chain(&READING_SETTINGS);
        let settings = settings.map(|(name, value)| format!("-c {name}={value}"));
        let schema = callboard::rollups::Edition::own().schema();
        let settings = settings.chain([format!("-c search_path={schema},public")]);
        command.env("PGOPTIONS", settings.collect::<Vec<_>>().join(" "));
        command.args([
            "-n",
            "-M",
            "prepared",
            "-j",
            "2",
            "-c",
            &clients.to_string(),
            "-T",
            &seconds.to_string(),
        ]);
        command
            .arg("-h")
            .arg(&self.socket)
            .args(["-p", "5432", "-U", &self.user])
            .args(&self.arguments);
        for number in 0..self.windows {
            command
                .arg("-f")
                .arg(self.scripts.path().join(format!("{number}.sql")));
        }
        let output = command.arg(&self.database).output().expect("pgbench");
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        if rate.is_none() {
            println!(
                "  pgbench: {}",
                String::from_utf8_lossy(&output.stderr)
                    .lines()
                    .find(|line| line.contains("ERROR"))
                    .unwrap_or_default()
            );
        }
        rate
    }
}

/// The argument types that the driver declared, by statement, from all connections of the pool.
async fn parameter_types(db: &Database) -> HashMap<String, Vec<String>> {
    let prepared = "select statement, parameter_types::text[] from pg_prepared_statements";
    let (mut types, mut scopes) = (HashMap::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        let mut scope = db.read(TENANT).await.expect("a scope");
        let rows: Vec<(String, Vec<String>)> = sqlx::query_as(prepared)
            .fetch_all(scope.connection())
            .await
            .expect("statements");
        types.extend(rows);
        scopes.push(scope); // held, so that the next has another connection
    }
    types
}

/// The logged statements of each transaction, from `begin` to `commit`.
fn transactions(log: &str) -> Vec<Vec<Statement>> {
    let mut transactions: Vec<Vec<Statement>> = Vec::new();
    for entry in entries(log) {
        if let Some(sql) = entry.split_once("LOG:  statement: ").map(|(_, sql)| sql) {
            let begins = sql.to_ascii_lowercase().starts_with("begin");
            if begins {
                transactions.push(Vec::new());
            }
            if let Some(open) = transactions.last_mut() {
                // A script has one statement per command.
                open.extend(sql.split(';').map(|sql| Statement {
                    sql: sql.trim().to_owned(),
                    ..Statement::default()
                }));
            }
        } else if let Some((_, executed)) = entry.split_once("LOG:  execute ") {
            let sql = executed
                .split_once(": ")
                .map_or("", |(_, sql)| sql)
                .to_owned();
            if let Some(open) = transactions.last_mut() {
                open.push(Statement {
                    sql,
                    ..Statement::default()
                });
            }
        } else if let Some((_, arguments)) = entry.split_once("DETAIL:  parameters: ")
            && let Some(statement) = transactions.last_mut().and_then(|open| open.last_mut())
        {
            statement.arguments = values(arguments);
        }
    }
    transactions
}

/// The statement without comment lines: an argument named in a comment would have no type.
fn without_comments(sql: &str) -> String {
    let lines = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Log entries, with continuation lines joined.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(rest), Some(entry)) => {
                entry.push('\n');
                entry.push_str(rest);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// `$1 = '5', $2 = NULL, $3 = 'it''s'`
fn values(mut text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = text.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            text = rest;
            continue;
        };
        let mut value = String::new();
        let mut letters = quoted.char_indices().peekable();
        text = "";
        while let Some((at, letter)) = letters.next() {
            let doubled = letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_some();
            if letter == '\'' && !doubled {
                text = &quoted[at + 1..];
                break;
            }
            value.push(letter);
        }
        values.push(Some(value));
    }
    values
}
