//! Accepted contacts as files: CSV with the columns that an import reads, JSContact (RFC 9553),
//! vCard 4 (RFC 6350).

use crate::contact::card;
use crate::crm::csv::Writer;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::{Conn, ListId, StoreError, TenantId};
use std::io::{self, Write};

/// How many contacts are read at a time.
const PAGE: i64 = 500;

/// The formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Csv,
    /// An array of Cards.
    JsContact,
    /// vCards, one after the other.
    Vcard,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be written.
    #[error("cannot write the export")]
    Write(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Format {
    /// The media type of the file.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsContact => "application/jscontact+json;type=card",
            Self::Vcard => "text/vcard; charset=utf-8",
        }
    }
}

/// Writes the accepted contacts of the tenant, or of one list, the newest first. However many there
/// are, only some hundred are in memory.
pub async fn export(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    format: Format,
    mut to: impl Write,
) -> Result<(), ExportError> {
    match format {
        Format::Csv => {
            let mut table = Writer::new(to)?;
            each(conn, tenant, list, |contact| table.write(contact.id.as_str(), &contact.contact))
                .await?;
            table.finish()?;
        }
        Format::JsContact => {
            let mut between = "[";
            each(conn, tenant, list, |contact| {
                write!(to, "{between}{}", uid_card(contact))?;
                between = ",\n";
                Ok(())
            })
            .await?;
            writeln!(to, "{}]", if between == "[" { "[" } else { "" })?;
        }
        Format::Vcard => {
            each(conn, tenant, list, |contact| {
                let card = crate::contact::vcard::to_vcard(&contact.contact);
                to.write_all(card.unwrap_or_default().as_bytes())
            })
            .await?;
        }
    }
    Ok(())
}

/// The Card of an accepted contact, with its id as `uid`.
pub fn uid_card(contact: &AcceptedContact) -> serde_json::Value {
    let mut card = card::to_card(&contact.contact);
    card["uid"] = format!("urn:uuid:{}", contact.id).into();
    card["updated"] = contact.changed_at.to_rfc3339().into();
    card
}

async fn each(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    mut one: impl FnMut(&AcceptedContact) -> io::Result<()>,
) -> Result<(), ExportError> {
    let mut before = None;
    loop {
        let page = contacts::page(conn, tenant, list, before.as_ref(), PAGE).await?;
        for contact in &page {
            one(contact)?;
        }
        match page.into_iter().next_back() {
            Some(last) => before = Some(last.id),
            None => return Ok(()),
        }
    }
}
