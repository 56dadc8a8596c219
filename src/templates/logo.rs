//! Logos: PNG and JPEG pictures, checked by their structure before they are stored.
//!
//! Owns their limits. The picture itself is not decoded: only programs that show the workbook do that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Maximum size, in bytes, and in pixels of a side.
pub const MAX: usize = 256 << 10;
const MAX_SIDE: u32 = 4_000;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// The bytes of a logo in base64, or what is wrong with it.
pub fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    // Four characters for three bytes.
    if text.len() > MAX.div_ceil(3) * 4 {
        return Err("may not be larger than 256 KiB.");
    }
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|_| "must be a picture in base64.")?;
    if bytes.len() > MAX {
        return Err("may not be larger than 256 KiB.");
    }
    let size = if bytes.starts_with(PNG) {
        png(&bytes)
    } else if bytes.starts_with(JPEG) {
        jpeg(&bytes)
    } else {
        None
    };
    let (width, height) = size.ok_or("must be a whole PNG or JPEG.")?;
    let is_side = |side| (1..=MAX_SIDE).contains(&side);
    if !is_side(width) || !is_side(height) {
        return Err("must have sides of 1 to 4000 pixels.");
    }
    Ok(bytes)
}

/// Width and height of a PNG whose chunks follow each other to its end.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    const IHDR: usize = 13;
    let mut rest = bytes.strip_prefix(PNG)?;
    let mut size = None;
    loop {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, behind) = behind.split_first_chunk::<4>()?;
        let (data, behind) = behind.split_at_checked(length)?;
        let (_checksum, behind) = behind.split_first_chunk::<4>()?;
        match kind {
            b"IHDR" if size.is_none() && length == IHDR => {
                let (width, data) = data.split_first_chunk()?;
                let (height, _) = data.split_first_chunk()?;
                size = Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)));
            }
            b"IEND" => return size.filter(|_| behind.is_empty()),
            // Its first chunk is the header, which it has once.
            b"IHDR" => return None,
            _ if size.is_none() => return None,
            _ => {}
        }
        rest = behind;
    }
}

/// Width and height of a JPEG whose segments lead to its scan.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let mut size = None;
    loop {
        let (&[mark, kind], behind) = rest.split_first_chunk()?;
        if mark != 0xff {
            return None;
        }
        let (length, _) = behind.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (segment, behind) = behind.split_at_checked(length)?;
        match kind {
            // Start of a frame: length, precision, height, width.
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                let (height, data) = segment.get(3..)?.split_first_chunk()?;
                let (width, _) = data.split_first_chunk()?;
                size = Some((
                    u32::from(u16::from_be_bytes(*width)),
                    u32::from(u16::from_be_bytes(*height)),
                ));
            }
            // Start of the scan, which goes on to the end.
            0xda => return size.filter(|_| bytes.ends_with(b"\xff\xd9")),
            0xd0..=0xd9 | 0x00 | 0x01 | 0xff => return None,
            _ if length < 2 => return None,
            _ => {}
        }
        rest = behind;
    }
}
