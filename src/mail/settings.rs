//! Settings of mail: the server, the sender and the timeouts.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::config::{Config, Hidden};
use crate::error::{Cause, Error, Result};

/// Ports of submission: with STARTTLS, and with TLS from the start.
const STARTTLS_PORT: u16 = 587;
const TLS_PORT: u16 = 465;

/// Settings of mail. Cheap to clone.
#[derive(Clone)]
pub struct Settings {
    pub server: Server,
    pub from: Mailbox,
    pub pace: Pace,
    authorities: Vec<Certificate>,
    /// Built on first use, because it reads the authorities of the system.
    tls: Arc<OnceLock<TlsParameters>>,
}

/// The server that takes mail.
#[derive(Debug, Clone)]
pub struct Server {
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
    /// TLS from the start, and not by STARTTLS.
    pub is_wrapped: bool,
    pub login: Option<Login>,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    pub password: Hidden,
}

/// Timeouts. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time to connect, for each address of the server.
    pub connect: Duration,
    /// Time for the answer to a command.
    pub step: Duration,
    /// Time to take a whole message.
    pub message: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            step: Duration::from_secs(30),
            message: Duration::from_secs(120),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Settings");
        shown
            .field("server", &self.server)
            .field("from", &self.from)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub fn new(server: Server, from: Mailbox) -> Self {
        Self {
            server,
            from,
            pace: Pace::default(),
            authorities: Vec::new(),
            tls: Arc::default(),
        }
    }

    /// `None` without a server and a sender; `Setup` if only one is given, or one cannot be used.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        let url = config.smtp_url.as_ref().map(Hidden::reveal).unwrap_or("");
        let from = config.mail_from.as_deref().unwrap_or("");
        match (url.trim(), from.trim()) {
            ("", "") => Ok(None),
            ("", _) => Err(Error::setup(
                "CALLBOARD_MAIL_FROM is set, but not CALLBOARD_SMTP_URL",
            )),
            (_, "") => Err(Error::setup(
                "CALLBOARD_SMTP_URL is set, but not CALLBOARD_MAIL_FROM",
            )),
            (url, from) => {
                let from = from.parse().map_err(|_| {
                    Error::setup(
                        "CALLBOARD_MAIL_FROM: must be an address, such as Reports <reports@example.com>",
                    )
                })?;
                Ok(Some(Self::new(Server::read(url)?, from)))
            }
        }
    }

    /// The same settings, trusting these authorities, in PEM, besides those of the system.
    pub fn with_authority(mut self, pem: &[u8]) -> Result<Self> {
        let found = Certificate::from_pem(pem).map_err(Error::internal)?;
        self.authorities.push(found);
        self.tls = Arc::default();
        Ok(self)
    }

    /// Parameters of TLS. `Setup` if the system's authorities cannot be read.
    pub fn tls(&self) -> Result<TlsParameters> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let builder = TlsParametersBuilder::new(self.server.host.clone());
        let builder = self
            .authorities
            .iter()
            .cloned()
            .fold(builder, TlsParametersBuilder::add_root_certificate);
        let failed = |error| Error::Setup(Cause::from(error).context("TLS of the mail server"));
        let tls = builder.build().map_err(failed)?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}

impl Server {
    /// Reads `smtp://user:password@host:port` or `smtps://…`. The message of `Setup` does not repeat it, because of the
    /// password.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |rest: &str| Error::setup(format!("CALLBOARD_SMTP_URL: {rest}"));
        let usual = || wrong("must be a URL such as smtp://user:password@mail.example.com:587");
        let url = Url::parse(text).map_err(|_| usual())?;
        let (is_wrapped, port) = match url.scheme() {
            "smtp" => (false, STARTTLS_PORT),
            "smtps" => (true, TLS_PORT),
            _ => return Err(usual()),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must end after the host and the port"));
        }
        let host = match url.host().ok_or_else(usual)? {
            Host::Domain("") => return Err(usual()),
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let decoded = |part: &str| {
            let text = percent_decode_str(part).decode_utf8();
            text.map(|text| text.into_owned())
                .map_err(|_| wrong("the user name and the password must be UTF-8"))
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some(Login {
                user: decoded(user)?,
                password: decoded(password)?
                    .parse()
                    .unwrap_or_else(|never| match never {}),
            }),
            _ => return Err(wrong("needs a user name and a password, or neither")),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            is_wrapped,
            login,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_names_the_server_and_the_login() {
        for (url, host, port, is_wrapped, login) in [
            (
                "smtp://mail.example.com",
                "mail.example.com",
                587,
                false,
                None,
            ),
            (
                "smtps://mail.example.com/",
                "mail.example.com",
                465,
                true,
                None,
            ),
            ("smtp://localhost:2525", "localhost", 2525, false, None),
            ("smtp://[::1]:25", "::1", 25, false, None),
            ("smtp://192.0.2.1:25", "192.0.2.1", 25, false, None),
            (
                "smtps://me%40example.com:a%2Fb%3Ac@h:1",
                "h",
                1,
                true,
                Some(("me@example.com", "a/b:c")),
            ),
        ] {
            let server = Server::read(url).unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            let read = server.login.as_ref();
            let read = read.map(|login| (login.user.as_str(), login.password.reveal()));
            assert_eq!((server.is_wrapped, read), (is_wrapped, login), "{url}");
        }
        for url in [
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp:///x",
            "smtp://h/path",
            "smtp://h?tls=off",
            "smtp://me@h",
            "smtp://:sesame@h",
            "smtp://me:sesame@h:99999",
        ] {
            let error = Server::read(url).expect_err(url).to_string();
            assert!(!error.contains("sesame"), "{error}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let server = Server::read("smtps://me:sesame@h").unwrap();
        let settings = Settings::new(server, "a@example.com".parse().unwrap());
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
