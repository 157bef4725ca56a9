//! The requests that are made of an environment's Web API, no faster than it allows.

use super::answer::{Page, Row, code, invalid, is_hidden, lacks, refusal};
use super::app::App;
use super::query::query;
use crate::clock::Clock;
use crate::crm::CrmError;
use crate::crm::http::{Answer, Http};
use crate::crm::noting::Answered;
use crate::crm::pace::Pace;
use crate::crm::sessions::{Session, key};
use crate::source::oauth::{BadCertificate, Grant, Party, Proof, TokenError};
use reqwest::header::{ACCEPT, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// The longest answer that is read: a page of contacts.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// A user may ask 6,000 times in five minutes, and 52 times at once:
/// <https://learn.microsoft.com/power-apps/developer/data-platform/api-limits>.
const PACE: Pace = Pace { every: Duration::from_millis(60), at_once: 40 };
/// Where the Web API is in an environment.
const PATH: [&str; 3] = ["api", "data", "v9.2"];
/// What is said of lookups: what they lead to is called, and which table it is of.
const ANNOTATIONS: &str = "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue,\
                           Microsoft.Dynamics.CRM.lookuplogicalname\"";

/// What there is of a row.
pub(super) enum Look {
    /// It is there, in use or not.
    Shown(Row),
    /// It is gone.
    Gone,
    /// The application user may not read it.
    Hidden,
}

/// What there is in a table.
pub(super) enum Found {
    /// A row that meets the condition.
    Something,
    /// None, or no such table.
    Nothing,
    /// The application user lacks this right.
    Hidden(String),
}

/// What came of making, changing or removing a row.
pub(super) enum Taken {
    /// It is so; the row, if it is told.
    Done(Option<Row>),
    /// The row has changed since it was read; or, to be made, is there already.
    Changed,
    /// It would be a duplicate by the rules of the environment.
    Duplicate,
    /// It is not allowed, as one sentence.
    Invalid(String),
    /// There is no such row.
    Gone,
}

impl Answered for Taken {
    fn has_made_nothing(&self) -> bool {
        !matches!(self, Self::Done(_))
    }
}

/// What must be so of a row that is written.
pub(super) enum Only<'a> {
    /// It is not there.
    New,
    /// It is as it was when it was read.
    As(&'a str),
}

/// One request.
struct Ask<'a> {
    method: Method,
    url: Url,
    prefer: String,
    body: Option<&'a Map<String, Value>>,
    only: Option<&'a Only<'a>>,
    /// Whether the environment's rules look for duplicates.
    unique: bool,
}

/// The API of one environment.
pub(super) struct Api {
    http: Http,
    /// The address of the environment, without a path.
    base: Url,
    app: App,
    proof: Proof,
    /// Stands for the app in this environment where its pace and its token are kept.
    account: String,
}

impl Api {
    pub(super) fn new(
        http: Http,
        base: Url,
        app: App,
        secret: &Zeroizing<String>,
    ) -> Result<Self, BadCertificate> {
        let account = key(&["dynamics", base.as_str(), &app.client_id, &app.directory, secret]);
        let proof = Proof::entered(SecretString::from(secret.as_str()))?;
        Ok(Self { http, base, app, proof, account })
    }

    /// One page of a table's rows.
    pub(super) async fn list(
        &self,
        table: &str,
        options: &[(&str, &str)],
        prefer: &str,
    ) -> Result<Page<Row>, CrmError> {
        let answer = self.read(self.url(table, options)?, prefer).await?;
        self.page(answer)
    }

    /// Whether a table has a row, by the column `id`, that meets a condition.
    pub(super) async fn find(
        &self,
        table: &str,
        id: &str,
        condition: &str,
    ) -> Result<Found, CrmError> {
        let options = [("$select", id), ("$filter", condition), ("$top", "1")];
        let answer = self.read(self.url(table, &options)?, "").await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Found::Nothing);
        }
        if let Some(right) = lacks(&answer) {
            return Ok(Found::Hidden(right));
        }
        let is_empty = self.page(answer)?.value.is_empty();
        Ok(if is_empty { Found::Nothing } else { Found::Something })
    }

    /// A page of rows, whose links lead nowhere else.
    fn page(&self, answer: Answer) -> Result<Page<Row>, CrmError> {
        let page: Page<Row> = expect(answer)?.read()?;
        for link in page.next.iter().chain(&page.delta) {
            self.own(link)?;
        }
        Ok(page)
    }

    /// A link of the API, if it leads to the API: tokens go nowhere else.
    fn own(&self, link: &str) -> Result<Url, CrmError> {
        let root = self.url("", &[])?;
        let url = Url::parse(link).ok().filter(|url| {
            url.origin() == self.base.origin()
                && url.path().starts_with(root.path())
                && url.username().is_empty()
                && url.password().is_none()
        });
        url.ok_or_else(|| {
            CrmError::Refused("it sends us to another address; check the address entered".into())
        })
    }

    /// The page that a link of the API leads to; `None` if it does no more.
    pub(super) async fn follow(
        &self,
        link: &str,
        prefer: &str,
    ) -> Result<Option<Page<Row>>, CrmError> {
        let answer = self.read(self.own(link)?, prefer).await?;
        // ExpiredVersionStamp: "Please perform a full sync."
        if code(&answer) == "0x80044352" || answer.status == StatusCode::GONE {
            return Ok(None);
        }
        self.page(answer).map(Some)
    }

    /// One thing, if it is there.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        options: &[(&str, &str)],
    ) -> Result<Option<T>, CrmError> {
        let answer = self.read(self.url(path, options)?, "").await?;
        if is_missing(&answer) { Ok(None) } else { expect(answer)?.read().map(Some) }
    }

    /// The columns `select` of a row, `contacts(ID)`; or that there is none, or none that may be read.
    pub(super) async fn look(&self, row: &str, select: &str) -> Result<Look, CrmError> {
        let answer = self.read(self.url(row, &[("$select", select)])?, "").await?;
        if is_missing(&answer) {
            Ok(Look::Gone)
        } else if is_hidden(&answer) {
            Ok(Look::Hidden)
        } else {
            expect(answer)?.read().map(Look::Shown)
        }
    }

    /// Makes or changes a row, `contacts(ID)`; answers its columns `select`.
    pub(super) async fn patch(
        &self,
        row: &str,
        only: &Only<'_>,
        select: &str,
        body: &Map<String, Value>,
        unique: bool,
    ) -> Result<Taken, CrmError> {
        let ask = Ask {
            method: Method::PATCH,
            url: self.url(row, &[("$select", select)])?,
            prefer: format!("return=representation,{ANNOTATIONS}"),
            body: Some(body),
            only: Some(only),
            unique,
        };
        let answer = self.ask(&ask).await?;
        if answer.status.is_success() && answer.status != StatusCode::NO_CONTENT {
            return answer.read().map(|row| Taken::Done(Some(row)));
        }
        let columns = body.keys().map(|key| key.split('@').next().unwrap_or_default());
        taken(&answer, columns)
    }

    /// Removes a contact that is as it was when it was read.
    pub(super) async fn delete(&self, id: &str, etag: &str) -> Result<Taken, CrmError> {
        let url = self.url(&format!("contacts({id})"), &[])?;
        let only = Only::As(etag);
        let (method, prefer) = (Method::DELETE, String::new());
        let ask = Ask { method, url, prefer, body: None, only: Some(&only), unique: false };
        taken(&self.ask(&ask).await?, std::iter::empty())
    }

    /// An address of the API.
    fn url(&self, path: &str, options: &[(&str, &str)]) -> Result<Url, CrmError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| CrmError::no_address())?
            .clear()
            .extend(PATH)
            .extend(path.split('/'));
        url.set_query((!options.is_empty()).then(|| query(options)).as_deref());
        Ok(url)
    }

    async fn read(&self, url: Url, prefer: &str) -> Result<Answer, CrmError> {
        let separator = if prefer.is_empty() { "" } else { "," };
        let prefer = format!("{prefer}{separator}{ANNOTATIONS}");
        let method = Method::GET;
        self.ask(&Ask { method, url, prefer, body: None, only: None, unique: false }).await
    }

    /// Asks, and once again with a newer token if the one at hand is not accepted.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, CrmError> {
        self.http.allow(&ask.url)?;
        let token = self.token(None).await?;
        let answer = self.ask_with(ask, &token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.ask_with(ask, &self.token(Some(&token)).await?).await
    }

    async fn ask_with(&self, ask: &Ask<'_>, token: &SecretString) -> Result<Answer, CrmError> {
        self.http.pace(&self.account, PACE).await;
        let client = self.http.client();
        let mut request = client
            .request(ask.method.clone(), ask.url.clone())
            .bearer_auth(token.expose_secret())
            .header(ACCEPT, "application/json")
            .header("OData-MaxVersion", "4.0")
            .header("OData-Version", "4.0");
        if !ask.prefer.is_empty() {
            request = request.header("Prefer", &ask.prefer);
        }
        request = match ask.only {
            Some(Only::New) => request.header(IF_NONE_MATCH, "*"),
            Some(Only::As(etag)) => request.header(IF_MATCH, *etag),
            None => request,
        };
        if let Some(body) = ask.body {
            let suppress = if ask.unique { "false" } else { "true" };
            request = request.header("MSCRM.SuppressDuplicateDetection", suppress).json(body);
        }
        self.http.exchange(request, MAX_ANSWER).await
    }

    /// The app's token for this environment, another one than that which was refused.
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, CrmError> {
        let session = self.http.tokens().get(&self.account, refused, self.sign_in());
        Ok(session.await?.token)
    }

    async fn sign_in(&self) -> Result<Session, CrmError> {
        let App { client_id, directory } = &self.app;
        let scope = format!("{}/.default", self.base.origin().ascii_serialization());
        let party = Party { client_id, proof: &self.proof };
        let grant = Grant::ClientCredentials { scope: &scope };
        let url = self.http.token_url(directory).ok_or_else(CrmError::no_address)?;
        let got = self.http.oauth().ask(&url, &party, &grant, Clock::system().now()).await;
        got.map(Session::from).map_err(|error| match error {
            TokenError::Unreachable | TokenError::Odd => CrmError::Unreachable(error.to_string()),
            TokenError::Throttled(wait) => CrmError::Throttled(Some(wait)),
            TokenError::Client(_) | TokenError::Unusable => CrmError::SignIn(error.to_string()),
            TokenError::Consent(code) | TokenError::Refused(code) => CrmError::SignIn(format!(
                "the directory gives the app no token for this environment{code}: check the \
                 directory, and the address of the environment"
            )),
        })
    }
}

/// Whether a row is not there: `ObjectDoesNotExist`; without that the address is a wrong one.
fn is_missing(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND && matches!(code(answer).as_str(), "" | "0x80040217")
}

fn expect(answer: Answer) -> Result<Answer, CrmError> {
    if answer.status.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
}

fn taken<'a>(answer: &Answer, columns: impl Iterator<Item = &'a str>) -> Result<Taken, CrmError> {
    match (answer.status, code(answer).as_str()) {
        (status, _) if status.is_success() => Ok(Taken::Done(None)),
        // DuplicateRecordsFound: by its documents with 412 or with 500.
        (_, "0x80040333") => Ok(Taken::Duplicate),
        // CannotDeleteDueToAssociation
        (_, "0x80040227") => Ok(Taken::Invalid(
            "other records belong to it, so that Dynamics does not remove it".into(),
        )),
        (StatusCode::PRECONDITION_FAILED, _) => Ok(Taken::Changed),
        (StatusCode::NOT_FOUND, "" | "0x80040217") => Ok(Taken::Gone),
        _ => match invalid(answer, columns) {
            Some(why) => Ok(Taken::Invalid(why)),
            None => Err(refusal(answer)),
        },
    }
}
