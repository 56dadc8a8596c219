//! Bodies as the modules post them, and files as they leave them behind: opened to the document that is inside.
//!
//! The document is JSON or XML, bare, in the form parameter `cdr`, percent-encoded, or in base64. Its first byte tells, for
//! modules state types that are not so (`cdr=<?xml` is `application/x-www-form-plaintext`), and files in `err-log-dir` are
//! encoded without parameter or type. Must not know the contents of documents.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

/// Maximum size of a document in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A document that was found in a body.
#[derive(Debug, PartialEq)]
pub enum Document {
    Json(String),
    Xml(String),
}

/// Opens a body of this media type, which may be empty. The error is a sentence.
pub fn open(media: &str, body: &[u8]) -> Result<Document, String> {
    let body = trimmed(body);
    if body.is_empty() {
        return Err("The body is empty.".into());
    }
    let inner = parameter(body);
    let document = match inner.first() {
        Some(b'{' | b'[' | b'<') => inner.to_vec(),
        Some(b'%') => form_decoded(until_next(inner)),
        _ if is_bare(media) => return Err(unknown(media)),
        _ => base64_decoded(until_next(inner)).ok_or_else(|| unknown(media))?,
    };
    let document = trimmed(&document);
    if document.len() > MAX_BYTES {
        return Err("The document is larger than 1 MiB.".into());
    }
    let text = || String::from_utf8_lossy(document).into_owned();
    match document.first() {
        Some(b'{' | b'[') => Ok(Document::Json(text())),
        Some(b'<') => Ok(Document::Xml(text())),
        _ => Err(unknown(media)),
    }
}

/// True for types whose documents are not encoded.
fn is_bare(media: &str) -> bool {
    ["/json", "/xml"].iter().any(|bare| media.contains(bare))
}

fn unknown(media: &str) -> String {
    match media {
        media if media.contains("/json") => "The body is not JSON.".into(),
        media if media.contains("/xml") => "The body is not XML.".into(),
        _ => "The body holds neither JSON nor XML, plain, percent-encoded or in base64.".into(),
    }
}

/// Without byte order mark, white space, and the NUL bytes of lost writes.
fn trimmed(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let start = body.iter().position(|byte| !is_blank(byte));
    let end = body.iter().rposition(|byte| !is_blank(byte));
    start
        .zip(end)
        .map_or(&[], |(start, end)| &body[start..=end])
}

/// The value of the parameter `cdr`; else the body.
fn parameter(body: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"cdr=";
    // A bare document is no form.
    if matches!(body.first(), Some(b'{' | b'<' | b'[' | b'%')) {
        return body;
    }
    let mut starts = std::iter::once(0).chain(
        body.iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'&')
            .map(|(at, _)| at + 1),
    );
    starts
        .find_map(|start| body[start..].strip_prefix(NAME))
        .map_or(body, trimmed)
}

/// An encoded value up to the next parameter.
fn until_next(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b'&').next().unwrap_or(value)
}

/// The switch writes `%20` and `%2B`; a `+` comes from others, as a blank.
fn form_decoded(value: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = value
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).collect()
}

fn base64_decoded(value: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    // A client may escape `+`, `/` and `=` once more; old switches break lines.
    let value: Vec<u8> = percent_decode(value)
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    LENIENT.decode(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_a_document_is_opened() {
        let json = r#"{"a":"1+2 %20"}"#;
        let encoded = "%7B%22a%22%3A%221%2B2%20%2520%22%7D";
        let base64 = "eyJhIjoiMSsyICUyMCJ9";
        for (media, body) in [
            ("application/json", json.to_owned()),
            ("", format!("\u{feff}\n{json}\n\0\0")),
            ("application/x-www-form-urlencoded", json.to_owned()),
            (
                "application/x-www-form-urlencoded",
                format!("cdr={encoded}"),
            ),
            (
                "application/x-www-form-urlencoded",
                format!("uuid=1&cdr={encoded}&x=y"),
            ),
            ("application/x-www-form-urlencoded", format!("cdr={json}")),
            (
                "application/x-www-form-urlencoded; charset=utf-8",
                format!("cdr={}", encoded.replace("%20", "+")),
            ),
            (
                "application/x-www-form-base64-encoded",
                format!("cdr={base64}"),
            ),
            (
                "application/x-www-form-base64-encoded",
                format!("cdr={}\n{}", &base64[..9], &base64[9..]),
            ),
            ("", format!("{encoded}\n")),
            ("", format!("{base64}\n")),
        ] {
            assert_eq!(
                open(media, body.as_bytes()),
                Ok(Document::Json(json.into())),
                "{body}"
            );
        }
        let xml = "<?xml version=\"1.0\"?><cdr/>";
        for (media, body) in [
            ("text/xml", xml.to_owned()),
            ("application/x-www-form-plaintext", format!("cdr={xml}")),
            (
                "application/x-www-form-urlencoded",
                format!("cdr={}", xml.replace('<', "%3C")),
            ),
        ] {
            assert_eq!(
                open(media, body.as_bytes()),
                Ok(Document::Xml(xml.into())),
                "{body}"
            );
        }
    }

    #[test]
    fn other_bodies_are_refused_with_a_sentence() {
        for (media, body, sentence) in [
            ("", "", "The body is empty."),
            ("application/json", " hello", "The body is not JSON."),
            ("text/xml", "hello", "The body is not XML."),
            (
                "",
                "hello",
                "The body holds neither JSON nor XML, plain, percent-encoded or in base64.",
            ),
            (
                "",
                "%41",
                "The body holds neither JSON nor XML, plain, percent-encoded or in base64.",
            ),
        ] {
            assert_eq!(open(media, body.as_bytes()), Err(sentence.into()), "{body}");
        }
        let large = format!("{{{}}}", " ".repeat(MAX_BYTES));
        assert_eq!(
            open("", large.as_bytes()),
            Err("The document is larger than 1 MiB.".into())
        );
    }
}
