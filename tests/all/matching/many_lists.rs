//! Somebody who writes to many mailboxes, each with a list of its own, is as well known in the last of them
//! as in the first.

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use sqlx::AssertSqlSafe;
use undersigned::matching::Level;
use undersigned::store::audit::Actor;
use undersigned::store::suggestions::{self, Kind, State};
use undersigned::store::{Backend, ListId, SuggestionId};
use undersigned::suggestion::{Choice, Outcome, accept};

/// More lists than are looked at of a key, and than people are compared with.
const LISTS: usize = 70;
const COLUMNS: &str = "Vorname;Name;Firma;E-Mail-Adresse\r\n";
const MIGRATIONS: [&str; 2] = [
    include_str!("../../../src/store/migrations/sqlite/0307_match_keys_of_lists.sql"),
    include_str!("../../../src/store/migrations/postgres/0307_match_keys_of_lists.sql"),
];

/// A letter of Anna, whom the CRM has without a number, with a line more.
fn annas(number: usize, more: &str) -> String {
    let signature = format!(
        "Anna Müller\nExempla GmbH\nTel. +49 931 3000001\n{more}anna.mueller@exempla.example"
    );
    letter(number, "Anna Müller <anna.mueller@exempla.example>", &signature)
}

impl Desk {
    async fn accept_whole(&self, id: &SuggestionId) {
        let mut tx = self.db.begin_write().await.unwrap();
        let (actor, now) = (Actor::CommandLine, self.clock.now());
        accept(&mut tx, &self.tenant, id, &Choice::default(), &actor, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What lies open in a list.
    async fn open_in(&self, list: &ListId) -> Vec<SuggestionId> {
        let mut conn = self.db.read().await.unwrap();
        let open = Some(State::Open);
        let page = suggestions::page(&mut conn, &self.tenant, Some(list), open, None, 9).await;
        page.unwrap().into_iter().map(|found| found.id).collect()
    }

    async fn run(&self, sql: &str) {
        let mut tx = self.db.begin_write().await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_known_in_many_lists_is_known_in_one_more() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        desk.import(&format!("{COLUMNS}Anna;Müller;Exempla GmbH;anna.mueller@exempla.example\r\n"))
            .await;
        let mut known = None;
        let mut number = 0;
        for accepted in [true, false] {
            let mut newest = None;
            for nth in 0..LISTS {
                number += 1;
                let list = desk.another_list(&format!("Team {nth}, {accepted}")).await;
                let outcome = desk.take_to(&list, &annas(number, "")).await;
                let Outcome::Update(id) = outcome else {
                    panic!("the CRM has her, in list {nth} too: {outcome:?}")
                };
                let found = desk.suggestion(&id).await;
                assert_eq!((found.kind, found.match_level), (Kind::Update, Level::Exact), "{nth}");
                assert_eq!(known.get_or_insert(found.known_id.clone()), &found.known_id, "{nth}");
                if accepted {
                    desk.accept_whole(&id).await;
                }
                newest = Some((list, id));
            }
            // She has a mobile number now: an update of what the list has of her, or of what lies open there.
            let (list, before) = newest.unwrap();
            let open: Vec<_> = (!accepted).then(|| before.clone()).into_iter().collect();
            assert_eq!(desk.open_in(&list).await, open);
            number += 1;
            let outcome = desk.take_to(&list, &annas(number, "Mobil +49 170 1234567\n")).await;
            let Outcome::Update(now) = outcome else { panic!("she is known: {outcome:?}") };
            assert_eq!(desk.open_in(&list).await, std::slice::from_ref(&now));
            assert_eq!(now == before, !accepted);
            let mut conn = desk.db.read().await.unwrap();
            let decided = suggestions::get(&mut conn, &desk.tenant, &before).await.unwrap();
            let contact = decided.unwrap().contact_id.map(|contact| contact.to_string());
            drop(conn);
            let expected = if accepted { &contact } else { known.as_ref().unwrap() };
            assert_eq!(&desk.suggestion(&now).await.known_id, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_has_written_is_of_its_list_before_and_after_the_upgrade() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let Outcome::New(accepted) = desk.take(&annas(1, "")).await else { panic!("she is new") };
        desk.accept_whole(&accepted).await;
        let mobile = annas(2, "Mobil +49 170 1234567\n");
        let Outcome::Update(open) = desk.take(&mobile).await else { panic!("a number is new") };
        let list = || desk.list.to_string();
        let expected = [("contact".to_owned(), list(), 1), ("suggestion".to_owned(), list(), 2)];
        let of_lists = async |which: &str| -> Vec<(String, String, i64)> {
            let count = format!(
                "SELECT owner_kind, list_id, COUNT(DISTINCT owner_id) FROM match_keys
                 WHERE {which} GROUP BY owner_kind, list_id ORDER BY owner_kind"
            );
            let mut conn = desk.db.read().await.unwrap();
            sqlx::query_as(AssertSqlSafe(count)).fetch_all(&mut *conn).await.unwrap()
        };

        desk.run("UPDATE match_keys SET list_id = ''").await;
        let steps = MIGRATIONS[usize::from(database.backend == Backend::Postgres)];
        let updates = steps.split(';').filter(|step| step.trim_start().starts_with("UPDATE"));
        let updates: Vec<&str> = updates.collect();
        assert_eq!(updates.len(), 2, "{steps}");
        for update in updates {
            desk.run(update).await;
        }
        assert_eq!(of_lists("match_key <> ''").await, expected);
        let again = annas(3, "Mobil +49 170 7654321\n");
        assert_eq!(desk.take(&again).await, Outcome::Update(open));

        // Only on PostgreSQL does an older daemon run beside a newer one.
        if database.backend == Backend::Postgres {
            desk.run(
                "INSERT INTO match_keys (tenant_id, match_key, owner_kind, owner_id)
                 SELECT tenant_id, 'older ' || match_key, owner_kind, owner_id FROM match_keys",
            )
            .await;
            assert_eq!(of_lists("match_key LIKE 'older %'").await, expected);
        }
    })
    .await;
}
