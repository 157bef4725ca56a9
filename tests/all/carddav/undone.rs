//! What is taken back is what the write changed: not what somebody else has written.

use super::{CARD, Customers, SIGNATURE};
use crate::support::address_book::Server;
use crate::support::colleague::what_was_typed_first_stays;
use crate::support::databases::on_each_database;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_before_us_stays_when_ours_is_taken_back() {
    on_each_database(async |database| {
        let office = Customers::open(database, Server::Radicale).await;
        office.book.write("anna.vcf", &CARD).await;
        office.connect().await;
        office.read().await.unwrap();
        let colleague = async |number: &str| {
            let card = office.book.cards().await.remove(0);
            let number = format!("TEL;TYPE=CELL:{number}");
            let is_of_the_frame = |line: &&str| {
                ["BEGIN:", "VERSION:", "UID:", "END:"].iter().any(|it| line.starts_with(it))
            };
            let kept = card.lines().filter(|line| !is_of_the_frame(line));
            let lines: Vec<&str> = kept.chain([number.as_str()]).collect();
            office.book.write("anna.vcf", &lines).await;
        };
        let numbers = async || {
            let card = office.book.cards().await.remove(0);
            let lines = card.lines().filter(|line| line.starts_with("TEL"));
            let numbers = lines.filter_map(|line| line.split_once(':'));
            numbers.map(|(_, number)| number.replace(' ', "")).collect()
        };
        let known = SIGNATURE.split("\nHaupt").next().unwrap();
        what_was_typed_first_stays(&office, known, colleague, numbers).await;
    })
    .await;
}
