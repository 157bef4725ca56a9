//! What a write would change in a card, by the names of vCard's properties.

use super::vcard::turn;
use crate::contact::{Contact, Countries};
use crate::crm::card;
use crate::crm::mapping::{Change, Edit};
use crate::matching;
use calcard::vcard::{VCard, VCardEntry};

/// A card in which there is nothing.
const EMPTY: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n";

/// The properties that go and come where a card, or a new one, is brought from `before` to `after`: what comes
/// stands beside what goes of the same name. None if it cannot be written.
pub(super) fn preview(
    text: Option<&str>,
    before: &Contact,
    after: &Contact,
    country: &str,
) -> Option<Change> {
    let turned = turn(text.unwrap_or(EMPTY), before, after, country)?;
    let countries = Countries::usual(country).or_own(turned.own.as_deref());
    let shown = |entries: Vec<VCardEntry>| entries.into_iter().map(|entry| show(entry, countries));
    let mut goes: Vec<(String, String)> = shown(turned.goes).collect();
    let mut edits = Vec::new();
    for (property, to) in shown(turned.comes) {
        let place = goes.iter().position(|(name, _)| *name == property);
        let from = place.map(|place| goes.remove(place).1).unwrap_or_default();
        edits.push(Edit { property, from, to });
    }
    let to = String::new();
    edits.extend(goes.into_iter().map(|(property, from)| Edit { property, from, to: to.clone() }));
    edits.retain(|edit| edit.from != edit.to);
    Some(Change { edits, ..Change::default() })
}

/// A property by its name, and what it says as people read it.
fn show(entry: VCardEntry, countries: Countries<'_>) -> (String, String) {
    let name = entry.name.as_str().to_owned();
    let said = card::of_vcard(VCard { entries: vec![entry] }, countries);
    let texts = matching::compare(&said, None).into_iter().filter_map(|row| row.suggested);
    (name, texts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::carddav::vcard;

    const CARD: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna Müller\r\nN:Müller;Anna;;;\r\n\
        TITLE:Einkäuferin\r\nORG:Exempla GmbH;Einkauf\r\nTEL:+49 931 3000001\r\nNOTE:Likes tea\r\n\
        END:VCARD\r\n";

    fn edits(change: &Change) -> Vec<[&str; 3]> {
        let edits = change.edits.iter();
        edits.map(|edit| [edit.property.as_str(), &edit.from, &edit.to]).collect()
    }

    #[test]
    fn what_a_write_would_change_is_named_by_its_property() {
        let before = vcard::read(CARD, "DE").expect("a card");
        let promoted = CARD.replace("TITLE:Einkäuferin", "TITLE:Leiterin Einkauf");
        let promoted = promoted.replace("TEL:", "EMAIL:anna@exempla.example\r\nTEL:");
        let after = vcard::read(&promoted, "DE").expect("a card");
        let change = preview(Some(CARD), &before, &after, "DE").expect("a change");
        let mut told = edits(&change);
        told.sort_unstable();
        assert_eq!(
            told,
            [["EMAIL", "", "anna@exempla.example"], ["TITLE", "Einkäuferin", "Leiterin Einkauf"],]
        );
        let back = preview(Some(&promoted), &after, &before, "DE").expect("a change");
        assert!(edits(&back).contains(&["EMAIL", "anna@exempla.example", ""]), "{back:?}");
        let new = preview(None, &Contact::default(), &before, "DE").expect("a change");
        let told = edits(&new);
        for wanted in [
            ["FN", "", "Anna Müller"],
            ["ORG", "", "Einkauf, Exempla GmbH"],
            ["TEL", "", "+49 931 3000001"],
        ] {
            assert!(told.contains(&wanted), "{wanted:?}: {told:?}");
        }
    }
}
