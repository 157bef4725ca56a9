//! A book of any size is read in slices, whatever the server makes of how many are wanted.

use super::{CARD, Customers};
use crate::support::address_book::Server;
use crate::support::databases::on_sqlite;
use crate::support::servers::SERVERS;
use std::collections::BTreeSet;
use undersigned::crm::carddav::CardDav;

/// Radicale tells all at once, however many are wanted.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_book_is_read_in_slices_and_goes_on_where_another_process_stopped() {
    on_sqlite(async |database| {
        let office = Customers::open(database, Server::Radicale).await;
        let people = 2_345_usize;
        let photo = "A".repeat(2_000);
        let cards = (0..people).map(|number| {
            let name = format!("N:Nobody{number};Ida;;;\r\nFN:Ida Nobody{number}");
            format!("{name}\r\nEMAIL:ida{number}@probe.example\r\nPHOTO;ENCODING=b:{photo}")
        });
        office.book.fill(cards).await;
        let book = || {
            let (url, password) = (office.book.url.parse().unwrap(), SERVERS.password.clone());
            CardDav::new(office.http.clone(), url, "crm", password.into(), "DE")
        };
        let began = office.desk.clock.now();
        let (mut position, mut ids, mut slices) = (String::new(), BTreeSet::new(), Vec::new());
        let mut reader = book();
        loop {
            let some = reader.changes(&position, began).await.unwrap();
            slices.push((some.records.len(), some.more, some.all_since));
            for record in some.records {
                assert!(ids.insert(record.id), "nobody is read twice");
            }
            position = some.position;
            if !some.more {
                break;
            }
            if slices.len() == 1 {
                // The process ends; meanwhile somebody comes and somebody goes.
                office.book.write("0-new.vcf", &CARD).await;
                reader = book();
            }
        }
        let told = [(1_000, true, None), (1_000, true, None), (345, false, Some(began))];
        assert_eq!(slices, told);
        assert_eq!(ids.len(), people);
        // What came meanwhile before the place where it went on is what changed since.
        let news = reader.changes(&position, began).await.unwrap();
        let news: Vec<_> = news.records.into_iter().map(|record| record.id).collect();
        assert!(matches!(&news[..], [new] if new.ends_with("/0-new.vcf")), "{news:?}");

        office.office.connect(&office.settings(&SERVERS.password)).await;
        office.read().await.unwrap();
        assert_eq!(office.known().await, i64::try_from(people + 1).unwrap());
        office.book.delete("0-new.vcf").await;
        office.read().await.unwrap();
        assert_eq!(office.known().await, i64::try_from(people).unwrap());
    })
    .await;
}
