//! A letter as MIME: plain text and HTML beside each other, and a file.

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart};

use crate::error::{Error, Result};

/// A letter. Its texts may hold anything: headers are encoded, and have no control characters.
#[derive(Debug)]
pub struct Letter {
    /// The part of the `Message-ID` before the sender's domain: the same for every try of the same letter.
    pub id: String,
    pub from: Mailbox,
    pub to: Vec<Address>,
    pub subject: String,
    pub at: DateTime<Utc>,
    pub text: String,
    pub html: String,
    pub file: Option<File>,
}

/// An attached file.
#[derive(Debug)]
pub struct File {
    pub name: String,
    pub content_type: &'static str,
    pub content: Vec<u8>,
}

impl Letter {
    /// The message as it is sent.
    pub fn formatted(self) -> Result<Vec<u8>> {
        let domain = self.from.email.domain().to_owned();
        let subject: String = self
            .subject
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            .date(self.at.into())
            .from(self.from)
            .subject(subject)
            // Absence notes and the like are not answered to it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ));
        for address in self.to {
            message = message.to(Mailbox::new(None, address));
        }
        let told = MultiPart::alternative_plain_html(self.text, self.html);
        let message = match self.file {
            None => message.multipart(told),
            Some(file) => {
                let content_type =
                    ContentType::parse(file.content_type).map_err(Error::internal)?;
                let attached = Attachment::new(file.name).body(file.content, content_type);
                let parts = MultiPart::mixed().multipart(told).singlepart(attached);
                message.multipart(parts)
            }
        };
        Ok(message.map_err(Error::internal)?.formatted())
    }
}
