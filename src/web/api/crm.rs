//! The tenant's connected CRM, and what was written to it. The password goes in and never comes out.

pub(in crate::web) mod consent;
pub(in crate::web) mod fields;
pub(in crate::web) mod new_people;

use super::edge::{self, Body, Page, Params, Refused, time};
use super::once::{NOTHING_SAVED, told};
use crate::contact::card::to_card;
use crate::crm::connection::{self, ConnectError, Settings};
use crate::crm::dynamics::App;
use crate::crm::hubspot::HubSpot;
use crate::crm::pipedrive::Pipedrive;
use crate::crm::{Crm, CrmError, former};
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::crm_writes::{self, CrmWrite};
use crate::store::tokens::Scope;
use crate::store::{StoreError, audit, repeated};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::http::StatusCode;
use axum::{Json, extract};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get, put, remove))
        .routes(routes!(check))
        .routes(routes!(writes))
        .merge(consent::router())
        .merge(fields::router())
        .merge(new_people::router())
}

/// The connected CRM, without its password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmConnection)]
struct ConnectionView {
    /// Which CRM it is: `carddav`, `hubspot`, `pipedrive`, `salesforce`, `dynamics` or `tryton`.
    #[schema(example = "carddav")]
    kind: &'static str,
    /// Where it is.
    url: String,
    /// The name to sign in with, or the account that the token opens.
    username: String,
    /// Whether a person's consent opens it (OAuth), and not a password or token.
    by_consent: bool,
    /// How it fares: `connecting`, `healthy`, `wrong-password`, `needs-consent` (`/connect/crm`),
    /// `refused`, `unreachable` or `throttled`.
    #[schema(example = "healthy")]
    state: &'static str,
    /// What went wrong and what to do; empty when all is well.
    state_detail: String,
    /// Since when it is in this state.
    state_since: String,
    /// Before when it has asked not to be read.
    retry_at: Option<String>,
    /// When its records were last brought up to date.
    read_at: Option<String>,
    /// When the secret or certificate ends that it is opened with, as far as we know (`dynamics`; of the apps
    /// that people consent to, `/oauth-apps` tells it).
    secret_expires_at: Option<String>,
    /// What accepting makes of new people: `contact`, or `lead` (Salesforce).
    #[schema(example = "contact")]
    new_people: &'static str,
    /// What this kind of CRM cannot do, as sentences.
    cannot: &'static [&'static str],
}

impl From<CrmConnection> for ConnectionView {
    fn from(connection: CrmConnection) -> Self {
        Self {
            kind: connection.kind.as_str(),
            url: connection.url,
            username: connection.username,
            by_consent: !connection.oauth_service.is_empty(),
            state: connection.state.as_str(),
            state_detail: connection.state_detail,
            state_since: time(connection.state_since),
            retry_at: connection.retry_at.map(time),
            read_at: connection.read_at.map(time),
            secret_expires_at: connection.secret_expires_at.map(time),
            new_people: connection.new_people.as_str(),
            cannot: Crm::cannot(connection.kind),
        }
    }
}

/// The CRM as it should be connected.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CrmSettings)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Sent {
    /// Which CRM it is: `carddav`, `hubspot`, `pipedrive`, `salesforce`, `dynamics` or `tryton`.
    #[schema(example = "carddav")]
    pub(in crate::web) kind: String,
    /// Where it is: an address book, or its server, which then must have one address book only; of
    /// Salesforce, the org's My Domain; an environment of Dynamics 365,
    /// `https://your-company.crm4.dynamics.com`; a database of Tryton (`https://SERVER/DATABASE/`).
    /// Absent: where the API of HubSpot or Pipedrive is.
    #[schema(example = "https://dav.example.com/addressbooks/sales/contacts/")]
    pub(in crate::web) url: Option<String>,
    /// The name to sign in with: of an app at Salesforce its consumer key; of an app at Microsoft its
    /// client id, an `@` and its directory. A token has none.
    pub(in crate::web) username: Option<String>,
    /// The password; the token of a private app at HubSpot; a user's API token at Pipedrive; the secret
    /// of an app at Salesforce or Microsoft, where it may be the PEM of a certificate with its key. Kept
    /// sealed, never shown again; the present one stays if absent.
    #[schema(value_type = Option<String>, format = Password)]
    pub(in crate::web) password: Option<SecretString>,
    /// When Microsoft Entra says that the secret of the app ends (`dynamics`), RFC 3339; it is warned of in
    /// time. The end of a certificate stands in it.
    #[schema(example = "2027-11-21T00:00:00Z")]
    pub(in crate::web) secret_expires_at: Option<String>,
}

/// A write to the CRM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmWrite)]
struct WriteView {
    /// Names the write; newer ones sort later.
    id: String,
    /// The suggestion that was accepted; undoing it takes the write back.
    suggestion: String,
    /// The contact that accepting made or changed.
    contact: String,
    /// The CRM's id of the record; empty until a new one is made.
    record: String,
    /// The CRM's id of the owner with whom the record was made; empty: whoever the CRM says.
    owner: String,
    /// The CRM's id of the company that was made for the record; empty: none was. It stays when the
    /// write is undone.
    company_made: String,
    /// The record before, as a JSContact Card; null if it was made, or if `values_deleted`.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The record after; empty if `values_deleted`.
    #[schema(value_type = Object)]
    after: Value,
    /// `waiting`, `written`, `conflict`, `failed`, `cancelled`, `undoing` or `undone`.
    #[schema(example = "written")]
    state: &'static str,
    /// What went wrong, as one sentence.
    detail: String,
    /// Whether its values were deleted, as they are some time later (`retention.crm_write_days`): then it
    /// cannot be undone any more.
    values_deleted: bool,
    /// When it was accepted.
    created_at: String,
    /// When its state last changed.
    changed_at: String,
}

impl From<CrmWrite> for WriteView {
    fn from(write: CrmWrite) -> Self {
        Self {
            id: write.id.to_string(),
            suggestion: write.suggestion.to_string(),
            contact: write.contact.to_string(),
            record: write.external_id,
            owner: write.owner,
            company_made: write.account,
            before: write.before.as_ref().map(to_card),
            after: to_card(&write.after),
            state: write.state.as_str(),
            detail: write.detail,
            values_deleted: write.erased,
            created_at: time(write.created_at),
            changed_at: time(write.changed_at),
        }
    }
}

/// The tenant's connected CRM.
#[utoipa::path(
    get, path = "/crm", tag = "crm", security(("token" = ["crm:read"])),
    responses((status = 200, description = "The connection", body = ConnectionView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<ConnectionView>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    let mut conn = state.db.read().await?;
    let found = crm_connections::get(&mut conn, &access.tenant).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("CRM connection"))?.into()))
}

/// Connects the tenant's CRM after trying it; the same request again changes nothing. Its records
/// are read at once and kept up to date; what is accepted from now on is written to it.
#[utoipa::path(
    put, path = "/crm", tag = "crm", security(("token" = ["crm:write"])), request_body = Sent,
    responses((status = 200, description = "The connection", body = ConnectionView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<ConnectionView>, Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    Ok(Json(save(&state, &access, sent).await?.into()))
}

/// Tries the settings, and connects the CRM that they point to.
pub(in crate::web) async fn save(
    state: &State,
    access: &Access,
    sent: Sent,
) -> Result<CrmConnection, Problem> {
    let Access { tenant, actor } = access;
    let until = edge::moment("secret_expires_at", sent.secret_expires_at.as_deref())?;
    let settings = sent.settings()?;
    if until.is_some() && settings.kind != Kind::Dynamics {
        let detail = "only the secret of an app at Microsoft ends: kind must be `dynamics`";
        return Err(Problem::invalid("secret_expires_at", detail));
    }
    state.probes.count(access)?;
    let target = connection::check(&state.crm, &state.db, &state.vault, tenant, &settings).await?;
    let now = state.clock.now();
    // A write may be settled at this moment.
    let save = async || -> Result<Option<CrmConnection>, ConnectError> {
        let mut tx = state.db.begin_write().await?;
        connection::save(&mut tx, &state.vault, tenant, &settings, &target, now).await?;
        if let Some(until) = until {
            connection::note_secret_end(&mut tx, tenant, &settings, until).await?;
        }
        audit::record(&mut tx, tenant, actor, "crm.connect", tenant.as_str(), now).await?;
        let saved = crm_connections::get(&mut tx, tenant).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(saved)
    };
    let saved = repeated(|| Box::pin(save())).await?;
    Box::pin(former::forget_soon(&state.db, tenant, now)).await;
    saved.ok_or_else(|| Problem::not_found("CRM connection"))
}

/// What was found where the settings point to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmFound)]
struct Found {
    /// Its address.
    url: String,
    /// The name that it is signed in with, or the account that the token opens.
    username: String,
    /// What it is called.
    #[schema(example = "HubSpot account 4711")]
    name: String,
    /// What this kind of CRM cannot do, as sentences.
    cannot: &'static [&'static str],
}

/// Tries the settings as `PUT /crm` would, and saves nothing.
#[utoipa::path(
    post, path = "/crm/check", tag = "crm", security(("token" = ["crm:write"])),
    request_body = Sent,
    responses((status = 200, description = "It can be connected", body = Found), Refused)
)]
async fn check(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<Found>, Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    let settings = sent.settings()?;
    state.probes.count(&access)?;
    let tenant = access.tenant;
    let found = connection::check(&state.crm, &state.db, &state.vault, &tenant, &settings).await?;
    Ok(Json(Found {
        url: found.url.to_string(),
        username: found.username,
        name: found.name,
        cannot: Crm::cannot(settings.kind),
    }))
}

/// Disconnects the tenant's CRM and forgets its records and what was written to it; the CRM itself
/// stays as it is.
#[utoipa::path(
    delete, path = "/crm", tag = "crm", security(("token" = ["crm:write"])),
    responses((status = 204, description = "Disconnected"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<StatusCode, Problem> {
    forget(&state, &caller.may(Scope::CrmWrite)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disconnects the CRM.
pub(in crate::web) async fn forget(state: &State, access: &Access) -> Result<(), Problem> {
    let Access { tenant, actor } = access;
    let now = state.clock.now();
    // A write may be settled at this moment.
    let remove = async || -> Result<bool, StoreError> {
        let mut tx = state.db.begin_write().await?;
        if !connection::remove(&mut tx, tenant, now).await? {
            return Ok(false);
        }
        audit::record(&mut tx, tenant, actor, "crm.disconnect", tenant.as_str(), now).await?;
        tx.commit().await?;
        Ok(true)
    };
    let removed = repeated(|| Box::pin(remove())).await?;
    Box::pin(former::forget_soon(&state.db, tenant, now)).await;
    if removed { Ok(()) } else { Err(Problem::not_found("CRM connection")) }
}

/// Which writes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `next` of the page before.
    before: Option<String>,
    /// How many entries at most, 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// What was written to the CRM, newest first, with what was there before.
#[utoipa::path(
    get, path = "/crm/writes", tag = "crm", security(("token" = ["crm:read"])), params(Filter),
    responses((status = 200, description = "A page", body = Page<WriteView>), Refused)
)]
async fn writes(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<WriteView>>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    let before = edge::id_in("before", filter.before.as_deref())?;
    let limit = edge::limit(filter.limit)?;
    let mut conn = state.db.read().await?;
    let found = crm_writes::page(&mut conn, &access.tenant, before.as_ref(), limit + 1).await?;
    let views = found.into_iter().map(WriteView::from).collect();
    Ok(Json(edge::page(views, limit, |view: &WriteView| view.id.clone())))
}

/// What a kind can be, as a sentence.
fn kinds() -> String {
    let names: Vec<String> = Kind::ALL.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
    format!("kind must be one of {}", names.join(", "))
}

impl Sent {
    fn settings(self) -> Result<Settings, Problem> {
        let kind = Kind::parse(&self.kind).ok_or_else(|| Problem::invalid("kind", kinds()))?;
        let usual = match kind {
            Kind::CardDav | Kind::Salesforce | Kind::Dynamics | Kind::Tryton => None,
            Kind::HubSpot => Some(HubSpot::URL),
            Kind::Pipedrive => Some(Pipedrive::URL),
        };
        let url = self.url.as_deref().or(usual).unwrap_or_default();
        let username = match kind {
            Kind::CardDav | Kind::Tryton => {
                edge::line("username", self.username.as_deref().unwrap_or_default(), 254)?
            }
            Kind::HubSpot | Kind::Pipedrive => String::new(),
            Kind::Salesforce => {
                edge::line("username", self.username.as_deref().unwrap_or_default(), 512)?
            }
            Kind::Dynamics => {
                let name = self.username.as_deref().unwrap_or_default().trim();
                App::parse(name).ok_or_else(|| {
                    let why = "username must be the client id of an app, an @ and its directory";
                    Problem::invalid("username", why)
                })?;
                name.to_owned()
            }
        };
        Ok(Settings {
            kind,
            url: Url::parse(&edge::line("url", url, 2_000)?)
                .map_err(|_| Problem::invalid("url", "url is not an address like https://…"))?,
            username,
            password: self.password,
        })
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        let detail = told(&error, NOTHING_SAVED);
        match error {
            ConnectError::PasswordNeeded | ConnectError::Certificate(_) => {
                Self::invalid("password", detail)
            }
            ConnectError::Choose(_) => Self::invalid("url", detail),
            ConnectError::Crm(CrmError::Store(error)) => error.into(),
            ConnectError::Crm(_) => Self::new(problem::Kind::ConnectionRefused, detail),
        }
    }
}
