//! One message: as JSON with the body of which most is the author's own, or where that is too large, its
//! beginning as MIME.

use super::answer;
use super::calls::{Calls, IMMUTABLE};
use super::fault::Fault;
use super::message::Message;
use super::space::Share;
use graph_rs_sdk::ODataQuery;

/// The most that the JSON of one message is listened to; beyond it the beginning of the message is
/// read as MIME.
pub(super) const MAX_MESSAGE: usize = 4 << 20;

/// How much of a message is read as MIME at most.
const MAX_MIME: usize = 1 << 20;

/// A message as bytes of mail, and the space they take.
pub(super) type Mail = (Vec<u8>, Share);

/// A body as HTML.
pub(super) const HTML: &str = "outlook.body-content-type=\"html\"";

/// What of a message is asked for beside its body.
pub(super) const PARTS: [&str; 6] = [
    "internetMessageId",
    "internetMessageHeaders",
    "from",
    "subject",
    "sentDateTime",
    "hasAttachments",
];

impl Calls<'_> {
    /// A message, as bytes of mail. Of one that is too large for JSON the first `max` bytes.
    pub(super) async fn message(&self, id: &str, max: usize) -> Result<Mail, Fault> {
        match self.as_json(id, "uniqueBody").await {
            Ok((message, share)) => self.whole(id, message, share, max).await,
            Err(Fault::TooMuch) => self.as_mime(id, max).await,
            Err(fault) => Err(fault),
        }
    }

    /// Asks for a message only to see whether it is handed over.
    pub(super) async fn hands_over(&self, id: &str) -> Result<(), Fault> {
        match self.as_json(id, "uniqueBody").await {
            Ok(_) | Err(Fault::TooMuch) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The bytes of a message whose author's own part is known; if that is nothing, all of it.
    pub(super) async fn whole(
        &self,
        id: &str,
        message: Message,
        share: Share,
        max: usize,
    ) -> Result<Mail, Fault> {
        if !message.is_blank() {
            return Ok((self.with_cards(id, message).await?.to_mail(), share));
        }
        drop((message, share));
        match self.as_json(id, "body").await {
            Ok((message, share)) => Ok((self.with_cards(id, message).await?.to_mail(), share)),
            Err(Fault::TooMuch) => self.as_mime(id, max).await,
            Err(fault) => Err(fault),
        }
    }

    async fn as_json(&self, id: &str, body: &str) -> Result<(Message, Share), Fault> {
        let request = self.one(id).get_messages();
        let request = request.select(&[&PARTS[..], &[body]].concat());
        let prefer = format!("{IMMUTABLE}, {HTML}");
        let response = self.send(request, &prefer).await.map_err(no_message)?;
        let mut share = self.share();
        let (body, whole) = answer::bytes_into(&mut share, response, MAX_MESSAGE).await?;
        if !whole {
            return Err(Fault::TooMuch);
        }
        Ok((serde_json::from_slice(&body).map_err(|_| Fault::Odd)?, share))
    }

    async fn as_mime(&self, id: &str, max: usize) -> Result<Mail, Fault> {
        let request = self.one(id).get_messages_content();
        let response = self.send(request, IMMUTABLE).await.map_err(no_message)?;
        let mut share = self.share();
        let (bytes, _) = answer::bytes_into(&mut share, response, max.min(MAX_MIME)).await?;
        Ok((bytes, share))
    }

    /// A share of the space for answers about messages, of nothing so far.
    pub(super) fn share(&self) -> Share {
        self.connector.space().share()
    }
}

/// Where a message is asked for, what is gone is the message.
pub(super) fn no_message(fault: Fault) -> Fault {
    if matches!(fault, Fault::CursorLost) { Fault::NotFound } else { fault }
}
