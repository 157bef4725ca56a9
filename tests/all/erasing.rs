//! Somebody who is in no CRM any more, or should never have been imported: what came with a file is erased,
//! by a program, on the page, with a command; nobody is known by it then, and nothing else goes.

use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::import_form::ImportForm;
use crate::support::office::ANNA;
use crate::support::patience::eventually;
use crate::support::site::{Answer, Site};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use undersigned::contact::Contact;
use undersigned::matching::Level;
use undersigned::store::records::{self, NewRecord};
use undersigned::store::suggestions::{Kind, State};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use undersigned::store::{audit, suggestions, tenants};
use undersigned::suggestion::{self, Outcome};

const URL: &str = "http://localhost:8080";
const TABLE: &str = "Id,First name,Last name,E-mail,Phone\n\
    1,Anna,Müller,anna.mueller@exempla.example,0931 3000001\n\
    2,Bernd,Kurz,kurz@probe.example,0911 3000002\n";
const ANNAS: &str = "Anna Müller\nExempla GmbH\nTel. +49 931 3000001\nMobil +49 170 1234567";
const BERND: &str = "Bernd Kurz <kurz@probe.example>";
const BERNDS: &str = "Bernd Kurz\nTel. +49 911 3000002";

#[tokio::test(flavor = "multi_thread")]
async fn a_program_erases_what_was_imported_and_whoever_was_known_by_it_is_new_again() {
    on_each_database(async |database| Box::pin(erased_by_program(database)).await).await;
}

async fn erased_by_program(database: &Database) {
    let site = Site::open(database, URL).await;
    let desk = Desk::of(&site.db, "Kugellager").await;
    let other = Desk::of(&site.db, "Walzlager").await;
    for tenant in [&desk.tenant, &other.tenant] {
        let (_, token) = site.token(tenant, &Scope::ALL).await;
        let request = Request::post("/api/v1/crm/records")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "text/csv")
            .body(Body::from(TABLE));
        assert_eq!(site.send(request.unwrap()).await.json()["new"], 2);
    }
    // One that a connected CRM has named.
    let mut tx = site.db.begin_write().await.unwrap();
    let (contact, version) = (&Contact::default(), Some("1"));
    let connected = NewRecord { external_id: "c:1", version, contact, filled: &[], keyed_by: 0 };
    records::put(&mut tx, &desk.tenant, connected, site.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.take(&letter(1, BERND, BERNDS)).await, Outcome::Known);
    let Outcome::Update(anna) = desk.take(&letter(2, ANNA, ANNAS)).await else {
        panic!("a number of hers that the file does not have")
    };

    let (_, reads) = site.token(&desk.tenant, &[Scope::CrmRead]).await;
    let refused = site.call(&reads, Method::DELETE, "/crm/records", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let (_, token) = site.token(&desk.tenant, &[Scope::RecordsWrite]).await;
    for count in [2, 0] {
        let erased = site.call(&token, Method::DELETE, "/crm/records", None).await;
        assert_eq!(erased.json(), json!({"erased": count}));
    }
    let mut conn = site.db.read().await.unwrap();
    for (left, count) in [
        ("SELECT COUNT(*) FROM crm_records WHERE tenant_id = $1", 1),
        ("SELECT COUNT(*) FROM match_keys WHERE tenant_id = $1 AND owner_kind = 'record'", 0),
    ] {
        let query = sqlx::query_scalar::<_, i64>(left).bind(desk.tenant.as_str());
        assert_eq!(query.fetch_one(&mut *conn).await.unwrap(), count, "{left}");
    }
    let log = audit::page(&mut conn, &desk.tenant, None, 1).await.unwrap();
    assert_eq!(log[0].action, "records.erase");
    drop(conn);

    // The open suggestion hears of it; the next letter is somebody's whom nobody knows.
    suggestion::renew(&site.db, &desk.tenant, &desk.clock).await.unwrap();
    let open = desk.suggestion(&anna).await;
    let is = (open.state, open.kind, open.match_level);
    assert_eq!(is, (State::Open, Kind::New, Level::None));
    assert!(open.known.is_none() && open.known_id.is_none(), "{open:?}");
    let again = desk.take(&letter(3, BERND, &format!("{BERNDS}\nMobil +49 170 7654321"))).await;
    assert!(matches!(again, Outcome::New(_)), "{again:?}");
    assert_eq!(other.take(&letter(1, BERND, BERNDS)).await, Outcome::Known, "elsewhere");
}

fn says(answer: &Answer, words: &str) {
    assert!(answer.text.contains(words), "{words} in {}", answer.text);
}

#[tokio::test]
async fn an_admin_erases_on_the_page_what_was_imported_and_nobody_else_can() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let cookie = site.sign_in("ada@acme.example").await;
        let before = site.look("/import", &cookie).await;
        says(&before, "No record comes from a file");
        let csrf = before.field("csrf");
        let import = async |table: &str, whole| {
            let (csrf, columns, file, what) = (csrf.as_str(), &[][..], table.as_bytes(), "import");
            site.clock.advance_secs(1);
            let form = ImportForm { csrf, columns, whole, file, what };
            site.send(form.request(&cookie, "text/html")).await
        };
        let erase = async |cookie: &str, fields: &[(&str, &str)]| {
            site.post("/import/erase", cookie, fields).await
        };
        says(&import(TABLE, false).await, "2 records were imported");
        // A file of the whole CRM, and Bernd is not in it.
        let (annas, _) = TABLE.split_once("2,").unwrap();
        let whole = import(annas, true).await;
        says(&whole, "<strong>1</strong> of earlier files is not in the CRM any more");
        says(&whole, "1 record was imported");
        import(TABLE, false).await;

        let token = [("csrf", csrf.as_str())];
        says(&erase(&cookie, &token).await, "2 records were imported");
        let forged = erase(&cookie, &[("csrf", "another"), ("sure", "yes")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{forged:?}");
        let member = site.sign_in("max@acme.example").await;
        let of_member = site.look("/review", &member).await.field("csrf");
        let refused = erase(&member, &[("csrf", &of_member), ("sure", "yes")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let erased = erase(&cookie, &[token[0], ("sure", "yes")]).await;
        assert_eq!(erased.status, StatusCode::OK);
        says(&erased, "<strong>2</strong> imported records are erased");
        says(&erased, "0 known");
        assert!(!erased.text.contains("Erase imported records"), "{}", erased.text);
    })
    .await;
}

#[tokio::test]
async fn an_operator_erases_with_a_command_and_the_daemon_lets_the_cards_hear_of_it() {
    on_each_database(async |database| {
        let home = Home::in_(database);
        let (crm, letters) = (home.dir.join("crm.csv"), home.dir.join("letters"));
        std::fs::create_dir_all(&letters).unwrap();
        std::fs::write(&crm, TABLE).unwrap();
        let take = |tenant: &str, number: usize, from: &str, signature: &str| {
            let file = letters.join(format!("{number}.eml"));
            std::fs::write(&file, letter(number, from, signature)).unwrap();
            let file = file.to_str().unwrap();
            home.run(&["import", "--tenant", tenant, "--list", "Inbound", file])
        };
        for tenant in ["Holm", "Berg"] {
            home.run(&["admin", "create-tenant", tenant, "--region", "DE"]);
            let done = home.run(&["crm", "import", "--tenant", tenant, crm.to_str().unwrap()]);
            assert!(done.starts_with("2 records are new"), "{done}");
        }
        assert_eq!(take("Holm", 1, BERND, BERNDS).trim(), "1 known");
        assert_eq!(take("Holm", 2, ANNA, ANNAS).trim(), "1 update");

        for told in ["2 imported records are erased.\n", "0 imported records are erased.\n"] {
            assert_eq!(home.run(&["crm", "erase", "--tenant", "Holm"]), told);
        }
        let daemon = home.start().await;
        let db = database.open().await;
        eventually("the card to say that she is new", async || {
            let mut conn = db.read().await.unwrap();
            let tenant = tenants::by_name(&mut conn, "Holm").await.unwrap().unwrap().id;
            let open = Some(State::Open);
            let found = suggestions::page(&mut conn, &tenant, None, open, None, 9).await;
            (found.unwrap()[0].kind == Kind::New).then_some(())
        })
        .await;
        assert!(daemon.stop().await.success());
        let more = format!("{BERNDS}\nMobil +49 170 7654321");
        assert_eq!(take("Holm", 3, BERND, &more).trim(), "1 new");
        assert_eq!(take("Berg", 1, BERND, BERNDS).trim(), "1 known");
        db.close().await;
    })
    .await;
}
