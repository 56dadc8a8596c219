//! JSON as switches write it: not always JSON.
//!
//! cJSON of older switches writes `nan` and `inf` for numbers that are none, and modules put what they like into strings. A
//! pass before the parser makes a string of every bare word, so that numbers stay as they were written and `nan` is one more
//! word, and mends escapes that are none: their backslash stands for itself. Must not know the names of members.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::node::Node;

/// Reads a document. The error is a sentence.
pub fn read(text: &str) -> Result<Node, String> {
    serde_json::from_str(&mended(text)).map_err(|error| {
        if error.is_eof() {
            return "The JSON ends before it is complete.".into();
        }
        let error = error.to_string();
        let reason = error.split(" at line ").next().unwrap_or_default();
        format!("The body is not JSON: {reason}.")
    })
}

const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

const fn is_mark(letter: char) -> bool {
    matches!(letter, '{' | '}' | '[' | ']' | ':' | ',') || is_space(letter)
}

/// The text with bare words other than null in quotes, and with its strings mended.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    loop {
        let start = rest.find(|letter| !is_mark(letter)).unwrap_or(rest.len());
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        if rest.is_empty() {
            return out;
        }
        rest = match rest.strip_prefix('"') {
            Some(string) => mend_string(string, &mut out),
            None => quote_word(rest, &mut out),
        };
    }
}

fn quote_word<'a>(text: &'a str, out: &mut String) -> &'a str {
    let end = text.find(|letter| is_mark(letter) || letter == '"');
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    match word {
        "null" => out.push_str(word),
        word => out.push_str(&serde_json::Value::from(word).to_string()),
    }
    rest
}

/// Copies a string that begins after its quote, and returns what follows it. One that does not end stays open.
fn mend_string<'a>(text: &'a str, out: &mut String) -> &'a str {
    out.push('"');
    let mut rest = text;
    loop {
        let stop = rest.find(|letter: char| matches!(letter, '"' | '\\') || letter < ' ');
        let Some(stop) = stop else {
            out.push_str(rest);
            return "";
        };
        out.push_str(&rest[..stop]);
        rest = match rest.as_bytes()[stop] {
            b'"' => {
                out.push('"');
                return &rest[stop + 1..];
            }
            b'\\' => mend_escape(&rest[stop + 1..], out),
            control => {
                put_unit(u32::from(control), out);
                &rest[stop + 1..]
            }
        };
    }
}

/// Copies an escape after its backslash, and returns what follows it.
fn mend_escape<'a>(text: &'a str, out: &mut String) -> &'a str {
    if text.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']) {
        out.push('\\');
        out.push_str(&text[..1]);
        return &text[1..];
    }
    let Some(unit) = unit(text) else {
        out.push_str(r"\\");
        return text;
    };
    let low = text[5..]
        .strip_prefix('\\')
        .and_then(|next| unit_of(next, 0xdc00..=0xdfff));
    match (unit, low) {
        (0xd800..=0xdbff, Some(low)) => {
            out.push_str(&format!("\\u{unit:04x}\\u{low:04x}"));
            &text[11..]
        }
        // Half of a letter.
        (0xd800..=0xdfff, _) => {
            out.push('\u{fffd}');
            &text[5..]
        }
        _ => {
            put_unit(unit, out);
            &text[5..]
        }
    }
}

/// A unit as an escape. No text of a database holds NUL.
fn put_unit(unit: u32, out: &mut String) {
    if unit != 0 {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// The unit of an escape `u00e9`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_hex.then(|| u32::from_str_radix(digits, 16).ok())?
}

fn unit_of(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    unit(text).filter(|unit| range.contains(unit))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        match read(json) {
            Ok(Node::Text(text)) => text,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn words_that_are_no_json_are_read_as_they_stand() {
        for word in [
            "nan", "-nan", "inf", "-inf", "NaN", "1.50", "1e400", "true", "0x1f",
        ] {
            assert_eq!(text(word), word);
        }
        assert_eq!(read("null"), Ok(Node::Nothing));
        let members = [("a", "nan"), ("b", "a\"nan\\")];
        let object = members.map(|(name, value)| (name.into(), Node::Text(value.into())));
        assert_eq!(
            read(r#"{"a":nan,"b":"a\"nan\\"}"#),
            Ok(Node::Object(object.into()))
        );
    }

    #[test]
    fn escapes_that_are_none_stand_for_themselves() {
        for (json, plain) in [
            (r#""a\x41b""#, r"a\x41b"),
            (r#""\u12""#, r"\u12"),
            (r#""\'\ ""#, r"\'\ "),
            (r#""\u00e9\ud83d\ude00\n""#, "\u{e9}\u{1f600}\n"),
            (r#""\ud83d!\ude00""#, "\u{fffd}!\u{fffd}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\u0000a\u00zz""#, r"a\u00zz"),
            ("\"a\tb\0\u{1}\"", "a\tb\u{1}"),
            (r#""\ué""#, r"\ué"),
        ] {
            assert_eq!(text(json), plain, "{json}");
        }
    }

    #[test]
    fn a_repeated_member_is_kept() {
        let read = read(r#"{"callflow": {"a": "1"}, "callflow": {"a": "2"}}"#).expect("an object");
        assert_eq!(read.all("callflow").count(), 2);
    }

    #[test]
    fn what_is_not_complete_is_refused() {
        for (json, sentence) in [
            (r#"{"a": "b"#, "The JSON ends before it is complete."),
            (
                r#"{"a": {"b": "c"}"#,
                "The JSON ends before it is complete.",
            ),
            ("{a b}", "The body is not JSON: expected `:`."),
            ("{} {}", "The body is not JSON: trailing characters."),
        ] {
            assert_eq!(read(json), Err(sentence.into()), "{json}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
