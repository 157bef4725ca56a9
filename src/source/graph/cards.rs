//! vCards that came with a message: that of its author says more than the lines do. No other
//! attachment is fetched.

use super::answer;
use super::calls::{Calls, IMMUTABLE};
use super::fault::Fault;
use super::message::Message;
use graph_rs_sdk::ODataQuery;
use serde::Deserialize;

/// How many vCards of a message are fetched, and how large each may be (a photo in it counts).
const MOST: usize = 3;
const MAX_CARD: u64 = 64 << 10;

/// The most that a list of attachments, or a vCard as JSON, is listened to.
const MAX_ANSWER: usize = 256 << 10;

/// How many attachments are looked at.
const LOOKED_AT: &str = "50";

#[derive(Deserialize)]
struct Listed {
    value: Vec<Attachment>,
}

/// An attachment without its content.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    #[serde(default)]
    content_bytes: Option<String>,
}

impl Attachment {
    fn is_card(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_named =
            || self.name.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".vcf"));
        matches!(&*kind, "text/vcard" | "text/x-vcard" | "text/directory") || is_named()
    }
}

impl Calls<'_> {
    /// The message with the vCards that came with it. One that Graph does not hand over is none.
    pub(super) async fn with_cards(
        &self,
        id: &str,
        mut message: Message,
    ) -> Result<Message, Fault> {
        if message.has_attachments() {
            let cards = match self.cards(id).await {
                Err(fault) if fault.is_of_one_message() => Vec::new(),
                // The message itself was handed over.
                Err(Fault::NotFound | Fault::Forbidden) => Vec::new(),
                cards => cards?,
            };
            message.attach(cards);
        }
        Ok(message)
    }

    async fn cards(&self, id: &str) -> Result<Vec<String>, Fault> {
        let message = || self.one(id);
        let request = message().attachments().list_attachments();
        let request = request.select(&["id", "name", "contentType", "size"]).top(LOOKED_AT);
        let listed: Listed = answer::json(self.send(request, IMMUTABLE).await?, MAX_ANSWER).await?;
        let cards = listed.value.into_iter();
        let cards = cards.filter(|it| it.is_card() && it.size <= MAX_CARD && answer::is_id(&it.id));
        let mut fetched = Vec::new();
        for card in cards.take(MOST) {
            let request = message().attachment(&card.id).get_attachments();
            let response = self.send(request, IMMUTABLE).await?;
            let content: Content = answer::json(response, MAX_ANSWER).await?;
            fetched.extend(content.content_bytes);
        }
        Ok(fetched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_card_is_known_by_its_type_or_by_its_name() {
        let is_card = |name: &str, kind: &str| {
            let told = json!({"id": "1", "name": name, "contentType": kind, "size": 9});
            serde_json::from_value::<Attachment>(told).expect("an attachment").is_card()
        };
        assert!(is_card("x", "text/vcard") && is_card("x", "Text/X-vCard; charset=utf-8"));
        assert!(is_card("Nora Brandt.VCF", "application/octet-stream"));
        assert!(!is_card("offer.pdf", "application/pdf") && !is_card("vcf", "text/plain"));
        let odd: Attachment = serde_json::from_value(json!({"id": "1"})).expect("an attachment");
        assert!(!odd.is_card());
    }
}
