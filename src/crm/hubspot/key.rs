//! By what a try knows again what an earlier one has made: a property of ours, with values that HubSpot keeps
//! unique, holds the id of the write that made a record. Records are made by a batch upsert on it, which makes
//! a second one of no id, and they are found by it at once, whereas HubSpot's search lags
//! (<https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide>,
//! <https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide#upsert-contacts>).

use super::answer::{Batch, PropertyDetails, refusal};
use super::request::{Api, Taken, USUAL, refused};
use crate::crm::CrmError;
use crate::crm::mapping::Fields;
use reqwest::{Method, StatusCode};
use serde_json::json;

/// The property of ours.
pub(super) const KEY: &str = "undersigned_write";

impl Api {
    /// Whether records of a kind have the property of ours; it is made where it is not there. `false`: the
    /// token may not make it, or the account has as many unique properties as HubSpot allows.
    pub(super) async fn has_key(&self, kind: &str) -> Result<bool, CrmError> {
        if let Some(is_unique) = self.key_is_unique(kind).await? {
            return Ok(is_unique);
        }
        let group = if kind == "companies" { "companyinformation" } else { "contactinformation" };
        let body = json!({
            "name": KEY,
            "label": "undersigned: write",
            "description": "The write of undersigned that made this record; with it none is made twice.",
            "groupName": group,
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": true,
            "formField": false,
        });
        let url = self.url(&["crm", "v3", "properties", kind])?;
        let answer = self.ask(Method::POST, url, Some(body), USUAL).await?;
        match answer.status {
            status if status.is_success() => Ok(true),
            StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => Ok(false),
            // Somebody else has made it at the same moment.
            StatusCode::CONFLICT => Ok(self.key_is_unique(kind).await?.unwrap_or(false)),
            _ => Err(refusal(&answer)),
        }
    }

    /// `None`: there is no such property.
    async fn key_is_unique(&self, kind: &str) -> Result<Option<bool>, CrmError> {
        let url = self.url(&["crm", "v3", "properties", kind, KEY])?;
        let answer = self.ask(Method::GET, url, None, USUAL).await?;
        match answer.status {
            status if status.is_success() => {
                answer.read().map(|it: PropertyDetails| Some(it.has_unique_value))
            }
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::FORBIDDEN => Ok(Some(false)),
            _ => Err(refusal(&answer)),
        }
    }

    /// Makes a contact or company under an id of ours. One that is there under it gets these values.
    pub(super) async fn upsert(
        &self,
        kind: &str,
        key: &str,
        fields: &Fields,
    ) -> Result<Taken, CrmError> {
        let input = json!({"idProperty": KEY, "id": key, "properties": fields});
        let url = self.url(&["crm", "v3", "objects", kind, "batch", "upsert"])?;
        let body = json!({"inputs": [input]});
        let answer = self.ask(Method::POST, url, Some(body), USUAL).await?;
        if !answer.status.is_success() {
            return refused(&answer);
        }
        let Batch { mut results, errors } = answer.read()?;
        match (results.pop(), errors.into_iter().next()) {
            (Some(made), _) => Ok(Taken::Done(made)),
            (None, Some(trouble)) => Ok(trouble.into_taken()),
            (None, None) => Err(CrmError::not_understood()),
        }
    }
}
