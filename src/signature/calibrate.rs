//! What the strength of evidence means in practice: how often values found so are right.
//!
//! The fields say how strong their evidence is, on a scale of their own; `data/confidence.toml`
//! holds for every field how often evidence of a strength was right. The table is fitted by
//! `benches/calibration.py --fit` and never edited by hand.

use crate::contact::{Confidence, Contact, Found};
use serde::Deserialize;
use std::sync::LazyLock;

/// Pairs of evidence and share of right values, both ascending.
type Scale = Vec<(f64, f64)>;

/// A scale for every field, and one for the contact as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    name: Scale,
    titles: Scale,
    departments: Scale,
    organizations: Scale,
    phones: Scale,
    emails: Scale,
    links: Scale,
    #[serde(rename = "onlineServices")]
    profiles: Scale,
    addresses: Scale,
    contact: Scale,
}

/// The table is part of the program and a test reads it.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("data/confidence.toml")).unwrap_or_default());

/// Turns the evidence of every value into the probability that it is right.
pub(super) fn calibrate(contact: &mut Contact) {
    let table = &*TABLE;
    each(contact.name.as_mut_slice(), &table.name);
    each(&mut contact.titles, &table.titles);
    each(&mut contact.departments, &table.departments);
    each(&mut contact.organizations, &table.organizations);
    each(&mut contact.phones, &table.phones);
    each(&mut contact.emails, &table.emails);
    each(&mut contact.links, &table.links);
    each(&mut contact.profiles, &table.profiles);
    each(&mut contact.addresses, &table.addresses);
}

/// How strong the evidence for a contact is: that of all its values together.
pub(super) fn together(contact: &Contact) -> f64 {
    product(contact.name.as_slice())
        * product(&contact.titles)
        * product(&contact.departments)
        * product(&contact.organizations)
        * product(&contact.phones)
        * product(&contact.emails)
        * product(&contact.links)
        * product(&contact.profiles)
        * product(&contact.addresses)
}

/// The probability that every value of a contact is right, its values being calibrated.
pub(super) fn whole(contact: &Contact) -> Confidence {
    Confidence::new(probability(&TABLE.contact, together(contact)))
}

fn product<T>(values: &[Found<T>]) -> f64 {
    values.iter().map(|found| found.confidence.get()).product()
}

fn each<T>(values: &mut [Found<T>], scale: &Scale) {
    for found in values {
        found.confidence = Confidence::new(probability(scale, found.confidence.get()));
    }
}

/// The share of right values at a strength of evidence, between two known ones in proportion.
/// Without a scale evidence is taken for what it says.
fn probability(scale: &Scale, evidence: f64) -> f64 {
    let above = scale.iter().position(|(strength, _)| *strength >= evidence);
    let at = |place: usize| scale.get(place).copied();
    match above {
        None => scale.last().map_or(evidence, |(_, share)| *share),
        Some(0) => at(0).map_or(evidence, |(_, share)| share),
        Some(place) => match (at(place - 1), at(place)) {
            (Some((low, from)), Some((high, to))) if high > low => {
                from + (to - from) * (evidence - low) / (high - low)
            }
            _ => evidence,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_every_scale_ascends() {
        let table: Table = toml::from_str(include_str!("data/confidence.toml")).expect("valid");
        for scale in [
            &table.name,
            &table.titles,
            &table.departments,
            &table.organizations,
            &table.phones,
            &table.emails,
            &table.links,
            &table.profiles,
            &table.addresses,
            &table.contact,
        ] {
            assert!(!scale.is_empty());
            assert!(scale.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
            assert!(scale.iter().all(|(_, share)| (0.0..=1.0).contains(share)));
        }
    }

    #[test]
    fn between_two_strengths_the_share_grows_in_proportion() {
        let scale = vec![(0.5, 0.6), (0.9, 0.8)];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(probability(&scale, 0.7), 0.7));
        assert!(near(probability(&scale, 0.1), 0.6));
        assert!(near(probability(&scale, 1.0), 0.8));
        assert!(near(probability(&Vec::new(), 0.33), 0.33));
    }
}
