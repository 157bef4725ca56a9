//! An admin at the page of policies.

use crate::support::databases::on_each_database;
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;

#[tokio::test]
async fn an_admin_says_what_is_filled_without_a_rep_and_who_accepts() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let (_, token) = site.token(&tenant.id, &[Scope::CrmRead]).await;
        let member = site.sign_in("max@acme.example").await;
        assert_eq!(site.look("/policies", &member).await.status, StatusCode::FORBIDDEN);

        let admin = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/policies", &admin).await.field("csrf");
        let save = async |fields: &[(&str, &str)]| {
            let fields = [&[("csrf", &*csrf)], fields].concat();
            site.post("/policies", &admin, &fields).await
        };
        let fills = ("fills", "on");
        let refused = save(&[fills, ("percent", "30"), ("who_may_accept", "admins")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("must be 50 to 100 percent"), "{}", refused.text);
        assert!(refused.text.contains("value=\"30\""), "what was typed stays: {}", refused.text);
        let saved = save(&[fills, ("percent", "97.5"), ("who_may_accept", "admins")]).await;
        assert!(saved.text.contains("are saved"), "{}", saved.text);
        let set = site.call(&token, Method::GET, "/policies", None).await.json();
        assert_eq!(
            (&set["fill_blanks"], &set["who_may_accept"]),
            (&0.975.into(), &"admins".into())
        );
        let shown = site.look("/policies", &admin).await.text;
        assert!(shown.contains("value=\"97.5\""), "{shown}");
        let rep = ("owner", "rep");
        save(&[("percent", "97.5"), ("who_may_accept", "reps"), rep, ("companies", "make")]).await;
        let set = site.call(&token, Method::GET, "/policies", None).await.json();
        assert_eq!(set["fill_blanks"], serde_json::Value::Null);
        assert_eq!((&set["owner"], &set["companies"]), (&"rep".into(), &"make".into()));
    })
    .await;
}
