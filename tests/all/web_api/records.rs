//! Contacts of a CRM as a file, looked at and imported.

use super::{URL, refused};
use crate::support::databases::on_each_database;
use crate::support::site::Site;
use axum::http::StatusCode;
use serde_json::json;
use undersigned::store::tokens::Scope;

#[tokio::test]
async fn records_are_imported_twice_without_effect() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let import = async |kind: &'static str| {
            let file =
                "Id,First name,Last name,E-mail,Phone\n1,Anna,Müller,anna@a.example,0931 123456\n";
            let request = axum::http::Request::post("/api/v1/crm/records")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", kind)
                .body(axum::body::Body::from(file));
            site.send(request.unwrap()).await
        };
        let first = import("text/csv; charset=utf-8").await.json();
        assert_eq!((&first["new"], &first["again"]), (&json!(1), &json!(0)), "{first}");
        let second = import("text/csv").await.json();
        assert_eq!((&second["new"], &second["again"]), (&json!(0), &json!(1)), "{second}");
        let wrong = import("application/json").await;
        refused(&wrong, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type");
    })
    .await;
}

#[tokio::test]
async fn an_admin_looks_at_a_workbook_before_importing_it() {
    const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let send = async |path: &str, accept: &str| {
            let file: &[u8] = include_bytes!("../../../fixtures/crm/contacts.xlsx");
            let request = axum::http::Request::post(format!("/api/v1/crm/records{path}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", EXCEL)
                .header("accept", accept)
                .body(axum::body::Body::from(file));
            site.send(request.unwrap()).await
        };
        let preview = send("/preview", "application/json").await.json();
        assert_eq!(preview["count"], 2, "{preview}");
        assert_eq!(preview["columns"][6], json!({"name": "Telefon", "meaning": "phone"}));
        assert_eq!(preview["columns"][13], json!({"name": "Angelegt", "meaning": null}));
        assert_eq!(preview["contacts"][0]["name"]["full"], "Zoë Åkesson");
        let wrong = send("?columns=%7B%22Telefon%22%3A%22colour%22%7D", "*/*").await;
        refused(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        // Without its column of ids and the mailboxes, one row has no number and no more to tell.
        let fewer = "?columns=%7B%22Telefon%22%3Anull%2C%22Vorname%22%3Anull%7D";
        let done = send(fewer, "application/json").await.json();
        assert_eq!((&done["new"], &done["again"]), (&json!(2), &json!(0)), "{done}");
        let left_out = send("", "text/csv").await;
        assert_eq!(left_out.status, StatusCode::OK);
        assert!(left_out.text.starts_with("\u{feff}Line,Problem,"), "{}", left_out.text);
        assert_eq!(left_out.text.lines().count(), 1, "{}", left_out.text);
    })
    .await;
}
