//! Pipedrive does not tell whom a person was merged into: it is whoever has all their addresses and numbers then.

use super::{Account, MOBILE, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use serde_json::json;
use tokio::join;
use undersigned::store::crm_writes::State;
use undersigned::store::records;
use undersigned::store::suggestions::{Kind, State as Decided};

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_merges_is_known_as_who_has_their_addresses_and_follows_them() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        let twin = |number: usize, title: &str| {
            account.world().add(&json!({
                "name": "Anna Müller", "job_title": title,
                "emails": [{"value": format!("anna{number}@exempla.example"), "primary": true}],
            }))
        };
        account.connect().await;
        let first = account.suggested(1, &format!("{SIGNATURE}\n{MOBILE}")).await;
        account.accept(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Written);
        let lines = format!("{SIGNATURE}\n{MOBILE}\nTel. +49 931 3000009");
        let second = account.suggested(2, &lines).await;
        let is_known_as = async |record: u64, title: &str| {
            let contact = account.contact_of(&first.id).await;
            assert!(!contact.gone, "nobody has deleted her");
            assert_eq!(contact.contact.titles[0].value, title);
            assert_eq!(account.record_of(&first.id).await, Some(record.to_string()));
            let open = account.desk.suggestion(&second.id).await;
            assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
        };

        // Twice before the reading that misses them.
        let (one, two) = (twin(1, "Prokuristin"), twin(2, "Vorständin"));
        account.read().await.unwrap();
        account.world().merge(anna, one);
        account.world().merge(one, two);
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
        is_known_as(two, "Vorständin").await;

        // At the moment of a write, and of taking one back: nothing is done to the other.
        let three = twin(3, "Beirätin");
        account.accept(&second.id).await;
        account.world().merge(two, three);
        let phones = account.world().person(three)["phones"].clone();
        let conflict = account.write(&second.id).await;
        assert_eq!(conflict.state, State::Conflict);
        assert!(conflict.detail.contains("merged"), "{}", conflict.detail);
        is_known_as(three, "Beirätin").await;
        account.undo(&first.id).await;
        let failed = account.write(&first.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("merged"), "{}", failed.detail);
        assert_eq!(account.world().person(three)["phones"], phones);
    }))
    .await;
}

/// Whoever somebody has become is asked for by themselves, while a rep's decision about them is written.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_of_whom_somebody_has_become_is_not_overtaken_by_what_was_read_before() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        let other = account.world().add(&json!({
            "name": "Anna Müller",
            "emails": [{"value": "anna1@exempla.example", "primary": true}],
        }));
        account.connect().await;
        account.desk.clock.advance_secs(3600);
        account.world().merge(anna, other);
        account.read().await.unwrap();
        let from = "Anna Müller <anna1@exempla.example>";
        let lines = format!("{SIGNATURE}\n{MOBILE}");
        let update = account.office.suggested(1, from, &lines).await;
        account.accept(&update.id).await;

        account.desk.clock.advance_secs(DAY);
        let held = account.world().holding.hold(format!("persons/{other}"));
        let (read, ()) = join!(account.sync(), async {
            held.answered.notified().await;
            let written = account.write(&update.id).await;
            assert_eq!(written.state, State::Written, "{}", written.detail);
            held.go_on.notify_one();
        });
        read.unwrap();
        assert_eq!(account.known().await, 1);
        let written = account.last_write(&update.id).await;
        assert_eq!(written.external_id, other.to_string());
        let Desk { db, tenant, .. } = &account.desk;
        let mut conn = db.read().await.unwrap();
        let kept = records::by_external_id(&mut conn, tenant, &written.external_id).await.unwrap();
        let kept = kept.expect("whom she has become");
        assert_eq!(kept.version, written.version);
        let contact = account.contact_of(&update.id).await.contact;
        for said in [kept.contact, contact] {
            let numbers = said.phones.iter().map(|phone| phone.value.number());
            assert!(numbers.into_iter().any(|number| number == "+491717654321"), "{said:?}");
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_and_of_whose_addresses_somebody_has_but_one_is_deleted() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        account.world().add(&json!({
            "name": "Anna Müller",
            "emails": [{"value": "anna.mueller@exempla.example", "label": "work", "primary": true}],
        }));
        account.connect().await;
        assert_eq!(account.known().await, 2);
        account.world().remove(anna);
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
        // Two of whom each may be the one: neither is.
        for name in ["Anna Müller", "A. Müller"] {
            account.world().add(&json!({
                "name": name, "emails": [{"value": "eva@probe.example", "primary": true}],
            }));
        }
        let eva = account.world().add(&json!({
            "name": "Eva Braunschweig", "emails": [{"value": "eva@probe.example", "primary": true}],
        }));
        account.read().await.unwrap();
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let from = "Eva Braunschweig <eva@probe.example>";
        let update = account.office.suggested(1, from, lines).await;
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.external_id, eva.to_string());
        account.world().change(eva, &json!({"phones": []}));
        account.world().remove(eva);
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 3);
        assert!(account.contact_of(&update.id).await.gone);
    })
    .await;
}
