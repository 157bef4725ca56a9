//! The tokens that open mailboxes. An app's own is shared by all mailboxes of its tenant, and so is for
//! a while that there is none; a person's belongs to one. Each is asked for by one task at a time.

use super::connect::CONSENT_LIFE;
use super::connector::Connector;
use super::fault::Fault;
use super::personal::directory_of;
use crate::clock::{Clock, Millis};
use crate::source::oauth::{Exchanges, Grant, Party, Proof, TokenError, Tokens};
use crate::store::graph::{self, Access, App};
use crate::store::mailboxes::{Held, Mailbox};
use crate::store::{Db, StoreError, TenantId};
use crate::vault::Vault;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token is renewed so many seconds before it ends.
const MARGIN: i64 = 120;

/// A token that was got no more seconds ago is as fresh as one can be had.
const FRESH: i64 = 300;

/// After so many seconds a fresh token is asked for again that could not be had, while the one before is good.
pub(super) const AGAIN_SECS: i64 = 120;

/// For how long nobody asks again for an app's token after one has asked in vain. Who waited meanwhile
/// has waited for that.
const IN_VAIN: Duration = Duration::from_secs(5);

/// What stands, before the name of a directory, for its token endpoint among the mailboxes that an app
/// asks about; no mailbox has such a name.
const TOKENS: &str = "*tokens*";

/// A token and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    secret: SecretString,
    since: Millis,
    until: Millis,
    /// Which version of the app registration it was got with.
    app_changed_at: Millis,
    /// When a fresh one was last asked for in vain.
    in_vain_at: Option<Millis>,
}

/// What token is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// One that is good.
    Good,
    /// One that was got just now: Graph wants the one before replaced before it ends. Of an app's mailboxes, for
    /// all of which that comes at the same time, the first gets the new one.
    Fresh,
}

/// A token that opens a mailbox now.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) secret: SecretString,
    /// Whether it was got just now.
    pub(super) is_fresh: bool,
}

impl Token {
    fn new(tokens: &Tokens, app: &App, now: Millis) -> Self {
        Self {
            secret: tokens.access.clone(),
            since: now,
            until: now.plus_secs(tokens.lifetime_seconds - MARGIN),
            app_changed_at: app.changed_at,
            in_vain_at: None,
        }
    }

    fn given(&self, now: Millis) -> Given {
        let is_fresh = now <= self.since.plus_secs(FRESH);
        Given { secret: self.secret.clone(), is_fresh }
    }

    /// The token, if it need not be asked for what is wanted.
    fn serves(&self, want: Want, now: Millis) -> Option<Given> {
        let given = self.given(now);
        let is_asked_for = self.in_vain_at.is_some_and(|at| now < at.plus_secs(AGAIN_SECS));
        (want == Want::Good || given.is_fresh || is_asked_for).then_some(given)
    }

    fn is_good(&self, app: &App, now: Millis) -> bool {
        now < self.until && self.app_changed_at == app.changed_at
    }
}

/// What there is where another token could not be had: the one before, if it is good still and nobody has refused
/// anything.
fn instead(before: &mut Option<Token>, fault: Fault, now: Millis) -> Result<Given, Fault> {
    let goes_on = fault.passes() && !matches!(fault, Fault::Stopped);
    if let Some(token) = before.as_mut().filter(|_| goes_on) {
        token.in_vain_at = Some(now);
        return Ok(token.given(now));
    }
    *before = None;
    Err(fault)
}

/// What is known of an app's token.
#[derive(Debug, Default)]
struct OfApp {
    token: Option<Token>,
    /// Why the one who asked last got none, when, and with which version of the app registration.
    refusal: Option<(TokenError, Instant, Millis)>,
}

impl OfApp {
    /// What can be said without asking.
    fn known(&self, app: &App, want: Want, now: Millis) -> Option<Result<Given, TokenError>> {
        if let Some(given) = self.token.as_ref().and_then(|token| token.serves(want, now)) {
            return Some(Ok(given));
        }
        let (error, at, changed_at) = self.refusal.as_ref()?;
        let holds = at.elapsed() < IN_VAIN && *changed_at == app.changed_at;
        holds.then(|| Err(error.clone()))
    }
}

/// A place for what is known of one; who looks for a token waits for who asks for it.
type Place = Arc<tokio::sync::Mutex<OfApp>>;

/// Gets and keeps the tokens that open mailboxes, in memory only. One serves a whole process.
pub struct Keys {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) connector: Connector,
    of_apps: Mutex<HashMap<TenantId, Place>>,
    exchanges: Exchanges,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// With the tokens that `exchanges` gets for persons' consents.
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        connector: Connector,
        exchanges: Exchanges,
    ) -> Self {
        Self { db, vault, clock, connector, of_apps: Mutex::default(), exchanges }
    }

    /// A token for a mailbox. `own` is the mailbox's place for a person's token. Where a fresh one cannot be had now,
    /// the one before goes on until it ends.
    pub(super) async fn for_mailbox(
        &self,
        held: &Held,
        access: Access,
        app: &App,
        want: Want,
        own: &mut Option<Token>,
    ) -> Result<Given, Fault> {
        let now = self.clock.now();
        match access {
            Access::Application => self.of_app(&held.mailbox.tenant, app, want, now).await,
            Access::Delegated => {
                own.take_if(|token| !token.is_good(app, now));
                if let Some(given) = own.as_ref().and_then(|token| token.serves(want, now)) {
                    return Ok(given);
                }
                match self.refreshed(&held.mailbox, app).await {
                    Ok(tokens) => Ok(own.insert(Token::new(&tokens, app, now)).given(now)),
                    Err(fault) => instead(own, fault, now),
                }
            }
        }
    }

    /// A token of a tenant's app. Who asks in vain has asked for all who wait or come shortly after.
    async fn of_app(
        &self,
        tenant: &TenantId,
        app: &App,
        want: Want,
        now: Millis,
    ) -> Result<Given, Fault> {
        let place = self.place_of(tenant);
        let mut of_app = place.lock().await;
        of_app.token.take_if(|token| !token.is_good(app, now));
        if let Some(known) = of_app.known(app, want, now) {
            return Ok(known?);
        }
        let fault = match as_app(&self.connector, app, now).await {
            Ok(tokens) => {
                *of_app = OfApp::default();
                return Ok(of_app.token.insert(Token::new(&tokens, app, now)).given(now));
            }
            Err(fault) => fault,
        };
        let instead = instead(&mut of_app.token, fault, now);
        if let Err(Fault::Token(error)) = &instead
            // For how long is to be waited still, the gate knows.
            && !matches!(error, TokenError::Throttled(_))
        {
            of_app.refusal = Some((error.clone(), Instant::now(), app.changed_at));
        }
        instead
    }

    /// Throws a token away that Graph does not accept, unless another one is there instead by now.
    pub(super) async fn forget(
        &self,
        tenant: &TenantId,
        access: Access,
        refused: &SecretString,
        own: &mut Option<Token>,
    ) {
        let is_refused =
            |token: &mut Token| token.secret.expose_secret() == refused.expose_secret();
        match access {
            Access::Application => {
                let place = self.place_of(tenant);
                place.lock().await.token.take_if(is_refused);
            }
            Access::Delegated => {
                own.take_if(is_refused);
            }
        }
    }

    fn place_of(&self, tenant: &TenantId) -> Place {
        let mut places = self.of_apps.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry(tenant.clone()).or_default())
    }

    /// Exchanges a person's refresh token, and notes that the consent was used.
    pub(super) async fn refreshed(&self, mailbox: &Mailbox, app: &App) -> Result<Tokens, Fault> {
        let now = self.clock.now();
        let Mailbox { tenant, id, .. } = mailbox;
        let (connector, app) = (self.connector.clone(), app.clone());
        let directory = directory_of(&app, &mailbox.address).to_owned();
        let exchange = move |token: SecretString| async move {
            ask(&connector, &app, &directory, &Grant::Refresh { token: &token }, now).await
        };
        let tokens = self.exchanges.make::<Fault, _>(mailbox, exchange).await?;
        if tokens.refresh.is_some() {
            let mut tx = self.db.begin_write().await?;
            graph::consent_used(&mut tx, tenant, id, now.plus_secs(CONSENT_LIFE)).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(tokens)
    }

    /// The tenant's app registration.
    pub(super) async fn app(&self, tenant: &TenantId) -> Result<App, Fault> {
        let mut conn = self.db.read().await?;
        graph::app(&mut conn, &self.vault, tenant).await?.ok_or(Fault::NoApp)
    }
}

/// Signs in as the app itself.
pub(super) async fn as_app(connector: &Connector, app: &App, now: Millis) -> Result<Tokens, Fault> {
    let grant = Grant::ClientCredentials { scope: connector.scope() };
    ask(connector, app, &app.directory, &grant, now).await
}

/// Asks a directory for tokens, in an app's name; not before it may be asked again.
pub(super) async fn ask(
    connector: &Connector,
    app: &App,
    directory: &str,
    grant: &Grant<'_>,
    now: Millis,
) -> Result<Tokens, Fault> {
    let proof = Proof::entered(app.secret.clone()).map_err(|_| TokenError::Unusable)?;
    let party = Party { client_id: &app.client_id, proof: &proof };
    let gate = connector.gates().to(app, &format!("{TOKENS}{directory}"));
    gate.check().map_err(TokenError::Throttled)?;
    let endpoint = connector.token_url(directory);
    let tokens = connector.tokens().ask(&endpoint, &party, grant, now).await;
    if let Err(TokenError::Throttled(wait)) = &tokens {
        gate.close(*wait);
    }
    Ok(tokens?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::source::graph::calls::Calls;
    use crate::store::graph::Credential;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tempfile::TempDir;
    use tokio::net::TcpListener;

    fn app(changed_at: i64) -> App {
        App {
            directory: "kugellager.test".to_owned(),
            client_id: "one".to_owned(),
            credential: Credential::Secret,
            secret: "secret".into(),
            secret_expires_at: None,
            changed_at: Millis(changed_at),
        }
    }

    /// The keys of a process, and how often a sign-in service, or a Graph, that never answers is called.
    async fn at_a_silent_service() -> (Keys, Arc<AtomicUsize>, TempDir) {
        let dir = TempDir::new().expect("a folder");
        let db = Db::open(&format!("sqlite://{}", dir.path().join("db").display()), 1).await;
        let (db, vault) = (db.expect("a database"), Vault::ephemeral());
        let clock = Clock::fixed(Millis(1_790_000_000_000));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let here = format!("http://{}", listener.local_addr().expect("an address"));
        let config =
            config::Graph { identity_url: here.clone(), api_url: here, ..config::Graph::default() };
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok(connection) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                open.push(connection);
            }
        });
        let connector = Connector::new(&config).expect("a connector");
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        (Keys::new(db, vault, clock, connector, exchanges), calls, dir)
    }

    #[tokio::test]
    async fn a_graph_that_is_silent_cannot_be_reached_after_half_a_minute() {
        let (keys, calls, _dir) = at_a_silent_service().await;
        tokio::time::pause();
        let began = Instant::now();
        let asked = Calls::new(&keys.connector, &app(1), "rep@kugellager.test", &"token".into());
        let answer = asked.expect("a token").folder_id("inbox").await;
        assert!(matches!(answer, Err(Fault::Unreachable)), "{answer:?}");
        assert!(began.elapsed() <= Duration::from_secs(31), "{:?}", began.elapsed());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_thousand_mailboxes_wait_together_for_a_sign_in_service_that_is_silent() {
        let (keys, calls, _dir) = at_a_silent_service().await;
        tokio::time::pause();
        let (tenant, now) = (TenantId::new(), keys.clock.now());
        let app = app(1);
        let look = |number: u64| {
            let (keys, tenant, app) = (&keys, &tenant, &app);
            async move {
                // They do not come at the same moment.
                tokio::time::sleep(Duration::from_millis(number * 9)).await;
                let began = Instant::now();
                let got = keys.of_app(tenant, app, Want::Good, now).await;
                assert!(matches!(got, Err(Fault::Token(TokenError::Unreachable))));
                began.elapsed()
            }
        };
        let waits = join_all((0..1000).map(look)).await;
        let longest = waits.into_iter().max().expect("a wait");
        assert!(longest <= Duration::from_secs(21), "{longest:?}");
        assert_eq!(calls.load(Ordering::Relaxed), 1);

        // What was entered anew is tried at once, and the old again after a while.
        let entered = self::app(2);
        assert!(keys.of_app(&tenant, &entered, Want::Good, now).await.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        tokio::time::sleep(IN_VAIN).await;
        assert!(keys.of_app(&tenant, &entered, Want::Good, now).await.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    }
}
