//! A refresh token is worth one exchange: what comes of it is kept, whatever happens meanwhile.

use super::{RITA, Scene, exchanges};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use secrecy::{ExposeSecret, SecretString};
use sqlx::AssertSqlSafe;
use std::time::Duration;
use undersigned::crm::connection::{self, Settings, Target};
use undersigned::crm::http::Http;
use undersigned::store::crm_connections::{self, Kind};
use undersigned::store::oauth::{Begun, Holder, begin_exchange, end_exchange, exchanged};
use url::Url;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_came_outlives_an_outage_of_the_database() {
    on_each_database(async |database| {
        let scene = Scene::set(database, Kind::Pipedrive).await;
        scene.consents().await.unwrap();
        let Scene { office, service, .. } = &scene;
        let Desk { db, vault, tenant, .. } = &office.desk;
        let rename = async |from: &str, to: &str| {
            let mut tx = db.begin_write().await.unwrap();
            let sql = AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"));
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        };
        let ask = |http: Http| {
            let (db, vault, tenant) = (db.clone(), vault.clone(), tenant.clone());
            tokio::spawn(
                async move { connection::owners(&http, &db, &vault, &tenant).await.map(drop) },
            )
        };
        // The database is away when the service answers, and the token before is worth nothing then.
        service.world().slow = Duration::from_millis(300);
        let asked = ask(scene.other_worker());
        service.until_busy().await;
        rename("crm_connections", "away").await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        rename("away", "crm_connections").await;
        drop(asked.await.unwrap());
        ask(scene.other_worker()).await.unwrap().unwrap();
        assert_eq!(service.world().exchanges(RITA), 2);

        // Whoever asked is gone, and the process stops: it waits until what comes is kept.
        let stopping = exchanges(&office.desk);
        let gone = ask(scene.worker_with(stopping.clone()));
        service.until_busy().await;
        gone.abort();
        stopping.finish().await;
        assert_eq!(service.world().exchanges(RITA), 3);
        ask(scene.other_worker()).await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_goes_on_whatever_else_is_changed_and_ends_with_a_new_consent() {
    on_each_database(async |database| {
        let scene = Scene::set(database, Kind::Pipedrive).await;
        scene.consents().await.unwrap();
        let Desk { db, vault, tenant, clock, .. } = &scene.office.desk;
        let connected = scene.connection().await;
        let holder = Holder::Crm(tenant.clone(), connected.changed_at);
        let begin = async |abandoned| {
            let mut tx = db.begin_write().await.unwrap();
            let until = clock.now().plus_secs(40);
            let begun = begin_exchange(&mut tx, &holder, until, abandoned).await.unwrap();
            tx.commit().await.unwrap();
            begun
        };
        let end = async |exchange, next: Option<&str>| {
            let mut tx = db.begin_write().await.unwrap();
            let next = next.map(SecretString::from);
            let ours = end_exchange(&mut tx, vault, &holder, exchange, next.as_ref()).await;
            tx.commit().await.unwrap();
            ours.unwrap()
        };
        let Begun::Ours(dead) = begin(None).await else { panic!("not begun") };
        // Who is waited for is taken for dead in the end, and has the next token all the same: it is kept,
        // and whoever took its place has shown one that is no more.
        clock.advance_secs(60);
        let Begun::Theirs(abandoned) = begin(None).await else { panic!("begun") };
        let Begun::Ours(heir) = begin(Some(abandoned)).await else { panic!("not begun") };
        assert!(end(&dead, Some("the second")).await);
        assert!(!end(&heir, None).await);

        // The settings are saved anew without a password meanwhile, and the fields.
        let Begun::Ours(exchange) = begin(None).await else { panic!("not begun") };
        let mut conn = db.read().await.unwrap();
        let token = exchanged(&mut conn, vault, &holder, &exchange).await.unwrap();
        assert_eq!(token.expose_secret(), "the second");
        drop(conn);
        let url: Url = connected.url.parse().unwrap();
        let settings = Settings {
            kind: Kind::Pipedrive,
            url: url.clone(),
            username: String::new(),
            password: None,
        };
        let (username, name) = (connected.username.clone(), String::new());
        let target = Target { url, username, name };
        let mut tx = db.begin_write().await.unwrap();
        connection::save(&mut tx, vault, tenant, &settings, &target, clock.now()).await.unwrap();
        crm_connections::set_mapping(&mut tx, tenant, "", clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(end(&exchange, Some("the third")).await);
        assert_eq!(begin(None).await, Begun::Gone, "it is another connection by now");
        let holder = Holder::Crm(tenant.clone(), scene.connection().await.changed_at);
        let mut tx = db.begin_write().await.unwrap();
        let until = clock.now().plus_secs(40);
        let Begun::Ours(exchange) = begin_exchange(&mut tx, &holder, until, None).await.unwrap()
        else {
            panic!("not begun")
        };
        let token = exchanged(&mut tx, vault, &holder, &exchange).await.unwrap();
        assert_eq!(token.expose_secret(), "the third");
        tx.commit().await.unwrap();

        // A consent that is given meanwhile is not replaced.
        scene.consents().await.unwrap();
        assert!(!end(&exchange, Some("the fourth")).await);
        assert!(matches!(scene.office.read().await, Ok(())));
    })
    .await;
}
