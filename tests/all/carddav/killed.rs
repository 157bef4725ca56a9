//! A worker that is killed again and again while it writes to an address book.

use super::uuid;
use crate::support::address_book::{AddressBook, Server};
use crate::support::databases::on_each_database;
use crate::support::killed::{Killed, Person, contacts};
use crate::support::servers::SERVERS;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_every_contact_is_there_once_and_one_command_takes_all_back() {
    on_each_database(async |database| {
        let book = AddressBook::make(Server::Radicale, "crm", &uuid()).await;
        for (number, person) in Person::known().enumerate() {
            let Person { given, family, address, .. } = &person;
            let names = [format!("N:{family};{given};;;"), format!("FN:{given} {family}")];
            let email = format!("EMAIL:{address}");
            book.write(&format!("{number}.vcf"), &[&names[0], &names[1], &email]).await;
        }
        let settings = json!({
            "kind": "carddav", "url": book.url, "username": "crm", "password": SERVERS.password,
        });
        let killed = Killed::while_updating(database, settings).await;
        let cards = book.cards().await;
        assert_eq!(cards.len(), contacts(), "every contact is there once");
        for person in Person::all() {
            let is_theirs = |card: &&String| card.contains(&person.address);
            let theirs: Vec<_> = cards.iter().filter(is_theirs).collect();
            let [card] = theirs[..] else { panic!("{}: {theirs:?}", person.address) };
            let name = format!(":{};{};", person.family, person.given);
            for value in [&name, &person.phone, Person::TITLE] {
                assert!(card.contains(value), "{value}: {card}");
            }
        }
        killed.take_all_back().await;
        let cards = book.cards().await;
        assert_eq!(cards.len(), Person::known().count());
        for card in cards {
            assert!(!card.contains(Person::TITLE) && !card.contains("TEL"), "{card}");
        }
    })
    .await;
}
