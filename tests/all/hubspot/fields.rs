//! The admin says which property holds what, and sees what would be written before it is.

use super::known::titled;
use super::turns::MOBILE;
use super::{ANNA, Account, EVA, EVA_SIGNS, RECORD, SIGNATURE};
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::{HubSpot, TOKEN};
use crate::support::patience::eventually;
use reqwest::Method;
use serde_json::{Value, json};
use undersigned::clock::Clock;
use undersigned::crm::connection::{self, Accepting, check_mapping, save_mapping};
use undersigned::crm::mapping::{Mapping, Slot};
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::contacts;
use undersigned::store::crm_connections::Kind;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::{self, Choice};

/// The usual mapping, with a change of one field's settings.
pub(super) fn with(property: &str, key: &str, value: &Value) -> Mapping {
    let mut mapping = serde_json::to_value(Mapping::usual(Kind::HubSpot).unwrap()).unwrap();
    let fields = mapping["field"].as_array_mut().unwrap();
    let field = fields.iter_mut().find(|field| field["property"] == property).unwrap();
    field[key] = value.clone();
    serde_json::from_value(mapping).unwrap()
}

impl Account {
    pub(super) async fn map(&self, mapping: &Mapping) -> Result<(), String> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let checked = check_mapping(&self.http, db, vault, tenant, mapping).await.unwrap();
        let mapping = checked.map_err(|error| error.to_string())?;
        let mut tx = db.begin_write().await.unwrap();
        assert!(save_mapping(&mut tx, tenant, Some(&mapping), clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mapped_is_what_is_read_and_written() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let unknown = account.map(&with("fax", "property", &json!("fax_2"))).await.unwrap_err();
        assert!(unknown.contains("`fax_2`"), "{unknown}");
        let twice = account.map(&with("fax", "property", &json!("phone"))).await.unwrap_err();
        assert!(twice.contains("twice"), "{twice}");

        // A locked field is kept as it is, and the write says so.
        account.map(&with("jobtitle", "locked", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        let lines = SIGNATURE.replace("Leiterin Einkauf", "Geschäftsführerin");
        let update = account.suggested(1, &format!("{lines}\nMobil +49 170 1234567")).await;
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("`jobtitle` is locked"), "{}", written.detail);
        assert_eq!(account.world().text(anna, "jobtitle"), "Leiterin Einkauf");
        assert_eq!(account.world().text(anna, "mobilephone"), "+49 170 1234567");
        // What the CRM did not take stays with the list, also when the record changes.
        account.world().change(anna, &[("fax", "+49 931 3000009")]);
        account.read().await.unwrap();
        let (db, tenant) = (&account.desk.db, &account.desk.tenant);
        let mut conn = db.read().await.unwrap();
        let listed = contacts::page(&mut conn, tenant, None, None, 2).await.unwrap();
        drop(conn);
        let [listed] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(listed.contact.titles[0].value, "Geschäftsführerin");
        assert!(listed.contact.phones.iter().any(|it| it.value.number() == "+499313000009"));

        // What HubSpot lets nobody write is locked, and the write says why.
        let calculated = with("fax", "property", &json!("hs_calculated_phone_number"));
        account.map(&calculated).await.unwrap();
        account.read().await.unwrap();
        let update = account.suggested(3, &format!("{lines}\nFax +49 931 3000008")).await;
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let told = "`hs_calculated_phone_number` is locked: the CRM only lets it be read";
        assert!(written.detail.contains(told), "{}", written.detail);
        let mut required = calculated.clone();
        required.fields.iter_mut().for_each(|it| it.required = it.holds == Some(Slot::Fax));
        let refused = account.map(&required).await.unwrap_err();
        assert!(refused.contains("cannot be required"), "{refused}");

        // Without a required value no record is made, and the write says which.
        account.map(&with("fax", "required", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        let new = account.office.suggested(2, EVA, EVA_SIGNS).await;
        account.accept(&new.id).await;
        let failed = account.write(&new.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("`fax`"), "{}", failed.detail);
        assert_eq!(account.world().there(), [anna]);
        assert_eq!(account.desk.suggestion(&new.id).await.state, Decided::Open);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_tries_connects_maps_and_looks_before_anything_is_written() {
    on_sqlite(async |database| {
        let hubspot = HubSpot::start(&Clock::system()).await;
        hubspot.world().add_company("Exempla GmbH", "exempla.example", "12");
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let settings = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
        let found = api.post("/crm/check", settings.clone()).await;
        assert_eq!(found["name"], "HubSpot account 4711");
        let connected = api.put("/crm", settings).await;
        assert_eq!([&connected["kind"], &connected["username"]], ["hubspot", "4711"]);
        assert!(!connected.to_string().contains(TOKEN));
        assert!(connected["cannot"].as_array().unwrap().len() > 1);

        let owners = api.get("/crm/owners").await;
        let mut mapping = api.get("/crm/mapping").await;
        let owner = json!({"property": "hubspot_owner_id", "default": owners["items"][0]["id"]});
        mapping["fields"].as_array_mut().unwrap().push(owner);
        let mapped = api.put("/crm/mapping", mapping.clone()).await;
        assert_eq!(mapped["fields"].as_array().unwrap().len(), 19);

        // The policy comes before the default; it names somebody whom HubSpot has.
        let policies =
            |owner: &str| json!({"fill_blanks": null, "who_may_accept": "reps", "owner": owner});
        let refused = api.refused(Method::PUT, "/policies", policies("id:99")).await;
        assert!(refused.contains("GET /crm/owners"), "{refused}");
        assert_eq!(api.put("/policies", policies("id:78")).await["owner"], "id:78");

        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        let mobiles = "Mobil +49 170 1234567\nMobil +49 171 7654321";
        let lines = format!("{SIGNATURE}\n{mobiles}");
        std::fs::write(letters.join("1.eml"), letter(1, ANNA, &lines)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let id = open["items"][0]["id"].as_str().unwrap().to_owned();
        let detail = api.get(&format!("/suggestions/{id}")).await;
        let rows = detail["rows"].as_array().unwrap();
        let lacking: Vec<&Value> =
            rows.iter().filter(|row| row["no_room"] != Value::Null).collect();
        let [lacking] = lacking[..] else { panic!("{rows:?}") };
        let why = "the CRM has no free field for another mobile phone";
        assert_eq!((&lacking["key"], &lacking["no_room"]), (&json!("phones/3"), &json!(why)));
        let preview = api.get(&format!("/crm/preview/{id}")).await;
        assert_eq!(preview["record"], Value::Null);
        assert_eq!(preview["account"]["name"], "Exempla GmbH");
        let fields = preview["fields"].as_array().unwrap().clone();
        let to =
            |name: &str| fields.iter().find(|it| it["property"] == name).unwrap()["to"].clone();
        assert_eq!((to("lastname"), to("hubspot_owner_id")), (json!("Müller"), json!("78")));
        assert!(hubspot.world().there().is_empty(), "nothing is written yet");

        assert_eq!(preview["conflict"], Value::Null);

        api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        let made = eventually("the contact at HubSpot", async || {
            let world = hubspot.world();
            world.there().first().map(|id| world.contacts[id].properties.clone())
        });
        let made = made.await;
        for field in &fields {
            assert_eq!(made[field["property"].as_str().unwrap()], field["to"]);
        }
        let written = async || {
            let writes = api.get("/crm/writes").await;
            (writes["items"][0]["state"] == "written").then(|| writes["items"][0].clone())
        };
        assert_eq!(eventually("the end of the write", written).await["owner"], "78");

        // A new number can be added, or take the place of the known one: what either writes is told before.
        let lines = SIGNATURE.replace("3000001", "3000009");
        std::fs::write(letters.join("2.eml"), letter(2, ANNA, &lines)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let id = open["items"][0]["id"].as_str().unwrap().to_owned();
        let detail = api.get(&format!("/suggestions/{id}")).await;
        let rows = detail["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["differs"] == true).unwrap();
        let (key, known) = (row["key"].as_str().unwrap(), &row["instead_of"][0]);
        let path = format!("/crm/preview/{id}");
        let phone = |preview: &Value| {
            let fields = preview["fields"].as_array().unwrap();
            fields.iter().find(|it| it["property"] == "phone").cloned()
        };
        assert_eq!(phone(&api.get(&path).await), None, "HubSpot has one field for it");
        let instead = json!({"instead_of": {key: known}});
        let phone = phone(&api.post(&path, instead).await).expect("another number");
        let (from, to) = (phone["from"].as_str().unwrap(), phone["to"].as_str().unwrap());
        assert!(from.ends_with("3000001") && to.ends_with("3000009"), "{phone}");
        let stale = json!({"seen": 1});
        let refused = api.refused(Method::POST, &path, stale).await;
        assert!(refused.contains("changed"), "{refused}");

        // A colleague makes somebody just then: that is told instead of found out by accepting.
        std::fs::write(letters.join("3.eml"), letter(3, EVA, EVA_SIGNS)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let new = open["items"].as_array().unwrap().iter().find(|it| it["kind"] == "new");
        let path = format!("/crm/preview/{}", new.unwrap()["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await["conflict"], Value::Null);
        hubspot.world().add(&[("email", "eva@probe.example"), ("lastname", "Braunschweig")]);
        let told = api.get(&path).await["conflict"].as_str().unwrap().to_owned();
        assert!(told.contains("has this person already"), "{told}");
        assert!(daemon.stop().await.success());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_crm_has_already_is_told_before_unless_a_rep_keeps_them_apart() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let is_there = async |id: &SuggestionId, apart: bool| {
            let mut conn = db.read().await.unwrap();
            let choice = Choice { apart, ..Choice::default() };
            let would_be = suggestion::preview(&mut conn, tenant, id, &choice);
            let (record, known, after) = Box::pin(would_be).await.unwrap();
            let apart = suggestion::apart_in_crm(&mut conn, tenant, id, apart).await.unwrap();
            drop(conn);
            let (record, known, by) = (record.as_ref(), known.as_ref(), &Actor::CommandLine);
            let now = clock.now();
            let accepting = Accepting { record, known, after: &after, apart: &apart, by, now };
            let preview = connection::preview(&account.http, db, vault, tenant, &accepting);
            Box::pin(preview).await.unwrap().is_there
        };
        assert!(!is_there(&new.id, false).await);
        account.world().add(&RECORD);
        assert!(is_there(&new.id, false).await);
        account.accept(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Conflict, "as it was told");

        // She is known now. Who is accepted as another person with her address is made.
        assert!(!is_there(&new.id, false).await, "a change of her record is none");
        assert!(!is_there(&new.id, true).await);
    })
    .await;
}

/// What a rep accepted before there was a CRM goes there with the next change.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_has_beyond_the_crm_is_shown_before_it_is_written() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let new = account.suggested(1, &format!("{SIGNATURE}\nMobil {MOBILE}")).await;
        account.accept(&new.id).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        let update = account.suggested(2, &titled("Einkaufsdirektorin")).await;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let mut conn = db.read().await.unwrap();
        let choice = Choice::default();
        let would_be = suggestion::preview(&mut conn, tenant, &update.id, &choice);
        let (record, known, after) = Box::pin(would_be).await.unwrap();
        drop(conn);
        let (record, known) = (record.as_ref(), known.as_ref());
        let accepting = Accepting {
            record,
            known,
            after: &after,
            apart: &[],
            by: &Actor::CommandLine,
            now: clock.now(),
        };
        let preview = connection::preview(&account.http, db, vault, tenant, &accepting);
        let shown = Box::pin(preview).await.unwrap().change.fields();
        for property in ["jobtitle", "mobilephone", "city"] {
            assert!(shown.contains_key(property), "{property} in {shown:?}");
        }
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        for (property, text) in shown {
            assert_eq!(account.world().text(anna, &property), text, "{property}");
        }
    })
    .await;
}

/// Locked is what a human keeps there, not what we have put into an empty field.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_into_a_locked_field_is_taken_out_again() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        let anna = account.world().add(&RECORD);
        account.world().change(anna, &[("jobtitle", "")]);
        account.map(&with("jobtitle", "locked", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        let update = account.suggested(1, SIGNATURE).await;
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        assert_eq!(account.world().text(anna, "jobtitle"), "Leiterin Einkauf");
        account.undo(&update.id).await;
        let undone = account.write(&update.id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert_eq!(account.world().text(anna, "jobtitle"), "");
    })
    .await;
}

/// A write is taken back by the mapping that it was made by: nobody has changed what is only mapped otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_taken_back_where_it_stands_whatever_is_mapped_since() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let lines = |more: &str| format!("{SIGNATURE}\n{more}");
        let mobile = account.suggested(1, &lines(&format!("Mobil {MOBILE}"))).await.id;
        let signs = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000021";
        let eva = account.office.suggested(2, EVA, signs).await.id;
        for id in [&mobile, &eva] {
            account.accept(id).await;
            assert_eq!(account.write(id).await.state, State::Written);
        }
        // By another mapping a fax number is written, and then there is a third one.
        account.map(&with("mobilephone", "hidden", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        let fax = account.suggested(3, &lines("Fax +49 931 3000009")).await.id;
        account.accept(&fax).await;
        assert_eq!(account.write(&fax).await.state, State::Written);
        account.map(&with("fax", "hidden", &json!(true))).await.unwrap();
        account.read().await.unwrap();

        for id in [&fax, &mobile, &eva] {
            account.undo(id).await;
            let undone = account.write(id).await;
            assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""), "{id}");
        }
        assert_eq!(account.world().there(), [anna]);
        for property in ["mobilephone", "fax", "city"] {
            assert_eq!(account.world().text(anna, property), "", "{property}");
        }
        // What is kept of the record is by the mapping that is now: the next write finds it as it was read.
        account.accept(&mobile).await;
        let written = account.write(&mobile).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));

        // What somebody has changed since is still left as it is.
        account.map(&with("jobtitle", "locked", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        account.world().change(anna, &[("jobtitle", "Vorständin")]);
        account.undo(&mobile).await;
        let left = account.write(&mobile).await;
        assert_eq!(left.state, State::Failed);
        assert!(left.detail.contains("changed"), "{}", left.detail);
        assert_eq!(account.world().text(anna, "mobilephone"), MOBILE);
    })
    .await;
}
