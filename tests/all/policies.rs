//! What a tenant lets happen without asking, and who may accept.

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::contact::{Contact, EmailAddress, Found, Origin, PersonName};
use undersigned::crm::table::{Chosen, Order, import};
use undersigned::matching::Level;
use undersigned::store::audit::{self, Actor};
use undersigned::store::policies::{self, FillBlanks, Policies};
use undersigned::store::suggestions::{Kind, State};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use undersigned::store::{SuggestionId, contacts};
use undersigned::suggestion::{Outcome, compare, undo};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";
const CRM: &str = "Contact ID;Vorname;Name;Funktion;Firma;E-Mail-Adresse;Telefon\r\n\
    1;Anna;Müller;Leiterin Einkauf;Exempla GmbH;anna.mueller@exempla.example;+49 931 3000001\r\n\
    2;Bernd;Kurz;Einkauf;Exempla GmbH;kurz@exempla.example;+49 931 3000002\r\n";

/// How Anna signs, as the CRM has her, with these lines more.
fn anna(number: usize, title: &str, more: &str) -> String {
    let signature = format!(
        "Anna Müller\n{title}\nExempla GmbH\nTel. +49 931 3000001{more}\nanna.mueller@exempla.example"
    );
    letter(number, ANNA, &signature)
}

/// A message of which the receiving server says that DMARC passed.
fn proven(message: &str) -> String {
    checked("pass", message)
}

fn checked(verdict: &str, message: &str) -> String {
    let said = "Authentication-Results: mx.kugellager.test; spf=pass; dmarc";
    format!("{said}={verdict} header.from=exempla.example\n{message}")
}

/// A desk whose CRM has Anna and Bernd, at a tenant that fills blanks from this confidence.
async fn filling_from(desk: Desk, confidence: f64) -> Desk {
    let order = Order {
        tenant: &desk.tenant,
        actor: &Actor::CommandLine,
        chosen: &Chosen::new(),
        region: "DE",
        now: desk.clock.now(),
    };
    assert_eq!(import(&desk.db, order, CRM.as_bytes(), |_| {}).await.unwrap().problems, []);
    let fill_blanks = FillBlanks::from(confidence).unwrap();
    let policies = Policies { fill_blanks, ..Policies::default() };
    let mut tx = desk.db.begin_write().await.unwrap();
    policies::set(&mut tx, &desk.tenant, &policies).await.unwrap();
    tx.commit().await.unwrap();
    desk
}

impl Desk {
    async fn updated(&self, text: &str) -> SuggestionId {
        match self.take(text).await {
            Outcome::Update(id) => id,
            other => panic!("expected an update, not {other:?}"),
        }
    }

    async fn take_back(&self, id: &SuggestionId) {
        self.clock.advance_secs(1);
        let (actor, now) = (Actor::CommandLine, self.clock.now());
        let mut tx = self.db.begin_write().await.unwrap();
        undo(&mut tx, &self.tenant, id, &actor, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The phone numbers of the only contact of the list.
    async fn numbers(&self) -> Vec<String> {
        let mut conn = self.db.read().await.unwrap();
        let page = contacts::page(&mut conn, &self.tenant, None, None, 9).await.unwrap();
        let phones = page.iter().flat_map(|contact| &contact.contact.phones);
        phones.map(|phone| phone.value.number().to_owned()).collect()
    }

    /// What an open suggestion would change.
    async fn differing(&self, id: &SuggestionId) -> Vec<String> {
        let rows = compare(&self.suggestion(id).await).into_iter();
        rows.filter(|row| row.differs).filter_map(|row| row.suggested).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_of_a_certain_record_are_filled_and_what_differs_waits_for_a_rep() {
    on_each_database(async |database| {
        let desk = filling_from(Desk::of(&database.open().await, "Filling").await, 0.6).await;
        // A mobile number is all that is new, and the CRM has none.
        let mobile = "\nMobil +49 170 1234567";
        let filled = desk.updated(&proven(&anna(1, "Leiterin Einkauf", mobile))).await;
        let by_policy = desk.suggestion(&filled).await;
        assert_eq!((by_policy.kind, by_policy.match_level), (Kind::Update, Level::Exact));
        assert_eq!(by_policy.state, State::Accepted);
        assert_eq!(by_policy.decided_by.as_deref(), Some("policy"));
        assert_eq!(desk.numbers().await, ["+499313000001", "+491701234567"]);
        let mut conn = desk.db.read().await.unwrap();
        let log = audit::page(&mut conn, &desk.tenant, None, 1).await.unwrap();
        drop(conn);
        let line = (log[0].actor.as_str(), log[0].action.as_str(), log[0].subject.as_str());
        assert_eq!(line, ("policy", "suggestion.accept", filled.as_str()));
        assert_eq!(desk.take(&proven(&anna(2, "Leiterin Einkauf", mobile))).await, Outcome::Known);

        // Undone it is as it was, and stays so when she writes again.
        desk.take_back(&filled).await;
        assert_eq!(desk.suggestion(&filled).await.state, State::Open);
        assert_eq!(desk.numbers().await, [""; 0]);
        let shorter = proven(&anna(3, "", mobile));
        assert_eq!(desk.take(&shorter).await, Outcome::Known);
        assert_eq!(desk.numbers().await, [""; 0]);

        // Another title is for a rep; the fax number that comes with it is not.
        let fax = "\nFax +49 931 3000009";
        let open = desk.updated(&proven(&anna(4, "Geschäftsführerin", fax))).await;
        assert_eq!(desk.numbers().await, ["+499313000001", "+499313000009"]);
        let waiting = desk.suggestion(&open).await;
        assert_eq!(waiting.state, State::Open);
        let differing = desk.differing(&open).await;
        assert!(differing.contains(&"Geschäftsführerin".to_owned()), "{differing:?}");
        assert!(!differing.contains(&"+49 931 3000009".to_owned()), "{differing:?}");

        // A second number of a kind is no blank.
        let bernd = |number, more: &str| {
            let lines =
                format!("Bernd Kurz\nEinkauf\nExempla GmbH\nTel. {more}\nkurz@exempla.example");
            proven(&letter(number, "Bernd Kurz <kurz@exempla.example>", &lines))
        };
        let second = desk.updated(&bernd(5, "+49 931 3000077")).await;
        assert_eq!(desk.suggestion(&second).await.state, State::Open);
        assert_eq!(desk.differing(&second).await, ["+49 931 3000077"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filled_that_is_not_sure_enough() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = filling_from(Desk::of(&db, "Careful").await, 1.0).await;
        let mobile = "\nMobil +49 170 1234567";
        let id = desk.updated(&proven(&anna(1, "Leiterin Einkauf", mobile))).await;
        assert_eq!(desk.suggestion(&id).await.state, State::Open);
        // Nor by mail of which nobody says that it is hers; a rep may accept that.
        let desk = filling_from(Desk::of(&db, "Unproven").await, 0.5).await;
        let id = desk.updated(&checked("none", &anna(3, "Leiterin Einkauf", mobile))).await;
        assert_eq!(desk.suggestion(&id).await.state, State::Open);
        let fax = "\nFax +49 931 3000009";
        assert_eq!(desk.updated(&anna(4, "Leiterin Einkauf", fax)).await, id);
        assert_eq!(desk.suggestion(&id).await.state, State::Open);
        assert_eq!(desk.numbers().await, [""; 0]);
        // Somebody of her name who writes from elsewhere may be another Anna.
        let desk = filling_from(Desk::of(&db, "Confident").await, 0.5).await;
        let lines = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\nMobil +49 170 7654321\n\
            anna.mueller2@exempla.example";
        let another = letter(2, "Anna Müller <anna.mueller2@exempla.example>", lines);
        let id = desk.updated(&proven(&another)).await;
        let possible = desk.suggestion(&id).await;
        assert_eq!((possible.match_level, possible.state), (Level::Possible, State::Open));
    })
    .await;
}

/// Somebody of that name.
fn person(name: &str, email: &str) -> Contact {
    Contact {
        name: Some(Found::new(PersonName::of(name), 0.98, Origin::Header)),
        emails: vec![Found::certain(EmailAddress::parse(email).unwrap(), Origin::Header)],
        ..Contact::default()
    }
}

#[tokio::test]
async fn where_admins_only_may_accept_a_rep_is_refused_with_a_sentence() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, admin) = site.token(&tenant.id, &Scope::ALL).await;
        let reps = [Scope::SuggestionsRead, Scope::SuggestionsWrite];
        let (_, rep) = site.token(&tenant.id, &reps).await;
        let usual = site.call(&admin, Method::GET, "/policies", None).await.json();
        let usual_ones = json!({"fill_blanks": null, "who_may_accept": "reps", "owner": "crm",
                                "companies": "link"});
        assert_eq!(usual, usual_ones);
        let set = async |token: &str, body: Value| {
            site.call(token, Method::PUT, "/policies", Some(body)).await.status
        };
        let admins = json!({"fill_blanks": 0.9, "who_may_accept": "admins", "owner": "rep",
                            "companies": "make"});
        assert_eq!(set(&rep, admins.clone()).await, StatusCode::FORBIDDEN);
        for wrong in [
            json!({"fill_blanks": 0.4, "who_may_accept": "reps"}),
            json!({"fill_blanks": null, "who_may_accept": "nobody"}),
            json!({"fill_blanks": null, "who_may_accept": "reps", "owner": "id:Rita Rep"}),
        ] {
            assert_eq!(set(&admin, wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(set(&admin, admins.clone()).await, StatusCode::OK);
        assert_eq!(site.call(&admin, Method::GET, "/policies", None).await.json(), admins);

        let id = site.suggest(&tenant.id, &list, person("Eva Klein", "eva@a.example"), None).await;
        let post = async |token: &str, what: &str| {
            let path = format!("/suggestions/{id}/{what}");
            site.call(token, Method::POST, &path, Some(json!({}))).await
        };
        let refused = post(&rep, "accept").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        assert!(refused.text.contains("only an admin may accept"), "{refused:?}");
        assert_eq!(post(&admin, "accept").await.status, StatusCode::OK);
        assert_eq!(post(&rep, "undo").await.status, StatusCode::FORBIDDEN);
        assert_eq!(post(&admin, "undo").await.status, StatusCode::OK);

        // The page offers it to admins only, and takes it from nobody else.
        site.user(&tenant.id, "rep@acme.example", Role::Member).await;
        site.user(&tenant.id, "admin@acme.example", Role::Admin).await;
        let cookie = site.sign_in("rep@acme.example").await;
        let page = site.look("/review", &cookie).await;
        assert!(page.text.contains("only an admin may accept"), "{}", page.text);
        assert!(!page.text.contains("value=\"accept\""), "no button to accept");
        let csrf = page.field("csrf");
        let fields = [("csrf", csrf.as_str()), ("decision", "accept-all")];
        let path = format!("/review/{id}");
        let answer = site.post(&path, &cookie, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
        let cookie = site.sign_in("admin@acme.example").await;
        let page = site.look("/review", &cookie).await;
        assert!(page.text.contains("value=\"accept\""), "an admin has the button");
    })
    .await;
}
