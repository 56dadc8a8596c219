//! The conversation with a mail server: one message to several recipients, with a verdict on each.
//!
//! Every step has a timeout, so that a dead server holds nobody up for long. A password is only sent over TLS.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::settings::Settings;

/// Maximum length of a server's answer in a reason, in code points.
const MAX_ANSWER: usize = 300;
/// Time for a good-bye.
const QUIT: Duration = Duration::from_secs(2);

/// What became of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Not now, with the server's answer.
    Later(String),
    /// Never, with the server's answer.
    Refused(String),
}

/// The end of a step that did not succeed.
#[derive(Debug)]
enum Trouble {
    /// The server's answer of kind 4xx.
    Later(String),
    /// The server's answer of kind 5xx.
    Refused(String),
    /// No answer, or no connection.
    Lost(String),
}

impl Trouble {
    fn of(error: &SmtpError) -> Self {
        let said = told(error);
        if error.is_permanent() {
            Self::Refused(said)
        } else if error.is_transient() {
            Self::Later(said)
        } else {
            Self::Lost(said)
        }
    }

    /// The verdict on a recipient. `Err` if the conversation is over.
    fn verdict(self) -> Result<Verdict, String> {
        match self {
            Self::Later(said) => Ok(Verdict::Later(said)),
            Self::Refused(said) => Ok(Verdict::Refused(said)),
            Self::Lost(said) => Err(said),
        }
    }

    fn said(self) -> String {
        match self {
            Self::Later(said) | Self::Refused(said) | Self::Lost(said) => said,
        }
    }
}

/// An error on one line: the server's answer with its code, or the cause.
fn told(error: &SmtpError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    let text = match error.status() {
        Some(code) => format!("{code} {cause}"),
        None => cause,
    };
    let letters = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    letters
        .take(MAX_ANSWER)
        .collect::<String>()
        .trim()
        .to_owned()
}

async fn step<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, Trouble> {
    match timeout(limit, step).await {
        Ok(done) => done.map_err(|error| Trouble::of(&error)),
        Err(_) => Err(Trouble::Lost("The mail server does not answer.".into())),
    }
}

/// Sends a message. Returns a verdict for each recipient, in order. `Err` with a reason if the server could not be talked to
/// or the connection broke: then nobody is known to have it. `is_handed_over` is set before the message itself is sent: from
/// then on the server may have accepted it.
pub async fn send(
    mail: &Settings,
    to: &[Address],
    message: &[u8],
    is_handed_over: &AtomicBool,
) -> Result<Vec<Verdict>, String> {
    let mut server = connect(mail).await.map_err(Trouble::said)?;
    let verdicts = converse(&mut server, mail, to, message, is_handed_over).await;
    // The server has the message or not, whatever it says to this.
    let _ = timeout(QUIT, server.command(Quit)).await;
    verdicts
}

async fn connect(mail: &Settings) -> Result<AsyncSmtpConnection, Trouble> {
    let (server, pace) = (&mail.server, mail.pace);
    let hello = ClientId::Domain(mail.from.email.domain().to_owned());
    let tls = |_| Trouble::Lost("The authorities of TLS cannot be read.".into());
    let wrapped = if server.is_wrapped {
        Some(mail.tls().map_err(tls)?)
    } else {
        None
    };
    let address = (server.host.as_str(), server.port);
    let connect =
        AsyncSmtpConnection::connect_tokio1(address, Some(pace.connect), &hello, wrapped, None);
    let mut connection = step(pace.connect + pace.step, connect).await?;
    if connection.can_starttls() {
        let tls = mail.tls().map_err(tls)?;
        step(pace.step, connection.starttls(tls, &hello)).await?;
    }
    if let Some(login) = &server.login {
        if !connection.is_encrypted() {
            let reason =
                "The mail server does not offer STARTTLS, and a password is only sent over TLS.";
            return Err(Trouble::Lost(reason.into()));
        }
        let credentials = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        step(pace.step, connection.auth(&mechanisms, &credentials)).await?;
    }
    Ok(connection)
}

async fn converse(
    server: &mut AsyncSmtpConnection,
    mail: &Settings,
    to: &[Address],
    message: &[u8],
    is_handed_over: &AtomicBool,
) -> Result<Vec<Verdict>, String> {
    let pace = mail.pace;
    let sender = Mail::new(Some(mail.from.email.clone()), Vec::new());
    if let Err(trouble) = step(pace.step, server.command(sender)).await {
        return Ok(vec![trouble.verdict()?; to.len()]);
    }
    let mut verdicts = Vec::with_capacity(to.len());
    for address in to {
        let recipient = Rcpt::new(address.clone(), Vec::new());
        let answer = step(pace.step, server.command(recipient)).await;
        verdicts.push(match answer {
            Ok(_) => Verdict::Accepted,
            Err(trouble) => trouble.verdict()?,
        });
    }
    if !verdicts.contains(&Verdict::Accepted) {
        return Ok(verdicts);
    }
    let sent = match step(pace.step, server.command(Data)).await {
        Ok(_) => {
            is_handed_over.store(true, Ordering::Relaxed);
            step(pace.message, server.message(message)).await
        }
        Err(trouble) => Err(trouble),
    };
    if let Err(trouble) = sent {
        let verdict = trouble.verdict()?;
        for accepted in verdicts
            .iter_mut()
            .filter(|known| **known == Verdict::Accepted)
        {
            *accepted = verdict.clone();
        }
    }
    Ok(verdicts)
}
