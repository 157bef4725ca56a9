//! Domains that name no employer, as a tenant's own records show: those of providers that no list knows,
//! of web hosts, of parks and associations, where people of several employers have their addresses.

use super::person::Person;
use super::similarity::{Degree, Field, Letters, of_texts};
use super::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// Domains under which people of several employers write, or have their web sites.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Box<str>>", into = "Vec<Box<str>>")]
pub struct SharedDomains(FxHashSet<Box<str>>);

/// Fewest employers at a domain that is nobody's own, and fewest records that name them: an employer
/// may have been called otherwise once.
const SEVERAL: usize = 3;
const FEWEST: usize = 4;
/// Most names of employers that are compared at one domain, the most frequent first.
const COMPARED: usize = 24;
/// Most domains that are kept, those of most records first.
const MOST: usize = 200;

/// How many records name each employer at a domain.
type Employers<'p> = FxHashMap<&'p Text, usize>;

impl SharedDomains {
    /// What records show.
    pub(super) fn of(people: &[Person]) -> Self {
        let mut domains: FxHashMap<&str, Employers<'_>> = FxHashMap::default();
        for person in people {
            let Some(company) = person.companies.first() else { continue };
            for domain in &person.domains {
                *domains.entry(domain).or_default().entry(company).or_default() += 1;
            }
        }
        let mut letters = Letters::default();
        let mut shared: Vec<(usize, &str)> = Vec::new();
        for (domain, employers) in domains {
            let records = employers.values().sum();
            if records >= FEWEST && are_several(employers, records, &mut letters) {
                shared.push((records, domain));
            }
        }
        shared.sort_unstable_by(|(few, a), (many, b)| (many, a).cmp(&(few, b)));
        shared.truncate(MOST);
        Self(shared.into_iter().map(|(_, domain)| domain.into()).collect())
    }

    /// Whether a registrable domain is one of them.
    pub fn has(&self, domain: &str) -> bool {
        self.0.contains(domain)
    }

    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a domain's employers are several that are not alike, none of which has half of the records.
fn are_several(employers: Employers<'_>, records: usize, letters: &mut Letters) -> bool {
    if employers.len() < SEVERAL {
        return false;
    }
    let mut named: Vec<(&Text, usize)> = employers.into_iter().collect();
    named.sort_unstable_by(|(a, few), (b, many)| (many, &***a).cmp(&(few, &***b)));
    // The rest, of one record each, may be anybody.
    named.truncate(COMPARED);
    let mut kinds: Vec<(&Text, usize)> = Vec::new();
    for (name, count) in named {
        match kinds.iter_mut().find(|(kind, _)| are_alike(kind, name, letters)) {
            Some((_, all)) => *all += count,
            None => kinds.push((name, count)),
        }
    }
    kinds.len() >= SEVERAL && kinds.iter().all(|(_, count)| count * 2 < records)
}

/// Whether two names may be of one employer, or of one group: Exempla Nord and Exempla Holding.
fn are_alike(one: &Text, other: &Text, letters: &mut Letters) -> bool {
    one.split(' ').next() == other.split(' ').next()
        || of_texts(Field::Company, one, other, letters) > Degree::Different
}

impl From<Vec<Box<str>>> for SharedDomains {
    fn from(domains: Vec<Box<str>>) -> Self {
        Self(domains.into_iter().collect())
    }
}

impl From<SharedDomains> for Vec<Box<str>> {
    fn from(domains: SharedDomains) -> Self {
        let mut domains: Self = domains.0.into_iter().collect();
        domains.sort_unstable();
        domains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(rows: &[(&str, &str)]) -> Vec<Person> {
        let person = |(nth, (company, domain)): (usize, &(&str, &str))| {
            let mut person = Person::default();
            person.add_company(company);
            person.add_email(&format!("somebody{nth}@{domain}"));
            person
        };
        rows.iter().enumerate().map(person).collect()
    }

    #[test]
    fn where_people_of_several_employers_write_from_nobody_is_told_by_the_domain() {
        let provider = [
            ("Tischlerei Huber", "netz.example"),
            ("Gasthof zur Post", "netz.example"),
            ("Gasthof Post", "netz.example"),
            ("Autohaus Maier GmbH", "netz.example"),
            ("Zahnarzt Dr. Kraus", "mail.netz.example"),
        ];
        let mut neighbours = people(&provider);
        let shared = SharedDomains::of(&neighbours);
        assert!(shared.has("netz.example"));
        for person in &mut neighbours {
            person.leave(&shared);
        }
        assert!(neighbours.iter().all(|person| person.domains.is_empty()));
        assert!(!neighbours[0].emails[0].is_beside(&neighbours[1].emails[0]));
        let kept = serde_json::to_string(&shared).expect("a text");
        assert_eq!(serde_json::from_str::<SharedDomains>(&kept).expect("the same"), shared);

        let own = "exempla.example";
        for employers in [
            // One employer as people write it, and what it was called before.
            ["Exempla AG", "EXEMPLA", "Exempla Werke", "Altwerk KG", "Exmpla AG"],
            // A group.
            ["Exempla Nord", "Exempla Holding", "Exempla Bau", "Exempla Pumpen", "Probe AG"],
            // An agency, and the customers for whom it writes.
            ["Exempla", "Exempla", "Exempla", "Gasthof Post", "Autohaus Maier"],
            // Two firms in one house.
            ["Huber", "Huber", "Maier", "Maier", "Maier"],
        ] {
            let rows = employers.map(|employer| (employer, own));
            assert!(SharedDomains::of(&people(&rows)).are_none(), "{employers:?}");
        }
        assert!(SharedDomains::of(&people(&provider[..3])).are_none(), "too few to tell");
    }
}
