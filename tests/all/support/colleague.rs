//! A colleague who works in the CRM while a rep looks at a card: stories that are told at every CRM.

use super::office::{ANNA, Office};
use std::collections::BTreeSet;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{State as Decided, Suggestion};
use undersigned::suggestion::{self, DecideError};

/// What the CRM has of Anna that a signature replaces.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Replaced {
    Title,
    /// Where the CRM has no job titles.
    Street,
}

impl Replaced {
    /// What it is at first, what she signs with, and what the colleague types.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Title => ["Leiterin Einkauf", "Einkaufsdirektorin", "Geschäftsführerin"],
            Self::Street => ["Hauptstraße 5", "Domstraße 7", "Marktplatz 3"],
        }
    }

    fn signed(self, value: &str) -> String {
        let rest = match self {
            Self::Title => "Exempla GmbH",
            Self::Street => "97070 Würzburg",
        };
        format!("Anna Müller\n{value}\n{rest}\nTel. +49 931 3000001")
    }
}

/// The rep looks at the card of Anna, who is in the CRM and was read; a colleague types something else over
/// the same value; it is read; the rep accepts what they saw. That is refused, the card says what is there
/// now, and only who accepts that overwrites it.
///
/// `colleague` types it into her record, and `record` is what is there.
pub(crate) async fn nothing_is_overwritten_unseen(
    office: &Office,
    replaced: Replaced,
    colleague: impl AsyncFn(&str),
    record: impl AsyncFn() -> String,
) {
    let [first, signed, typed] = replaced.words();
    assert_eq!(record().await, first);
    let monday = office.suggested(1, ANNA, &replaced.signed(signed)).await;
    assert!(is_compared(&monday, signed, first), "{monday:?}");

    office.desk.clock.advance_secs(3600);
    colleague(typed).await;
    // At once, while no card is compared anew yet; and when all of them are.
    office.sync().await.unwrap();
    for _ in 0..2 {
        let refused = office.accept_seen(&monday.id, monday.changed_at.0).await;
        assert!(matches!(refused, Err(DecideError::Changed)), "{refused:?}");
        office.read().await.unwrap();
    }
    assert_eq!(record().await, typed);

    let tuesday = office.desk.suggestion(&monday.id).await;
    assert!(is_compared(&tuesday, signed, typed), "{tuesday:?}");
    assert!(tuesday.state == Decided::Open && tuesday.changed_at > monday.changed_at);
    office.accept_seen(&tuesday.id, tuesday.changed_at.0).await.unwrap();
    let written = office.write(&tuesday.id).await;
    assert_eq!(written.state, State::Written, "{}", written.detail);
    assert_eq!(record().await, signed);
}

/// Anna signs with a mobile phone, later with another one and a further number; the rep accepts, and right before
/// that is written a colleague types the mobile phone into her record. What is written then, and taken back, is what
/// was not there: nothing of the first letter, the further number of the second.
///
/// `known` is what her record says already, `colleague` types a mobile phone into it, and `numbers` are all it has.
pub(crate) async fn what_was_typed_first_stays(
    office: &Office,
    known: &str,
    colleague: impl AsyncFn(&str),
    numbers: impl AsyncFn() -> BTreeSet<String>,
) {
    let [first, second, ours] = ["+491731234567", "+491741234568", "+499313000009"];
    let mut there = numbers().await;
    let monday = office.suggested(1, ANNA, &format!("{known}\nMobil {first}")).await.id;
    office.accept(&monday).await;
    colleague(first).await;
    there.insert(first.to_owned());
    let written = office.write(&monday).await;
    assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
    assert_eq!(numbers().await, there);
    office.taken_back(&monday).await;
    assert_eq!(numbers().await, there, "it is the colleague's");

    office.read().await.unwrap();
    let lines = format!("{known}\nTel. {ours}\nMobil {second}");
    let tuesday = office.suggested(2, ANNA, &lines).await.id;
    office.accept(&tuesday).await;
    colleague(second).await;
    there.insert(second.to_owned());
    assert_eq!(office.write(&tuesday).await.state, State::Conflict);
    office.accept(&tuesday).await;
    assert_eq!(office.write(&tuesday).await.state, State::Written);
    let of_all: BTreeSet<String> = there.iter().cloned().chain([ours.to_owned()]).collect();
    assert_eq!(numbers().await, of_all);
    office.taken_back(&tuesday).await;
    assert_eq!(numbers().await, there, "both are the colleague's");
}

/// Whether the card shows what is signed beside what is known.
fn is_compared(suggestion: &Suggestion, signed: &str, known: &str) -> bool {
    let says = |shown: &Option<String>, value: &str| {
        shown.as_ref().is_some_and(|shown| shown.contains(value))
    };
    let rows = suggestion::compare(suggestion);
    rows.iter().any(|row| row.differs && says(&row.suggested, signed) && says(&row.known, known))
}
