//! A daemon that is killed again and again, at random moments, while reps accept and it writes to the
//! CRM, and while all of it is taken back. `tests/load crm` kills the release build more often.

use super::api::Api;
use super::daemon::{Daemon, Home};
use super::databases::{Database, end_leases};
use super::desk::letter;
use crate::load::size;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use undersigned::store::Db;

/// How long after the moment that was chosen it is killed, at most: somewhere within a write.
const WITHIN_MILLIS: u64 = 30;
/// How long it lives, at most, if that moment has passed before it was started.
const START_MILLIS: u64 = 600;
/// At full size a killed worker's jobs wait for their leases on PostgreSQL.
const STANDSTILL: Duration = Duration::from_mins(3);
const BETWEEN: Duration = Duration::from_millis(25);

/// How many contacts are accepted.
pub(crate) fn contacts() -> usize {
    size("CONTACTS", 30)
}

/// Somebody who is accepted.
pub(crate) struct Person {
    pub(crate) given: &'static str,
    pub(crate) family: String,
    pub(crate) address: String,
    /// In E.164.
    pub(crate) phone: String,
}

impl Person {
    /// The job title of all of them.
    pub(crate) const TITLE: &str = "Leiterin Einkauf";

    /// Everybody who is accepted.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..contacts()).map(Self::of)
    }

    /// Their names differ in more than a digit.
    fn of(number: usize) -> Self {
        let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
        let (domain, phone) = (format!("firma{number}.example"), 3_010_000 + number);
        let given = ["Ida", "Eva", "Uta", "Pia"][number / (26 * 26) % 4];
        Self {
            given,
            family: format!("Hu{}b{}er", letter(number), letter(number / 26)),
            address: format!("{}{number}@{domain}", given.to_lowercase()),
            phone: format!("+49931{phone}"),
        }
    }

    fn letter(&self, number: usize) -> String {
        let (name, phone) = (format!("{} {}", self.given, self.family), &self.phone[6..]);
        let signature = format!("{name}\n{}\nTel. +49 931 {phone}", Self::TITLE);
        letter(number, &format!("{name} <{}>", self.address), &signature)
    }
}

/// The daemon after it was killed, with every contact written.
pub(crate) struct Killed {
    home: Home,
    db: Db,
    daemon: Option<Daemon>,
    /// When it is killed next, in contacts that are accepted, written or taken back.
    moments: VecDeque<usize>,
    /// How far it was when it was started last.
    started_at: usize,
}

impl Killed {
    /// Connects the CRM and accepts everybody; kills the daemon meanwhile.
    pub(crate) async fn while_accepting(database: &Database, settings: Value) -> Self {
        let home = Home::in_(database).with("LOG__FILTER", "info");
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        for (number, person) in Person::all().enumerate() {
            std::fs::write(letters.join(format!("{number}.eml")), person.letter(number)).unwrap();
        }
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);

        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        api.put("/crm", settings).await;
        let open = open(&api).await;
        assert_eq!(open.len(), contacts());
        let kills = size("CRM_KILLS", 6);
        let moments = moments(2 * contacts(), kills);
        let db = database.open().await;
        let mut it = Self { home, db, daemon: Some(daemon), moments, started_at: 0 };
        let began = Instant::now();
        for id in open {
            let api = Api::of(it.daemon.as_ref().unwrap(), token.trim());
            api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
            it.kill_if_due("written", true).await;
        }
        it.until_all("written", true).await;
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
        let now = self.count(state).await + if accepted { self.count("").await } else { 0 };
        if let Some(moment) = self.moments.pop_front_if(|moment| *moment <= now) {
            let at_most = if moment < self.started_at { START_MILLIS } else { WITHIN_MILLIS };
            let pause = Duration::from_millis(rand::random_range(0..=at_most));
            tokio::time::sleep(pause).await;
            self.daemon.take().unwrap().kill();
            end_leases(&self.db).await;
            self.daemon = Some(self.home.start().await);
            self.started_at = now;
        }
        now
    }

    /// How many writes are in a state, or in any.
    async fn count(&self, state: &str) -> usize {
        let mut conn = self.db.read().await.unwrap();
        let query = "SELECT COUNT(*) FROM crm_writes WHERE $1 = '' OR state = $1";
        let count = sqlx::query_scalar(query).bind(state.to_owned());
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
