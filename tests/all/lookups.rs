//! What a message needs to know of those who are known is looked up, never searched for: however many
//! records, contacts and suggestions a tenant has, the next message costs no more.

use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::statements::{asked_by, count_rows, plan, walks};
use sqlx::AssertSqlSafe;
use undersigned::clock::Millis;
use undersigned::contact::Contact;
use undersigned::crm::table::{Chosen, Order, import};
use undersigned::matching::{Dates, RULES};
use undersigned::store::audit::Actor;
use undersigned::store::match_keys::OwnerKind;
use undersigned::store::policies::{self, FillBlanks, Policies};
use undersigned::store::{
    ContactId, RecordId, SuggestionId, WriteId, contacts, crm_writes, made_accounts, records,
    rekeying, suggestions,
};
use undersigned::suggestion::{Choice, Outcome, accept};

const CRM: &str = "Vorname;Name;Firma;E-Mail-Adresse;Telefon\r\n\
    Anna;Müller;Exempla GmbH;anna.mueller@exempla.example;+49 931 3000001\r\n\
    Bernd;Kurz;Exempla GmbH;kurz@exempla.example;+49 931 3000002\r\n";

/// Until something was learned, records are counted up to a limit.
const COUNTED: &str = "AS counted";

/// What is asked of these tables must have been heard.
const TABLES: [&str; 7] = [
    "match_keys",
    "crm_records",
    "contacts",
    "suggestions",
    "kept_apart",
    "exclusions",
    "messages",
];

impl Desk {
    /// A CRM with two people, a policy that fills blanks, and many of each thing that grows.
    async fn furnish(&self, database: &Database) {
        let order = Order {
            tenant: &self.tenant,
            actor: &Actor::CommandLine,
            chosen: &Chosen::new(),
            region: "DE",
            now: self.clock.now(),
        };
        assert_eq!(import(&self.db, order, CRM.as_bytes(), |_| {}).await.unwrap().problems, []);
        let mut tx = self.db.begin_write().await.unwrap();
        let fill_blanks = FillBlanks::from(0.6).unwrap();
        let policies = Policies { fill_blanks, ..Policies::default() };
        policies::set(&mut tx, &self.tenant, &policies).await.unwrap();
        for rows in self.crowd() {
            let insert = format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
                 INSERT INTO {rows} FROM n"
            );
            sqlx::query(AssertSqlSafe(insert)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        count_rows(database).await;
    }

    /// Rows of the tables that grow; each stands for nobody.
    fn crowd(&self) -> [String; 9] {
        let Self { tenant, list, mailboxes: [mailbox, _], .. } = self;
        [
            format!(
                "contact_lists (id, tenant_id, name, created_at)
                 SELECT 'l' || i, '{tenant}', 'List ' || i, 0"
            ),
            format!(
                "crm_records (id, tenant_id, external_id, contact, imported_at, keyed_by)
                 SELECT 'r' || i, '{tenant}', 'x' || i, '{{}}', 0, {RULES}"
            ),
            format!(
                "contacts (id, tenant_id, list_id, record_id, contact, created_at, changed_at,
                     keyed_by)
                 SELECT 'c' || i, '{tenant}', '{list}', 'r' || i, '{{}}', 0, 0, {RULES}"
            ),
            format!(
                "suggestions (id, tenant_id, list_id, kind, state, fingerprint, contact, known,
                     known_id, match_level, match_reasons, created_at, changed_at, keyed_by)
                 SELECT 's' || i, '{tenant}', '{list}', 'update', 'open', 'f' || i, '{{}}', '{{}}',
                     'r' || i, 'exact', '[]', 0, 0, {RULES}"
            ),
            format!(
                "match_keys (tenant_id, match_key, owner_kind, owner_id)
                 SELECT '{tenant}', 'k' || i, 'record', 'r' || i"
            ),
            // Kurz is known in all lists.
            format!(
                "match_keys (tenant_id, match_key, owner_kind, owner_id, list_id)
                 SELECT '{tenant}', 'e:kurz@exempla.example', 'contact', 'c' || i, 'l' || i"
            ),
            format!(
                "kept_apart (tenant_id, contact_id, other_id, suggestion_id)
                 SELECT '{tenant}', 'c' || i, 'r' || i, 's' || i"
            ),
            format!(
                "crm_writes (id, tenant_id, suggestion_id, contact_id, before, after, state,
                     created_at, changed_at)
                 SELECT 'w' || i, '{tenant}', 's' || i, 'c' || i, '', '{{}}', 'written', 0, 0"
            ),
            format!(
                "messages (mailbox_id, tenant_id, message_key, outcome, read_at)
                 SELECT '{mailbox}', '{tenant}', 'm' || i, 'known', 0"
            ),
        ]
    }

    /// Where nothing has keys of older rules, that is seen by indexes of nothing. Whoever counts up the rules
    /// makes these anew; until then this walks.
    async fn looks_for_older_keys(&self, database: &Database) {
        for (kind, table) in [
            (OwnerKind::Record, "crm_records"),
            (OwnerKind::Contact, "contacts"),
            (OwnerKind::Suggestion, "suggestions"),
        ] {
            let asked = asked_by(async {
                let mut conn = self.db.read().await.unwrap();
                assert_eq!(rekeying::tenants(&mut conn).await.unwrap(), []);
                let some = rekeying::some(&mut conn, &self.tenant, kind, "", 9).await;
                assert_eq!(some.unwrap(), Vec::<String>::new());
            });
            let asked = asked.await;
            assert_eq!(asked.len(), 2, "{asked:#?}");
            for sql in &asked {
                let plan = plan(database, sql).await.join("\n");
                assert!(plan.contains(&format!("{table}_keyed_by")), "{plan}\nin {sql}");
            }
        }
    }

    /// What a former CRM said is taken out contact by contact, and how old a record is noted one by one.
    async fn looks_for_what_a_former_crm_said(&self, database: &Database) {
        let (contact, record) = (ContactId::new(), RecordId::new());
        let asked = asked_by(async {
            let (tenant, mut tx) = (&self.tenant, self.db.begin_write().await.unwrap());
            assert_eq!(contacts::next_former(&mut tx, tenant, None).await.unwrap(), None);
            contacts::take_former(&mut tx, tenant, &contact).await.unwrap();
            assert_eq!(suggestions::about(&mut tx, tenant, contact.as_str()).await.unwrap(), []);
            records::date(&mut tx, tenant, &record, &Dates::default()).await.unwrap();
            let (id, nobody) = (SuggestionId::new(), Contact::default());
            suggestions::say(&mut tx, tenant, &id, &nobody).await.unwrap();
            made_accounts::forget(&mut tx, tenant, "exempla.example", "1").await.unwrap();
        });
        let asked = asked.await;
        assert_eq!(asked.len(), 6, "{asked:#?}");
        for sql in &asked {
            let mut walks = walks(database, sql).await;
            // The index of the marked ones has only these in it.
            walks.retain(|line| !line.contains("contacts_former"));
            assert!(walks.is_empty(), "{walks:#?}\nin {sql}");
        }
    }

    /// What is noted of a write is noted of that one.
    async fn looks_for_one_write(&self, database: &Database) {
        let write = WriteId::new();
        let asked = asked_by(async {
            let (tenant, mut tx) = (&self.tenant, self.db.begin_write().await.unwrap());
            let (never, soon) = (Millis(0), (Millis(1), ""));
            let dates = Dates::default();
            let begun = crm_writes::begin(&mut tx, tenant, &write, ("{}", &dates));
            assert!(!begun.await.unwrap());
            let noted = crm_writes::note_asked(&mut tx, tenant, &write, never, soon);
            assert!(!noted.await.unwrap());
            crm_writes::note_linked(&mut tx, tenant, &write, "1").await.unwrap();
        });
        let asked = asked.await;
        assert_eq!(asked.len(), 3, "{asked:#?}");
        for sql in &asked {
            let walks = walks(database, sql).await;
            assert!(walks.is_empty(), "{walks:#?}\nin {sql}");
        }
    }

    /// Takes letters that go every way a message can go.
    async fn take_all(&self) {
        let stranger = "Otto Zwackel\nTechniker\nNeu Technik AG\nTel. +49 931 300071";
        let stranger = letter(1, "Otto Zwackel <otto@neu.example>", stranger);
        assert!(matches!(self.take(&stranger).await, Outcome::New(_)));
        assert_eq!(self.take(&stranger).await, Outcome::AlreadyRead);
        let no_name = letter(2, "Shop <no-reply@shop.example>", "Shop");
        assert!(matches!(self.take(&no_name).await, Outcome::Skipped(_)));

        // Blanks of a record are filled, and what differs stays open, twice.
        let bernd = |number: usize, more: &str| {
            let lines = format!("Bernd Kurz\n{more}\nExempla GmbH\nTel. +49 931 3000002");
            letter(number, "Bernd Kurz <kurz@exempla.example>", &lines)
        };
        for (number, more) in ["Einkäufer", "Einkäufer\nMobil +49 170 1234567"].iter().enumerate()
        {
            let outcome = self.take(&bernd(3 + number, more)).await;
            assert!(matches!(outcome, Outcome::Update(_)), "{outcome:?}");
        }

        // A rep says that this is another Anna than the known one, who then writes too.
        let anna = |number: usize, address: &str, title: &str| {
            let lines = format!("Anna Müller\n{title}\nExempla GmbH\n{address}");
            letter(number, &format!("Anna Müller <{address}>"), &lines)
        };
        let other = "anna.mueller2@exempla.example";
        let Outcome::Update(apart) = self.take(&anna(5, other, "Einkauf")).await else {
            panic!("two of one name at one firm may be one")
        };
        let mut tx = self.db.begin_write().await.unwrap();
        let choice = Choice { apart: true, ..Choice::default() };
        let (actor, now) = (Actor::CommandLine, self.clock.now());
        accept(&mut tx, &self.tenant, &apart, &choice, &actor, now).await.unwrap();
        tx.commit().await.unwrap();
        self.take(&anna(6, other, "Leiterin Einkauf")).await;
        self.take(&anna(7, "anna.mueller@exempla.example", "Buchhaltung")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_compared_with_whom_its_keys_lead_to_and_walks_through_no_table() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        desk.furnish(database).await;
        let asked = asked_by(desk.take_all()).await;
        for table in TABLES {
            let is_asked = |sql: &String| sql.contains(&format!("FROM {table}"));
            let is_joined = |sql: &String| sql.contains(&format!("JOIN {table}"));
            assert!(asked.iter().any(|sql| is_asked(sql) || is_joined(sql)), "{table}: {asked:#?}");
        }
        let mut found = Vec::new();
        for sql in &asked {
            let mut walks = walks(database, sql).await;
            walks.retain(|line| !(sql.contains(COUNTED) && line.contains("crm_records")));
            found.extend(walks.into_iter().map(|line| format!("{line}\nin {sql}")));
            if sql.contains("FROM match_keys") && sql.contains("list_id") {
                // However many lists know somebody, only what this one has is read.
                let plan = plan(database, sql).await.join("\n");
                assert_eq!(plan.matches("match_keys_of_lists").count(), 32, "{plan}\nin {sql}");
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n\n"));

        // That a walk is seen, is seen by two that retention may take.
        for walk in [
            "SELECT id FROM crm_records WHERE tenant_id = $1 AND imported_at < $2",
            "DELETE FROM messages WHERE read_at < $1",
        ] {
            assert_eq!(walks(database, walk).await.len(), 1, "{walk}");
        }
        desk.looks_for_older_keys(database).await;
        desk.looks_for_what_a_former_crm_said(database).await;
        desk.looks_for_one_write(database).await;
    })
    .await;
}
