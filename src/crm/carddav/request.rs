//! The requests of CardDAV that we make.

use super::multistatus::{Reader, Resource, Told};
use super::vcard;
use crate::crm::CrmError;
use crate::crm::http::{Answer, Http};
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use reqwest::{Method, RequestBuilder, StatusCode};
use url::Url;
use zeroize::Zeroizing;

/// The longest answer that is kept; lists of resources are read as they come.
const MAX_ANSWER: usize = 1024 * 1024;
/// Resources beside an address book that are looked at to find it.
const MAX_BOOKS: usize = 10_000;
/// Texts by which a person is looked for.
const MAX_TEXTS: usize = 5;
/// How many times `.well-known/carddav` may lead on.
const MAX_HOPS: usize = 4;

/// Takes the resources of a list.
pub(super) type Each<'a> = &'a mut (dyn FnMut(Resource) + Send);

/// A server with the user who signs in.
pub(super) struct Dav {
    http: Http,
    username: String,
    password: Zeroizing<String>,
}

/// Which state a resource must have for a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Put<'a> {
    /// It is not there.
    New,
    /// It has this `ETag`.
    Version(&'a str),
}

impl Dav {
    pub(super) fn new(http: Http, username: String, password: Zeroizing<String>) -> Self {
        Self { http, username, password }
    }

    fn request(&self, method: &str, url: &Url) -> Result<RequestBuilder, CrmError> {
        self.http.allow(url)?;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| CrmError::Refused("no such method".into()))?;
        let request = self.http.client().request(method, url.clone());
        Ok(request.basic_auth(&self.username, Some(self.password.as_str())))
    }

    /// Asks for a list of resources, which are handed over as they come; `Ok(Err)` is any other answer.
    async fn ask(
        &self,
        (method, depth): (&str, u8),
        url: &Url,
        body: String,
        each: Each<'_>,
    ) -> Result<Result<Told, Answer>, CrmError> {
        let request = self
            .request(method, url)?
            .header("Depth", depth.to_string())
            .header(CONTENT_TYPE, "application/xml; charset=utf-8")
            .body(body);
        let (wanted, mut reader) = (StatusCode::MULTI_STATUS, Reader::default());
        let take = |bytes: &[u8]| reader.push(bytes, each);
        let answer = self.http.send_each(request, wanted, MAX_ANSWER, take).await?;
        if answer.status == wanted { reader.finish().map(Ok) } else { Ok(Err(answer)) }
    }

    /// As [`Dav::ask`], where a server that can do what is needed answers with a list.
    async fn expect(
        &self,
        how: (&str, u8),
        url: &Url,
        body: String,
        each: Each<'_>,
    ) -> Result<Told, CrmError> {
        self.ask(how, url, body, each).await?.map_err(|answer| refusal(&answer))
    }

    /// Where the server keeps its address books (RFC 6764 §5).
    pub(super) async fn well_known(&self, url: &Url) -> Result<Url, CrmError> {
        let mut at = url.join("/.well-known/carddav").unwrap_or_else(|_| url.clone());
        for _ in 0..MAX_HOPS {
            let answer = self.http.send_again(self.request("GET", &at)?, MAX_ANSWER).await?;
            let target = answer.status.is_redirection().then(|| answer.header(LOCATION.as_str()));
            let Some(target) = target.flatten().and_then(|target| at.join(target).ok()) else {
                break;
            };
            if target.origin() != url.origin() {
                return Err(CrmError::Refused(
                    "it points to another server; enter that one's address".into(),
                ));
            }
            at = target;
        }
        Ok(if at.path() == "/.well-known/carddav" { url.clone() } else { at })
    }

    /// What a resource (depth 0) and its members (depth 1) are.
    pub(super) async fn look(&self, url: &Url, depth: u8) -> Result<Vec<Resource>, CrmError> {
        let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
            <propfind xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><prop>\
            <resourcetype/><displayname/><current-user-principal/><C:addressbook-home-set/>\
            <current-user-privilege-set/></prop></propfind>";
        let mut resources = Vec::new();
        let each = &mut |resource| {
            if resources.len() < MAX_BOOKS {
                resources.push(resource);
            }
        };
        self.expect(("PROPFIND", depth), url, body.into(), each).await?;
        Ok(resources)
    }

    /// The members of a book with their versions.
    pub(super) async fn list(&self, book: &Url, each: Each<'_>) -> Result<Told, CrmError> {
        let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
            <propfind xmlns=\"DAV:\"><prop><getetag/></prop></propfind>";
        self.expect(("PROPFIND", 1), book, body.into(), each).await
    }

    /// What changed in a book since `token` (RFC 6578); `None` if the server does not tell, or no
    /// longer from there.
    pub(super) async fn sync(
        &self,
        book: &Url,
        token: &str,
        most: usize,
        each: Each<'_>,
    ) -> Result<Option<Told>, CrmError> {
        let limit = format!("<limit><nresults>{most}</nresults></limit>");
        for limit in [limit.as_str(), ""] {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><sync-collection xmlns=\"DAV:\">\
                 <sync-token>{}</sync-token><sync-level>1</sync-level>{limit}\
                 <prop><getetag/></prop></sync-collection>",
                escaped(token)
            );
            let answer = match self.ask(("REPORT", 0), book, body, &mut *each).await? {
                Ok(told) => return Ok(Some(told)),
                Err(answer) => answer,
            };
            match answer.status {
                // A server that cannot limit says so (RFC 6578 §3.7), and is asked without.
                StatusCode::INSUFFICIENT_STORAGE | StatusCode::BAD_REQUEST => {}
                StatusCode::FORBIDDEN
                | StatusCode::CONFLICT
                | StatusCode::PRECONDITION_FAILED
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
                | StatusCode::NOT_IMPLEMENTED => return Ok(None),
                _ => return Err(refusal(&answer)),
            }
        }
        Ok(None)
    }

    /// Several records with their vCards (RFC 6352 §8.7).
    pub(super) async fn multiget(
        &self,
        book: &Url,
        hrefs: &[&str],
        each: Each<'_>,
    ) -> Result<(), CrmError> {
        let mut body = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <C:addressbook-multiget xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">\
             <prop><getetag/><C:address-data/></prop>",
        );
        for href in hrefs {
            body.push_str("<href>");
            body.push_str(&escaped(href));
            body.push_str("</href>");
        }
        body.push_str("</C:addressbook-multiget>");
        self.expect(("REPORT", 1), book, body, each).await?;
        Ok(())
    }

    /// The records in which one of these texts stands in a property (RFC 6352 §8.6); false if the server does
    /// not look for them. They may be more: not every server compares whole texts.
    pub(super) async fn with(
        &self,
        book: &Url,
        (property, texts): (&str, &[String]),
        each: Each<'_>,
    ) -> Result<bool, CrmError> {
        for text in texts.iter().take(MAX_TEXTS) {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
                 <C:addressbook-query xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">\
                 <prop><getetag/><C:address-data/></prop><C:filter>\
                 <C:prop-filter name=\"{property}\"><C:text-match collation=\"i;unicode-casemap\" \
                 match-type=\"contains\">{}</C:text-match></C:prop-filter></C:filter>\
                 </C:addressbook-query>",
                escaped(text)
            );
            let asked = self.ask(("REPORT", 1), book, body, &mut *each).await?;
            let Err(answer) = asked else { continue };
            match answer.status {
                StatusCode::FORBIDDEN
                | StatusCode::BAD_REQUEST
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::PRECONDITION_FAILED
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
                | StatusCode::NOT_IMPLEMENTED => return Ok(false),
                _ => return Err(refusal(&answer)),
            }
        }
        Ok(true)
    }

    /// A record's version and text.
    pub(super) async fn get(&self, url: &Url) -> Result<Option<(String, String)>, CrmError> {
        let answer = self.http.send_again(self.request("GET", url)?, vcard::MAX_BYTES).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(None);
        }
        let answer = expect(answer, &[StatusCode::OK])?;
        let version = answer.header(ETAG.as_str()).map(str::to_owned);
        let version = version
            .ok_or_else(|| CrmError::Refused("it gives its records no version (ETag)".into()))?;
        Ok(Some((version, answer.body)))
    }

    /// Writes a record. False: it does not have the state it should have.
    pub(super) async fn put(
        &self,
        url: &Url,
        state: Put<'_>,
        text: String,
    ) -> Result<bool, CrmError> {
        let request = match state {
            Put::New => self.request("PUT", url)?.header(IF_NONE_MATCH, "*"),
            Put::Version(version) => self.request("PUT", url)?.header(IF_MATCH, version),
        };
        let request = request.header(CONTENT_TYPE, "text/vcard; charset=utf-8").body(text);
        let answer = self.http.send_again(request, MAX_ANSWER).await?;
        if matches!(answer.status, StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT) {
            return Ok(false);
        }
        let good = [StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT];
        expect(answer, &good).map(|_| true)
    }

    /// Removes a record. False: it has another version.
    pub(super) async fn delete(&self, url: &Url, version: &str) -> Result<bool, CrmError> {
        let request = self.request("DELETE", url)?.header(IF_MATCH, version);
        let answer = self.http.send_again(request, MAX_ANSWER).await?;
        if matches!(answer.status, StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT) {
            return Ok(false);
        }
        let good = [
            StatusCode::OK,
            StatusCode::NO_CONTENT,
            StatusCode::ACCEPTED,
            StatusCode::NOT_FOUND,
            StatusCode::GONE,
        ];
        expect(answer, &good).map(|_| true)
    }
}

fn expect(answer: Answer, good: &[StatusCode]) -> Result<Answer, CrmError> {
    if good.contains(&answer.status) { Ok(answer) } else { Err(refusal(&answer)) }
}

fn refusal(answer: &Answer) -> CrmError {
    match answer.status {
        StatusCode::UNAUTHORIZED => CrmError::WrongPassword,
        StatusCode::FORBIDDEN => CrmError::Refused(
            "the user has no right to it; check the address and the rights".into(),
        ),
        StatusCode::NOT_FOUND => CrmError::Refused("nothing is at its address; check it".into()),
        status if status.is_server_error() => {
            CrmError::Unreachable(format!("it answers {}", status.as_u16()))
        }
        status => CrmError::Refused(format!("it answers {}", status.as_u16())),
    }
}

/// Text between XML tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
