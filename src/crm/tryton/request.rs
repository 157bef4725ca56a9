//! The requests that are made of Tryton's JSON-RPC.

use super::answer::{Outcome, Party, Relation, outcome};
use super::place::{FURTHER, Place};
use crate::crm::CrmError;
use crate::crm::http::{Answer, Http};
use crate::crm::mapping::Mapping;
use crate::crm::sessions::{Session, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;
use url::Url;
use zeroize::Zeroizing;

/// The longest answer that is read: a page of parties.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// Relations of one page of parties.
const MANY: usize = 10_000;
/// What is asked of every party, beside the fields of the mapping.
const FIELDS: [&str; 16] = [
    "active",
    "replaced_by",
    "_timestamp",
    "create_uid",
    "create_date",
    "contact_mechanisms.active",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "contact_mechanisms._timestamp",
    "addresses.active",
    "addresses.street",
    "addresses.postal_code",
    "addresses.city",
    "addresses.country.code",
    "addresses._timestamp",
    "name",
];

/// The times at which the rows that a write was made for were changed, by model and id.
pub(super) type Timestamps = BTreeMap<String, String>;

/// What the user may do with parties, contact mechanisms and addresses.
pub(super) struct Rights(BTreeMap<String, BTreeMap<String, Value>>);

impl Rights {
    const MODELS: [&str; 3] = ["party.party", "party.contact_mechanism", "party.address"];
    const KINDS: [&str; 4] = ["read", "write", "create", "delete"];

    /// What it may not do though it is needed, as one sentence.
    pub(super) fn lacking(&self) -> Option<String> {
        let may = |model: &str, kind: &str| {
            let right = self.0.get(model).and_then(|rights| rights.get(kind));
            right.is_some_and(|right| right.as_bool() != Some(false) && right.as_i64() != Some(0))
        };
        let all = Self::MODELS.into_iter().flat_map(|model| Self::KINDS.map(|kind| (model, kind)));
        let lacks: Vec<String> = all
            .filter(|(model, kind)| !may(model, kind))
            .map(|(m, k)| format!("{k} {m}"))
            .collect();
        (!lacks.is_empty()).then(|| {
            let lacks = lacks.join(", ");
            format!("its user may not {lacks}; give the user a group that may")
        })
    }
}

/// One database, as a user of it.
pub(super) struct Api {
    http: Http,
    base: Url,
    username: String,
    password: Zeroizing<String>,
    /// Which of the parts of addresses that are only read the database has.
    further: OnceCell<Vec<&'static str>>,
    /// Stands for the user where the session is kept.
    key: String,
}

impl Api {
    pub(super) fn new(
        http: Http,
        base: Url,
        username: String,
        password: Zeroizing<String>,
    ) -> Self {
        let key = key(&["tryton", base.as_str(), &username, &password]);
        Self { http, base, username, password, further: OnceCell::new(), key }
    }

    /// What the user may do.
    pub(super) async fn rights(&self) -> Result<Rights, CrmError> {
        let params = json!([Rights::MODELS, {}]);
        let answer = self.call("model.ir.model.access.get_access", params).await?.result()?;
        good(answer).map(Rights)
    }

    /// The parties that a domain names, by id, those that are deactivated too, with what is needed of
    /// them: the contact mechanisms and addresses that are active.
    pub(super) async fn parties(
        &self,
        mapping: &Mapping,
        domain: Value,
        limit: usize,
    ) -> Result<Vec<Party>, CrmError> {
        let own = mapping.properties().filter(|name| Place::of(name) == Place::Own);
        let mut fields: BTreeSet<String> =
            FIELDS.into_iter().chain(own).map(str::to_owned).collect();
        if mapping.properties().any(|name| matches!(Place::of(name), Place::Further(_))) {
            fields.extend(self.further().await?.iter().map(|part| match *part {
                "subdivision" => "addresses.subdivision.code".to_owned(),
                part => format!("addresses.{part}"),
            }));
        }
        let mut found: Vec<Party> =
            self.search("party.party", domain, limit, &json!(fields)).await?;
        for party in &mut found {
            party.mechanisms.retain(|it| it.active);
            party.addresses.retain(|it| it.active);
        }
        Ok(found)
    }

    /// Which of the parts of addresses that are only read there are: earlier releases have not all of them.
    async fn further(&self) -> Result<&[&'static str], CrmError> {
        let known = async || {
            let params = json!([[], {"language": "en"}]);
            let answer = self.call("model.party.address.fields_get", params).await?.result()?;
            let known: BTreeMap<String, Described> = good(answer)?;
            Ok(FURTHER.into_iter().filter(|part| known.contains_key(*part)).collect())
        };
        self.further.get_or_try_init(known).await.map(Vec::as_slice)
    }

    async fn search<T: DeserializeOwned>(
        &self,
        model: &str,
        domain: Value,
        limit: usize,
        fields: &Value,
    ) -> Result<Vec<T>, CrmError> {
        let context = json!({"language": "en", "active_test": false});
        let params = json!([domain, 0, limit, [["id", "ASC"]], fields, context]);
        let method = format!("model.{model}.search_read");
        good(self.call(&method, params).await?.result()?)
    }

    /// The names of the party's own fields that hold a text and can be written.
    pub(super) async fn texts(&self) -> Result<BTreeSet<String>, CrmError> {
        let params = json!([[], {"language": "en"}]);
        let answer = self.call("model.party.party.fields_get", params).await?.result()?;
        let fields: BTreeMap<String, Described> = good(answer)?;
        let texts = fields.into_iter().filter(|(_, it)| it.is_text() && !it.is_readonly());
        Ok(texts.map(|(name, _)| name).collect())
    }

    /// Which of these kinds of relation there are; none without the module `party_relationship`.
    pub(super) async fn relation_types(
        &self,
        types: &BTreeSet<i64>,
    ) -> Result<BTreeSet<i64>, CrmError> {
        if types.is_empty() {
            return Ok(BTreeSet::new());
        }
        let params = json!([[["id", "in", types]], 0, MANY, null, ["name"], {"language": "en"}]);
        let answer = match self.call("model.party.relation.type.search_read", params).await? {
            Outcome::Stumbled => return Ok(BTreeSet::new()),
            outcome => outcome.result()?,
        };
        let found: Vec<Id> = good(answer)?;
        Ok(found.into_iter().map(|it| it.id).collect())
    }

    /// The relations of these types that lead from these parties (`side` is `from_`), or to them
    /// (`to`).
    pub(super) async fn relations(
        &self,
        side: &str,
        ids: &[i64],
        types: &BTreeSet<i64>,
    ) -> Result<Vec<Relation>, CrmError> {
        let domain = json!([[side, "in", ids], ["type", "in", types], ["active", "=", true]]);
        let fields = json!(["from_", "to", "to.name", "type"]);
        self.search("party.relation.all", domain, MANY, &fields).await
    }

    /// The id of a country (ISO 3166-1 alpha-2), if the database knows countries.
    pub(super) async fn country(&self, code: &str) -> Result<Option<i64>, CrmError> {
        let domain = json!([["code", "=", code]]);
        let found: Vec<Id> = self.search("country.country", domain, 1, &json!(["code"])).await?;
        Ok(found.first().map(|it| it.id))
    }

    /// Reads a party that a search does not find.
    pub(super) async fn look(&self, id: &str) -> Result<Outcome, CrmError> {
        let id: i64 = id.parse().map_err(|_| CrmError::not_understood())?;
        let params = json!([[id], ["active", "replaced_by"], {"language": "en"}]);
        self.call("model.party.party.read", params).await
    }

    /// Makes a party.
    pub(super) async fn create(&self, values: &Value) -> Result<Outcome, CrmError> {
        let params = json!([[values], {"language": "en"}]);
        self.call("model.party.party.create", params).await
    }

    /// Changes a party, if nothing of it was changed since `seen`.
    pub(super) async fn write(
        &self,
        id: i64,
        seen: &Timestamps,
        values: &Value,
    ) -> Result<Outcome, CrmError> {
        let params = json!([[id], values, {"language": "en", "_timestamp": seen}]);
        self.call("model.party.party.write", params).await
    }

    /// Removes a party, if it was not changed since `seen`.
    pub(super) async fn delete(&self, id: i64, seen: &Timestamps) -> Result<Outcome, CrmError> {
        let params = json!([[id], {"language": "en", "_timestamp": seen}]);
        self.call("model.party.party.delete", params).await
    }

    /// The id of the user.
    pub(super) async fn user(&self) -> Result<i64, CrmError> {
        Ok(self.session(None).await?.told)
    }

    /// Calls a method as the user; signs in first if need be, and once more if the session has ended.
    async fn call(&self, method: &str, params: Value) -> Result<Outcome, CrmError> {
        let request = json!({"id": 1, "method": method, "params": params});
        let mut ended = None;
        for _ in 0..2 {
            let token = self.session(ended.as_ref()).await?.token;
            match outcome(&self.ask(&request, Some(&token)).await?)? {
                Outcome::SignedOut => ended = Some(token),
                outcome => return Ok(outcome),
            }
        }
        Err(CrmError::WrongPassword)
    }

    /// The session, with another token than that of one which has ended.
    async fn session(&self, ended: Option<&SecretString>) -> Result<Session<i64>, CrmError> {
        self.http.users().get(&self.key, ended, self.sign_in()).await
    }

    async fn sign_in(&self) -> Result<Session<i64>, CrmError> {
        let params = json!([self.username, {"password": self.password.as_str()}, "en"]);
        let request = json!({"id": 0, "method": "common.db.login", "params": params});
        let answer = outcome(&self.ask(&request, None).await?)?.result()?;
        let who: Vec<Value> = good(answer)?;
        let [Value::Number(user), Value::String(token), ..] = who.as_slice() else {
            return Err(CrmError::not_understood());
        };
        let user = user.as_i64().ok_or_else(CrmError::not_understood)?;
        let plain = Zeroizing::new(format!("{}:{user}:{token}", self.username));
        let header = format!("Session {}", STANDARD.encode(plain.as_bytes()));
        Ok(Session { token: header.into(), until: None, told: user })
    }

    /// Asks; `token` is what the `Authorization` header says.
    async fn ask(&self, request: &Value, token: Option<&SecretString>) -> Result<Answer, CrmError> {
        let mut url = self.base.clone();
        if url.path().trim_matches('/').is_empty() {
            return Err(CrmError::Refused(
                "its address names no database; enter https://SERVER/DATABASE/".into(),
            ));
        }
        url.path_segments_mut()
            .map_err(|()| CrmError::no_address())?
            .pop_if_empty()
            .extend(["rpc", ""]);
        self.http.allow(&url)?;
        let mut post = self.http.client().post(url).json(request);
        if let Some(token) = token {
            post = post.header(AUTHORIZATION, token.expose_secret());
        }
        self.http.exchange(post, MAX_ANSWER).await
    }
}

#[derive(Deserialize)]
struct Id {
    id: i64,
}

/// A field as the database describes it.
#[derive(Deserialize)]
struct Described {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    readonly: Value,
}

impl Described {
    fn is_text(&self) -> bool {
        matches!(self.kind.as_str(), "char" | "text")
    }

    fn is_readonly(&self) -> bool {
        self.readonly.as_bool() == Some(true) || self.readonly.as_i64() == Some(1)
    }
}

fn good<T: DeserializeOwned>(answer: Value) -> Result<T, CrmError> {
    serde_json::from_value(answer).map_err(|_| CrmError::not_understood())
}
