//! What there is at Microsoft, and what goes wrong there.

use super::assertion::Uploaded;
use super::folders::Folder;
use super::{AS_ME, broken, refusal, wants_immutable};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use undersigned::clock::Clock;
use undersigned::store::Id;

pub(crate) const DIRECTORY: &str = "kugellager.onmicrosoft.test";
/// Where personal accounts sign in, to whichever app admits them.
pub(crate) const CONSUMERS: &str = "consumers";
pub(crate) const CLIENT: &str = "2f1c9d52-0000-4000-8000-000000000001";
pub(crate) const SECRET: &str = "s3cret~of.the_app";

/// A message with one of these numbers has a picture of a MiB in its text.
pub(crate) const LARGE: std::ops::Range<usize> = 200_000..201_000;

/// A fault on demand: what is asked with this in its path is refused so many times.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) path: &'static str,
    /// 0: the answer breaks off.
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) retry_after: Option<u64>,
    pub(crate) times: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) folder: String,
    pub(crate) received: i64,
    pub(crate) number: usize,
    pub(crate) is_draft: bool,
    /// Grows with every change of the mailbox.
    pub(crate) change: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) folder: String,
    pub(crate) url: String,
    pub(crate) lifecycle_url: String,
    pub(crate) client_state: String,
    pub(crate) expires_at: i64,
    /// When the token ends with which it was made or renewed.
    pub(super) token_until: i64,
    /// Its token was told to be about to end, and none that lasts longer was shown since.
    pub(super) is_ending: bool,
    /// The person in whose name it was made, or nobody for the app: nobody else may change it.
    pub(super) owner: Option<String>,
}

/// Who a token lets in, and until when.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The person, or nobody for the app.
    pub(crate) person: Option<String>,
    pub(crate) until: i64,
}

/// A person on the way back with a code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) person: String,
    pub(crate) challenge: String,
    pub(crate) redirect: String,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) base: String,
    pub(crate) mailboxes: BTreeMap<String, Vec<Message>>,
    /// People by the name they sign in with: their address.
    pub(super) people: BTreeMap<String, String>,
    /// Who is in a group.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// The groups of which the app may see who is in them, and nothing of those.
    pub(crate) opaque_groups: BTreeSet<String>,
    /// The folders that somebody made, beside the usual ones.
    pub(crate) folders: BTreeMap<String, Vec<Folder>>,
    /// How many messages a page of delta holds.
    pub(crate) delta_page: usize,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// The one refresh token of a person that works.
    pub(crate) refresh: BTreeMap<String, String>,
    pub(crate) codes: BTreeMap<String, Code>,
    /// The certificate of the app.
    pub(crate) uploaded: Uploaded,
    pub(crate) faults: Vec<Fault>,
    /// What is asked with this in its path is done at once and answered only after so long.
    pub(crate) slow: Option<(&'static str, Duration)>,
    /// Every request, `GET /users/…`, and `POST token`.
    pub(crate) asked: Vec<String>,
    /// Tokens given, by what for.
    pub(crate) grants: Vec<String>,
    /// How many requests a mailbox has under way, and the most it ever had.
    under_way: BTreeMap<String, usize>,
    pub(crate) most_at_once: usize,
    /// While this is set, sign-in answers so: status and AADSTS code.
    pub(crate) sign_in_fault: Option<(&'static str, u32)>,
    /// While this is set, sign-in asks to wait for so many seconds.
    pub(crate) sign_in_pause: Option<u64>,
    /// Every so many notifications one goes the way of all flesh; 1 loses all.
    pub(crate) lose_every: usize,
    pub(crate) sent: usize,
    /// A notification is sent before the creation of a subscription is answered.
    pub(crate) hasty: bool,
    /// Delta has always one more page, the same.
    pub(crate) endless_delta: bool,
    /// Delta tokens from before this change are not known any more.
    pub(crate) oldest_delta: u64,
    /// Who has a personal account, which is in no company's directory.
    pub(crate) personal: BTreeSet<String>,
    /// Whether the app registration admits such accounts.
    pub(crate) admits_personal: bool,
    /// Messages that delta never tells of.
    pub(crate) untold: BTreeSet<String>,
    changes: u64,
}

impl World {
    pub(super) fn new(clock: Clock, base: &str) -> Self {
        Self {
            clock,
            base: base.to_owned(),
            mailboxes: BTreeMap::new(),
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            opaque_groups: BTreeSet::new(),
            folders: BTreeMap::new(),
            delta_page: 2,
            subscriptions: BTreeMap::new(),
            tokens: BTreeMap::new(),
            refresh: BTreeMap::new(),
            codes: BTreeMap::new(),
            uploaded: Uploaded::default(),
            faults: Vec::new(),
            slow: None,
            asked: Vec::new(),
            grants: Vec::new(),
            under_way: BTreeMap::new(),
            most_at_once: 0,
            sign_in_fault: None,
            sign_in_pause: None,
            lose_every: 0,
            sent: 0,
            hasty: false,
            endless_delta: false,
            oldest_delta: 0,
            personal: BTreeSet::new(),
            admits_personal: false,
            untold: BTreeSet::new(),
            changes: 0,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// A mailbox with nothing in it.
    pub(crate) fn add_mailbox(&mut self, address: &str) {
        self.mailboxes.insert(address.to_owned(), Vec::new());
    }

    /// Puts a message into a folder, received now; answers its id.
    pub(crate) fn deliver(&mut self, address: &str, folder: &str, number: usize) -> String {
        let now = self.now();
        self.deliver_at(address, folder, number, now)
    }

    pub(crate) fn deliver_at(
        &mut self,
        address: &str,
        folder: &str,
        number: usize,
        received: i64,
    ) -> String {
        let id = format!("AAkALg_{}", Id::<()>::new().to_string().replace('-', "_"));
        let change = self.next_change();
        let folder = folder.to_owned();
        let is_draft = false;
        let message = Message { id: id.clone(), folder, received, number, is_draft, change };
        self.mailboxes.get_mut(address).unwrap().push(message);
        id
    }

    /// Somebody begins a letter, in whatever folder.
    pub(crate) fn draft(&mut self, address: &str, folder: &str, number: usize) -> String {
        let id = self.deliver(address, folder, number);
        let mailbox = self.mailboxes.get_mut(address).unwrap();
        mailbox.last_mut().unwrap().is_draft = true;
        id
    }

    /// Moves a message to another folder; its id stays.
    pub(crate) fn move_to(&mut self, address: &str, id: &str, folder: &str) {
        let change = self.next_change();
        let mailbox = self.mailboxes.get_mut(address).unwrap();
        let message = mailbox.iter_mut().find(|message| message.id == id).unwrap();
        (message.folder, message.change) = (folder.to_owned(), change);
    }

    fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    pub(crate) fn last_change(&self) -> u64 {
        self.changes
    }

    /// How often something with `part` in it was asked.
    pub(crate) fn asked_for(&self, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.contains(part)).count()
    }

    /// Whether a request may go on; if not, what it is answered.
    pub(super) fn enter(
        &mut self,
        asked: &str,
        mailbox: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Response> {
        if let Some(mailbox) = mailbox {
            let under_way = self.under_way.entry(mailbox.to_owned()).or_default();
            *under_way += 1;
            self.most_at_once = self.most_at_once.max(*under_way);
            if *under_way > 4 {
                let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "ApplicationThrottled");
                response.headers_mut().insert(header::RETRY_AFTER, 1.into());
                return Some(response);
            }
        }
        let fault = self.faults.iter_mut().find(|it| it.times > 0 && asked.contains(it.path));
        if let Some(fault) = fault {
            fault.times -= 1;
            if fault.status == 0 {
                return Some(broken());
            }
            let mut response = refusal(StatusCode::from_u16(fault.status).unwrap(), fault.code);
            if let Some(seconds) = fault.retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            return Some(response);
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| self.tokens.get(value.strip_prefix("Bearer ")?));
        let Some(token) = token.filter(|token| token.until > self.now()) else {
            return Some(refusal(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"));
        };
        if token.person.is_some() && mailbox.is_some() && token.person.as_deref() != mailbox {
            return Some(refusal(StatusCode::FORBIDDEN, "ErrorAccessDenied"));
        }
        // There is no directory to look a personal account up in.
        let is_personal = mailbox.is_some_and(|mailbox| self.personal.contains(mailbox));
        if is_personal && !headers.contains_key(AS_ME) {
            return Some(refusal(StatusCode::NOT_FOUND, "ErrorInvalidUser"));
        }
        if !wants_immutable(headers) {
            return Some(refusal(StatusCode::BAD_REQUEST, "the stories want immutable ids"));
        }
        if mailbox.is_some_and(|mailbox| !self.mailboxes.contains_key(mailbox)) {
            return Some(refusal(StatusCode::NOT_FOUND, "ErrorInvalidUser"));
        }
        None
    }

    /// How long the answer to a request is kept back.
    pub(super) fn delay(&self, asked: &str) -> Duration {
        self.slow.filter(|(path, _)| asked.contains(path)).map_or(Duration::ZERO, |(_, time)| time)
    }

    /// In whose name a request comes; nobody: the app's.
    pub(super) fn asker(&self, headers: &HeaderMap) -> Option<String> {
        self.token(headers)?.person.clone()
    }

    /// The token that a request comes with.
    pub(super) fn token(&self, headers: &HeaderMap) -> Option<&Token> {
        let bearer = headers.get(header::AUTHORIZATION)?.to_str().unwrap();
        self.tokens.get(bearer.strip_prefix("Bearer ").unwrap())
    }

    pub(super) fn leave(&mut self, mailbox: Option<&str>) {
        if let Some(under_way) = mailbox.and_then(|mailbox| self.under_way.get_mut(mailbox)) {
            *under_way -= 1;
        }
    }

    pub(super) fn http_date(&self) -> String {
        at(self.now()).format(&Rfc2822).unwrap().replace("+0000", "GMT")
    }

    /// The notifications that are due because something came to a folder.
    pub(crate) fn due(&mut self, address: &str, folder: &str) -> Vec<(String, Value)> {
        let now = self.now();
        let about: Vec<Subscription> = self
            .subscriptions
            .values()
            .filter(|one| one.address == address && one.folder == folder && one.expires_at > now)
            .filter(|one| !one.is_ending || one.token_until > now)
            .cloned()
            .collect();
        let mut due = Vec::new();
        for subscription in about {
            self.sent += 1;
            if self.lose_every == 0 || !self.sent.is_multiple_of(self.lose_every) {
                let body = json!({"value": [subscription.notification()]});
                due.push((subscription.url, body));
            }
        }
        due
    }

    /// Graph tells of a token's end before it comes, and nothing more after it, unless the subscription was
    /// renewed with another one meanwhile
    /// (<https://learn.microsoft.com/en-us/graph/change-notifications-lifecycle-events>).
    pub(crate) fn lifecycle(&mut self, address: &str, event: &str) -> Vec<(String, Value)> {
        if event == "reauthorizationRequired" {
            let about = self.subscriptions.values_mut().filter(|one| one.address == address);
            about.for_each(|one| one.is_ending = true);
        }
        let about = self.subscriptions.values().filter(|one| one.address == address);
        let due = about.map(|one| {
            let mut notification = one.notification();
            notification["lifecycleEvent"] = event.into();
            (one.lifecycle_url.clone(), json!({"value": [notification]}))
        });
        let due = due.collect();
        if event == "subscriptionRemoved" {
            self.subscriptions.retain(|_, one| one.address != address);
        }
        due
    }
}

impl Subscription {
    /// As Graph lists it.
    pub(super) fn told(&self) -> Value {
        json!({
            "id": self.id,
            "resource": format!("users/{}/mailFolders('{}')/messages", self.address, self.folder),
            "changeType": "created",
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": stamp(self.expires_at),
            "clientState": null,
        })
    }

    pub(crate) fn notification(&self) -> Value {
        json!({
            "subscriptionId": self.id,
            "subscriptionExpirationDateTime": stamp(self.expires_at),
            "clientState": self.client_state,
            "changeType": "created",
            "resource": format!("Users/{}/Messages/AAMk", self.address),
            "tenantId": "what a sender claims tells nothing",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "id": "AAMk"},
        })
    }
}

pub(super) fn at(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000)).unwrap()
}

pub(super) fn stamp(millis: i64) -> String {
    at(millis).format(&Rfc3339).unwrap()
}
