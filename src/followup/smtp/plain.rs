//! The few words before STARTTLS (RFC 3207), said on the bare connection.
//!
//! lettre keeps what it has read ahead when it switches to TLS, so that someone in between could
//! slip in answers; here anything after the server's consent ends the connection. And nothing but
//! the three commands is ever said in plain text.

use super::{Answer, SmtpError};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What lettre is given to read as the greeting, for after STARTTLS the server sends none.
pub(super) const GREETING: &[u8] = b"220 encrypted\r\n";

/// The longest line of an answer and the most lines; RFC 5321 §4.5.3.1.5 allows 512 bytes.
const MAX_LINE: u64 = 2048;
const MAX_LINES: usize = 64;

/// Asks the server to switch to TLS; returns when it is about to.
pub(super) async fn ask_for_tls(tcp: &mut TcpStream) -> Result<(), SmtpError> {
    let mut tcp = BufReader::new(tcp);
    let greeting = answer(&mut tcp).await?;
    match greeting.code() {
        220 => {}
        400..=499 => return Err(SmtpError::PutOff(greeting)),
        500..=599 => return Err(SmtpError::TurnedAway(greeting)),
        _ => return Err(SmtpError::NotSmtp),
    }
    say(&mut tcp, b"EHLO [127.0.0.1]\r\n").await?;
    if answer(&mut tcp).await?.code() != 250 {
        return Err(SmtpError::NotSmtp);
    }
    say(&mut tcp, b"STARTTLS\r\n").await?;
    let consent = answer(&mut tcp).await?;
    match consent.code() {
        220 if tcp.buffer().is_empty() => Ok(()),
        220 => Err(SmtpError::Tls),
        400..=499 => Err(SmtpError::PutOff(consent)),
        _ => Err(SmtpError::NoStartTls),
    }
}

async fn say(tcp: &mut BufReader<&mut TcpStream>, words: &[u8]) -> Result<(), SmtpError> {
    tcp.write_all(words).await.map_err(lost)
}

/// Reads one answer: lines `250-…` up to one `250 …`, all with the same code.
async fn answer(tcp: &mut BufReader<&mut TcpStream>) -> Result<Answer, SmtpError> {
    let mut text = String::new();
    for _ in 0..MAX_LINES {
        let mut line = Vec::new();
        tcp.take(MAX_LINE).read_until(b'\n', &mut line).await.map_err(lost)?;
        if line.is_empty() {
            return Err(SmtpError::Lost);
        }
        let line = String::from_utf8_lossy(&line);
        let code: Option<u16> = line.get(..3).and_then(|code| code.parse().ok());
        let (Some(code), true) = (code, line.ends_with('\n')) else {
            return Err(SmtpError::NotSmtp);
        };
        text.push_str(line.get(4..).unwrap_or_default());
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(Answer::new(code, &text));
        }
    }
    Err(SmtpError::NotSmtp)
}

fn lost(_: io::Error) -> SmtpError {
    SmtpError::Lost
}
