//! An admin at the page of imports: looks at a file, says what its columns hold, imports it, takes back
//! what was left out, and what reps have accepted.

use crate::support::databases::on_each_database;
use crate::support::import_form::ImportForm;
use crate::support::site::{Answer, Site};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use undersigned::store::records;
use undersigned::store::tenants::Tenant;
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;

const WORKBOOK: &[u8] = include_bytes!("../../fixtures/crm/contacts.xlsx");
const TABLE: &str = "Name;Durchwahl;Tel;Tel;E-Mail\n\
    Anna Müller;+49 931 300001;0931 300002;0170 1234567;anna@a.example\n\
    Ben Berg;;;;at home\n\
    ;;0931 300003;;\n\
    Anna Müller;;;;anna@a.example\n";

/// Somebody at the page.
struct Desk<'s> {
    site: &'s Site,
    cookie: String,
    csrf: String,
}

impl<'s> Desk<'s> {
    /// An admin of a new tenant.
    async fn of(site: &'s Site) -> (Tenant, Self) {
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        let cookie = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/import", &cookie).await.field("csrf");
        (tenant, Self { site, cookie, csrf })
    }

    /// Sends the form as a browser does: its token, its columns, its file, the button.
    async fn send(
        &self,
        what: &str,
        columns: &[(&str, &str)],
        file: &[u8],
        accept: &str,
    ) -> Answer {
        let form = ImportForm { csrf: &self.csrf, columns, whole: false, file, what };
        self.site.send(form.request(&self.cookie, accept)).await
    }

    /// Imports a file that is the whole CRM.
    async fn send_whole(&self, file: &str) -> Answer {
        self.site.clock.advance_secs(1);
        let (csrf, file) = (self.csrf.as_str(), file.as_bytes());
        let form = ImportForm { csrf, columns: &[], whole: true, file, what: "import" };
        self.site.send(form.request(&self.cookie, "text/html")).await
    }

    async fn look(&self, columns: &[(&str, &str)], file: &[u8]) -> Answer {
        self.send("look", columns, file, "text/html").await
    }
}

fn says(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.text.contains(part), "{part} in {}", answer.text);
    }
}

#[tokio::test]
async fn an_admin_looks_at_a_table_imports_it_and_mends_what_was_left_out() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        let cookie = site.sign_in("ada@acme.example").await;
        let page = site.look("/import", &cookie).await;
        says(&page, &["No CRM is connected", "0 known", "/contacts/export?format=csv"]);
        let desk = Desk { site: &site, cookie, csrf: page.field("csrf") };

        let looked = desk.look(&[], TABLE.as_bytes()).await;
        assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
        says(
            &looked,
            &["<strong>2</strong> contacts come in", "<strong>2</strong> rows are left out"],
        );
        says(&looked, &["value=\"Tel (2)\"", "0170 1234567", "<strong>1</strong> single value"]);
        says(&looked, &["Line 5: the same contact as line 2", "Import 2 contacts"]);

        // What the columns hold is said: the second number is a mobile one.
        let columns = [("Tel (2)", "mobile"), ("Durchwahl", "")];
        let chosen = desk.look(&columns, TABLE.as_bytes()).await;
        says(&chosen, &["<option value=\"mobile\" selected>Mobile"]);
        let lines = desk.send("import", &columns, TABLE.as_bytes(), "application/x-ndjson").await;
        assert_eq!(lines.header("content-type"), "application/x-ndjson");
        let mut lines: Vec<Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().any(|line| line["done"] == 2), "{lines:?}");
        lines.retain(|line| line["page"].is_string());
        let done = lines[0]["page"].as_str().unwrap();
        assert!(done.contains("<strong>2</strong> new, <strong>0</strong> known before"), "{done}");
        let mut conn = site.db.read().await.unwrap();
        let anna =
            records::by_external_id(&mut conn, &tenant.id, "e:anna@a.example").await.unwrap();
        drop(conn);
        let phones: Vec<String> =
            anna.unwrap().contact.phones.iter().map(|it| it.value.number().to_owned()).collect();
        assert_eq!(phones, ["+49931300002", "+491701234567"]);

        let left_out = desk.send("left-out", &columns, TABLE.as_bytes(), "text/html").await;
        assert!(left_out.header("content-disposition").starts_with("attachment"), "{left_out:?}");
        says(&left_out, &["Line,Problem,Name,Durchwahl,Tel,Tel (2),E-Mail", "Ben Berg,,,,at home"]);
        let mended = left_out.text.replace("at home", "ben@b.example");
        let mended = desk.send("import", &[], mended.as_bytes(), "text/html").await;
        says(&mended, &["<strong>1</strong> new", "<strong>1</strong> known before", "3 known"]);
        let excel = desk.look(&[], WORKBOOK).await;
        says(&excel, &["<strong>2</strong> contacts come in", "Dr. Zoë Åkesson"]);
    })
    .await;
}

#[tokio::test]
async fn whose_row_of_the_whole_crm_is_left_out_is_in_the_crm_all_the_same() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, desk) = Desk::of(&site).await;
        let emails = async || {
            let mut conn = site.db.read().await.unwrap();
            let mut emails = Vec::new();
            for id in ["id:1", "id:2", "id:3", "id:4", "id:5"] {
                let found = records::by_external_id(&mut conn, &tenant.id, id).await.unwrap();
                let first = found.and_then(|found| found.contact.emails.into_iter().next());
                emails.push(first.map(|email| email.value.to_string()));
            }
            emails
        };
        let whole = "Id;Name;Telefon;E-Mail\n1;Anna Müller;;anna@a.example\n2;Ben Berg;;ben@b.example\n\
            3;Cora Clauß;;cora@c.example\n4;Dirk Dorn;;dirk@d.example\n";
        says(&desk.send_whole(whole).await, &["<strong>4</strong> new"]);
        let before = emails().await;

        // In the CRM somebody has taken out Ben's values, broken Cora's, and deleted Dirk; nobody has come.
        let later = "Id;Name;Telefon;E-Mail\n1;Anna Müller;;anna@a.example\n2;;;\n\
            3;;0931 300001;at home\n5;;;\n";
        let looked = desk.look(&[], later.as_bytes()).await;
        says(&looked, &["<strong>1</strong> contact of an earlier file is not in this one"]);
        let done = desk.send_whole(later).await;
        says(&done, &["<strong>1</strong> known before", "3 known"]);
        let looked = desk.look(&[], later.as_bytes()).await;
        says(&looked, &["Everybody of earlier files is in this one too"]);
        says(&done, &["<strong>1</strong> of earlier files is not in the CRM any more"]);
        says(&done, &["<strong>3</strong> rows", "Line 3: neither a name nor an e-mail address"]);
        let expected = [&before[..3], &[None, None]].concat();
        assert_eq!(emails().await, expected, "they stay as they were");
    })
    .await;
}

/// How many records there are.
async fn known(site: &Site, tenant: &Tenant) -> i64 {
    let mut conn = site.db.read().await.unwrap();
    records::count(&mut conn, &tenant.id).await.unwrap()
}

#[tokio::test]
async fn what_was_left_out_and_is_mended_is_never_the_whole_crm() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, desk) = Desk::of(&site).await;
        says(&desk.send_whole(TABLE).await, &["<strong>2</strong> new"]);
        let left_out = desk.send("left-out", &[], TABLE.as_bytes(), "text/html").await;
        let mended = left_out.text.replace("at home", "cora@c.example");

        let refused = desk.send_whole(&mended).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        says(&refused, &["role=\"alert\"", "never the whole CRM", "2 known"]);
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let sent = async |path: &str, file: &str| {
            let request = Request::post(format!("/api/v1/crm/records{path}"))
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header(header::CONTENT_TYPE, "text/csv")
                .body(Body::from(file.to_owned()));
            site.send(request.unwrap()).await
        };
        for (file, leaving) in
            [(TABLE, json!(0)), ("Name\nEva Ehrlich\n", json!(2)), (&*mended, json!(null))]
        {
            let looked = sent("/preview", file).await;
            assert_eq!(looked.json()["leaving"], leaving, "{looked:?}");
        }
        let refused = sent("?whole=true", &mended).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        says(&refused, &["never the whole CRM"]);
        assert_eq!(known(&site, &tenant).await, 2);

        let done = desk.send("import", &[], mended.as_bytes(), "text/html").await;
        says(&done, &["<strong>1</strong> new", "<strong>1</strong> known before", "3 known"]);
    })
    .await;
}

#[tokio::test]
async fn a_quote_that_is_left_open_swallows_nobody() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, desk) = Desk::of(&site).await;
        let table = |inn: &str, rohr: &str| {
            let people = (3..2000).map(|nth| format!("{nth};Eva {nth};;\n"));
            let people = people.collect::<Vec<_>>().concat();
            format!(
                "Id;Name;Firma;Notiz\n1;Anna Müller;A;\"Likes tea, coffee,\nand; maybe; wine;\"\n\
                 2;Ben Berg;{inn};x\n{people}2000;Dirk Dorn;{rohr};\n"
            )
        };
        says(&desk.send_whole(&table("B", "C")).await, &["<strong>2,000</strong> new"]);
        let unclosed = table("\"Zum Löwen", "C");
        for open in [unclosed.as_str(), &table("\"Zum Löwen", "27\"")] {
            let why = "line 4 is not CSV: a cell begins there with a quote that is not closed";
            for answer in [desk.look(&[], open.as_bytes()).await, desk.send_whole(open).await] {
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
                says(&answer, &["role=\"alert\"", why]);
            }
            assert_eq!(known(&site, &tenant).await, 2000);
        }
        let narrow = "Name;Firma\nAnna Müller;\"Zum Löwen\nBen Berg;B\n";
        says(&desk.look(&[], narrow.as_bytes()).await, &["line 2 is not CSV"]);
        let headers = "Name;\"Firma;E-Mail\nAnna Müller;B;a@a.example\n";
        says(&desk.look(&[], headers.as_bytes()).await, &["line 1 is not CSV"]);
        let done = desk.send_whole(&table("B", "C")).await;
        says(&done, &["<strong>0</strong> new, <strong>2,000</strong> known before"]);
    })
    .await;
}

#[tokio::test]
async fn people_of_one_customer_number_or_one_mailbox_are_not_taken_for_one() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, desk) = Desk::of(&site).await;
        let table = "Kundennummer;Firma;Vorname;Nachname;E-Mail\n\
            4711;Exempla GmbH;Karl;Kurz;karl@a.example\n4711;Exempla GmbH;Anna;Müller;anna@a.example\n\
            4711;Exempla GmbH;Eva;Lang;\n4712;Probe AG;Fritz;Lang;anna@a.example\n\
            4712;Probe AG;Anna;Mueller;anna@a.example\n";
        let looked = desk.look(&[], table.as_bytes()).await;
        says(&looked, &["1 column left out", "value=\"Kundennummer\"", "<strong>3</strong> contacts"]);
        let another = "Line 5: the same e-mail address as line 3, but another name";
        says(&looked, &[another, "Line 6: the same contact as line 3: merge the two"]);

        // Whoever means it says so, and hears what that comes to.
        let chosen = desk.look(&[("Kundennummer", "id")], table.as_bytes()).await;
        says(&chosen, &["<strong>2</strong> contacts", "or leave the column of ids out"]);
        says(&chosen, &["Line 3: the same id as line 2, but another name", "Line 4: the same id"]);

        let done = desk.send("import", &[], table.as_bytes(), "text/html").await;
        says(&done, &["<strong>3</strong> new"]);
        assert_eq!(known(&site, &tenant).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_is_said_and_nobody_but_an_admin_sends_one() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let cookie = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/import", &cookie).await.field("csrf");
        let desk = Desk { site: &site, cookie, csrf };
        let latin = b"Name,E-mail\nJ\xf6rg,j@a.example\n";
        says(&desk.look(&[], latin).await, &["Jörg", "save it as “CSV UTF-8”"]);

        let too_large = vec![b' '; 65 * 1024 * 1024];
        let refused: [(&[u8], &str); 6] = [
            (b"", "this file is empty"),
            (b"%PDF-1.7", "neither CSV nor an Excel workbook"),
            (b"\xD0\xCF\x11\xE0", "of before 2007, or one with a password"),
            (&WORKBOOK[..1000], "damaged or protected"),
            (b"colour\nred\n", "no line names the columns"),
            (&too_large, "larger than 64 MiB; split it"),
        ];
        for (file, why) in refused {
            let answer = desk.look(&[], file).await;
            assert!(answer.status.is_client_error(), "{}", answer.status);
            says(&answer, &["role=\"alert\"", why]);
        }
        let unknown = desk.look(&[], b"Nombre;Correo\nAna;ana@a.example\n").await;
        says(&unknown, &["No column is known by its name", "value=\"Correo\"", "ana@a.example"]);
        let other = [("Nachname", "family")];
        says(&desk.look(&other, latin).await, &["the table has no column &#34;Nachname&#34;"]);

        let elsewhere = Desk { csrf: String::new(), cookie: desk.cookie.clone(), ..desk };
        let refused = elsewhere.send("import", &[], TABLE.as_bytes(), "text/html").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let cookie = site.sign_in("max@acme.example").await;
        let csrf = site.look("/review", &cookie).await.field("csrf");
        for path in ["/import", "/contacts/export?format=csv"] {
            assert_eq!(site.look(path, &cookie).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let member = Desk { site: &site, cookie, csrf };
        let refused = member.send("import", &[], TABLE.as_bytes(), "text/html").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let mut conn = site.db.read().await.unwrap();
        assert_eq!(records::count(&mut conn, &tenant.id).await.unwrap(), 0);
    })
    .await;
}
