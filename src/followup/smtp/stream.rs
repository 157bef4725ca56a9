//! The encrypted stream in the shape that lettre asks for, with a limit to what a server may say.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// The most bytes a server may say on one connection. lettre looks at the length of an answer only
/// once its line has ended.
const BUDGET: usize = 1024 * 1024;

/// An encrypted connection. What stands in `first` is read before what the server says.
pub(super) struct Channel {
    tls: TlsStream<TcpStream>,
    first: &'static [u8],
    budget: usize,
}

impl Channel {
    pub(super) fn new(tls: TlsStream<TcpStream>, first: &'static [u8]) -> Self {
        Self { tls, first, budget: BUDGET }
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let channel = self.get_mut();
        if !channel.first.is_empty() {
            let (now, later) = channel.first.split_at(channel.first.len().min(buf.remaining()));
            buf.put_slice(now);
            channel.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut channel.tls).poll_read(cx, buf))?;
        match channel.budget.checked_sub(buf.filled().len() - before) {
            Some(budget) => channel.budget = budget,
            None => return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into())),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Channel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Channel {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel")
    }
}
