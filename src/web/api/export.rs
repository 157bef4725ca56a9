//! Accepted contacts as a file. It is written while it is read, so that its size does not matter.

use super::edge::{self, Params, Refused};
use crate::contact::{card, vcard};
use crate::store::contacts::{self, AcceptedContact};
use crate::store::tokens::Scope;
use crate::store::{ContactId, ListId, StoreError, TenantId};
use crate::suggestion::export as table;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde::Deserialize;
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

    /// What stands before the first contact.
    fn head(self) -> String {
        match self {
            Self::Vcard => String::new(),
            Self::Jscontact => "[".to_owned(),
            Self::Csv => table::csv_header(),
        }
    }

    fn contact(self, contact: &AcceptedContact, is_first: bool) -> String {
        match self {
            Self::Vcard => vcard::to_vcard(&contact.contact),
            Self::Jscontact if is_first => format!("\n{}", card::to_card(&contact.contact)),
            Self::Jscontact => format!(",\n{}", card::to_card(&contact.contact)),
            Self::Csv => table::csv_line(&contact.contact),
        }
    }

    /// What stands after the last contact.
    const fn foot(self) -> &'static str {
        match self {
            Self::Vcard | Self::Csv => "",
            Self::Jscontact => "\n]\n",
        }
    }
}

/// Which contacts, in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
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
    let list = edge::id_in("list", wanted.list.as_deref())?;
    let file = write(state, access.tenant, list, wanted.format);
    let headers = [
        (header::CONTENT_TYPE, wanted.format.media_type()),
        (header::CONTENT_DISPOSITION, wanted.format.file_name()),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}

/// How far the file is written.
enum Written {
    Nothing,
    Until(ContactId),
    All,
}

fn write(
    state: State,
    tenant: TenantId,
    list: Option<ListId>,
    format: Format,
) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(Written::Nothing, move |written| {
        let (state, tenant, list) = (state.clone(), tenant.clone(), list.clone());
        async move {
            let before = match &written {
                Written::Nothing => None,
                Written::Until(id) => Some(id),
                Written::All => return Ok(None),
            };
            let mut conn = state.db.read().await?;
            let found = contacts::page(&mut conn, &tenant, list.as_ref(), before, AT_ONCE).await?;
            let mut text = if before.is_none() { format.head() } else { String::new() };
            let mut is_first = before.is_none();
            for contact in &found {
                text.push_str(&format.contact(contact, is_first));
                is_first = false;
            }
            let written = match found.into_iter().next_back() {
                Some(last) => Written::Until(last.id),
                None => {
                    text.push_str(format.foot());
                    Written::All
                }
            };
            Ok(Some((Bytes::from(text), written)))
        }
    })
}
