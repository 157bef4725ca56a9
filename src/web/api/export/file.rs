//! A file of contacts that is written piece by piece.

use super::Format;
use crate::contact::{card, vcard};
use crate::crm::csv::Writer;
use crate::store::StoreError;
use crate::store::contacts::AcceptedContact;
use axum::body::Bytes;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a file ends too early. The client sees a broken transfer, never a short file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A contact cannot be written in this form.
    #[error("a contact cannot be written in this form")]
    Form(#[from] io::Error),
}

/// What is written and not yet taken. The table's writer keeps one end of it.
#[derive(Debug, Clone, Default)]
struct Piece(Arc<Mutex<Vec<u8>>>);

impl Piece {
    fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl io::Write for Piece {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is being written.
pub(super) struct File {
    piece: Piece,
    form: Form,
}

enum Form {
    Vcard,
    Jscontact {
        is_first: bool,
    },
    /// The table, begun with its first contact or its end.
    Csv(Option<Box<Writer<Piece>>>),
}

impl File {
    pub(super) fn new(format: Format) -> Self {
        let form = match format {
            Format::Vcard => Form::Vcard,
            Format::Jscontact => Form::Jscontact { is_first: true },
            Format::Csv => Form::Csv(None),
        };
        Self { piece: Piece::default(), form }
    }

    pub(super) fn write(&mut self, contact: &AcceptedContact) -> Result<(), ExportError> {
        match &mut self.form {
            Form::Vcard => {
                let text = vcard::to_vcard(&contact.contact);
                let text = text.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
                self.piece.push(text.as_bytes());
            }
            Form::Jscontact { is_first } => {
                let before = if *is_first { "[\n" } else { ",\n" };
                *is_first = false;
                let text = format!("{before}{}", card::to_card(&contact.contact));
                self.piece.push(text.as_bytes());
            }
            Form::Csv(table) => {
                let table = begun(table, &self.piece)?;
                table.write(contact.id.as_str(), &contact.contact)?;
            }
        }
        Ok(())
    }

    /// What was written since the last time.
    pub(super) fn take(&self) -> Bytes {
        self.piece.take()
    }

    /// Ends the file and gives the rest of it.
    pub(super) fn finish(self) -> Result<Bytes, ExportError> {
        match self.form {
            Form::Vcard => {}
            Form::Jscontact { is_first } => {
                self.piece.push(if is_first { b"[]\n" } else { b"\n]\n" });
            }
            Form::Csv(mut table) => {
                begun(&mut table, &self.piece)?;
                table.map_or(Ok(()), |table| table.finish())?;
            }
        }
        Ok(self.piece.take())
    }
}

fn begun<'t>(
    table: &'t mut Option<Box<Writer<Piece>>>,
    piece: &Piece,
) -> io::Result<&'t mut Writer<Piece>> {
    match table {
        Some(table) => Ok(table),
        None => Ok(table.insert(Box::new(Writer::new(piece.clone())?))),
    }
}
