//! A tenant's app registration at a sign-in service that the operator has configured.

use super::client::{Grant, Tokens};
use super::desk::Question;
use super::error::TokenError;
use super::services::{Services, authorize_url};
use crate::clock::Millis;
use crate::config::Service;
use crate::store::oauth::{App, app};
use crate::store::{Db, TenantId};
use crate::vault::{Vault, VaultError};

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoApp {
    /// The operator has no such service.
    #[error("the sign-in service {0} is not configured: ask the operator to add it")]
    Service(String),
    /// The tenant has no app registration there.
    #[error("no app registration at {0} is entered for this tenant: enter client id and secret")]
    App(String),
    /// Its secret cannot be opened, or the database failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A service and a tenant's app there, opened for the moment.
#[derive(Debug)]
pub struct Registered<'a> {
    services: &'a Services,
    service: &'a Service,
    app: App,
}

impl<'a> Registered<'a> {
    /// Looks both up; `services` is none where the operator has configured none.
    pub async fn find(
        services: Option<&'a Services>,
        (db, vault): (&Db, &Vault),
        tenant: &TenantId,
        name: &str,
    ) -> Result<Self, NoApp> {
        let services = services.and_then(|services| Some((services, services.get(name)?)));
        let (services, service) = services.ok_or_else(|| NoApp::Service(name.to_owned()))?;
        let mut conn = db.read().await.map_err(VaultError::from)?;
        let app = app(&mut conn, vault, tenant, name).await?;
        Ok(Self { services, service, app: app.ok_or_else(|| NoApp::App(name.to_owned()))? })
    }

    /// The service.
    pub fn service(&self) -> &'a Service {
        self.service
    }

    /// What a person is asked there; none if the configured address is none.
    pub fn question<'q>(&'q self, account: &'q str) -> Option<Question<'q>> {
        let (client_id, scope) = (&self.app.client_id, &self.service.scope);
        let url = authorize_url(self.service, &self.app)?;
        let is_bound = !self.service.without_pkce;
        Some(Question { url, client_id, scope, account, is_bound })
    }

    /// Asks the service for tokens.
    pub async fn ask(&self, grant: &Grant<'_>, now: Millis) -> Result<Tokens, TokenError> {
        let unbound = match *grant {
            Grant::Code { code, redirect, .. } if self.service.without_pkce => {
                Some(Grant::Code { code, redirect, verifier: "" })
            }
            _ => None,
        };
        let grant = unbound.as_ref().unwrap_or(grant);
        self.services.ask(self.service, &self.app, grant, now).await
    }
}
