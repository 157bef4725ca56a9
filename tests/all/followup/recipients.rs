//! To whom it goes: to the contact alone, whatever their name holds, and not to whom the tenant excludes.

use super::Office;
use crate::support::databases::on_each_database;
use crate::support::smtp::{Fault, Smtp};
use undersigned::store::Security;
use undersigned::store::followups::State;

#[tokio::test]
async fn a_strangers_name_writes_to_nobody_else() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let worker = office.worker();
        let long = "x".repeat(10_000);
        let names = [
            "Anna\r\nBcc: everyone@example.com\r\n\r\nBuy now",
            "A\0nna\u{202e}",
            "{{ sender_address }}{% if",
            "\"<mallory@example.com>\", Mallory",
            &long,
        ];
        for (number, name) in names.iter().enumerate() {
            let email = format!("anna{number}@customer.example");
            let contact = office.accept(name, &email).await;
            office.pass(61, &worker).await;
            office.until(&contact, State::Sent).await;
            let seen = smtp.seen().pop().unwrap();
            assert_eq!(seen.from, "MAIL FROM:<rep@holm.test>");
            assert_eq!(seen.to, [format!("RCPT TO:<{email}>")]);
            let head = seen.text.split("\r\n\r\n").next().unwrap().to_lowercase();
            assert!(!head.contains("\r\nbcc:"), "{head}");
            assert!(head.contains(&format!("<{email}>")), "{head}");
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whom_the_tenant_excludes_is_not_written_to() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        office.exclude("bank.example").await;
        office.accept("Bo", "bo@branch.bank.example").await;
        office.accept("Oneself", "rep@holm.test").await;
        assert!(office.follow_ups().await.is_empty());
        let contact = office.accept("Anna", "anna@customer.example").await;
        office.exclude("anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker).await;
        let withdrawn = office.until(&contact, State::Cancelled).await;
        assert_eq!(withdrawn.answer, "the address was excluded");
        worker.stop().await;
        assert!(smtp.seen().is_empty());
    })
    .await;
}
