//! Lines of a stream. They end in LF, CR LF or CR alone, and are of bounded length.
//!
//! NUL bytes, which a switch that lost power leaves behind, are dropped. Bytes that are not UTF-8 become U+FFFD: nothing
//! tells their encoding, and identities, numbers and stamps are ASCII.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

/// Maximum length of a line, and of a record, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// A line without its end, or the reason that it cannot be read.
pub type Line = Result<String, String>;

pub struct Lines<R> {
    stream: BufReader<R>,
    number: u64,
    /// The last line ended in CR; a LF that follows is of the same end.
    is_after_cr: bool,
    is_over: bool,
    /// Lines to be read again.
    returned: VecDeque<(u64, String)>,
}

impl<R: Read> Lines<R> {
    pub fn new(stream: R) -> Self {
        Self {
            stream: BufReader::with_capacity(64 << 10, stream),
            number: 0,
            is_after_cr: false,
            is_over: false,
            returned: VecDeque::new(),
        }
    }

    /// Puts lines back before the next one, in their order.
    pub fn put_back(&mut self, lines: Vec<(u64, String)>) {
        for line in lines.into_iter().rev() {
            self.returned.push_front(line);
        }
    }

    fn read(&mut self) -> Option<Line> {
        let (mut bytes, mut is_begun, mut is_long) = (Vec::new(), false, false);
        loop {
            let part = match self.stream.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(failed(&error)));
                }
            };
            let Some(first) = part.first() else {
                self.is_over = true;
                return is_begun.then(|| text(bytes, is_long));
            };
            if std::mem::take(&mut self.is_after_cr) && *first == b'\n' {
                self.stream.consume(1);
                continue;
            }
            is_begun = true;
            let end = part.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let line = &part[..end.unwrap_or(part.len())];
            is_long |= bytes.len() + line.len() > MAX_LINE;
            if !is_long {
                bytes.extend_from_slice(line);
            }
            let Some(end) = end else {
                let read = part.len();
                self.stream.consume(read);
                continue;
            };
            self.is_after_cr = part[end] == b'\r';
            self.stream.consume(end + 1);
            return Some(text(bytes, is_long));
        }
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = (u64, Line);

    fn next(&mut self) -> Option<(u64, Line)> {
        if let Some((number, line)) = self.returned.pop_front() {
            return Some((number, Ok(line)));
        }
        if self.is_over {
            return None;
        }
        let mut line = self.read()?;
        self.number += 1;
        if self.number == 1 {
            line = line.map(|line| {
                line.strip_prefix('\u{feff}')
                    .map_or(line.clone(), str::to_owned)
            });
        }
        Some((self.number, line))
    }
}

fn text(mut bytes: Vec<u8>, is_long: bool) -> Line {
    if is_long {
        return Err(too_long());
    }
    if bytes.contains(&0) {
        bytes.retain(|byte| *byte != 0);
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|fault| String::from_utf8_lossy(fault.as_bytes()).into_owned()))
}

pub fn too_long() -> String {
    format!("The record has more than {MAX_LINE} bytes.")
}

pub fn failed(error: &io::Error) -> String {
    format!("The rest could not be read: {error}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String)> {
        Lines::new(bytes)
            .map(|(number, line)| (number, line.unwrap_or_else(|fault| format!("!{fault}"))))
            .collect()
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        let expected =
            [(1, "a"), (2, "b"), (3, ""), (4, "c")].map(|(number, line)| (number, line.to_owned()));
        for bytes in [
            "a\nb\n\nc",
            "a\r\nb\r\n\r\nc\r\n",
            "a\rb\r\rc",
            "\u{feff}a\rb\n\nc\n",
            "a\0\0\nb\n\0\nc",
        ] {
            assert_eq!(lines(bytes.as_bytes()), expected, "{bytes:?}");
        }
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        let body = format!("a\n{}\nb", "x".repeat(3 << 20));
        assert_eq!(
            lines(body.as_bytes())[1..],
            [(2, format!("!{}", too_long())), (3, "b".to_owned())]
        );
        let longest = "x".repeat(MAX_LINE);
        assert_eq!(lines(longest.as_bytes()), [(1, longest)]);
    }

    #[test]
    fn a_stream_that_breaks_is_told_of_once() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let mut lines = Lines::new(b"a\nb".chain(Broken));
        assert_eq!(lines.next(), Some((1, Ok("a".to_owned()))));
        assert_eq!(
            lines.next(),
            Some((2, Err("The rest could not be read: gone.".to_owned())))
        );
        assert_eq!(lines.next(), None);
    }
}
