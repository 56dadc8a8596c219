//! A socket that fails writes to a client that does not read.

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

/// Maximum number of unsent bytes in the kernel: the memory that a client that does not read can hold, besides the HTTP
/// codec's buffer.
const UNSENT: u32 = 128 << 10;
/// Checks of a blocked write within its timeout.
const CHECKS: u32 = 8;

/// The stream of a connection. A write fails with `TimedOut` after the timeout without progress; reads have no timeout
/// here.
pub struct Socket {
    stream: TcpStream,
    write_timeout: Duration,
    blocked: Option<Blocked>,
    // Dropped after the stream: a connection leaves the registry only when its descriptor is closed.
    connection: Arc<Connection>,
}

/// A blocked write.
struct Blocked {
    /// Instant of the last progress.
    moved: Instant,
    /// Bytes not yet acknowledged by the client, at the last check.
    queued: Option<usize>,
    next_check: Pin<Box<Sleep>>,
}

impl Socket {
    pub fn new(stream: TcpStream, connection: Arc<Connection>, write_timeout: Duration) -> Self {
        // Optimizations; the connection works without them.
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

    /// Passes on the result of a write, or fails a write that is blocked for too long.
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
        let interval = self.write_timeout / CHECKS;
        let blocked = self.blocked.get_or_insert_with(|| Blocked {
            moved: Instant::now(),
            queued: queued(&self.stream),
            next_check: Box::pin(sleep(interval)),
        });
        loop {
            ready!(blocked.next_check.as_mut().poll(context));
            // Acknowledged bytes count as progress: the kernel accepts new bytes only in large steps, which take a slow
            // client long.
            let (now, queued) = (Instant::now(), queued(&self.stream));
            if queued < blocked.queued {
                (blocked.moved, blocked.queued) = (now, queued);
            } else if now.duration_since(blocked.moved) >= self.write_timeout {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            blocked.next_check.as_mut().reset(now + interval);
        }
    }
}

#[cfg(target_os = "linux")]
nix::ioctl_read_bad!(unacknowledged, nix::libc::TIOCOUTQ, nix::libc::c_int);

/// Bytes in the kernel that the client has not acknowledged. `None` if the system does not report it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no library reads this counter")]
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
