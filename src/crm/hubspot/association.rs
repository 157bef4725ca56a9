//! With which companies a contact is associated
//! (<https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide>).

use super::answer::{Object, Page};
use super::request::{Api, USUAL, expect};
use crate::crm::CrmError;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// A company that a contact is associated with.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) id: String,
    /// It is the one that HubSpot shows first.
    pub(super) is_primary: bool,
    /// Somebody has said what they are to each other, in a label of the account's own.
    pub(super) is_labelled: bool,
}

/// Whose types these are: HubSpot's, as [`PRIMARY`] and the one of every association.
const HUBSPOT: &str = "HUBSPOT_DEFINED";
/// Contact to primary company. It is of one company at a time; HubSpot takes it from the one before.
const PRIMARY: u32 = 1;
/// Companies of one contact that are looked at: the most that one request reads.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    to_object_id: u64,
    association_types: Vec<Type>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    category: String,
    type_id: u32,
}

impl Api {
    /// The companies of a contact.
    pub(super) async fn companies_of(&self, contact: &str) -> Result<Vec<Linked>, CrmError> {
        let mut url =
            self.url(&["crm", "v4", "objects", "contacts", contact, "associations", "companies"])?;
        url.query_pairs_mut().append_pair("limit", &MOST.to_string());
        let answer = self.ask(Method::GET, url, None, USUAL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let page: Page<Association> = expect(answer)?.read()?;
        let linked = page.results.into_iter().map(|it| Linked {
            id: it.to_object_id.to_string(),
            is_primary: it.association_types.iter().any(Type::is_primary),
            is_labelled: it.association_types.iter().any(|it| it.category != HUBSPOT),
        });
        Ok(linked.collect())
    }

    /// Makes a company the one that a contact belongs to before all others.
    pub(super) async fn associate(&self, contact: &str, company: &str) -> Result<(), CrmError> {
        let types = json!([{"associationCategory": HUBSPOT, "associationTypeId": PRIMARY}]);
        self.association(Method::PUT, contact, company, Some(types)).await
    }

    /// Parts a contact from a company.
    pub(super) async fn dissociate(&self, contact: &str, company: &str) -> Result<(), CrmError> {
        self.association(Method::DELETE, contact, company, None).await
    }

    async fn association(
        &self,
        method: Method,
        contact: &str,
        company: &str,
        types: Option<Value>,
    ) -> Result<(), CrmError> {
        let path =
            ["crm", "v4", "objects", "contacts", contact, "associations", "companies", company];
        let answer = self.ask(method, self.url(&path)?, types, USUAL).await?;
        expect(answer).map(|_| ())
    }

    /// Some companies with what they are called and where they are.
    pub(super) async fn companies(&self, linked: &[Linked]) -> Result<Vec<Object>, CrmError> {
        if linked.is_empty() {
            return Ok(Vec::new());
        }
        let url = self.url(&["crm", "v3", "objects", "companies", "batch", "read"])?;
        let inputs: Vec<Value> = linked.iter().take(MOST).map(|it| json!({"id": it.id})).collect();
        let body = json!({"inputs": inputs, "properties": ["name"], "propertiesWithHistory": []});
        let answer = expect(self.ask(Method::POST, url, Some(body), USUAL).await?)?;
        answer.read().map(|page: Page<Object>| page.results)
    }
}

impl Type {
    fn is_primary(&self) -> bool {
        self.category == HUBSPOT && self.type_id == PRIMARY
    }
}
