//! Texts of files as UTF-8: encodings found or stated, line endings made one.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};

/// Names of encodings that a request may state.
pub const NAMES: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1258",
    "windows-1252",
];

/// Bytes read at once.
const PART: usize = 64 << 10;

/// The encoding of that name.
pub fn named(name: &str) -> Option<&'static Encoding> {
    let all = [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1258, WINDOWS_1252];
    let place = NAMES.iter().position(|known| *known == name)?;
    Some(all[place])
}

/// The name of an encoding, as a request states it.
pub fn name(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

/// Finds the encoding of a file: by its byte order mark, by NULs of UTF-16, by its validity as UTF-8, else by the pairs of
/// vowel and tone that windows-1258 writes. Leaves the file at its start.
pub fn found(file: &mut File) -> io::Result<&'static Encoding> {
    let mut first = vec![0; PART];
    file.seek(SeekFrom::Start(0))?;
    let size = fill(file, &mut first)?;
    first.truncate(size);
    let by_start = Encoding::for_bom(&first)
        .map(|(encoding, _)| encoding)
        .or_else(|| wide(&first));
    file.seek(SeekFrom::Start(0))?;
    let encoding = match by_start {
        Some(encoding) => encoding,
        None => narrow(file)?,
    };
    file.seek(SeekFrom::Start(0))?;
    Ok(encoding)
}

fn fill(source: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match source.read(&mut into[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// UTF-16 without a mark: every other byte of letters without accents is 0.
fn wide(first: &[u8]) -> Option<&'static Encoding> {
    let zeros = |odd: usize| {
        let half = first.iter().skip(odd).step_by(2);
        half.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let is_many = |zeros: usize, others: usize| zeros > first.len() / 8 && others * 8 < zeros;
    if is_many(odd, even) {
        Some(UTF_16LE)
    } else if is_many(even, odd) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// UTF-8 if all of the file is, else one of the encodings of one byte.
fn narrow(file: &mut File) -> io::Result<&'static Encoding> {
    let (mut part, mut kept) = (vec![0; PART], 0);
    let (mut is_utf8, mut evidence) = (true, Evidence::default());
    loop {
        let read = fill(file, &mut part[kept..])?;
        let all = &part[..kept + read];
        evidence.add(&all[kept..]);
        let valid = if is_utf8 {
            Encoding::utf8_valid_up_to(all)
        } else {
            all.len()
        };
        // A letter may go on in the next part.
        let rest = all.len() - valid;
        let is_last = read == 0 || kept + read < PART;
        if rest > 3 || is_last && rest > 0 {
            is_utf8 = false;
        }
        if is_last {
            break;
        }
        kept = if is_utf8 { rest } else { 0 };
        part.copy_within(valid.., 0);
        part.resize(PART, 0);
    }
    Ok(if is_utf8 {
        UTF_8
    } else if evidence.is_vietnamese() {
        WINDOWS_1258
    } else {
        WINDOWS_1252
    })
}

/// Bytes that the encodings of one byte read differently.
#[derive(Default)]
struct Evidence {
    /// Tones behind a vowel, and the Vietnamese d.
    vietnamese: u64,
    /// Tones of windows-1258 where it has none.
    others: u64,
    before: u8,
}

impl Evidence {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte >= 0x80 {
                match byte {
                    0xCC | 0xD2 | 0xDE | 0xEC | 0xF2 if is_vowel(self.before) => {
                        self.vietnamese += 1;
                    }
                    0xCC | 0xD2 | 0xDE | 0xEC | 0xF2 => self.others += 1,
                    0xD0 | 0xF0 => self.vietnamese += 1,
                    _ => {}
                }
            }
            self.before = byte;
        }
    }

    fn is_vietnamese(&self) -> bool {
        self.vietnamese > self.others
    }
}

/// A vowel of windows-1258, with or without a mark of its own.
fn is_vowel(byte: u8) -> bool {
    let marked = [
        0xC2, 0xC3, 0xCA, 0xD4, 0xD5, 0xDD, 0xE2, 0xE3, 0xEA, 0xF4, 0xF5, 0xFD,
    ];
    b"aeiouyAEIOUY".contains(&byte) || marked.contains(&byte)
}

/// A reader of UTF-8 in which every line ends with one `\n`, the last one too.
pub struct Decoded<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    /// Bytes of `text` that were taken.
    taken: usize,
    was_return: bool,
    last: u8,
    is_ended: bool,
    is_damaged: Rc<Cell<bool>>,
}

impl<R: Read> Decoded<R> {
    /// The reader, and a flag that becomes true where the text is not of that encoding.
    pub fn new(source: R, encoding: &'static Encoding) -> (Self, Rc<Cell<bool>>) {
        let is_damaged = Rc::new(Cell::new(false));
        let decoded = Self {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; PART],
            text: Vec::new(),
            taken: 0,
            was_return: false,
            last: b'\n',
            is_ended: false,
            is_damaged: is_damaged.clone(),
        };
        (decoded, is_damaged)
    }

    /// Decodes the next part.
    fn refill(&mut self) -> io::Result<()> {
        let read = self.source.read(&mut self.raw)?;
        self.is_ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length(read);
        let mut text = vec![0; room.unwrap_or(4 * PART).max(16)];
        let (_, _, written, had_errors) =
            self.decoder
                .decode_to_utf8(&self.raw[..read], &mut text, self.is_ended);
        if had_errors {
            self.is_damaged.set(true);
        }
        self.text.clear();
        self.taken = 0;
        for &byte in &text[..written] {
            match byte {
                b'\n' if self.was_return => {}
                b'\r' => self.text.push(b'\n'),
                byte => self.text.push(byte),
            }
            self.was_return = byte == b'\r';
        }
        self.last = self.text.last().copied().unwrap_or(self.last);
        if self.is_ended && self.last != b'\n' {
            self.text.push(b'\n');
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() && !self.is_ended {
            self.refill()?;
        }
        let size = into.len().min(self.text.len() - self.taken);
        into[..size].copy_from_slice(&self.text[self.taken..self.taken + size]);
        self.taken += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn utf16(text: &str, is_little: bool) -> Vec<u8> {
        let units = text.encode_utf16();
        let bytes = units.map(|unit| {
            if is_little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        });
        bytes.flatten().collect()
    }

    #[test]
    fn encodings_are_found() {
        let vietnamese =
            b"Tr\xE3ng th\xE1i; Kh\xF4ng nghe m\xE1y; \xD0\xE3 g\xF5\xF2i; Nguy\xEA\xDEn";
        let long = format!("{}é", "x".repeat(PART - 1));
        for (bytes, expected) in [
            ("a;b\n1;2".as_bytes().to_vec(), UTF_8),
            ("\u{feff}Số;Tên".as_bytes().to_vec(), UTF_8),
            (long.into_bytes(), UTF_8),
            (utf16("\u{feff}a;Số", true), UTF_16LE),
            (utf16("Phone;Result\n1;2", true), UTF_16LE),
            (utf16("Phone;Result\n1;2", false), UTF_16BE),
            (vietnamese.to_vec(), WINDOWS_1258),
            (b"Pr\xE9nom;Ann\xE9e;\xC0ge".to_vec(), WINDOWS_1252),
            (b"Cos\xEC pi\xF9 luned\xEC".to_vec(), WINDOWS_1252),
            (vec![], UTF_8),
        ] {
            assert_eq!(found(&mut file(&bytes)).unwrap(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn lines_end_in_one_way_and_damage_is_seen() {
        for at_a_time in [1, 2, 7, 4096] {
            let mut text = String::new();
            let bytes = b"a\r\nb\rc\n\r\n\r\nd";
            let chunks: Vec<&[u8]> = bytes.chunks(at_a_time).collect();
            let source = chunks
                .into_iter()
                .fold(Box::new(io::empty()) as Box<dyn Read>, |before, part| {
                    Box::new(before.chain(part))
                });
            let (mut decoded, is_damaged) = Decoded::new(source, UTF_8);
            decoded.read_to_string(&mut text).unwrap();
            assert_eq!(
                (text.as_str(), is_damaged.get()),
                ("a\nb\nc\n\n\nd\n", false)
            );
        }
        let (mut decoded, is_damaged) = Decoded::new(&b"a\xFF"[..], UTF_8);
        decoded.read_to_string(&mut String::new()).unwrap();
        assert!(is_damaged.get());
    }
}
