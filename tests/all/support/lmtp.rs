//! Delivers mail into a mailbox of Dovecot, as the mail server in front of it would (RFC 2033).

use super::servers::SERVERS;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Delivers one message to one mailbox; when this returns, Dovecot has it.
pub(crate) async fn deliver(to: &str, message: &[u8]) {
    let mut lmtp = Lmtp::connect().await;
    lmtp.deliver(to, message).await;
    lmtp.say(b"QUIT\r\n", "221").await;
}

/// A connection, for delivering many messages.
pub(crate) struct Lmtp {
    stream: BufReader<TcpStream>,
}

impl Lmtp {
    /// Connects and greets.
    pub(crate) async fn connect() -> Self {
        let stream = TcpStream::connect(SERVERS.lmtp).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut lmtp = Self { stream: BufReader::new(stream) };
        lmtp.expect("220").await;
        lmtp.say(b"LHLO localhost\r\n", "250").await;
        lmtp
    }

    /// Delivers one message; its lines may end in LF or CRLF.
    pub(crate) async fn deliver(&mut self, to: &str, message: &[u8]) {
        self.say(b"MAIL FROM:<envelope@sender.example>\r\n", "250").await;
        self.say(format!("RCPT TO:<{to}>\r\n").as_bytes(), "250").await;
        self.say(b"DATA\r\n", "354").await;
        self.say(&stuffed(message), "250").await;
    }

    async fn say(&mut self, line: &[u8], expected: &str) {
        self.stream.write_all(line).await.unwrap();
        self.expect(expected).await;
    }

    /// Reads one answer, which may have several lines (`250-…`), and compares its code.
    async fn expect(&mut self, code: &str) {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.unwrap();
            assert!(line.starts_with(code), "LMTP: expected {code}, Dovecot says {line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}

/// The message as `DATA` sends it: CRLF, a dot before a leading dot, a lone dot at the end
/// (RFC 5321 §4.5.2).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(message.len() + message.len() / 32 + 8);
    for line in message.strip_suffix(b"\n").unwrap_or(message).split(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            data.push(b'.');
        }
        data.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    data
}
