//! The rules by which people are found change with a version now and then. Whoever was there before is found
//! by the new ones too, soon after the worker is started.

use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::letter;
use crate::support::office::ANNA;
use crate::support::patience::eventually;
use sqlx::AssertSqlSafe;
use std::cell::Cell;
use undersigned::clock::Clock;
use undersigned::matching::{Level, RULES};
use undersigned::store::audit::Actor;
use undersigned::store::suggestions::{self, State, Suggestion};
use undersigned::store::{Db, TenantId, rekeying, tenants};
use undersigned::suggestion::{Choice, accept, dismiss};

const TABLE: &str = "Id,First name,Last name,E-mail,Phone\n\
    1,Bernd,Kurz,kurz@probe.example,0911 3000002\n\
    2,Dora,Lang,lang@muster.example,0911 3000004\n";
const ANNAS: &str = "Anna Müller\nExempla GmbH\nTel. +49 931 3000001";
const BERND: &str = "Bernd Kurz <kurz@probe.example>";
const CLARA: &str = "Clara Zwackel <zwackel@werk.example>";
const CLARAS: &str = "Clara Zwackel\nWerk AG\nTel. +49 931 3000005";
const DORA: &str = "Dora Lang <lang@muster.example>";
const OTTO: &str = "Otto Quandt <quandt@neu.example>";
const OTTOS: &str = "Otto Quandt\nNeu AG\nTel. +49 931 3000007";

/// A tenant whose records, contacts and suggestions an older version has written.
struct Old<'a> {
    home: Home,
    database: &'a Database,
    tenant: TenantId,
    letters: Cell<usize>,
}

impl<'a> Old<'a> {
    async fn of(database: &'a Database) -> Self {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Holm", "--region", "DE"]);
        let crm = home.dir.join("crm.csv");
        std::fs::write(&crm, TABLE).unwrap();
        home.run(&["crm", "import", "--tenant", "Holm", crm.to_str().unwrap()]);
        let db = database.open().await;
        let tenant = tenants::by_name(&mut db.read().await.unwrap(), "Holm").await;
        let old =
            Self { home, database, tenant: tenant.unwrap().unwrap().id, letters: Cell::new(0) };
        for (from, signature) in [(ANNA, ANNAS), (CLARA, CLARAS), (OTTO, OTTOS)] {
            assert_eq!(old.take(from, signature), "1 new");
        }
        let [_, clara, anna] = old.open(&db).await.try_into().unwrap();
        let (actor, choice, now) = (Actor::CommandLine, Choice::default(), Clock::system().now());
        let mut tx = db.begin_write().await.unwrap();
        accept(&mut tx, &old.tenant, &anna.id, &choice, &actor, now).await.unwrap();
        dismiss(&mut tx, &old.tenant, &clara.id, &actor, now).await.unwrap();
        for table in ["crm_records", "contacts", "suggestions"] {
            let older = AssertSqlSafe(format!("UPDATE {table} SET keyed_by = {}", RULES - 1));
            sqlx::query(older).execute(&mut *tx).await.unwrap();
        }
        let otherwise = "UPDATE match_keys SET match_key = 'older ' || match_key";
        sqlx::query(otherwise).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        old
    }

    /// Takes a letter by a command of the version of now.
    fn take(&self, from: &str, signature: &str) -> String {
        let number = self.letters.get() + 1;
        self.letters.set(number);
        let file = self.home.dir.join(format!("{number}.eml"));
        std::fs::write(&file, letter(number, from, signature)).unwrap();
        let import = ["import", "--tenant", "Holm", "--list", "Inbound", file.to_str().unwrap()];
        self.home.run(&import).trim().to_owned()
    }

    /// The open suggestions, the newest first.
    async fn open(&self, db: &Db) -> Vec<Suggestion> {
        let mut conn = db.read().await.unwrap();
        let open = Some(State::Open);
        suggestions::page(&mut conn, &self.tenant, None, open, None, 9).await.unwrap()
    }

    /// Starts the worker, until it has nothing to make anew.
    async fn upgrade(&self) {
        let daemon = self.home.start().await;
        let db = self.database.open().await;
        eventually("Dora's card to hear of her record", async || {
            let dora = self.open(&db).await.into_iter().next().unwrap();
            (dora.match_level == Level::Exact).then_some(())
        })
        .await;
        let mut conn = db.read().await.unwrap();
        assert_eq!(rekeying::tenants(&mut conn).await.unwrap(), []);
        for left in [
            "SELECT COUNT(*) FROM match_keys WHERE match_key LIKE 'older %'",
            // Nobody but these has keys: two records, a contact, four suggestions.
            "SELECT COUNT(DISTINCT owner_id) - 7 FROM match_keys",
        ] {
            let left = sqlx::query_scalar::<_, i64>(left).fetch_one(&mut *conn).await;
            assert_eq!(left.unwrap(), 0);
        }
        drop(conn);
        db.close().await;
        let text = reqwest::get(format!("{}/metrics", daemon.ops)).await.unwrap().text().await;
        let text = text.unwrap();
        for counted in [r#"{kind="record"} 2"#, r#"{kind="contact"} 1"#, r#"{kind="suggestion"} 3"#]
        {
            let line = format!("undersigned_rekeyed_total{counted}");
            assert!(text.contains(&line), "{line} in {text}");
        }
        assert!(daemon.stop().await.success());
    }
}

#[tokio::test]
async fn whom_an_older_version_has_stored_is_found_by_the_rules_of_now() {
    on_each_database(async |database| {
        let old = Old::of(database).await;
        // A letter that the worker has not come to: the record of older rules is not met.
        assert_eq!(old.take(DORA, "Dora Lang\nMuster AG\nMobil +49 170 7654321"), "1 new");
        old.upgrade().await;

        let more = |signature: &str| format!("{signature}\nMobil +49 170 1234567");
        assert_eq!(old.take(BERND, &more("Bernd Kurz")), "1 update", "an imported record");
        assert_eq!(old.take(ANNA, &more(ANNAS)), "1 update", "a contact of the list");
        let few = CLARAS.replace("\nWerk AG", "");
        assert_eq!(old.take(CLARA, &few), "1 known", "a suggestion that was turned down");
        assert_eq!(old.take(OTTO, &more(OTTOS)), "1 new", "an open suggestion, brought up to date");
        let db = database.open().await;
        let open = old.open(&db).await;
        let names = open.iter().filter_map(|one| one.contact.name.as_ref());
        let waiting: Vec<&str> = names.map(|name| name.value.full.as_str()).collect();
        assert_eq!(waiting, ["Anna Müller", "Bernd Kurz", "Dora Lang", "Otto Quandt"]);
        db.close().await;
    })
    .await;
}
