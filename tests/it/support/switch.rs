//! A switch as its mod_json_cdr shows itself to a server: it posts the record of each call that ended, tries again after
//! anything but 2xx, and at last writes the record to a folder.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The setting `encode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encode {
    False,
    True,
    Base64,
}

pub struct Switch {
    /// Where records are posted, without a query.
    pub url: String,
    pub token: String,
    pub encode: Encode,
    pub retries: usize,
    pub delay: Duration,
    /// Where records go that could not be posted.
    pub err_log_dir: PathBuf,
    /// File of the calls that are known to be taken, which outlives the switch.
    journal: Option<PathBuf>,
    /// Number of records that were taken.
    pub taken: AtomicUsize,
    http: reqwest::Client,
}

impl Switch {
    pub fn new(url: &str, token: &str, err_log_dir: impl Into<PathBuf>) -> Self {
        Self {
            url: url.to_owned(),
            token: token.to_owned(),
            encode: Encode::False,
            retries: 2,
            delay: Duration::from_millis(50),
            err_log_dir: err_log_dir.into(),
            journal: None,
            taken: AtomicUsize::new(0),
            http: super::http(),
        }
    }

    pub fn encoded(self, encode: Encode) -> Self {
        Self { encode, ..self }
    }

    /// Remembers in a file which calls were taken.
    pub fn remembering(self, journal: impl Into<PathBuf>) -> Self {
        Self {
            journal: Some(journal.into()),
            ..self
        }
    }

    /// True if a call is known to be taken, or was given up: it is not posted again after a restart.
    pub fn is_settled(&self, uuid: &str) -> bool {
        let journal = self
            .journal
            .iter()
            .filter_map(|it| fs::read_to_string(it).ok());
        let is_in = |journal: String| journal.lines().any(|taken| taken == uuid);
        journal.into_iter().any(is_in) || self.file(uuid).exists()
    }

    /// Number of records that could not be posted.
    pub fn given_up(&self) -> usize {
        fs::read_dir(&self.err_log_dir).map_or(0, Iterator::count)
    }

    fn file(&self, uuid: &str) -> PathBuf {
        self.err_log_dir.join(format!("{uuid}.cdr.json"))
    }

    fn remember(&self, uuid: &str) {
        self.taken.fetch_add(1, Ordering::SeqCst);
        let Some(journal) = &self.journal else {
            return;
        };
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(journal);
        writeln!(file.expect("a file"), "{uuid}").expect("written");
    }

    /// Posts a record. Returns the status of each try, none where no answer came.
    pub async fn end_call(&self, uuid: &str, record: &str) -> Vec<Option<u16>> {
        let mut tries = Vec::new();
        for left in (0..=self.retries).rev() {
            let status = self.post(uuid, record).await;
            tries.push(status);
            if status.is_some_and(|status| (200..300).contains(&status)) {
                self.remember(uuid);
                return tries;
            }
            if left > 0 {
                tokio::time::sleep(self.delay).await;
            }
        }
        fs::create_dir_all(&self.err_log_dir).expect("a folder");
        // As it was encoded, without the name of the parameter.
        fs::write(self.file(uuid), format!("{}\n", self.escaped(record))).expect("a file");
        tries
    }

    async fn post(&self, uuid: &str, record: &str) -> Option<u16> {
        let escaped = self.escaped(record);
        let (media, body) = match self.encode {
            Encode::False => ("application/json", escaped),
            Encode::True => (
                "application/x-www-form-urlencoded",
                format!("cdr={escaped}"),
            ),
            Encode::Base64 => (
                "application/x-www-form-base64-encoded",
                format!("cdr={escaped}"),
            ),
        };
        let request = self
            .http
            .post(format!("{}?uuid={uuid}", self.url))
            .basic_auth("freeswitch", Some(&self.token))
            .header("content-type", media)
            .header("user-agent", "freeswitch-json/1.0")
            .body(body);
        let answer = request.send().await.ok()?;
        Some(answer.status().as_u16())
    }

    fn escaped(&self, record: &str) -> String {
        match self.encode {
            Encode::False => record.to_owned(),
            Encode::True => url_encoded(record),
            Encode::Base64 => STANDARD.encode(record),
        }
    }
}

/// As `switch_url_encode` does.
pub fn url_encoded(text: &str) -> String {
    let is_safe =
        |byte: u8| (b'!'..=b'~').contains(&byte) && !b"#%&+:;<=>?@[\\]^`{|}\"".contains(&byte);
    text.bytes()
        .map(|byte| match is_safe(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
