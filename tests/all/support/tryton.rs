//! A Tryton of a story's own, and a colleague who works in it.

use super::patience::eventually_within;
use super::port;
use super::servers::SERVERS;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use std::fs::File;
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// How long the first run of all may take to install it.
const INSTALLED: Duration = Duration::from_mins(3);
/// How long it may take to start on a busy machine.
const STARTED: Duration = Duration::from_mins(1);

/// A running Tryton with one database; ended when dropped.
pub(crate) struct Tryton {
    /// The address of its database.
    pub(crate) url: String,
    dir: TempDir,
    port: u16,
    process: Child,
    client: Client,
    colleague: String,
}

impl Tryton {
    /// The user that `undersigned` signs in as, with everybody's password.
    pub(crate) const USER: &str = "undersigned";

    /// Starts one, whose only users are a colleague and [`Tryton::USER`].
    pub(crate) async fn start() -> Self {
        let venv = &SERVERS.venv;
        let ready = async || SERVERS.dir.join("venv-ready").exists().then_some(());
        eventually_within(INSTALLED, "Tryton to be installed", ready).await;
        let dir = TempDir::new().unwrap();
        std::fs::copy(venv.join("tryton/crm.sqlite"), dir.path().join("crm.sqlite")).unwrap();
        let port = port::free();
        let template = include_str!("../../servers.d/trytond.conf");
        let place = dir.path().display().to_string();
        let settings = template.replace("@DIR@", &place).replace("@PORT@", &port.to_string());
        std::fs::write(dir.path().join("trytond.conf"), settings).unwrap();
        let process = spawn(&dir);
        let url = format!("http://127.0.0.1:{port}/crm/");
        let (client, colleague) = (Client::new(), String::new());
        let mut it = Self { url, dir, port, process, client, colleague };
        it.listening().await;
        let (name, password) = ("admin", &SERVERS.password);
        let answer = it.rpc("common.db.login", json!([name, {"password": password}, "en"])).await;
        let session = format!("{name}:{}:{}", answer[0], answer[1].as_str().unwrap());
        it.colleague = format!("Session {}", STANDARD.encode(session));
        let user = json!({"name": Self::USER, "login": Self::USER, "password": password});
        it.call("res.user.create", json!([[user]])).await;
        it
    }

    async fn listening(&self) {
        let connected = async || TcpStream::connect(("127.0.0.1", self.port)).await.ok();
        eventually_within(STARTED, "Tryton to start", connected).await;
    }

    /// Ends it.
    pub(crate) fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again after [`Tryton::stop`]; nobody is signed in any more.
    pub(crate) async fn start_again(&mut self) {
        let file = self.dir.path().join("crm.sqlite");
        let mut conn = SqliteConnection::connect(&file.display().to_string()).await.unwrap();
        let query = "DELETE FROM ir_session WHERE create_uid <> 1";
        assert!(sqlx::query(query).execute(&mut conn).await.unwrap().rows_affected() > 0);
        conn.close().await.unwrap();
        self.process = spawn(&self.dir);
        self.listening().await;
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let body = json!({"id": 1, "method": method, "params": params});
        let url = format!("{}rpc/", self.url);
        let request = self.client.post(url).header("Authorization", &self.colleague).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// What a method of a model answers the colleague; `params` without the context.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let mut params = params;
        params.as_array_mut().unwrap().push(json!({"language": "en"}));
        self.rpc(&format!("model.{method}"), params).await
    }

    /// The colleague makes a party with contact mechanisms; answers its id.
    pub(crate) async fn add(&self, name: &str, mechanisms: &[(&str, &str)]) -> i64 {
        let mechanisms =
            mechanisms.iter().map(|(kind, value)| json!({"type": kind, "value": value}));
        let mechanisms: Vec<Value> = mechanisms.collect();
        let party = json!({"name": name, "contact_mechanisms": [["create", mechanisms]]});
        self.call("party.party.create", json!([[party]])).await[0].as_i64().unwrap()
    }

    /// The colleague changes a party.
    pub(crate) async fn change(&self, id: i64, values: Value) {
        self.call("party.party.write", json!([[id], values])).await;
    }

    /// The colleague writes where a party lives, in Würzburg, into its first address.
    pub(crate) async fn lives(&self, id: i64, street: &str) {
        let parties = self.parties().await;
        let party = parties.iter().find(|party| party["id"] == id).unwrap();
        let address = &party["addresses."][0]["id"];
        let mut values = json!({"street": street, "postal_code": "97070", "city": "Würzburg"});
        if address.is_null() {
            values["party"] = json!(id);
            self.call("party.address.create", json!([[values]])).await;
        } else {
            self.call("party.address.write", json!([[address], values])).await;
        }
    }

    /// The colleague merges a party into another of the same name.
    pub(crate) async fn merge(&self, party: i64, into: i64) {
        let context = json!({
            "language": "en", "active_model": "party.party", "active_id": party,
            "active_ids": [party],
        });
        let begun = self.rpc("wizard.party.replace.create", json!([context])).await;
        let asked = json!({"ask": {"source": party, "destination": into}});
        let params = json!([begun[0], asked, "replace", context]);
        self.rpc("wizard.party.replace.execute", params).await;
    }

    /// The colleague makes a rule that lets nobody see parties of this name; answers its id.
    pub(crate) async fn hide(&self, name: &str) -> i64 {
        let domain = json!([["name", "!=", name]]).to_string();
        let rule = json!({
            "name": "hidden", "model": "party.party", "global_p": true, "perm_read": true,
            "perm_write": true, "perm_create": false, "perm_delete": true,
            "rules": [["create", [{"domain": domain}]]],
        });
        self.call("ir.rule.group.create", json!([[rule]])).await[0].as_i64().unwrap()
    }

    /// The colleague takes such a rule away.
    pub(crate) async fn show(&self, rule: i64) {
        self.call("ir.rule.group.delete", json!([[rule]])).await;
    }

    /// The parties that the colleague sees, the oldest first.
    pub(crate) async fn parties(&self) -> Vec<Value> {
        let fields = [
            "name",
            "contact_mechanisms.type",
            "contact_mechanisms.value",
            "addresses.street",
            "addresses.city",
            "relations.to.name",
        ];
        let params = json!([[], 0, null, [["id", "ASC"]], fields]);
        let found = self.call("party.party.search_read", params).await;
        found.as_array().unwrap().clone()
    }

    /// What a party has of a type of contact mechanism, with spaces taken out.
    pub(crate) async fn values(&self, id: i64, kind: &str) -> Vec<String> {
        let parties = self.parties().await;
        let party = parties.iter().find(|party| party["id"] == id).unwrap();
        let all = party["contact_mechanisms."].as_array().unwrap().iter();
        let of_kind = all.filter(|one| one["type"] == kind);
        of_kind.map(|one| one["value"].as_str().unwrap().replace(' ', "")).collect()
    }
}

fn spawn(dir: &TempDir) -> Child {
    let log = File::create(dir.path().join("log")).unwrap();
    let mut command = Command::new(SERVERS.venv.join("bin/trytond"));
    command.arg("-c").arg(dir.path().join("trytond.conf")).args(["-d", "crm"]);
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

impl Drop for Tryton {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
