//! A daemon that is killed again and again, at random moments, while reps accept and it writes to the
//! CRM, and while all of it is taken back. The reps do not know of it: they ask again until they are
//! answered, and now and then click twice. `tests/load crm` kills the release build more often.

use super::api::Api;
use super::daemon::{Daemon, Home};
use super::databases::{Database, end_leases};
use super::desk::letter;
use crate::load::size;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use undersigned::store::Db;

/// How long after the moment that was chosen it is killed, at most: somewhere within a write.
const WITHIN_MILLIS: u64 = 30;
/// How long it lives, at most, if that moment has passed before it was started.
const START_MILLIS: u64 = 600;
/// At full size a killed worker's jobs wait for their leases on PostgreSQL.
const STANDSTILL: Duration = Duration::from_mins(3);
const BETWEEN: Duration = Duration::from_millis(10);
/// How many reps accept at the same time.
const REPS: usize = 3;

/// How many contacts are accepted.
pub(crate) fn contacts() -> usize {
    size("CONTACTS", 24)
}

/// Somebody who is accepted.
pub(crate) struct Person {
    pub(crate) given: &'static str,
    pub(crate) family: String,
    pub(crate) address: String,
    /// In E.164.
    pub(crate) phone: String,
    /// Which one they work for.
    firm: usize,
}

/// What people sign with and write from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Name, title and number, from an address of their own.
    Own,
    /// The employer too; at every third firm from a mailbox that both of them read.
    Firms,
}

impl Person {
    /// The job title of all of them.
    pub(crate) const TITLE: &str = "Leiterin Einkauf";

    /// Everybody who is accepted.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..contacts()).map(Self::of)
    }

    /// Those whom the CRM has before, with name and address: every third.
    pub(crate) fn known() -> impl Iterator<Item = Self> {
        Self::all().step_by(3)
    }

    /// Their names differ in more than a digit. Two at a time work at one firm.
    fn of(number: usize) -> Self {
        let (firm, phone) = (number / 2, 3_010_000 + number);
        let given = ["Ida", "Bernd", "Uta", "Felix", "Pia", "David", "Clara"][number % 7];
        Self {
            given,
            family: name_of(number),
            address: format!("{}{number}@firma{firm}.example", given.to_lowercase()),
            phone: format!("+49931{phone}"),
            firm,
        }
    }

    /// Whether they share the mailbox of their firm, which the CRM does not have before.
    pub(crate) fn shares_mailbox(&self) -> bool {
        self.firm % 3 == 2
    }

    /// What their firm is called.
    pub(crate) fn employer(&self) -> String {
        format!("{}werke GmbH", name_of(self.firm))
    }

    fn letter(&self, number: usize, letters: Letters) -> String {
        let (name, phone) = (format!("{} {}", self.given, self.family), &self.phone[6..]);
        let (mut from, mut employer) = (self.address.clone(), String::new());
        if letters == Letters::Firms {
            employer = format!("{}\n", self.employer());
            if self.shares_mailbox() {
                from = format!("info@firma{}.example", self.firm);
            }
        }
        let signature = format!("{name}\n{}\n{employer}Tel. +49 931 {phone}", Self::TITLE);
        letter(number, &format!("{name} <{from}>"), &signature)
    }
}

/// A name that differs from those of other numbers in more than a digit.
fn name_of(number: usize) -> String {
    const SYLLABLES: [&str; 10] =
        ["ba", "der", "fin", "gos", "hul", "kem", "lor", "mit", "nau", "ros"];
    let digits = format!("{number:04}");
    let name: String =
        digits.bytes().rev().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect();
    name[..1].to_uppercase() + &name[1..]
}

/// The daemon after it was killed, with every contact written.
pub(crate) struct Killed {
    home: Home,
    db: Db,
    daemon: Option<Daemon>,
    /// Where it listens, since it was started last.
    web: watch::Sender<String>,
    /// When it is killed next, in contacts that are accepted, written or taken back.
    moments: VecDeque<usize>,
    /// How far it was when it was started last.
    started_at: usize,
}

/// A rep's program: what it knows of the daemon.
#[derive(Clone)]
struct Rep {
    web: watch::Receiver<String>,
    token: String,
    client: Client,
    /// What nobody has accepted yet.
    open: Arc<Mutex<VecDeque<String>>>,
}

impl Rep {
    /// Accepts one suggestion after the other.
    async fn accept_all(self) {
        while let Some(id) = { self.open.lock().unwrap().pop_front() } {
            let began = Instant::now();
            while self.accept(&id).await != Some(true) {
                assert!(began.elapsed() < STANDSTILL, "{id} is not accepted");
                tokio::time::sleep(BETWEEN).await;
            }
        }
    }

    /// Looks at a suggestion and accepts it as it looks. `None`: nobody answers.
    async fn accept(&self, id: &str) -> Option<bool> {
        let url = format!("{}/api/v1/suggestions/{id}", *self.web.borrow());
        let seen = self.send(self.client.get(&url)).await?;
        let status = seen.status();
        let seen: Value = seen.json().await.ok()?;
        assert!(status.is_success(), "{url}: {status} {seen}");
        if seen["state"] == "accepted" {
            return Some(true);
        }
        assert_eq!(seen["state"], "open", "{seen}");
        let apart = seen["kind"] == "update" && seen["match_level"] != "exact";
        let choice = json!({"seen": seen["version"], "apart": apart});
        let click = || self.send(self.client.post(format!("{url}/accept")).json(&choice));
        let answer = if rand::random_range(0..4) == 0 {
            let (one, other) = tokio::join!(click(), click());
            one.or(other)?
        } else {
            click().await?
        };
        let status = answer.status();
        let told = answer.text().await.ok()?;
        // Somebody like them has come to the CRM meanwhile: looked at again.
        assert!(status.is_success() || status == StatusCode::CONFLICT, "{url}: {status} {told}");
        Some(status.is_success())
    }

    async fn send(&self, request: RequestBuilder) -> Option<reqwest::Response> {
        request.bearer_auth(&self.token).send().await.ok()
    }
}

impl Killed {
    /// Connects the CRM, which has nobody, and accepts everybody; kills the daemon meanwhile.
    pub(crate) async fn while_accepting(database: &Database, settings: Value) -> Self {
        Self::among(0, Letters::Own, database, settings).await
    }

    /// The same, where the CRM has those of [`Person::known`].
    pub(crate) async fn while_updating(database: &Database, settings: Value) -> Self {
        Self::among(Person::known().count(), Letters::Own, database, settings).await
    }

    /// The same, where the letters name the employers, and their companies are made.
    pub(crate) async fn while_making_companies(database: &Database, settings: Value) -> Self {
        Self::among(Person::known().count(), Letters::Firms, database, settings).await
    }

    async fn among(there: usize, letters: Letters, database: &Database, settings: Value) -> Self {
        let home = Home::in_(database).with("LOG__FILTER", "info");
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let token = token.trim().to_owned();
        let folder = home.dir.join("letters");
        std::fs::create_dir(&folder).unwrap();
        for (number, person) in Person::all().enumerate() {
            let letter = person.letter(number, letters);
            std::fs::write(folder.join(format!("{number}.eml")), letter).unwrap();
        }
        home.run(&["import", "--tenant", "Kugellager", folder.to_str().unwrap()]);

        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        let open = open(&api).await;
        assert_eq!(open.len(), contacts());
        api.put("/crm", settings).await;
        if letters == Letters::Firms {
            let policies = json!({"fill_blanks": null, "who_may_accept": "reps", "owner": "crm",
                                  "companies": "make"});
            api.put("/policies", policies).await;
        }
        let db = database.open().await;
        let (web, listens) = watch::channel(daemon.web.clone());
        let kills = size("CRM_KILLS", 6);
        let moments = moments(2 * contacts(), kills);
        let mut it = Self { home, db, daemon: Some(daemon), web, moments, started_at: 0 };
        it.until_read(&api, there).await;

        let began = Instant::now();
        let open = Arc::new(Mutex::new(open.into()));
        let rep = Rep { web: listens, token, client: Client::new(), open };
        let mut reps: JoinSet<()> = (0..REPS).map(|_| rep.clone().accept_all()).collect();
        it.until_all("written", true).await;
        while let Some(done) = reps.join_next().await {
            done.unwrap();
        }
        let count = contacts();
        eprintln!("{count} contacts written with {kills} kills in {:?}", began.elapsed());
        it
    }

    /// Undoes all with one command; kills the daemon while it does so.
    pub(crate) async fn take_all_back(mut self) {
        let kills = size("CRM_KILLS", 6).div_ceil(6);
        (self.moments, self.started_at) = (moments(contacts(), kills), 0);
        let began = Instant::now();
        self.home.run(&["crm", "undo", "--tenant", "Kugellager"]);
        self.until_all("undone", false).await;
        let count = contacts();
        eprintln!("{count} contacts taken back with {kills} kills in {:?}", began.elapsed());
        assert!(self.daemon.take().unwrap().stop().await.success());
    }

    /// Waits until the CRM was read, which has so many people: at once, not when its time comes again.
    async fn until_read(&self, api: &Api, people: usize) {
        let began = Instant::now();
        loop {
            let known = self.count("SELECT COUNT(*) FROM crm_records", "").await;
            if known == people {
                return;
            }
            if began.elapsed() >= STANDSTILL {
                let connection = api.get("/crm").await;
                panic!("{known} of {people} records are read: {connection}");
            }
            tokio::time::sleep(BETWEEN).await;
        }
    }

    async fn until_all(&mut self, state: &str, accepted: bool) {
        let all = if accepted { 2 * contacts() } else { contacts() };
        let (mut before, mut since) = (0, Instant::now());
        loop {
            let now = self.kill_if_due(state, accepted).await;
            if now == all && self.moments.is_empty() {
                return;
            }
            if now > before {
                (before, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < STANDSTILL, "{now} of {all} are accepted and {state}");
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Kills the daemon if its moment has come, and starts it again. Answers how far it was: how many
    /// writes are in a state and, if they count too, how many were accepted.
    async fn kill_if_due(&mut self, state: &str, accepted: bool) -> usize {
        let of = "SELECT COUNT(*) FROM crm_writes WHERE $1 = '' OR state = $1";
        let all = if accepted { self.count(of, "").await } else { 0 };
        let now = self.count(of, state).await + all;
        if let Some(moment) = self.moments.pop_front_if(|moment| *moment <= now) {
            let at_most = if moment < self.started_at { START_MILLIS } else { WITHIN_MILLIS };
            let pause = Duration::from_millis(rand::random_range(0..=at_most));
            tokio::time::sleep(pause).await;
            self.daemon.take().unwrap().kill();
            end_leases(&self.db).await;
            let daemon = self.home.start().await;
            self.web.send_replace(daemon.web.clone());
            self.daemon = Some(daemon);
            self.started_at = now;
        }
        now
    }

    /// What a query counts, of a state where it asks for one.
    async fn count(&self, query: &'static str, state: &str) -> usize {
        let mut conn = self.db.read().await.unwrap();
        let count = sqlx::query_scalar(query);
        let count = if query.contains("$1") { count.bind(state.to_owned()) } else { count };
        let count: i64 = count.fetch_one(&mut *conn).await.unwrap();
        usize::try_from(count).unwrap()
    }
}

/// After how many steps it is killed, in order.
fn moments(steps: usize, kills: usize) -> VecDeque<usize> {
    let mut moments: Vec<_> = (0..kills).map(|_| rand::random_range(0..steps)).collect();
    moments.sort_unstable();
    moments.into()
}

/// The ids of all open suggestions.
async fn open(api: &Api) -> Vec<String> {
    let (mut ids, mut before) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/suggestions?state=open&limit=200{before}")).await;
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match &page["next"] {
            Value::String(next) => before = format!("&before={next}"),
            _ => return ids,
        }
    }
}
