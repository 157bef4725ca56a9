//! Where a sealed value belongs; part of what is authenticated.

use super::sealed::KeyId;
use crate::store::{MailboxId, TenantId};

/// One value's place: of which tenant, of whom, in which column.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    tenant: &'a str,
    owner: &'a str,
    field: Field,
}

/// The columns that hold sealed values: all of them, so that a rotation misses none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `tenants.hash_key_sealed`; the owner is the tenant.
    HashKey,
    /// `mailboxes.password_sealed`; the owner is the mailbox.
    MailboxPassword,
    /// `technical_users.password_sealed`; the owner is the tenant.
    TechnicalUserPassword,
    /// `crm_connections.password_sealed`; the owner is the tenant.
    CrmPassword,
    /// `graph_apps.secret_sealed`; the owner is the tenant.
    GraphSecret,
    /// `oauth_apps.secret_sealed`; the owner is the sign-in service.
    OauthSecret,
    /// `webhooks.secret_sealed`; the owner is the tenant.
    WebhookSecret,
}

impl Field {
    /// Every sealed column.
    pub const ALL: [Self; 7] = [
        Self::HashKey,
        Self::MailboxPassword,
        Self::TechnicalUserPassword,
        Self::CrmPassword,
        Self::GraphSecret,
        Self::OauthSecret,
        Self::WebhookSecret,
    ];

    /// The column, `table.column`.
    pub fn column(self) -> &'static str {
        match self {
            Self::HashKey => "tenants.hash_key_sealed",
            Self::MailboxPassword => "mailboxes.password_sealed",
            Self::TechnicalUserPassword => "technical_users.password_sealed",
            Self::CrmPassword => "crm_connections.password_sealed",
            Self::GraphSecret => "graph_apps.secret_sealed",
            Self::OauthSecret => "oauth_apps.secret_sealed",
            Self::WebhookSecret => "webhooks.secret_sealed",
        }
    }
}

impl<'a> Place<'a> {
    /// The key of a tenant's keyed hashes.
    pub fn hash_key(tenant: &'a TenantId) -> Self {
        Self::of_row(Field::HashKey, tenant.as_str(), tenant.as_str())
    }

    /// The password of a mailbox.
    pub fn mailbox_password(tenant: &'a TenantId, mailbox: &'a MailboxId) -> Self {
        Self::of_row(Field::MailboxPassword, tenant.as_str(), mailbox.as_str())
    }

    /// The password of a tenant's technical user.
    pub fn technical_user_password(tenant: &'a TenantId) -> Self {
        Self::of_row(Field::TechnicalUserPassword, tenant.as_str(), tenant.as_str())
    }

    /// The password of a tenant's connected CRM.
    pub fn crm_password(tenant: &'a TenantId) -> Self {
        Self::of_row(Field::CrmPassword, tenant.as_str(), tenant.as_str())
    }

    /// The secret of a tenant's app at Microsoft Entra.
    pub fn graph_secret(tenant: &'a TenantId) -> Self {
        Self::of_row(Field::GraphSecret, tenant.as_str(), tenant.as_str())
    }

    /// The secret of a tenant's app at a sign-in service.
    pub fn oauth_secret(tenant: &'a TenantId, service: &'a str) -> Self {
        Self::of_row(Field::OauthSecret, tenant.as_str(), service)
    }

    /// The secret that a tenant's events are signed with.
    pub fn webhook_secret(tenant: &'a TenantId) -> Self {
        Self::of_row(Field::WebhookSecret, tenant.as_str(), tenant.as_str())
    }

    /// The place of one row of a sealed column.
    pub(super) fn of_row(field: Field, tenant: &'a str, owner: &'a str) -> Self {
        Self { tenant, owner, field }
    }

    /// What is authenticated beside the value: `version|key|tenant|owner|field`. No part can hold
    /// the separator.
    pub(super) fn associated(&self, version: &str, key: KeyId) -> Vec<u8> {
        format!("{version}|{key}|{}|{}|{}", self.tenant, self.owner, self.field.column())
            .into_bytes()
    }
}
