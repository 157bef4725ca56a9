//! What was accepted: forgotten when somebody asks for it, and taken along as a file.

use super::{URL, clara, refused};
use crate::support::databases::on_each_database;
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::json;
use undersigned::contact::{EmailAddress, Found, Origin, Phone, PhoneKind};
use undersigned::matching;
use undersigned::store::tokens::Scope;
use undersigned::store::{ContactId, audit, followups, match_keys};

#[tokio::test]
async fn a_contact_that_asks_for_it_is_forgotten() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let id = site.suggest(&tenant.id, &list, clara(), None).await;
        let accept = format!("/suggestions/{id}/accept");
        let accepted = site.call(&token, Method::POST, &accept, Some(json!({}))).await.json();
        let contact = accepted["contact"].as_str().unwrap().to_owned();
        let mut tx = site.db.begin_write().await.unwrap();
        let address = EmailAddress::parse("clara@fabrik.example").unwrap();
        let (tenant_id, now) = (&tenant.id, site.clock.now());
        let contact_id = ContactId::parse(&contact).unwrap();
        followups::plan(&mut tx, tenant_id, &contact_id, &address, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();

        let path = format!("/contacts/{contact}");
        let (other, _) = site.tenant("Other").await;
        let (_, stranger) = site.token(&other.id, &Scope::ALL).await;
        let refusal = site.call(&stranger, Method::DELETE, &path, None).await;
        refused(&refusal, StatusCode::NOT_FOUND, "not-found");
        assert_eq!(site.call(&token, Method::GET, &path, None).await.status, StatusCode::OK);

        let done = site.call(&token, Method::DELETE, &path, None).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{done:?}");
        let again = site.call(&token, Method::DELETE, &path, None).await;
        refused(&again, StatusCode::NOT_FOUND, "not-found");
        let undo = format!("/suggestions/{id}/undo");
        let undone = site.call(&token, Method::POST, &undo, Some(json!({}))).await;
        refused(&undone, StatusCode::CONFLICT, "conflict");
        for path in ["/contacts".to_owned(), "/followups".into(), format!("/suggestions/{id}")] {
            let answer = site.call(&token, Method::GET, &path, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
            let text = answer.text.to_lowercase();
            for value in ["clara", "einkauf", "931123456"] {
                assert!(!text.contains(value), "{value} is left in {path}: {text}");
            }
        }
        let mut conn = site.db.read().await.unwrap();
        let log = audit::page(&mut conn, tenant_id, None, 1).await.unwrap();
        assert_eq!((log[0].action.as_str(), &log[0].subject), ("contact.remove", &contact));
        let keys = matching::keys(&clara());
        let owners = match_keys::owners_for(&mut conn, tenant_id, &list.id, &keys).await.unwrap();
        assert_eq!(owners, [], "nobody is found by her values");
    })
    .await;
}

#[tokio::test]
async fn contacts_leave_as_vcards_cards_and_a_table() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let export = async |format: &str| {
            site.call(&token, Method::GET, &format!("/contacts/export?format={format}"), None).await
        };
        assert_eq!(export("jscontact").await.json(), json!([]));
        for nth in 0..250 {
            let mut contact = clara();
            if nth == 7 {
                let third = Phone::parse(PhoneKind::Work, "+499317770001").unwrap();
                contact.phones.push(Found::new(third, 0.9, Origin::Label));
            }
            contact.titles[0].value = "=cmd|' /C calc'!A0\r\nX-Injected: 1".into();
            let id = site.suggest(&tenant.id, &list, contact, None).await;
            let path = format!("/suggestions/{id}/accept");
            let answer = site.call(&token, Method::POST, &path, Some(json!({}))).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        let forms = [
            ("vcard", "text/vcard; charset=utf-8", "contacts.vcf", "BEGIN:VCARD"),
            ("jscontact", "application/json", "contacts.json", "\"@type\":\"Card\""),
            ("csv", "text/csv; charset=utf-8; header=present", "contacts.csv", "Clara Fröhlich"),
        ];
        for (format, kind, file, mark) in forms {
            let answer = export(format).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("content-type"), kind);
            let name = format!("attachment; filename=\"{file}\"");
            assert_eq!(answer.header("content-disposition"), name);
            assert!(answer.headers.get("x-injected").is_none());
            assert_eq!(answer.text.matches(mark).count(), 250, "{format}");
        }
        assert_eq!(export("jscontact").await.json().as_array().unwrap().len(), 250);
        let table = export("csv").await.text;
        assert!(!table.contains(",=cmd"), "a formula is defused");
        assert_eq!(table.matches("+49 931 7770001").count(), 1, "the third phone is there");
        assert!(table.contains(",Phone,Phone 2,Phone 3,Mobile,"), "{table}");
        let answer = export("pdf").await;
        refused(&answer, StatusCode::BAD_REQUEST, "malformed");

        let first = site.call(&token, Method::GET, "/contacts?limit=200", None).await.json();
        let next = first["next"].as_str().unwrap();
        let path = format!("/contacts?limit=200&before={next}");
        let second = site.call(&token, Method::GET, &path, None).await.json();
        assert_eq!(second["items"].as_array().unwrap().len(), 50);
        assert!(second.get("next").is_none(), "{second}");
    })
    .await;
}
