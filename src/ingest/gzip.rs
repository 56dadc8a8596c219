//! Gzip decompression as in gzip(1): any number of concatenated members, followed by zero padding.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::GzipDecoder;
use tokio::io::{AsyncBufRead, AsyncRead, BufReader, ReadBuf};
use tokio::task::coop;

/// Decompresses a stream that starts with a gzip member.
pub fn gunzip<R: AsyncBufRead + Unpin>(packed: R) -> BufReader<Members<R>> {
    BufReader::new(Members {
        state: State::Within(Box::new(GzipDecoder::new(packed))),
    })
}

/// See [`gunzip`].
pub struct Members<R> {
    state: State<R>,
}

enum State<R> {
    Within(Box<GzipDecoder<R>>),
    /// After a member: padding, another member, or the end follows.
    Behind(R),
    /// Placeholder during a change of state.
    Passing,
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Members<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        loop {
            match &mut self.state {
                State::Within(decoder) => {
                    let room = out.remaining();
                    ready!(Pin::new(&mut **decoder).poll_read(context, out))?;
                    if room == 0 || out.remaining() < room {
                        return Poll::Ready(Ok(()));
                    }
                }
                State::Behind(packed) => {
                    // Empty members and padding can be endless; yields to other tasks.
                    let turn = ready!(coop::poll_proceed(context));
                    let bytes = ready!(Pin::new(&mut *packed).poll_fill_buf(context))?;
                    turn.made_progress();
                    let padding = bytes.iter().take_while(|byte| **byte == 0).count();
                    if bytes.is_empty() {
                        return Poll::Ready(Ok(()));
                    }
                    Pin::new(&mut *packed).consume(padding);
                    if padding > 0 {
                        continue;
                    }
                }
                State::Passing => return Poll::Ready(Ok(())),
            }
            self.state = match std::mem::replace(&mut self.state, State::Passing) {
                State::Within(decoder) => State::Behind(decoder.into_inner()),
                State::Behind(packed) => State::Within(Box::new(GzipDecoder::new(packed))),
                State::Passing => State::Passing,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tokio::io::AsyncReadExt;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    async fn unpacked(packed: &[u8], at_a_time: usize) -> Result<String> {
        let mut text = String::new();
        let stream = BufReader::with_capacity(at_a_time, packed);
        gunzip(stream).read_to_string(&mut text).await.map(|_| text)
    }

    #[tokio::test]
    async fn members_and_padding_are_read_in_pieces_of_any_size() {
        let text = "line\n".repeat(2_000);
        let zeros = [0; 700];
        for (packed, expected) in [
            (gzip(&text), text.clone()),
            ([gzip(&text), zeros.to_vec()].concat(), text.clone()),
            (
                [gzip(""), gzip("a"), gzip(""), gzip("b"), vec![0]].concat(),
                "ab".into(),
            ),
            ([gzip("a"), zeros.to_vec(), gzip("b")].concat(), "ab".into()),
            (gzip(""), String::new()),
        ] {
            for at_a_time in [1, 7, 512, 1 << 16] {
                assert_eq!(
                    unpacked(&packed, at_a_time).await.unwrap(),
                    expected,
                    "{at_a_time} bytes at a time"
                );
            }
        }
    }

    #[tokio::test]
    async fn invalid_gzip_is_an_error() {
        let whole = gzip("some text");
        let followed = |by: &[u8]| [whole.as_slice(), by].concat();
        let cut = whole[..whole.len() - 1].to_vec();
        for packed in [
            Vec::new(),
            vec![0; 9],
            b"text".to_vec(),
            cut,
            followed(b"text"),
            followed(b"\0\0text"),
        ] {
            assert!(unpacked(&packed, 512).await.is_err(), "{packed:?}");
        }
    }
}
