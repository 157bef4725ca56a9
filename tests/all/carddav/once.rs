//! Whom another rep or a colleague has made is not made again, also where they have no address of their own.

use super::{ANNA, Customers, SIGNATURE, at_each_server};
use undersigned::crm::CrmError;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;

#[tokio::test(flavor = "multi_thread")]
async fn whom_another_rep_or_a_colleague_has_made_is_not_made_again() {
    Box::pin(at_each_server(async |office: Customers| {
        office.connect().await;
        office.read().await.unwrap();
        // Two reps with lists of their own get a letter of the same new person, and both accept.
        let mine = office.suggested(1, SIGNATURE).await;
        let theirs = office.suggested_elsewhere(2, ANNA, SIGNATURE).await;
        office.accept(&mine.id).await;
        office.accept(&theirs).await;
        assert!(matches!(office.try_write(&theirs).await, Err(CrmError::Earlier)));
        assert_eq!(office.write(&mine.id).await.state, State::Written);
        assert_eq!(office.write(&theirs).await.state, State::Conflict);
        // All that she signs is in that record: nobody need decide that once more.
        let closed = office.desk.suggestion(&theirs).await;
        assert_eq!(closed.state, Decided::Expired);
        assert_eq!(closed.match_reasons, ["everything it says is known by now"]);
        assert_eq!(office.book.cards().await.len(), 1);

        // An address book knows nobody but by an address; without one they are found here.
        let otto = "Otto Zwackel <otto@neu.example>";
        let lines = "Otto Zwackel\nTechnischer Leiter\nNeu Technik AG\nTel. +49 89 3000022";
        let mine = office.office.suggested(4, otto, lines).await.id;
        let theirs = office.suggested_elsewhere(5, otto, lines).await;
        for id in [&mine, &theirs] {
            office.accept_without_email(id).await;
        }
        assert!(matches!(office.try_write(&theirs).await, Err(CrmError::Earlier)));
        assert_eq!(office.write(&mine).await.state, State::Written);
        assert_eq!(office.write(&theirs).await.state, State::Conflict);
        let mut cards = office.book.cards().await;
        cards.retain(|card| card.contains("Zwackel"));
        assert_eq!(cards.len(), 1, "{cards:?}");

        // A colleague enters somebody by hand while the rep looks at her letter.
        let eva = "Eva Braunschweig <eva@probe.example>";
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let new = office.office.suggested(3, eva, lines).await;
        let card = ["N:Braunschweig;Eva;;;", "FN:Eva Braunschweig", "EMAIL:Eva@Probe.example"];
        office.book.write("eva.vcf", &card).await;
        office.accept(&new.id).await;
        assert_eq!(office.write(&new.id).await.state, State::Conflict);
        office.accept(&new.id).await;
        let written = office.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        let cards = office.book.cards().await;
        let [eva] = &cards.iter().filter(|card| card.contains("Eva")).collect::<Vec<_>>()[..]
        else {
            panic!("{cards:?}")
        };
        assert!(eva.contains("Leiterin Vertrieb") && cards.len() == 3, "{cards:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_address_of_their_own_is_found_by_name_before_they_are_read() {
    Box::pin(at_each_server(async |office: Customers| {
        office.connect().await;
        office.read().await.unwrap();
        let eva = "Eva Bräunschwig <info@probe.example>";
        let lines = "Dr. Eva Bräunschwig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let new = office.office.suggested(1, eva, lines).await;
        let name = ["N:Bräunschwig;Eva;;Dr.;", "FN:Dr. Eva Bräunschwig"];
        let other = [&name[..], &["TITLE:Auszubildende"]].concat();
        office.book.write("other.vcf", &other).await;
        let hers = [
            "TITLE:Leiterin Vertrieb",
            "ORG:Probe AG",
            "TEL:0911 3000001",
            "EMAIL:info@probe.example",
        ];
        office.book.write("eva.vcf", &[&name[..], &hers].concat()).await;
        office.accept(&new.id).await;
        let refused = office.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
        assert_eq!(office.book.cards().await.len(), 2);
        // All that she signs is there by now: nobody need decide that once more.
        assert_eq!(office.desk.suggestion(&new.id).await.state, Decided::Expired);

        // Of whom the book has a namesake only, it has nobody.
        let ida = "Ida Groß <info@probe.example>";
        let lines = "Ida Groß\nEinkauf\nProbe AG\nTel. +49 911 3000002";
        let new = office.office.suggested(2, ida, lines).await;
        let other = ["N:Groß;Ida;;;", "FN:Ida Groß", "TITLE:Auszubildende"];
        office.book.write("ida.vcf", &other).await;
        office.accept(&new.id).await;
        let written = office.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(office.book.cards().await.len(), 4);
    }))
    .await;
}
