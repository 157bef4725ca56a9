//! By what the company of a contact is found, and what it is made of.

mod moved;

pub(super) use moved::{Left, change};

use super::mapping::Fields;
use super::{Account, CrmError};
use crate::contact::{Contact, PostalAddress};
use crate::matching::fold::{fold, fold_company, is_free_mail, telling_word};
use crate::matching::{Model, SharedDomains};
use crate::store::{Conn, StoreError, TenantId, match_models};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Tells which domains name an employer.
#[derive(Debug, Clone, Default)]
pub(super) struct Employers {
    shared: SharedDomains,
}

impl Employers {
    /// As the tenant's records have shown.
    pub(super) async fn of(conn: &mut Conn, tenant: &TenantId) -> Result<Self, StoreError> {
        let learned = match_models::get(conn, tenant).await?.and_then(|learned| learned.weights);
        let model = learned.and_then(|text| Model::learned(&text));
        Ok(Self { shared: model.map(Model::into_shared_domains).unwrap_or_default() })
    }

    /// The domains of a contact's addresses, each as it is and as it was registered; free-mail domains,
    /// and those where people of several employers have their addresses, name no company.
    pub(super) fn domains(&self, contact: &Contact) -> Vec<String> {
        let mut domains: Vec<String> = Vec::new();
        for email in &contact.emails {
            let registered = email.value.registrable_domain();
            if self.shared.has(&registered) {
                continue;
            }
            for domain in [email.value.domain(), registered] {
                if !is_free_mail(&domain) && !domains.contains(&domain) {
                    domains.push(domain);
                }
            }
        }
        domains
    }
}

/// How many domains, and names, of a contact are looked for.
pub(super) const MOST: usize = 3;

/// What looking for a company has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought<T = Account> {
    /// This is it.
    One(T),
    /// It is one of several, and nothing tells which.
    Several,
    /// There is none.
    None,
}

impl<T> Sought<T> {
    /// The one that was found.
    pub fn one(self) -> Option<T> {
        match self {
            Self::One(found) => Some(found),
            Self::Several | Self::None => None,
        }
    }

    /// The same, told in another way.
    pub(super) fn map<U>(self, as_other: impl FnOnce(T) -> U) -> Sought<U> {
        match self {
            Self::One(found) => Sought::One(as_other(found)),
            Self::Several => Sought::Several,
            Self::None => Sought::None,
        }
    }
}

/// The company of one of a contact's domains, as `of_domain` finds it; without any, the one that has the
/// [name](of_name) of its employer, as `named` finds it.
pub(super) async fn find<D, N>(
    employers: &Employers,
    contact: &Contact,
    of_domain: impl Fn(String) -> D,
    named: impl Fn(String) -> N,
) -> Result<Sought, CrmError>
where
    D: Future<Output = Result<Option<Account>, CrmError>>,
    N: Future<Output = Result<Sought, CrmError>>,
{
    for domain in employers.domains(contact).into_iter().take(MOST) {
        if let Some(found) = of_domain(domain).await? {
            return Ok(Sought::One(found));
        }
    }
    of_employer(contact, named).await
}

/// The company that has the name of a contact's employer, as `named` finds it.
pub(super) async fn of_employer<N>(
    contact: &Contact,
    named: impl Fn(String) -> N,
) -> Result<Sought, CrmError>
where
    N: Future<Output = Result<Sought, CrmError>>,
{
    let mut sought = Sought::None;
    for name in contact.organizations.iter().take(MOST) {
        match named(name.value.clone()).await? {
            Sought::One(found) => return Ok(Sought::One(found)),
            Sought::Several => sought = Sought::Several,
            Sought::None => {}
        }
    }
    Ok(sought)
}

/// Whether a contact is said to work for a company of this name, whatever the legal form.
pub(super) fn is_of(contact: &Contact, name: &str) -> bool {
    let name = fold_company(name);
    !name.is_empty() && contact.organizations.iter().any(|it| fold_company(&it.value) == name)
}

/// Umlauts, the letters that an `e` makes them of, and whether these may follow any letter.
const UMLAUTS: [(char, char, bool); 6] = [
    ('ä', 'a', true),
    ('ö', 'o', true),
    ('ü', 'u', false),
    ('Ä', 'A', true),
    ('Ö', 'O', true),
    ('Ü', 'U', true),
];

/// A word with umlauts in place of their two letters; `Bauer`, `Neue` and `Quelle` have none.
fn with_umlauts(word: &str) -> String {
    let mut short = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_free = !short.ends_with(['a', 'e', 'o', 'q', 'Q', 'A', 'E', 'O']);
        let umlaut = UMLAUTS.iter().find(|(_, of, any)| *of == letter && (*any || is_free));
        match umlaut.filter(|_| letters.peek() == Some(&'e')) {
            Some((umlaut, ..)) => {
                letters.next();
                short.push(*umlaut);
            }
            None => short.push(letter),
        }
    }
    short
}

/// A word as it may be written: searches know no umlaut by its two letters.
pub(super) fn spellings(word: &str) -> Vec<String> {
    let mut long = word.replace('ß', "ss");
    for (umlaut, letter, _) in UMLAUTS {
        long = long.replace(umlaut, &format!("{letter}e"));
    }
    let bare: String = word.replace('ß', "ss").nfd().filter(|c| !is_combining_mark(*c)).collect();
    let mut spellings: Vec<String> = Vec::new();
    for spelling in [word.to_owned(), long, bare, with_umlauts(word)] {
        if !spelling.is_empty() && !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    spellings
}

/// Of the companies that a search found the one of a name: that is written so, or else so but for legal
/// form and spelling. Of several the one where the contact's address is, if that tells.
/// `of` tells name and place of one.
pub(super) fn of_name<'a, T>(
    found: &'a [T],
    name: &str,
    contact: &Contact,
    of: impl Fn(&'a T) -> (&'a str, &'a str),
) -> Sought<&'a T> {
    let company = fold_company(name);
    let cities = contact.addresses.iter().filter_map(|it| it.value.city.as_deref());
    let cities: Vec<String> = cities.map(fold).filter(|city| !city.is_empty()).collect();
    let is_there = |it: &&'a T| {
        let place = format!(" {} ", fold(of(it).1));
        cities.iter().any(|city| place.contains(&format!(" {city} ")))
    };
    let same: Vec<&T> = found
        .iter()
        .filter(|it| !company.is_empty() && fold_company(of(it).0) == company)
        .collect();
    let exact: Vec<&T> = same.iter().copied().filter(|it| fold(of(it).0) == fold(name)).collect();
    let called = if exact.is_empty() { same } else { exact };
    match called.as_slice() {
        [] => return Sought::None,
        [one] => return Sought::One(one),
        _ => {}
    }
    let mut there = called.into_iter().filter(is_there);
    there.next().filter(|_| there.next().is_none()).map_or(Sought::Several, Sought::One)
}

/// The company [of a name](of_name), of those that a search finds for the ways to write the word that tells
/// it from others; of a name without such a word none.
pub(super) async fn named<T>(
    name: &str,
    contact: &Contact,
    search: impl AsyncFnOnce(Vec<String>) -> Result<Vec<T>, CrmError>,
    of: impl for<'a> Fn(&'a T) -> (&'a str, &'a str),
    account: impl FnOnce(&T) -> Account,
) -> Result<Sought, CrmError> {
    let Some(word) = telling_word(name) else { return Ok(Sought::None) };
    let found = search(spellings(&word)).await?;
    Ok(of_name(&found, name, contact, of).map(account))
}

/// What came of making a company.
#[derive(Debug)]
pub(super) enum Making {
    /// It is made.
    Made(Account),
    /// It was there: the CRM's own rules say so.
    There(Account),
    /// It is not taken, for a reason that is one sentence.
    Refused(String),
}

/// A company that is to be made.
#[derive(Debug)]
pub(super) struct NewAccount<'a> {
    /// A UUID: with the same one it is made once, where the CRM takes ids of ours.
    pub(super) key: &'a str,
    /// What it is called.
    pub(super) name: &'a str,
    /// Its domain, which is also its web site.
    pub(super) domain: String,
    /// Where it is, as far as the signature says.
    pub(super) address: PostalAddress,
}

impl<'a> NewAccount<'a> {
    /// The employer of a contact, if it has a name and a domain of its own.
    pub(super) fn of(key: &'a str, contact: &'a Contact, employers: &Employers) -> Option<Self> {
        let name = contact.organizations.first()?.value.trim();
        let names_none = |domain: &String| is_free_mail(domain) || employers.shared.has(domain);
        let domains = contact.emails.iter().map(|email| email.value.registrable_domain());
        let domain = domains.into_iter().find(|domain| !names_none(domain))?;
        let address = contact.addresses.first().map(|address| address.value.clone());
        let address = address.unwrap_or_default();
        (!name.is_empty()).then_some(Self { key, name, domain, address })
    }

    /// Its values under the CRM's names of name, web site, street, postcode, city, region and country;
    /// what has no name there is left out.
    pub(super) fn fields(&self, names: [&str; 7]) -> Fields {
        let PostalAddress { street, postcode, city, region, country } = &self.address;
        let parts = [street, postcode, city, region, country].map(|part| part.as_deref());
        let values = [Some(self.name), Some(self.domain.as_str())].into_iter().chain(parts);
        let pairs = names.into_iter().zip(values).filter(|(name, _)| !name.is_empty());
        pairs.filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{Found, Origin};

    #[test]
    fn an_umlaut_is_looked_for_as_people_write_it() {
        assert_eq!(spellings("Müller"), ["Müller", "Mueller", "Muller"]);
        assert_eq!(spellings("Mueller"), ["Mueller", "Müller"]);
        assert_eq!(spellings("Weiß"), ["Weiß", "Weiss"]);
        for plain in ["Exempla", "Bauer", "Neue", "Quelle"] {
            assert_eq!(spellings(plain), [plain]);
        }
    }

    #[test]
    fn a_company_is_found_by_its_name_and_of_several_by_the_city_or_not_at_all() {
        let at = |city: &str| {
            let address = PostalAddress { city: Some(city.into()), ..PostalAddress::default() };
            let addresses = vec![Found::certain(address, Origin::Layout)];
            Contact { addresses, ..Contact::default() }
        };
        let found = [
            ("Exempla AG", "Gotha"),
            ("EXEMPLA", "97070 Würzburg"),
            ("Exempla Holding", "Gotha"),
            ("Probe", ""),
            ("Volksbank eG", "Gotha"),
            ("Volksbank eG", "Weiden in der Oberpfalz"),
        ];
        let named =
            |name: &str, city: &str| of_name(&found, name, &at(city), |it| *it).map(|it| it.1);
        assert_eq!(named("Exempla AG", ""), Sought::One("Gotha"), "written so");
        assert_eq!(named("Exempla GmbH", "Würzburg"), Sought::One("97070 Würzburg"));
        assert_eq!(named("Exempla GmbH", "Hof"), Sought::Several);
        assert_eq!(named("Probe GmbH & Co. KG", "Hof"), Sought::One(""));
        assert_eq!(named("Volksbank", "Weiden"), Sought::One("Weiden in der Oberpfalz"));
        assert_eq!(named("Volksbank eG", ""), Sought::Several);
        assert_eq!(named("Nobody", "Gotha"), Sought::None);
    }
}
