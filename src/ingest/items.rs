//! Splits a JSON body into items: the elements of an array, or a single object.

use std::fs::File;
use std::io::{Read, Seek};

use serde::de::IgnoredAny;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use super::reader::{CHUNK_BYTES, CHUNK_LINES, MAX_LINE, RawLine};
use crate::error::{Error, Result};

/// Maximum size of a JSON body, decompressed, in bytes.
pub const MAX_BODY: u64 = 16 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Checks a whole body before any of it is stored, and returns it from its start. Returns
/// `Malformed` if it is not JSON, and `Misshapen` if it is neither an object nor an array.
pub async fn checked(body: BufReader<tokio::fs::File>) -> Result<BufReader<tokio::fs::File>> {
    let file = body.into_inner().into_std().await;
    let file = tokio::task::spawn_blocking(move || check(file))
        .await
        .map_err(Error::internal)??;
    Ok(BufReader::new(tokio::fs::File::from_std(file)))
}

fn check(mut file: File) -> Result<File> {
    let mut start = [0; 3];
    let begin = file.read(&mut start)?;
    if start[..begin] != *BYTE_ORDER_MARK {
        file.rewind()?;
    }
    let begin = file.stream_position()?;
    let json: Result<IgnoredAny, _> = serde_json::from_reader(std::io::BufReader::new(&file));
    json.map_err(|error| Error::Malformed(error.to_string()))?;
    file.seek(std::io::SeekFrom::Start(begin))?;
    let first = std::io::BufReader::new(&file)
        .bytes()
        .find(|byte| !matches!(byte, Ok(b' ' | b'\t' | b'\r' | b'\n')));
    if !matches!(first, Some(Ok(b'{' | b'['))) {
        return Err(Error::misshapen(
            "body",
            "must be an object or an array of objects.",
        ));
    }
    file.seek(std::io::SeekFrom::Start(begin))?;
    Ok(file)
}

/// Returns true if a text starts like a JSON body rather than a line: with an array, or with an
/// object over several lines.
pub fn begin_in(text: &[u8]) -> bool {
    let text = text
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(text)
        .trim_ascii_start();
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    text.starts_with(b"[") || (first_line.len() < text.len() && first_line.trim_ascii_end() == b"{")
}

/// Splits a body that has been [`checked`] into items.
pub struct ItemReader<R> {
    stream: R,
    /// Index of the next item.
    number: u64,
    cutter: Cutter,
}

/// State of the tokenizer within the body.
#[derive(Default)]
struct Cutter {
    begun: bool,
    /// Nesting depth of the next byte, not counting the outer list.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// Role of a byte in the body.
enum Cut {
    Item,
    /// White space around an item.
    Space,
    /// Start, separator or end of items.
    Border,
}

impl Cutter {
    fn step(&mut self, byte: u8) -> Cut {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Cut::Space,
            b'[' if !std::mem::replace(&mut self.begun, true) => return Cut::Border,
            b',' | b']' if self.depth == 0 => return Cut::Border,
            b'[' | b'{' => {
                self.begun = true;
                self.depth += 1;
            }
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Cut::Item
    }
}

impl<R: AsyncBufRead + Unpin> ItemReader<R> {
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            number: 0,
            cutter: Cutter::default(),
        }
    }

    /// Returns true if there may be another chunk. Never waits, because the body is complete.
    pub async fn begin(&mut self) -> std::io::Result<bool> {
        Ok(!self.stream.fill_buf().await?.is_empty())
    }

    /// Reads at most one chunk of items; `None` at the end.
    pub async fn chunk(&mut self) -> std::io::Result<Option<Vec<RawLine>>> {
        let (mut items, mut size) = (Vec::new(), 0);
        while items.len() < CHUNK_LINES && size < CHUNK_BYTES {
            let Some(bytes) = self.item().await? else {
                return Ok((!items.is_empty()).then_some(items));
            };
            size += bytes.as_ref().map_or(MAX_LINE, Vec::len) + 1;
            items.push(RawLine {
                number: self.number,
                bytes,
            });
            self.number += 1;
        }
        Ok(Some(items))
    }

    /// Reads the next item: `Some(None)` if it is too long, `None` at the end of the body.
    async fn item(&mut self) -> std::io::Result<Option<Option<Vec<u8>>>> {
        let (mut item, mut too_long, mut ended) = (Vec::new(), false, false);
        while !ended {
            tokio::task::coop::consume_budget().await;
            let buffer = self.stream.fill_buf().await?;
            if buffer.is_empty() {
                break;
            }
            let mut read = 0;
            for byte in buffer {
                read += 1;
                match self.cutter.step(*byte) {
                    Cut::Item if item.len() < MAX_LINE => item.push(*byte),
                    Cut::Item => too_long = true,
                    Cut::Space => {}
                    // There is nothing before the first item and after the last.
                    Cut::Border => ended = !item.is_empty(),
                }
                if ended {
                    break;
                }
            }
            self.stream.consume(read);
        }
        Ok((!item.is_empty()).then_some((!too_long).then_some(item)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn items(text: &str, at_a_time: usize) -> Vec<(u64, Option<String>)> {
        let mut reader = ItemReader::new(BufReader::with_capacity(at_a_time, text.as_bytes()));
        let mut found = Vec::new();
        while let Some(items) = reader.chunk().await.unwrap() {
            found.extend(items.into_iter().map(|item| {
                (
                    item.number,
                    item.bytes.map(|bytes| String::from_utf8(bytes).unwrap()),
                )
            }));
        }
        found
    }

    #[tokio::test]
    async fn items_are_split_for_any_size_of_pieces() {
        for (text, expected) in [
            ("[]", vec![]),
            (" [ \n ] ", vec![]),
            (r#"{"a": [1, 2]}"#, vec![r#"{"a": [1, 2]}"#]),
            (
                r#" [ {"a": "]},\" [{"} , [1,[2]],{} , "x,y" , -1.5,null ] "#,
                vec![
                    r#"{"a": "]},\" [{"}"#,
                    "[1,[2]]",
                    "{}",
                    r#""x,y""#,
                    "-1.5",
                    "null",
                ],
            ),
            (
                r#"["\\", "\\\"", {"\\": "["}]"#,
                vec![r#""\\""#, r#""\\\"""#, r#"{"\\": "["}"#],
            ),
        ] {
            let expected: Vec<_> = (0..)
                .zip(expected)
                .map(|(at, item)| (at, Some(item.to_owned())))
                .collect();
            for at_a_time in [1, 3, 4096] {
                assert_eq!(items(text, at_a_time).await, expected, "{text}");
            }
        }
    }

    #[tokio::test]
    async fn an_oversized_item_is_skipped_in_bounded_memory() {
        let (fits, long) = ("x".repeat(MAX_LINE - 2), "x".repeat(MAX_LINE - 1));
        let found = items(&format!("[\"{fits}\" , \"{long}\",7]"), 4096).await;
        let lengths: Vec<_> = found
            .iter()
            .map(|(at, item)| (*at, item.as_ref().map(String::len)))
            .collect();
        assert_eq!(lengths, [(0, Some(MAX_LINE)), (1, None), (2, Some(1))]);
    }

    #[test]
    fn a_json_body_is_recognized_by_its_start() {
        for json in ["[", " \n[{", "\u{feff}[]", "{\n  \"kind\"", " { \r\n}"] {
            assert!(begin_in(json.as_bytes()), "{json:?}");
        }
        for lines in [
            "",
            "\n",
            "{\"kind\":1}\n{",
            "{\"kind\":1}",
            "{",
            "nonsense\n[",
        ] {
            assert!(!begin_in(lines.as_bytes()), "{lines:?}");
        }
    }
}
