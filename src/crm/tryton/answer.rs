//! What Tryton answers. Its words are never passed on: they repeat what was sent.

use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::http::Answer;
use crate::crm::noting::Answered;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use time::Date;

/// A party.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Party {
    pub(super) id: i64,
    #[serde(deserialize_with = "truth")]
    pub(super) active: bool,
    /// The one that it was merged into.
    #[serde(default)]
    pub(super) replaced_by: Option<i64>,
    #[serde(rename = "_timestamp")]
    pub(super) changed: String,
    pub(super) create_uid: Option<i64>,
    pub(super) create_date: Option<Stamp>,
    #[serde(rename = "contact_mechanisms.", default)]
    pub(super) mechanisms: Vec<Mechanism>,
    #[serde(rename = "addresses.", default)]
    pub(super) addresses: Vec<Address>,
    /// Whom it works for; asked for apart.
    #[serde(skip)]
    pub(super) employers: Vec<Relation>,
    /// Its own fields.
    #[serde(flatten)]
    pub(super) own: serde_json::Map<String, Value>,
}

/// A phone number, e-mail address, … of a party.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mechanism {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(deserialize_with = "truth")]
    pub(super) active: bool,
    #[serde(rename = "_timestamp")]
    pub(super) changed: String,
}

/// A postal address of a party.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Address {
    pub(super) id: i64,
    pub(super) street: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) city: Option<String>,
    #[serde(rename = "country.", default)]
    pub(super) country: Option<Coded>,
    #[serde(rename = "subdivision.", default)]
    pub(super) subdivision: Option<Coded>,
    #[serde(deserialize_with = "truth")]
    pub(super) active: bool,
    #[serde(rename = "_timestamp")]
    pub(super) changed: String,
    /// The parts that are only read.
    #[serde(flatten)]
    pub(super) further: serde_json::Map<String, Value>,
}

/// A country, or a part of one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Coded {
    pub(super) code: Option<String>,
}

/// A relation between two parties.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Relation {
    pub(super) id: i64,
    #[serde(rename = "from_")]
    pub(super) from: i64,
    pub(super) to: i64,
    #[serde(rename = "type")]
    pub(super) kind: i64,
    #[serde(rename = "to.")]
    pub(super) target: Named,
}

/// A party of which only the name is wanted.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

/// A time as Tryton writes it: UTC, in parts.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Stamp {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Party {
    /// What it is called.
    pub(super) fn name(&self) -> &str {
        self.own.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The party that it has become.
    pub(super) fn became(&self) -> Option<i64> {
        self.replaced_by.filter(|_| !self.active)
    }

    /// The city of its first address.
    pub(super) fn city(&self) -> &str {
        self.addresses.first().and_then(|it| it.city.as_deref()).unwrap_or_default()
    }
}

impl Stamp {
    /// The time, to the second.
    pub(super) fn millis(self) -> Option<Millis> {
        let date =
            Date::from_calendar_date(self.year, self.month.try_into().ok()?, self.day).ok()?;
        let at = date.with_hms(self.hour, self.minute, self.second).ok()?.assume_utc();
        Some(Millis(at.unix_timestamp().saturating_mul(1_000)))
    }
}

/// What a method came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// What it answers.
    Result(Value),
    /// A record has changed since it was read.
    Changed,
    /// There is no such record.
    Missing,
    /// Values, or the rules of the database, stand against it.
    Against,
    /// It asks whether it is really meant.
    Doubt,
    /// It has no such model or field, or something of it is broken.
    Stumbled,
    /// The session has ended.
    SignedOut,
}

impl Answered for Outcome {
    /// What fails in Tryton is rolled back; what has stumbled, nobody knows where.
    fn has_made_nothing(&self) -> bool {
        !matches!(self, Self::Result(_) | Self::Stumbled)
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error: Option<Vec<Value>>,
}

/// SQLite's truth is a number.
fn truth<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(is) => is,
        Value::Number(number) => number.as_i64() != Some(0),
        _ => false,
    })
}

/// Reads what a method came to.
pub(super) fn outcome(answer: &Answer) -> Result<Outcome, CrmError> {
    match answer.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Ok(Outcome::SignedOut),
        StatusCode::NOT_FOUND => {
            return Err(CrmError::Refused(
                "no such database is at its address; enter https://SERVER/DATABASE/".into(),
            ));
        }
        StatusCode::FORBIDDEN => {
            return Err(CrmError::Refused(
                "its version does not know what is asked, or forbids it; Tryton 7 and newer do"
                    .into(),
            ));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return Err(answer.asks_to_wait());
        }
        status if status.is_server_error() => {
            return Err(CrmError::Unreachable(format!("it answers {}", status.as_u16())));
        }
        status => {
            let status = status.as_u16();
            let why = format!("it answers {status}: is Tryton at its address?");
            return Err(CrmError::Refused(why));
        }
    }
    let body: Body = serde_json::from_str(&answer.body).map_err(|_| CrmError::not_understood())?;
    let Some(error) = body.error else { return Ok(Outcome::Result(body.result)) };
    match error.first().and_then(Value::as_str) {
        Some("ConcurrencyException") => Ok(Outcome::Changed),
        Some("UserError") if tells_missing(&error) => Ok(Outcome::Missing),
        Some("UserError") => Ok(Outcome::Against),
        Some("UserWarning") => Ok(Outcome::Doubt),
        Some("LoginException") => Err(CrmError::Refused(
            "it asks for a second factor; give undersigned a user that signs in by password alone"
                .into(),
        )),
        _ => Ok(Outcome::Stumbled),
    }
}

/// Whether an error says that a record does not exist, and not that a rule hides it: in English, the language of
/// all that is asked, `You are trying to read records "7" of "Party" that don't exist.`
fn tells_missing(error: &[Value]) -> bool {
    let told = error.get(1).and_then(|told| told.get(0)).and_then(Value::as_str);
    told.is_some_and(|told| told.trim_end().trim_end_matches('.').ends_with("that don't exist"))
}

impl Outcome {
    /// The answer, where nothing is expected to stand against it.
    pub(super) fn result(self) -> Result<Value, CrmError> {
        let why = match self {
            Self::Result(value) => return Ok(value),
            Self::SignedOut => return Err(CrmError::WrongPassword),
            Self::Changed | Self::Missing | Self::Against | Self::Doubt => {
                "it does not let its user read that; look at the user's groups"
            }
            Self::Stumbled => {
                "it stumbles over what is asked: are the module party and the fields of the \
                 mapping there?"
            }
        };
        Err(CrmError::Refused(why.into()))
    }
}
