//! An SMTP server that fails as it is told, where a real one would have to be broken first.

use super::servers::SERVERS;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What goes wrong, until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    Nothing,
    /// Every `AUTH` is answered so.
    Auth(&'static str),
    /// Every `MAIL` is answered so.
    Mail(&'static str),
    /// The text of every mail is answered so.
    Text(&'static str),
    /// `RCPT` is never answered.
    SilentAtRcpt,
    /// The text is taken, and never answered.
    SilentAfterText,
    /// The text is taken, and the connection closed instead of an answer.
    ClosedAfterText,
    /// The connection is closed after every mail.
    ClosedAfterMail,
}

/// A mail as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

/// The server, with TLS from the first byte and the certificate of the other servers.
#[derive(Clone)]
pub(crate) struct Smtp {
    pub(crate) port: u16,
    fault: Arc<Mutex<Fault>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    signed_in: Arc<Mutex<usize>>,
}

impl Smtp {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = Self {
            port: listener.local_addr().unwrap().port(),
            fault: Arc::new(Mutex::new(fault)),
            seen: Arc::default(),
            signed_in: Arc::default(),
        };
        let (server, acceptor) = (smtp.clone(), TlsAcceptor::from(tls()));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (server, acceptor) = (server.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(tls) = acceptor.accept(tcp).await {
                        let _ended = server.serve(tls).await;
                    }
                });
            }
        });
        smtp
    }

    pub(crate) fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// The mails whose text was taken, answered or not.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often somebody signed in or tried to.
    pub(crate) fn sign_ins(&self) -> usize {
        *self.signed_in.lock().unwrap()
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.test\r\n").await?;
        let (mut from, mut to) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_uppercase();
            let answer = match (verb.as_str(), self.fault()) {
                ("EHLO", _) => "250-mail.test\r\n250 AUTH PLAIN LOGIN",
                ("AUTH", fault) => {
                    *self.signed_in.lock().unwrap() += 1;
                    if let Fault::Auth(answer) = fault { answer } else { "235 welcome" }
                }
                ("MAIL", Fault::Mail(answer)) => answer,
                ("MAIL", _) => {
                    (from, to) = (line.trim().to_owned(), Vec::new());
                    "250 ok"
                }
                ("RCPT", Fault::SilentAtRcpt) => std::future::pending().await,
                ("RCPT", _) => {
                    to.push(line.trim().to_owned());
                    "250 ok"
                }
                ("DATA", fault) => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let text = text(&mut stream).await?;
                    self.seen.lock().unwrap().push(Seen {
                        from: from.clone(),
                        to: to.clone(),
                        text,
                    });
                    match fault {
                        Fault::Text(answer) => answer,
                        Fault::SilentAfterText => std::future::pending().await,
                        Fault::ClosedAfterText => return Ok(()),
                        Fault::ClosedAfterMail => {
                            stream.write_all(b"250 queued\r\n").await?;
                            return stream.shutdown().await;
                        }
                        _ => "250 queued",
                    }
                }
                ("QUIT", _) => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

/// Answers one connection in plain text with these lines, one for each line that comes, and tells
/// all that came.
pub(crate) async fn recite(
    lines: &'static [&'static str],
) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tcp: BufReader<TcpStream> = BufReader::new(tcp);
        let mut heard = String::new();
        for line in lines {
            tcp.write_all(line.as_bytes()).await.unwrap();
            let mut said = Vec::new();
            let _ended = tcp.read_until(b'\n', &mut said).await;
            heard.push_str(&String::from_utf8_lossy(&said));
        }
        heard
    });
    (port, heard)
}

/// A mail up to the line with nothing but a dot; other lines that begin with one have one more
/// (RFC 5321, 4.5.2).
async fn text(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text += line.strip_prefix('.').unwrap_or(&line);
    }
}

fn tls() -> Arc<ServerConfig> {
    let tls = SERVERS.dir.join("tls");
    let chain = CertificateDer::pem_file_iter(tls.join("chain.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(tls.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    Arc::new(config)
}
