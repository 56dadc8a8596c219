//! A body with its content encodings, each computed at most once and on demand.
//!
//! Owns the set of encodings and their cost. Must not know HTTP: `http::compression` reads which
//! encodings a client accepts.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

use crate::error::{Error, Result};

/// A content encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
}

/// Maximum size in bytes of bodies that are not compressed, because it would save no packet.
pub const SMALL: usize = 1 << 10;
/// Effort of compression.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Levels, of 11 and 9.
    brotli: i32,
    gzip: u32,
    /// Maximum size in bytes of bodies compressed inline; larger ones run on a blocking thread.
    inline: usize,
}

/// For answers: CPU time matters more than the last bytes.
const QUICK: Effort = Effort {
    brotli: 3,
    gzip: 3,
    inline: INLINE_LIMIT,
};
/// For what is compressed once and sent for as long as the process runs.
const LASTING: Effort = Effort {
    brotli: 9,
    gzip: 9,
    inline: SMALL,
};
const INLINE_LIMIT: usize = 32 << 10;
/// Brotli window as a power of two: 256 KiB, which bounds the memory per body.
const BROTLI_WINDOW: i32 = 18;

/// Cheap to clone; clones share the encodings.
#[derive(Debug, Clone)]
pub struct Encoded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: Bytes,
    effort: Effort,
    brotli: OnceCell<Bytes>,
    gzip: OnceCell<Bytes>,
}

impl From<Bytes> for Encoded {
    fn from(plain: Bytes) -> Self {
        Self::new(plain, QUICK)
    }
}

impl Encoded {
    fn new(plain: Bytes, effort: Effort) -> Self {
        Self(Arc::new(Inner {
            plain,
            effort,
            brotli: OnceCell::new(),
            gzip: OnceCell::new(),
        }))
    }

    /// A body that is sent for as long as the process runs, and so is worth more effort.
    pub fn lasting(plain: Bytes) -> Self {
        Self::new(plain, LASTING)
    }

    pub fn plain(&self) -> &Bytes {
        &self.0.plain
    }

    /// Total size in bytes of the body and its computed encodings.
    pub fn size(&self) -> usize {
        let made = [&self.0.brotli, &self.0.gzip]
            .into_iter()
            .filter_map(OnceCell::get);
        self.0.plain.len() + made.map(Bytes::len).sum::<usize>()
    }

    /// Returns the body in an encoding, and true if this call computed it.
    pub async fn coded(&self, coding: Coding) -> Result<(Bytes, bool)> {
        let (cell, mut is_new) = (self.cell(coding), false);
        let made = cell.get_or_try_init(|| {
            is_new = true;
            let (plain, effort) = (self.0.plain.clone(), self.0.effort);
            async move {
                if plain.len() <= effort.inline {
                    return pack(&plain, coding, effort);
                }
                tokio::task::spawn_blocking(move || pack(&plain, coding, effort))
                    .await
                    .map_err(Error::internal)?
            }
        });
        let made = made.await?.clone();
        Ok((made, is_new))
    }

    /// Returns the body in an encoding if it was computed before.
    pub fn made(&self, coding: Coding) -> Option<&Bytes> {
        self.cell(coding).get()
    }

    fn cell(&self, coding: Coding) -> &OnceCell<Bytes> {
        match coding {
            Coding::Brotli => &self.0.brotli,
            Coding::Gzip => &self.0.gzip,
        }
    }
}

fn pack(plain: &[u8], coding: Coding, effort: Effort) -> Result<Bytes> {
    let mut packed = Vec::with_capacity(plain.len() / 4);
    match coding {
        Coding::Brotli => {
            let settings = brotli::enc::BrotliEncoderParams {
                quality: effort.brotli,
                lgwin: BROTLI_WINDOW,
                size_hint: plain.len(),
                ..Default::default()
            };
            brotli::BrotliCompress(&mut &*plain, &mut packed, &settings)
                .map_err(Error::internal)?;
        }
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(&mut packed, flate2::Compression::new(effort.gzip));
            encoder
                .write_all(plain)
                .and_then(|()| encoder.try_finish())
                .map_err(Error::internal)?;
        }
    }
    packed.shrink_to_fit();
    Ok(packed.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpack(packed: &[u8], coding: Coding) -> Vec<u8> {
        let mut plain = Vec::new();
        let read = match coding {
            Coding::Brotli => brotli::Decompressor::new(packed, 4096).read_to_end(&mut plain),
            Coding::Gzip => flate2::read::GzDecoder::new(packed).read_to_end(&mut plain),
        };
        read.unwrap();
        plain
    }

    #[tokio::test]
    async fn an_encoding_is_computed_once_and_counts_towards_the_size() {
        for size in [SMALL + 1, INLINE_LIMIT + 1, 1 << 20] {
            let plain: Bytes = (0..size)
                .map(|at| b"0123456789 {}:,\"abc"[at * at % 19])
                .collect();
            let encoded = Encoded::from(plain.clone());
            for coding in [Coding::Brotli, Coding::Gzip] {
                assert_eq!(encoded.made(coding), None);
                let before = encoded.size();
                let (one, other) = tokio::join!(encoded.coded(coding), encoded.coded(coding));
                let ((one, is_new), (other, is_new_too)) = (one.unwrap(), other.unwrap());
                assert_eq!((is_new as u8 + is_new_too as u8, &one), (1, &other));
                assert!(!encoded.coded(coding).await.unwrap().1);
                assert_eq!(encoded.size(), before + one.len());
                assert_eq!(unpack(&one, coding), plain);
            }
        }
    }
}
