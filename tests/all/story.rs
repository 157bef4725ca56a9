//! The story of a user: a mail delivered to a real mailbox becomes a suggestion that a person
//! accepts, field by field, and the contact gets a follow-up.

use crate::support::api::Api;
use crate::support::daemon::{Daemon, Home};
use crate::support::databases::{Database, on_each_database};
use crate::support::lmtp::deliver;
use crate::support::mailbox;
use crate::support::patience::eventually;
use crate::support::servers::SERVERS;
use serde_json::{Value, json};

#[tokio::test]
async fn a_mail_becomes_a_suggestion_that_a_person_accepts() {
    on_each_database(async |database| Story::begin(database).await.tell().await).await;
}

struct Story {
    home: Home,
    daemon: Daemon,
    api: Api,
    rep: String,
    customer: String,
}

impl Story {
    async fn begin(database: &Database) -> Self {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        home.run_with_input(
            &[
                "admin",
                "create-user",
                "--tenant",
                "Kugellager",
                "--role",
                "admin",
                "rep@kugellager.test",
            ],
            "correct horse battery staple\n",
        );
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        // Addresses of their own, since all stories share the servers.
        let tag = database.dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let tag: String = tag.chars().filter(char::is_ascii_alphanumeric).collect();
        let rep = format!("rep-{tag}@kugellager.test");
        let customer = format!("clara.{tag}@fabrik.example");
        Self { home, daemon, api, rep, customer }
    }

    async fn tell(self) {
        self.connects_the_mailbox_and_the_technical_user().await;
        deliver(&self.rep, self.mail("first", "+49 931 123456").as_bytes()).await;
        let id = self.sees_the_suggestion("new").await;
        self.sees_it_on_the_page().await;
        self.accepts_it_field_by_field(&id).await;
        self.finds_it_in_the_export().await;
        self.the_customer_gets_the_follow_up_once().await;

        deliver(&self.rep, self.mail("again", "+49 931 123456").as_bytes()).await;
        deliver(&self.rep, self.mail("moved", "+49 931 654321").as_bytes()).await;
        let id = self.sees_the_suggestion("update").await;
        self.the_update_has_the_new_number(&id).await;
        // The unchanged one came before the changed one in the same mailbox, and gave nothing.
        let all = self.api.get("/suggestions").await;
        assert_eq!(all["items"].as_array().unwrap().len(), 2, "{all}");
        assert!(self.daemon.stop().await.success());
        drop(self.home);
    }

    async fn connects_the_mailbox_and_the_technical_user(&self) {
        let list = self.api.post("/lists", json!({"name": "Inbound"})).await;
        let mailbox = json!({
            "address": self.rep, "list": list["id"],
            "host": "localhost", "port": SERVERS.imap_tls.port(),
            "security": "tls", "password": SERVERS.password,
        });
        self.api.post("/mailboxes", mailbox).await;
        let user = json!({
            "host": "localhost", "port": SERVERS.smtp_starttls.port(), "security": "starttls",
            "username": self.rep, "password": SERVERS.password,
            "from_name": "Rep of Kugellager", "from_address": self.rep,
            "subject_template": "Schön, von Ihnen zu hören",
            "body_template": "Guten Tag {{ name }},\n\ndanke für Ihre Nachricht.\n",
            "enabled": true, "delay_seconds": 0,
        });
        self.api.put("/technical-user", user).await;
        eventually("a healthy mailbox", async || {
            let all = self.api.get("/mailboxes").await;
            (all[0]["state"] == "healthy").then_some(())
        })
        .await;
    }

    /// A mail of the customer whose signature has this number.
    fn mail(&self, id: &str, phone: &str) -> String {
        let address = &self.customer;
        format!(
            "From: Clara Fröhlich <{address}>\nTo: {}\nSubject: Anfrage\n\
             Date: Mon, 16 Nov 2026 08:00:00 +0100\nMessage-ID: <{id}-{address}>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
             Guten Tag,\n\nwas kosten 500 Lager?\n\nMit freundlichen Grüßen\n\n\
             Clara Fröhlich\nLeiterin Einkauf\nFabrik Nord GmbH\nHafenstraße 7\n20457 Hamburg\n\
             Tel.: {phone}\nMobil: +49 170 1234567\n{address}\n",
            self.rep
        )
    }

    /// Waits for the open suggestion of this kind and answers its id.
    async fn sees_the_suggestion(&self, kind: &str) -> String {
        let open = eventually("a suggestion", async || {
            let open = self.api.get("/suggestions?state=open").await;
            open["items"].as_array().unwrap().iter().find(|one| one["kind"] == kind).cloned()
        })
        .await;
        assert_eq!(open["card"]["name"]["full"], "Clara Fröhlich", "{open}");
        open["id"].as_str().unwrap().to_owned()
    }

    async fn sees_it_on_the_page(&self) {
        let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
        let form = [("email", "rep@kugellager.test"), ("password", "correct horse battery staple")];
        let url = format!("{}/sign-in", self.daemon.web);
        let page = client.post(url).header("origin", &self.daemon.web).form(&form).send().await;
        let page = page.unwrap().error_for_status().unwrap().text().await.unwrap();
        assert!(page.contains("Clara Fröhlich") && page.contains("Fabrik Nord GmbH"), "{page}");
    }

    async fn accepts_it_field_by_field(&self, id: &str) {
        let detail = self.api.get(&format!("/suggestions/{id}")).await;
        let rows = detail["rows"].as_array().unwrap();
        let key = |value: &str| {
            let row = rows
                .iter()
                .find(|row| row["suggested"].as_str().is_some_and(|s| s.contains(value)));
            row.unwrap_or_else(|| panic!("no row with {value}: {detail}"))["key"].clone()
        };
        let take = json!([
            key("Clara"),
            key("Fabrik Nord"),
            key("931 123456"),
            key("@fabrik"),
            key("Einkauf")
        ]);
        let title = key("Einkauf").as_str().unwrap().to_owned();
        let choice = json!({"take": take, "typed": {title: "Head of Purchasing"}});
        let accepted = self.api.post(&format!("/suggestions/{id}/accept"), choice).await;
        assert_eq!(accepted["state"], "accepted");
    }

    async fn finds_it_in_the_export(&self) {
        let cards: Value = self.api.get("/contacts/export?format=jscontact").await;
        let card = &cards[0];
        assert_eq!(card["titles"]["1"]["name"], "Head of Purchasing", "{card}");
        assert_eq!(card["phones"]["1"]["number"], "+49931123456", "{card}");
        assert!(card["phones"].get("2").is_none(), "the mobile was not taken: {card}");
        let vcard = self.api.text("/contacts/export?format=vcard").await;
        assert!(vcard.contains("VERSION:4.0") && vcard.contains("Clara Fröhlich"), "{vcard}");
        let csv = self.api.text("/contacts/export?format=csv").await;
        assert!(csv.contains("Clara Fröhlich") && csv.contains("+49 931 123456"), "{csv}");
    }

    async fn the_customer_gets_the_follow_up_once(&self) {
        let mail = mailbox::message_with(&self.customer, "danke").await;
        assert!(mail.contains(&format!("<{}>", self.rep)), "{mail}");
        let planned = self.api.get("/followups").await;
        assert_eq!(planned["items"].as_array().unwrap().len(), 1, "{planned}");
        eventually("the follow-up to be noted as sent", async || {
            let planned = self.api.get("/followups").await;
            (planned["items"][0]["state"] == "sent").then_some(())
        })
        .await;
        assert_eq!(mailbox::messages(&self.customer).await.len(), 1);
    }

    async fn the_update_has_the_new_number(&self, id: &str) {
        let detail = self.api.get(&format!("/suggestions/{id}")).await;
        let rows = detail["rows"].as_array().unwrap();
        let differing: Vec<_> = rows.iter().filter(|row| row["differs"] == true).collect();
        assert!(
            differing.iter().any(|row| {
                row["suggested"].as_str().is_some_and(|value| value.contains("931 654321"))
            }),
            "{detail}"
        );
    }
}
