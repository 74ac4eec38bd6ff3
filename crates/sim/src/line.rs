//! The TCP connection under everything, which can be cut the hard way.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Says whether the connection it was taken from shall end with a TCP reset, and by which port that came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cutter {
    is_cut: Arc<AtomicBool>,
    /// The simulator's own port.
    pub(crate) port: u16,
}

impl Cutter {
    /// From now on nothing more is written, and closing sends RST instead of FIN.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }
}

/// A connection from a client.
#[derive(Debug)]
pub(crate) struct Line {
    tcp: TcpStream,
    cutter: Cutter,
}

impl Line {
    pub(crate) fn new(tcp: TcpStream) -> (Self, Cutter) {
        let cutter = Cutter {
            port: tcp.local_addr().map_or(0, |address| address.port()),
            ..Cutter::default()
        };
        (
            Self {
                tcp,
                cutter: cutter.clone(),
            },
            cutter,
        )
    }

    fn refuse(&self) -> Option<io::Error> {
        self.cutter
            .is_cut()
            .then(|| io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.cutter.is_cut() {
            // A linger of zero makes close(2) send RST; a failure would only soften it to FIN.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.refuse() {
            Some(reset) => Poll::Ready(Err(reset)),
            None => Pin::new(&mut self.tcp).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.refuse() {
            Some(reset) => Poll::Ready(Err(reset)),
            None => Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.refuse() {
            Some(reset) => Poll::Ready(Err(reset)),
            None => Pin::new(&mut self.tcp).poll_shutdown(cx),
        }
    }
}
