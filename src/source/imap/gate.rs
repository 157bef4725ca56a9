//! The stream below async-imap: it hands over a server's lines only once they are complete, judged
//! (`grammar`) and within the budget of the command.
//!
//! async-imap allocates what a literal announces before a byte of it came, and has no limit below
//! 512 MiB and no timeout; imap-proto reads some lines beyond their end. None of it is reached: a
//! literal is kept here, and the parser is shown an empty one, so that a message is in memory once.

use super::grammar::{self, Line};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How much is read from the connection at once.
const CHUNK: usize = 8 * 1024;

/// How much room is made for a literal before it has come.
const ROOM: usize = 64 * 1024;

/// How many strings of an answer are put into its line.
const MOST_JOINED: usize = 200;

/// A connection whose answers are judged before they are parsed.
pub(super) struct Gate<S> {
    inner: S,
    /// Received, not judged yet.
    received: Vec<u8>,
    /// How much of `received` is known to hold no end of a line.
    searched: usize,
    /// Judged, to be handed over.
    passed: Vec<u8>,
    /// How much of `passed` was handed over.
    handed: usize,
    /// How many bytes of a literal are still to come.
    literal: usize,
    /// What has come of it, or of the last one that nobody took.
    kept: Vec<u8>,
    after_literal: bool,
    /// How many strings were put into their lines.
    joined: usize,
    /// How many bytes the server has sent.
    heard: u64,
    /// How many bytes the server may still send.
    budget: usize,
    /// How long a read may take.
    patience: Option<Duration>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> Gate<S> {
    /// Guards `inner`; nothing may be received before [`Gate::allow`].
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            received: Vec::new(),
            searched: 0,
            passed: Vec::new(),
            handed: 0,
            literal: 0,
            kept: Vec::new(),
            after_literal: false,
            joined: 0,
            heard: 0,
            budget: 0,
            patience: None,
            alarm: None,
        }
    }

    /// Allows the server to send `bytes` from now on, and to be silent for `patience`, or for ever.
    pub(super) fn allow(&mut self, bytes: usize, patience: Option<Duration>) {
        self.received.shrink_to(CHUNK); // a long answer leaves no room taken behind
        // Whoever waited may have stopped to in the middle of a literal.
        if self.literal == 0 && !self.after_literal {
            self.kept = Vec::new();
        }
        self.joined = 0;
        self.budget = bytes;
        self.patience = patience;
        self.alarm = None;
    }

    /// Judges one line of what was received, if there is one.
    fn judge_line(&mut self) -> io::Result<bool> {
        let Some(end) = self.received.iter().skip(self.searched).position(|byte| *byte == b'\n')
        else {
            self.searched = self.received.len();
            return Ok(false);
        };
        let end = self.searched + end + 1;
        let line = self.received.get(..end).and_then(|line| line.strip_suffix(b"\r\n"));
        if let Some(size) = line.and_then(grammar::name_to_come) {
            return self.judge_listed(end, size);
        }
        if let Some(size) = line.and_then(grammar::string_to_come) {
            return self.join_string(end, size);
        }
        self.searched = 0;
        let mut line: Vec<u8> = self.received.drain(..end).collect();
        let Some((text, b"\r\n")) = line.split_last_chunk_mut::<2>().map(|(t, e)| (t, &*e)) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let verdict = if self.after_literal {
            grammar::judge_after_literal(text)
        } else {
            grammar::judge(text)
        };
        self.after_literal = false;
        match verdict {
            Line::Pass => self.passed = line,
            Line::Literal(size) => {
                // What is there already was counted when it came.
                if size > self.budget.saturating_add(self.received.len()) {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                self.passed = without_literal(line);
                self.literal = size;
                self.kept = Vec::with_capacity(size.min(ROOM));
                self.after_literal = true;
            }
            Line::Structure(from, to) => {
                let size = text.len();
                let (before, item) = line.split_at(size.saturating_sub(from));
                let (structure, after) = item.split_at(item.len().saturating_sub(to + 2));
                self.kept = structure.get(grammar::STRUCTURE.len() + 1..).unwrap_or(&[]).to_vec();
                self.passed = [before, b"BODY[] {0}\r\n", after].concat();
            }
            Line::Drop => return Ok(true),
            Line::Refuse => return Err(io::ErrorKind::InvalidData.into()),
        }
        self.handed = 0;
        Ok(true)
    }

    /// Judges a line that ends at `end` and goes on with a folder's name, once that has come.
    fn judge_listed(&mut self, end: usize, size: usize) -> io::Result<bool> {
        let whole = end + size + b"\r\n".len();
        if self.received.len() < whole {
            self.searched = end - 1;
            return Ok(false);
        }
        self.searched = 0;
        let listed: Vec<u8> = self.received.drain(..whole).collect();
        let Some((line, name)) =
            listed.strip_suffix(b"\r\n").and_then(|listed| listed.split_at_checked(end))
        else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if let Some(mut line) = grammar::with_name(line, name)
            && grammar::judge(&mut line) == Line::Pass
        {
            line.extend_from_slice(b"\r\n");
            self.passed = line;
            self.handed = 0;
        }
        Ok(true)
    }

    /// Puts the string that a line breaks off for, once that has come, into the line: it goes on behind
    /// it.
    fn join_string(&mut self, end: usize, size: usize) -> io::Result<bool> {
        let whole = end + size;
        if self.received.len() < whole {
            self.searched = end - 1;
            return Ok(false);
        }
        self.joined += 1;
        let line = self.received.get(..end).and_then(|line| line.strip_suffix(b"\r\n"));
        let joined = line
            .filter(|_| self.joined <= MOST_JOINED)
            .zip(self.received.get(end..whole))
            .and_then(|(line, string)| grammar::with_string(line, string))
            .ok_or(io::ErrorKind::InvalidData)?;
        self.searched = joined.len();
        self.received.splice(..whole, joined);
        Ok(true)
    }

    /// How many bytes the server has sent.
    pub(super) const fn heard(&self) -> u64 {
        self.heard
    }

    /// The literal, or the structure, of the answer that was handed over last.
    pub(super) fn take_literal(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    /// Hands over what is judged.
    fn hand_over(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let rest = self.passed.get(self.handed..).unwrap_or_default();
        let size = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..size).unwrap_or_default());
        self.handed += size;
        size > 0
    }

    /// Keeps of a literal what was received.
    fn keep_literal(&mut self) {
        if self.literal == 0 {
            return;
        }
        let size = self.literal.min(self.received.len());
        self.kept.extend_from_slice(self.received.get(..size).unwrap_or_default());
        self.received.drain(..size);
        self.literal -= size;
        self.searched = 0;
    }
}

/// The line with an empty literal in place of the one that it ends with.
fn without_literal(mut line: Vec<u8>) -> Vec<u8> {
    let start = line.iter().rposition(|byte| *byte == b'{').unwrap_or(line.len());
    line.truncate(start);
    line.extend_from_slice(b"{0}\r\n");
    line
}

impl<S: AsyncRead + Unpin> Gate<S> {
    /// Receives a chunk; `Ok(0)` is the end of the connection.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [0_u8; CHUNK];
        let mut buf = ReadBuf::new(&mut chunk);
        if Pin::new(&mut self.inner).poll_read(cx, &mut buf)?.is_pending() {
            return self.poll_alarm(cx);
        }
        self.alarm = None;
        let received = buf.filled();
        self.budget = self
            .budget
            .checked_sub(received.len())
            .ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.heard = self.heard.saturating_add(received.len().try_into().unwrap_or(u64::MAX));
        self.received.extend_from_slice(received);
        Poll::Ready(Ok(received.len()))
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(patience) = self.patience else { return Poll::Pending };
        let alarm =
            self.alarm.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        loop {
            if gate.hand_over(buf) {
                return Poll::Ready(Ok(()));
            }
            gate.keep_literal();
            if gate.literal == 0 && gate.judge_line()? {
                continue;
            }
            if ready!(gate.poll_receive(cx))? == 0 {
                let whole = gate.received.is_empty() && gate.literal == 0;
                return Poll::Ready(if whole {
                    Ok(())
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                });
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate") // what it holds is mail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_long_line_is_searched_once() {
        let line = format!("* SEARCH{}\r\n", " 4294967295".repeat(350_000));
        let mut gate = Gate::new(line.as_bytes());
        gate.allow(line.len(), None);
        let (began, mut heard) = (std::time::Instant::now(), Vec::new());
        gate.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, line.as_bytes());
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{took:?}: its square took a minute");
    }
}
