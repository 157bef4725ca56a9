//! The web as it is served, without a socket: a clock to move, and people and programs that use it.

use super::databases::Database;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use undersigned::clock::{Clock, Millis};
use undersigned::config::{self, Smtp};
use undersigned::contact::{Contact, EmailAddress};
use undersigned::crm::http::Http;
use undersigned::followup::smtp::Way;
use undersigned::matching::{Dates, Level};
use undersigned::source::discover::Discoverer;
use undersigned::source::graph;
use undersigned::source::imap::{Connector, Keys};
use undersigned::source::oauth::Exchanges;
use undersigned::store::lists::ContactList;
use undersigned::store::suggestions::{Kind, State, Suggestion};
use undersigned::store::tenants::{NewTenant, Tenant};
use undersigned::store::tokens::{self, NewToken, Scope};
use undersigned::store::users::{self, NewUser, Role};
use undersigned::store::{
    ApiTokenId, Db, SuggestionId, TenantId, Writes, lists, suggestions, tenants,
};
use undersigned::vault::Vault;
use undersigned::web::auth::{Proxies, password, secret::Secret};
use undersigned::web::{self, Parts};

/// When it is, at first.
pub(crate) const NOW: Millis = Millis(1_795_000_000_000);

/// What everybody signs in with.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Everything that is served, over a database of one's own.
pub(crate) struct Site {
    /// The database.
    pub(crate) db: Db,
    /// Stands still until it is moved.
    pub(crate) clock: Clock,
    /// Cancelled when the process is to stop.
    pub(crate) stop: CancellationToken,
    /// Seals what is kept.
    pub(crate) vault: Vault,
    router: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a form of this page carries under `name`.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Site {
    /// A site at `public_url`.
    pub(crate) async fn open(database: &Database, public_url: &str) -> Self {
        Self::open_with(database, public_url, Connector::new(None, false).unwrap()).await
    }

    /// A site that reaches mailboxes so.
    pub(crate) async fn open_with(database: &Database, public_url: &str, imap: Connector) -> Self {
        let crm = Http::new(&config::Crm::default()).unwrap();
        Self::open_with_crm(database, public_url, imap, crm).await
    }

    /// A site that reaches mailboxes and CRMs so.
    pub(crate) async fn open_with_crm(
        database: &Database,
        public_url: &str,
        imap: Connector,
        crm: Http,
    ) -> Self {
        Self::open_as(database, public_url, (imap, config::Graph::default(), crm)).await
    }

    /// A site that reaches Microsoft so.
    pub(crate) async fn open_with_graph(
        database: &Database,
        public_url: &str,
        graph: config::Graph,
    ) -> Self {
        let imap = Connector::new(None, false).unwrap();
        let crm = Http::new(&config::Crm::default()).unwrap();
        Self::open_as(database, public_url, (imap, graph, crm)).await
    }

    async fn open_as(
        database: &Database,
        public_url: &str,
        (imap, graph, crm): (Connector, config::Graph, Http),
    ) -> Self {
        let db = database.open().await;
        let clock = Clock::fixed(NOW);
        let vault = Vault::ephemeral();
        let stop = CancellationToken::new();
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        let keys = Keys::new(db.clone(), vault.clone(), clock.clone(), &imap, exchanges);
        let state = web::State::new(Parts {
            db: db.clone(),
            vault: vault.clone(),
            clock: clock.clone(),
            public_url: public_url.parse().unwrap(),
            imap,
            keys,
            discoverer: Discoverer::new(None, false, false).unwrap(),
            proxies: Proxies::default(),
            graph: graph::Connector::new(&graph).unwrap(),
            smtp: Way::new(&Smtp::default()).unwrap(),
            has_operator: false,
            crm,
            stop: stop.clone(),
        });
        Self { db, clock, stop, vault, router: web::router(state.unwrap()) }
    }

    /// Makes a tenant with one contact list.
    pub(crate) async fn tenant(&self, name: &str) -> (Tenant, ContactList) {
        let now = self.clock.now();
        let mut tx = self.db.begin_write().await.unwrap();
        let new = NewTenant { name, region: "DE" };
        let tenant = tenants::create(&mut tx, &self.vault, &new, now).await.unwrap();
        let list = lists::create(&mut tx, &tenant.id, "Sales", now).await.unwrap();
        tx.commit().await.unwrap();
        (tenant, list)
    }

    /// Makes an account with [`PASSWORD`].
    pub(crate) async fn user(&self, tenant: &TenantId, email: &str, role: Role) {
        let mut tx = self.db.begin_write().await.unwrap();
        let new = NewUser {
            tenant,
            email: &EmailAddress::parse(email).unwrap(),
            name: "Anna",
            role,
            password_hash: &password::hash(PASSWORD).unwrap(),
        };
        users::create(&mut tx, &new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes a token with these scopes that ends after an hour.
    pub(crate) async fn token(&self, tenant: &TenantId, scopes: &[Scope]) -> (ApiTokenId, String) {
        let secret = Secret::token();
        let now = self.clock.now();
        let new = NewToken {
            tenant,
            name: "story",
            token_hash: &secret.hash(),
            scopes: &scopes.iter().copied().collect::<BTreeSet<_>>(),
            expires_at: Some(now.plus_secs(3600)),
        };
        let mut tx = self.db.begin_write().await.unwrap();
        let id = tokens::create(&mut tx, &new, now).await.unwrap();
        tx.commit().await.unwrap();
        (id, secret.plain().to_owned())
    }

    /// Puts a suggestion into a list.
    pub(crate) async fn suggest(
        &self,
        tenant: &TenantId,
        list: &ContactList,
        contact: Contact,
        known: Option<Contact>,
    ) -> SuggestionId {
        let now = self.clock.now();
        let id = SuggestionId::new();
        let is_known = known.is_some();
        let suggestion = Suggestion {
            id: id.clone(),
            tenant: tenant.clone(),
            list: list.id.clone(),
            kind: if is_known { Kind::Update } else { Kind::New },
            state: State::Open,
            contact,
            known,
            known_id: None,
            match_level: if is_known { Level::Exact } else { Level::None },
            match_reasons: Vec::new(),
            match_evidence: None,
            contact_id: None,
            before_accept: None,
            decided_by: None,
            dates: Dates::default(),
            created_at: now,
            changed_at: now,
        };
        let mut tx = self.db.begin_write().await.unwrap();
        let mut writes = Writes::default();
        writes.add(suggestions::inserting(&suggestion, id.as_str()));
        writes.run(&mut tx).await.unwrap();
        lists::touch(&mut tx, tenant, &list.id).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Sends one request and reads the answer to its end.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.begin(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Sends one request; the answer's body is still to come.
    pub(crate) async fn begin(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A program's request.
    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    /// A browser's request for a page.
    pub(crate) async fn look(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path)
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// A browser's form.
    pub(crate) async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, cookie, fields)).await
    }

    /// Signs in and gives the cookie.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let answer = self.post("/sign-in", "", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// A form as a browser sends it.
pub(crate) fn form(path: &str, cookie: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::post(path)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap()
}
