//! What is said of something that ends.

use crate::store::crm_connections::{self, Kind};
use crate::store::endings::Subject;
use crate::store::graph::{self, Credential};
use crate::store::{Conn, StoreError, TenantId, mailboxes, oauth};

/// What mail about it says.
pub(super) struct Words {
    /// What ends, in a subject.
    pub(super) title: String,
    /// The same, what comes of it, and what to do.
    pub(super) to_do: String,
    /// Where it is shown.
    pub(super) page: &'static str,
}

/// What is said of it, if it is there still.
pub(super) async fn of(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &Subject,
) -> Result<Option<Words>, StoreError> {
    Ok(match subject {
        Subject::GraphApp => {
            let app = graph::app_view(conn, tenant).await?;
            app.map(|app| of_graph_app(app.credential, &app.client_id))
        }
        Subject::Consent(mailbox) => {
            let mailbox = mailboxes::get(conn, tenant, mailbox).await?;
            mailbox.map(|mailbox| of_consent(&mailbox.address))
        }
        Subject::OauthApp(service) => {
            let apps = oauth::apps(conn, tenant).await?;
            let app = apps.into_iter().find(|app| app.service == *service);
            app.map(|app| of_oauth_app(service, &app.client_id))
        }
        Subject::Crm => {
            let crm = crm_connections::get(conn, tenant).await?;
            crm.map(|crm| of_crm(crm.kind, &crm.url))
        }
    })
}

fn of_graph_app(credential: Credential, client_id: &str) -> Words {
    let what = match credential {
        Credential::Secret => "client secret",
        Credential::Certificate => "certificate",
    };
    let to_do = format!(
        "the {what} of the app registration {client_id} at Microsoft Entra ends soon. From then on no \
         mailbox at Microsoft 365 is read. Make a new one at entra.microsoft.com, App registrations, \
         Certificates & secrets, and enter it at the page of Microsoft 365, with `undersigned admin set-graph-app` \
         or `PUT /api/v1/graph-app`; the mailboxes go on where they were."
    );
    Words { title: format!("The {what} for Microsoft 365"), to_do, page: "connect/microsoft" }
}

fn of_consent(address: &str) -> Words {
    let to_do = format!(
        "the consent to read the mailbox {address} was not used for a while, and Microsoft ends what \
         is not used for 90 days. Resume the mailbox, or see why it is not read; if it is not needed \
         any more, remove it."
    );
    Words { title: format!("The consent to read {address}"), to_do, page: "mailboxes" }
}

fn of_oauth_app(service: &str, client_id: &str) -> Words {
    let (what_ends, page) = match Kind::parse(service) {
        Some(kind) => (format!("{} is neither read nor written", kind.title()), "connect/crm"),
        None => ("no mailbox is read that is opened by consent there".to_owned(), "mailboxes"),
    };
    let to_do = format!(
        "the client secret of the app {client_id} at {service} ends soon. From then on {what_ends}. Make a \
         new one there, and enter it with `undersigned admin set-oauth-app --service {service}` or \
         `PUT /api/v1/oauth-apps/{service}`; consents stay, and everything goes on where it was."
    );
    Words { title: format!("The client secret of the app at {service}"), to_do, page }
}

fn of_crm(kind: Kind, url: &str) -> Words {
    let name = kind.title();
    let to_do = format!(
        "the secret or certificate with which the app signs in to {name} ({url}) ends soon. From then on it \
         is neither read nor written. Make a new one at entra.microsoft.com, App registrations, \
         Certificates & secrets, and enter it at the page of the CRM or with `PUT /api/v1/crm`; everything \
         goes on where it was."
    );
    Words { title: format!("The secret for {name}"), to_do, page: "connect/crm" }
}
