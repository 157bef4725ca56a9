//! Accepted contacts as a file. It is written while it is read, so that its size does not matter.

use super::edge::{self, Params, Refused};
use crate::crm::table::Room;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::records::{self, CrmRecord};
use crate::store::tokens::Scope;
use crate::store::{ContactId, ListId, RecordId, StoreError, TenantId};
use crate::suggestion::export::{self, File};
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde::Deserialize;
use std::collections::HashMap;
use std::io;
use utoipa::{IntoParams, ToSchema};

/// How many contacts are held at a time.
const AT_ONCE: i64 = 200;

/// The forms of a file.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// vCard 4.0 (RFC 6350).
    #[default]
    Vcard,
    /// A JSON array of `JSContact` Cards (RFC 9553).
    Jscontact,
    /// A table with a line a contact, for spreadsheets.
    Csv,
}

impl From<Format> for export::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Vcard => Self::Vcard,
            Format::Jscontact => Self::JsContact,
            Format::Csv => Self::Csv,
        }
    }
}

/// Why a file ends too early. The client sees a broken transfer, never a short file.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A contact cannot be written in this form.
    #[error("a contact cannot be written in this form")]
    Form(#[from] io::Error),
}

impl Format {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Vcard => "text/vcard; charset=utf-8",
            Self::Jscontact => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// Fixed names: nothing that anybody typed gets into a header.
    const fn file_name(self) -> &'static str {
        match self {
            Self::Vcard => "attachment; filename=\"contacts.vcf\"",
            Self::Jscontact => "attachment; filename=\"contacts.json\"",
            Self::Csv => "attachment; filename=\"contacts.csv\"",
        }
    }
}

/// Which contacts, in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct Wanted {
    /// Only those of this contact list.
    list: Option<String>,
    /// The form of the file; `vcard` if absent.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Every accepted contact as a file, newest first.
#[utoipa::path(
    get, path = "/contacts/export", tag = "contacts", security(("token" = ["contacts:read"])),
    params(Wanted),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/vcard"), (String = "application/json"), (String = "text/csv")
        )),
        Refused
    )
)]
pub(super) async fn export(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Problem> {
    let access = caller.may(Scope::ContactsRead)?;
    file(state, access.tenant, &wanted)
}

/// The tenant's accepted contacts as a file.
pub(in crate::web) fn file(
    state: State,
    tenant: TenantId,
    wanted: &Wanted,
) -> Result<Response, Problem> {
    let list = edge::id_in("list", wanted.list.as_deref())?;
    let file = write(Asked { state, tenant, list }, wanted.format);
    let headers = [
        (header::CONTENT_TYPE, wanted.format.media_type()),
        (header::CONTENT_DISPOSITION, wanted.format.file_name()),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}

/// Whose contacts, and of which list.
#[derive(Clone)]
struct Asked {
    state: State,
    tenant: TenantId,
    list: Option<ListId>,
}

impl Asked {
    /// The next `AT_ONCE` contacts.
    async fn after(&self, last: Option<&ContactId>) -> Result<Vec<AcceptedContact>, StoreError> {
        let mut conn = self.state.db.read().await?;
        contacts::page(&mut conn, &self.tenant, self.list.as_ref(), last, AT_ONCE).await
    }

    /// The records that contacts are of, by our ids of them.
    async fn records(
        &self,
        contacts: &[AcceptedContact],
    ) -> Result<HashMap<RecordId, CrmRecord>, StoreError> {
        let ids: Vec<&str> =
            contacts.iter().filter_map(|it| Some(it.record.as_ref()?.as_str())).collect();
        let mut conn = self.state.db.read().await?;
        let found = records::some(&mut conn, &self.tenant, &ids).await?;
        Ok(found.into_iter().map(|record| (record.id.clone(), record)).collect())
    }

    /// The room that all of them need in a table: its headers stand before the first.
    async fn room(&self) -> Result<Room, StoreError> {
        let (mut room, mut last) = (Room::default(), None);
        loop {
            let found = self.after(last.as_ref()).await?;
            for one in &found {
                room.make_for(&one.contact);
            }
            let Some(bottom) = found.into_iter().next_back() else { return Ok(room) };
            last = Some(bottom.id);
        }
    }

    async fn begin(&self, format: Format) -> Result<File, StoreError> {
        let room = match format {
            Format::Csv => self.room().await?,
            Format::Vcard | Format::Jscontact => Room::default(),
        };
        Ok(File::new(format.into(), room))
    }
}

/// The file, `AT_ONCE` contacts at a time.
fn write(asked: Asked, format: Format) -> impl Stream<Item = Result<Bytes, ExportError>> {
    let begin = Some((None::<File>, None::<ContactId>));
    stream::try_unfold(begin, move |step| {
        let asked = asked.clone();
        async move {
            let Some((file, last)) = step else { return Ok(None) };
            let mut file = match file {
                Some(file) => file,
                None => asked.begin(format).await?,
            };
            let found = asked.after(last.as_ref()).await?;
            let records = match format {
                Format::Csv => asked.records(&found).await?,
                Format::Vcard | Format::Jscontact => HashMap::new(),
            };
            for contact in &found {
                let record = contact.record.as_ref().and_then(|id| records.get(id));
                file.write(contact, record)?;
            }
            let Some(bottom) = found.into_iter().next_back() else {
                return Ok(Some((file.finish()?.into(), None)));
            };
            Ok(Some((file.take().into(), Some((Some(file), Some(bottom.id))))))
        }
    })
}
