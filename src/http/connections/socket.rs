//! A socket that ends a connection whose client reads nothing.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::Connection;

/// Bytes that wait in the kernel to be sent, at most: what a client that does not read can make us hold, beside what
/// the HTTP codec buffers.
const UNSENT: u32 = 128 << 10;
/// Checks of a blocked write within its time limit.
const LOOKS: u32 = 8;

/// The stream of a connection. Fails with `TimedOut` when no byte could be written for the time limit; reading has no
/// limit here.
pub struct Socket {
    stream: TcpStream,
    write_timeout: Duration,
    blocked: Option<Blocked>,
    // Dropped after the stream, so that a place is free only when its descriptor is.
    connection: Arc<Connection>,
}

/// A write that waits.
struct Blocked {
    /// Instant at which a byte last moved.
    moved: Instant,
    /// Bytes that the client has not acknowledged yet, as it was seen last.
    queued: Option<usize>,
    look: Pin<Box<Sleep>>,
}

impl Socket {
    pub fn new(stream: TcpStream, connection: Arc<Connection>, write_timeout: Duration) -> Self {
        // Both save latency or memory and are no condition of anything.
        let _ = stream.set_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
        Self {
            stream,
            write_timeout,
            blocked: None,
            connection,
        }
    }

    /// Passes on what a write came to, and fails one that waits too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.blocked.take().is_some() {
                self.connection.set_write_blocked(false);
            }
            return written;
        }
        self.connection.set_write_blocked(true);
        let every = self.write_timeout / LOOKS;
        let blocked = self.blocked.get_or_insert_with(|| Blocked {
            moved: Instant::now(),
            queued: queued(&self.stream),
            look: Box::pin(sleep(every)),
        });
        loop {
            ready!(blocked.look.as_mut().poll(context));
            // The kernel takes new bytes only when many have gone, which a slow client needs long for.
            let (now, queued) = (Instant::now(), queued(&self.stream));
            if queued < blocked.queued {
                (blocked.moved, blocked.queued) = (now, queued);
            } else if now.duration_since(blocked.moved) >= self.write_timeout {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            blocked.look.as_mut().reset(now + every);
        }
    }
}

#[cfg(target_os = "linux")]
nix::ioctl_read_bad!(unacknowledged, nix::libc::TIOCOUTQ, nix::libc::c_int);

/// Bytes in the kernel that the client has not acknowledged. None where the system does not tell.
#[cfg(target_os = "linux")]
fn queued(stream: &TcpStream) -> Option<usize> {
    let mut bytes = 0;
    // SAFETY: the descriptor is open as long as the stream is borrowed, and the kernel writes one int.
    unsafe { unacknowledged(stream.as_raw_fd(), &mut bytes) }.ok()?;
    usize::try_from(bytes).ok()
}

#[cfg(not(target_os = "linux"))]
fn queued(_: &TcpStream) -> Option<usize> {
    None
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        self.connection.read(into.filled().len() - before);
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
