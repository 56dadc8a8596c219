//! Headers of a delivery, with its signatures.
//!
//! Deliveries are signed twice: by the Standard Webhooks specification, and in Callboard's older form. While a rotation
//! lasts, the old secret signs too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use uuid::Uuid;

use super::secret::Secret;
use crate::error::{Error, Result};

/// Headers of a delivery, without those of its content: name and meaning.
pub const HEADERS: [(&str, &str); 8] = [
    (
        "webhook-id",
        "Id of the delivery, the same over all tries: the key by which a receiver drops repeats.",
    ),
    ("webhook-timestamp", "Time of this try, Unix seconds."),
    (
        "webhook-signature",
        "Signatures by Standard Webhooks: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, whose key is the 32 bytes \
         behind `whsec_`, decoded. While a rotation lasts two of them, separated by a blank.",
    ),
    ("x-callboard-event", "Name of the event."),
    ("x-callboard-timestamp", "As webhook-timestamp."),
    ("x-callboard-delivery", "As webhook-id."),
    (
        "x-callboard-signature",
        "`sha256=` and the hex HMAC-SHA256 of the body, whose key is the secret as shown, with `whsec_`.",
    ),
    (
        OLD_SIGNATURE,
        "While a rotation lasts, the same with the old secret.",
    ),
];
/// The only header that may be missing.
pub const OLD_SIGNATURE: &str = "x-callboard-signature-old";

/// A delivery at one try.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub id: Uuid,
    pub event: &'a str,
    /// Time of the try, Unix seconds.
    pub timestamp: i64,
    pub body: &'a str,
}

/// Secrets that sign: the current one, and the old one while a rotation lasts.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub current: Secret,
    pub old: Option<Secret>,
}

impl Signed<'_> {
    /// The headers of the request, without those of its content.
    pub fn headers(&self, secrets: &Secrets) -> Result<HeaderMap> {
        let (id, timestamp) = (self.id.to_string(), self.timestamp.to_string());
        let all = || std::iter::once(&secrets.current).chain(&secrets.old);
        let signatures: Vec<String> = all().map(|secret| self.standard(secret)).collect();
        let mut headers = HeaderMap::new();
        let mut add = |name, value: &str| -> Result<()> {
            let value = HeaderValue::from_str(value).map_err(Error::internal)?;
            headers.insert(HeaderName::from_static(name), value);
            Ok(())
        };
        add("webhook-id", &id)?;
        add("webhook-timestamp", &timestamp)?;
        add("webhook-signature", &signatures.join(" "))?;
        add("x-callboard-event", self.event)?;
        add("x-callboard-timestamp", &timestamp)?;
        add("x-callboard-delivery", &id)?;
        add("x-callboard-signature", &self.hex(&secrets.current))?;
        if let Some(old) = &secrets.old {
            add(OLD_SIGNATURE, &self.hex(old))?;
        }
        Ok(headers)
    }

    /// `v1,<base64>` over id, timestamp and body. The key is the secret's bytes.
    fn standard(&self, secret: &Secret) -> String {
        let Self {
            id,
            timestamp,
            body,
            ..
        } = self;
        let content = format!("{id}.{timestamp}.{body}");
        format!("v1,{}", STANDARD.encode(mac(secret.bytes(), &content)))
    }

    /// `sha256=<hex>` over the body. The key is the text of the secret as shown.
    fn hex(&self, secret: &Secret) -> String {
        let digits = mac(secret.shown().as_bytes(), self.body).map(|byte| format!("{byte:02x}"));
        format!("sha256={}", digits.concat())
    }
}

fn mac(key: &[u8], content: &str) -> [u8; 32] {
    // infallible: HMAC takes keys of every length
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!());
    mac.update(content.as_bytes());
    mac.finalize().into_bytes().into()
}
