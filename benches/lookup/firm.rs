//! Invented firms and those who work there, the same in every run: frequent and rare names, one
//! switchboard and one address a firm.

use undersigned::contact::{
    Contact, EmailAddress, Found, Origin, PersonName, Phone, PhoneKind, PostalAddress,
};

const GIVEN: &str = "Thomas Michael Andreas Anna Stefan Sabine Christian Claudia Peter Susanne Martin \
    Andrea Jan Julia Frank Petra Markus Monika Daniel Nicole Tobias Katrin Florian Sandra Uwe Silke \
    Jürgen Heike Jörg Birgit Ralf Ute Lukas Lena Moritz Eva Nils Marie Holger Renate Søren Zoë";
const FAMILY: &str = "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann \
    Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann \
    Hartmann Lange Krause Lehmann Köhler Huber Kaiser Fuchs Lang Möller Weiß Jung Hahn Vogel Keller";
const STEMS: &str = "Acker Berg Brink Dorn Eber Feld Gold Hasel Horn Imm Kirch Klee Lauter Linden Mohn \
    Nieder Ober Ost Raben Reh Rosen Sand Stein Tann Ufer Vier Wald Wein West Wiesen Winter Ziegel";
const ENDS: &str = "mann bauer berger hofer meier müller bach feld mayr inger huber thaler wirth auer \
    ecker reiter stetter hauser brunner egger";
const TRADES: &str = "Logistik Technik Maschinenbau Anlagenbau Software Systeme Elektronik Werkzeuge \
    Verpackung Metallbau Immobilien Pharma Spedition Kunststoffe Energie Automation Pumpen Ventile";
const TITLES: [&str; 6] = [
    "Geschäftsführer",
    "Leiter Einkauf",
    "Vertriebsleiter",
    "Projektleiter",
    "Produktmanager",
    "Systemadministrator",
];
const CITIES: [(&str, &str, &str); 6] = [
    ("97070", "Würzburg", "931"),
    ("80331", "München", "89"),
    ("20095", "Hamburg", "40"),
    ("50667", "Köln", "221"),
    ("70173", "Stuttgart", "711"),
    ("04109", "Leipzig", "341"),
];

/// All firms.
pub(super) struct Firms {
    firms: usize,
}

/// Somebody who works at a firm.
struct Person {
    given: &'static str,
    family: String,
    firm: String,
    domain: String,
    title: &'static str,
    direct: String,
    mobile: String,
    city: (&'static str, &'static str, &'static str),
}

impl Firms {
    /// As many as so many people work at, twenty a firm.
    pub(super) fn of(people: usize) -> Self {
        Self { firms: (people / 20).max(1) }
    }

    fn person(&self, number: usize) -> Person {
        let mut dice = Dice(number as u64);
        let firm = number % self.firms;
        // Most names are rare, and most people have a frequent one.
        let rare = format!("{}{}", often(STEMS, &mut dice), often(ENDS, &mut dice));
        let family = match dice.roll(3) {
            0 => often(FAMILY, &mut dice).to_owned(),
            1 => rare,
            _ => format!("{}{}", often(STEMS, &mut dice), rare.to_lowercase()),
        };
        let mut firm_dice = Dice(firm as u64 ^ 0xF17A);
        let trade = often(TRADES, &mut firm_dice);
        let city = CITIES[firm_dice.roll(CITIES.len())];
        let name = format!("{}{}", often(STEMS, &mut firm_dice), often(ENDS, &mut firm_dice));
        let switchboard = format!("+49 {} {}", city.2, 200_000 + firm);
        Person {
            given: often(GIVEN, &mut dice),
            family,
            firm: format!("{name} {firm} {trade} GmbH"),
            domain: format!("{}{firm}.example", ascii(&name)),
            title: TITLES[dice.roll(TITLES.len())],
            direct: if dice.roll(2) == 0 {
                format!("{switchboard}-0")
            } else {
                format!("{switchboard}{}", 10 + number % 89)
            },
            mobile: format!("+49 170 {}", 1_000_000 + number),
            city,
        }
    }

    /// What the CRM has of somebody.
    pub(super) fn contact(&self, number: usize) -> Contact {
        let person = self.person(number);
        let found = |value: String| Found::certain(value, Origin::Crm);
        let phone = |kind, text: &str| Some(Found::certain(Phone::parse(kind, text)?, Origin::Crm));
        let email = EmailAddress::parse(&person.email(number)).expect("an address");
        let name = PersonName {
            full: format!("{} {}", person.given, person.family),
            given: Some(person.given.to_owned()),
            family: Some(person.family.clone()),
            ..PersonName::default()
        };
        let address = PostalAddress {
            postcode: Some(person.city.0.into()),
            city: Some(person.city.1.into()),
            country: Some("DE".into()),
            ..PostalAddress::default()
        };
        Contact {
            name: Some(Found::certain(name, Origin::Crm)),
            titles: vec![found(person.title.to_owned())],
            organizations: vec![found(person.firm.clone())],
            phones: [
                phone(PhoneKind::Work, &person.direct),
                phone(PhoneKind::Mobile, &person.mobile),
            ]
            .into_iter()
            .flatten()
            .collect(),
            emails: vec![Found::certain(email, Origin::Crm)],
            addresses: vec![Found::certain(address, Origin::Crm)],
            ..Contact::default()
        }
    }

    /// A letter in which somebody signs, promoted since the CRM heard of it.
    pub(super) fn letter(&self, number: usize, id: usize) -> String {
        let person = self.person(number);
        let Person { given, family, firm, direct, mobile, city, .. } = &person;
        let email = person.email(number);
        format!(
            "From: {given} {family} <{email}>\r\nTo: sales@kugellager.example\r\n\
             Subject: Angebot\r\nMessage-ID: <{id}@bench.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag,\r\n\r\nvielen Dank für das \
             Gespräch.\r\n\r\nMit freundlichen Grüßen\r\n{given} {family}\r\nProkurist\r\n{firm}\r\n\
             {} {}\r\nTel. {direct}\r\nMobil {mobile}\r\n{email}\r\n",
            city.0, city.1
        )
    }
}

impl Person {
    fn email(&self, number: usize) -> String {
        format!("{}.{}{number}@{}", ascii(self.given), ascii(&self.family), self.domain)
    }
}

fn ascii(text: &str) -> String {
    let text = text.to_lowercase();
    let text = text.replace('ä', "ae").replace(['ö', 'ø'], "oe").replace('ü', "ue");
    text.replace('ß', "ss").replace('ë', "e")
}

/// A word, the first ones more often than the last.
fn often(words: &'static str, dice: &mut Dice) -> &'static str {
    let words: Vec<&str> = words.split_whitespace().collect();
    words[dice.roll(words.len()).min(dice.roll(words.len()))]
}

/// Splitmix64 (Steele, Lea, Flood 2014): the same throws for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 16).unwrap_or(0) % sides
    }
}
