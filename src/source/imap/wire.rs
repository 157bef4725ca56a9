//! Commands and their answers, read up to the command's own tag.
//!
//! async-imap's own commands turn NO and the end of the connection into empty success, and its
//! trace log prints what is sent and received; so commands are written here, and only its reading
//! of answers is used. NO, BAD, BYE and the end of the connection are errors, always.

pub(super) use super::answer::{Answer, Listed};
use super::error::{Said, WireError};
use super::gate::Gate;
use super::idle;
use super::throttle;
use async_imap::Client;
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Longest command: servers give up at 4,096 bytes (Microsoft) or 8,192.
const MAX_COMMAND: usize = 4_000;

/// Longest answer to a challenge: access tokens of Microsoft have 2 to 4 KB.
const MAX_SECRET: usize = 12 * 1024;

/// How long the server may be silent within an answer.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// How long a whole answer may take.
const DEADLINE: Duration = Duration::from_mins(10);

/// How much an answer without a message may bring.
pub(super) const SMALL: usize = 64 * 1024;

/// What a connection runs over.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

/// An IDLE that goes on.
#[derive(Debug)]
pub(super) struct Idling {
    pub(super) tag: String,
    /// Whether the server hands over new messages as long as it lasts.
    pub(super) is_pushing: bool,
    /// How many of them it has told of and not handed over yet.
    pub(super) owed: u32,
}

/// Ends the handing over: news are told of as they are without NOTIFY (RFC 5465 §6.1).
const NO_PUSH: &str = "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))";

/// A connection to an IMAP server.
pub(super) struct Wire<S: Transport> {
    client: Client<Gate<S>>,
    commands: u32,
    exists: Option<u32>,
    count: Option<u32>,
    /// The IDLE that the next command ends.
    idle: Option<Idling>,
    /// The command whose end nobody waits for: Dovecot tells it after those of later ones.
    unawaited: Option<String>,
    /// What the server said when it closed the connection.
    parting: Option<Said>,
    is_login_disabled: bool,
}

impl<S: Transport> Wire<S> {
    /// Speaks IMAP over `stream`.
    pub(super) fn new(stream: S) -> Self {
        let client = Client::new(Gate::new(stream));
        Self {
            client,
            commands: 0,
            exists: None,
            count: None,
            idle: None,
            unawaited: None,
            parting: None,
            is_login_disabled: false,
        }
    }

    /// Waits for the server's greeting.
    pub(super) async fn greeting(&mut self) -> Result<(), WireError> {
        self.allow(SMALL / 8, Some(PATIENCE));
        match self.answer().await? {
            Answer::Other => Ok(()),
            Answer::LoginDisabled => {
                self.is_login_disabled = true;
                Ok(())
            }
            // Signed in already as somebody: nothing that a password was entered for.
            _ => Err(WireError::Malformed),
        }
    }

    /// Whether the greeting said that LOGIN is disabled.
    pub(super) const fn is_login_disabled(&self) -> bool {
        self.is_login_disabled
    }

    /// What the server said when it closed the connection with BYE.
    pub(super) fn parting(&mut self) -> Said {
        self.parting.take().unwrap_or_else(Said::nothing)
    }

    /// Sends a command and reads up to its end; `each` is given every other answer.
    pub(super) async fn run(
        &mut self,
        command: &str,
        budget: usize,
        mut each: impl FnMut(Answer) + Send,
    ) -> Result<(), WireError> {
        let run = async {
            let tags = self.send_all(&[command], budget).await?;
            for tag in tags {
                self.read_to(&tag, &mut each).await?;
            }
            Ok(())
        };
        timeout(DEADLINE, run).await.unwrap_or(Err(WireError::Timeout))
    }

    /// Sends two commands at once, neither of which depends on the other (RFC 9051 §5.5), and reads up
    /// to the end of both.
    pub(super) async fn run_both(
        &mut self,
        commands: [&str; 2],
        budget: usize,
        mut each: impl FnMut(Answer) + Send,
    ) -> Result<(), WireError> {
        let run = async {
            let mut tags = self.send_all(&commands, budget).await?;
            while !tags.is_empty() {
                match self.answer().await? {
                    Answer::Done(of, outcome) => {
                        let which = tags.iter().position(|tag| *tag == of);
                        tags.swap_remove(which.ok_or(WireError::Malformed)?);
                        outcome?;
                    }
                    answer => each(answer),
                }
            }
            Ok(())
        };
        timeout(DEADLINE, run).await.unwrap_or(Err(WireError::Timeout))
    }

    /// Sends a command; its answers are still to be read.
    pub(super) async fn send(&mut self, command: &str) -> Result<String, WireError> {
        self.commands = self.commands.wrapping_add(1);
        let tag = format!("U{}", self.commands);
        self.write_line(&Zeroizing::new(format!("{tag} {command}"))).await?;
        Ok(tag)
    }

    /// Sends commands with one packet, after the end of an IDLE that still runs, which costs no round
    /// trip then; their answers are still to be read, and may have so many bytes.
    async fn send_all(
        &mut self,
        commands: &[&str],
        budget: usize,
    ) -> Result<Vec<String>, WireError> {
        let idling = self.idle.take();
        let mut lines: Vec<Zeroizing<String>> = Vec::new();
        if let Some(idling) = &idling {
            lines.push(Zeroizing::new("DONE".to_owned()));
            if idling.is_pushing {
                // Who has begun to hand over messages ends that, too, or need not.
                self.unawaited = Some(self.add_command(NO_PUSH, &mut lines));
            }
        }
        let tags = commands.iter().map(|command| self.add_command(command, &mut lines)).collect();
        self.write_lines(MAX_COMMAND, &lines).await?;
        if let Some(idling) = idling {
            self.allow(idle::BUDGET, Some(PATIENCE));
            self.read_to(&idling.tag, &mut |_| ()).await?;
            if idling.owed > 0 {
                // What was told of, and is handed over to nobody now, is news again.
                self.exists = self.exists.or(self.count);
            }
        }
        self.allow(budget, Some(PATIENCE));
        Ok(tags)
    }

    fn add_command(&mut self, command: &str, lines: &mut Vec<Zeroizing<String>>) -> String {
        self.commands = self.commands.wrapping_add(1);
        let tag = format!("U{}", self.commands);
        lines.push(Zeroizing::new(format!("{tag} {command}")));
        tag
    }

    /// Has the next command end an IDLE.
    pub(super) fn end_idle_later(&mut self, idling: Idling) {
        self.idle = Some(idling);
    }

    /// The IDLE that goes on.
    pub(super) fn take_idling(&mut self) -> Option<Idling> {
        self.idle.take()
    }

    /// Sends a line that is no command: the end of IDLE, the answer to a challenge.
    pub(super) async fn write_line(&mut self, line: &str) -> Result<(), WireError> {
        self.write_lines(MAX_COMMAND, &[line]).await
    }

    /// Sends the answer to a challenge, which may be longer than a command.
    pub(super) async fn write_secret(&mut self, line: &str) -> Result<(), WireError> {
        self.write_lines(MAX_SECRET, &[line]).await
    }

    async fn write_lines(
        &mut self,
        max: usize,
        lines: &[impl AsRef<str>],
    ) -> Result<(), WireError> {
        let lines = || lines.iter().map(AsRef::as_ref);
        // It may hold a password, and never grows.
        let length = lines().map(|line: &str| line.len() + 2).sum();
        let mut sent = Zeroizing::new(String::with_capacity(length));
        for line in lines() {
            if line.len() > max || line.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Err(WireError::Unsendable);
            }
            sent.push_str(line);
            sent.push_str("\r\n");
        }
        let write = async {
            let stream = self.client.get_mut();
            stream.write_all(sent.as_bytes()).await?;
            stream.flush().await
        };
        timeout(PATIENCE, write).await.map_err(|_| WireError::Timeout)?.map_err(WireError::from)
    }

    /// Reads up to the end of the command `tag`.
    pub(super) async fn read_to(
        &mut self,
        tag: &str,
        each: &mut (impl FnMut(Answer) + Send),
    ) -> Result<(), WireError> {
        loop {
            match self.answer().await? {
                Answer::Done(of, outcome) if of == tag => return outcome,
                Answer::Done(..) => return Err(WireError::Malformed),
                answer => each(answer),
            }
        }
    }

    /// Reads the next answer; BYE and the end of the connection are errors.
    pub(super) async fn answer(&mut self) -> Result<Answer, WireError> {
        loop {
            let answer = self.any_answer().await?;
            match (&answer, &self.unawaited) {
                (Answer::Done(of, _), Some(unawaited)) if of == unawaited => self.unawaited = None,
                _ => return Ok(answer),
            }
        }
    }

    async fn any_answer(&mut self) -> Result<Answer, WireError> {
        let response = self.client.read_response().await?.ok_or(WireError::Lost)?;
        let mut answer = Answer::from(response.parsed());
        match &mut answer {
            Answer::Bye(text) => {
                self.parting = Some(Said::new(text, &[]));
                return Err(throttle::pause(text).map_or(WireError::Bye, WireError::Throttled));
            }
            Answer::Exists(count) => {
                self.exists = Some(*count);
                self.count = self.exists;
            }
            // Empty, or its literal is not here but below.
            Answer::Message { body: Some(body), .. } if body.is_empty() => {
                *body = self.client.get_mut().take_literal();
            }
            _ => {}
        }
        Ok(answer)
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub(super) async fn farewell(mut self) {
        let logout = async {
            self.allow(SMALL, Some(PATIENCE));
            drop(self.send("LOGOUT").await);
            while self.answer().await.is_ok() {}
        };
        drop(timeout(Duration::from_secs(2), logout).await);
    }

    /// Allows the server to send `bytes` from now on, and to be silent for `patience`.
    pub(super) fn allow(&mut self, bytes: usize, patience: Option<Duration>) {
        self.client.get_mut().allow(bytes, patience);
    }

    /// How many bytes the server has sent on this connection.
    pub(super) fn heard(&self) -> u64 {
        self.client.get_ref().heard()
    }

    /// The folder's count if the server has told it since this was last asked.
    pub(super) fn take_exists(&mut self) -> Option<u32> {
        self.exists.take()
    }

    /// The folder's count when the server last told it.
    pub(super) const fn count(&self) -> Option<u32> {
        self.count
    }
}

impl<S: Transport> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}
