//! Mail of mixed kinds by the thousand, each with what must come of it.
//!
//! Ten letters make a round: four people sign for the first time, two of their signatures come
//! again (one unchanged, one with another number), and four letters are nobody's signature.

use std::fmt::Write as _;

/// How many letters make a round.
pub(crate) const ROUND: usize = 10;
/// How many people a round introduces, so how many suggestions it makes.
pub(crate) const PEOPLE: usize = 4;

/// The letter with number `index`.
pub(crate) fn letter(index: usize) -> Vec<u8> {
    let round = index / ROUND;
    let text = match index % ROUND {
        0 => plain(index, &Person::of(round, 0), "plain"),
        1 => html(index, &Person::of(round, 1)),
        2 => plain(index, &Person::of(round, 0), "the same signature again"),
        3 => newsletter(index),
        4 => out_of_office(index),
        5 => reply(index, &Person::of(round, 2)),
        6 => plain(index, &Person::of(round, 0).with_another_mobile(), "a new number"),
        7 => short(index),
        8 => with_attachment(index, &Person::of(round, 3)),
        _ => broken(index),
    };
    text.replace('\n', "\r\n").into_bytes()
}

/// Somebody who signs.
pub(crate) struct Person {
    /// As it stands in the signature.
    pub(crate) name: String,
    local: String,
    company: String,
    domain: String,
    phone: String,
    mobile: String,
}

impl Person {
    /// The person with this place in this round; nobody else has the name or the numbers.
    pub(crate) fn of(round: usize, place: usize) -> Self {
        const GIVEN: [&str; 8] =
            ["Anna", "Bernd", "Clara", "David", "Emma", "Felix", "Greta", "Henrik"];
        let number = round * PEOPLE + place;
        let family = family_name(number);
        let given = GIVEN[number % GIVEN.len()];
        Self {
            name: format!("{given} {family}"),
            local: format!("{}.{}", given.to_lowercase(), family.to_lowercase()),
            company: format!("{family} Maschinenbau GmbH"),
            domain: format!("{}-maschinenbau.example", family.to_lowercase()),
            phone: format!("+49 931 3{number:05}"),
            mobile: format!("+49 170 1{number:06}"),
        }
    }

    fn with_another_mobile(mut self) -> Self {
        self.mobile = self.mobile.replacen("170 1", "171 2", 1);
        self
    }

    fn address(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    fn signature(&self) -> String {
        format!(
            "{}\nLeitung Einkauf\n{}\nIndustriestraße 12\n97070 Würzburg\nTel.: {}\nMobil: {}\n{}\n",
            self.name,
            self.company,
            self.phone,
            self.mobile,
            self.address()
        )
    }
}

/// A name of its own for every number: digits become syllables.
fn family_name(number: usize) -> String {
    const SYLLABLES: [&str; 10] =
        ["ba", "der", "fin", "gos", "hul", "kem", "lor", "mit", "nau", "ros"];
    let mut name = String::new();
    for digit in format!("{number:05}").bytes() {
        name.push_str(SYLLABLES[usize::from(digit - b'0')]);
    }
    name[..1].to_uppercase() + &name[1..]
}

fn head(index: usize, from: &str, subject: &str) -> String {
    format!(
        "From: {from}\nTo: sales@undersigned.test\nSubject: {subject}\n\
         Date: Mon, 16 Nov 2026 08:00:00 +0100\nMessage-ID: <{index}@letters.example>\n\
         MIME-Version: 1.0\n"
    )
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";

fn plain(index: usize, person: &Person, subject: &str) -> String {
    let from = format!("{} <{}>", person.name, person.address());
    format!(
        "{}{PLAIN}Guten Tag,\n\nanbei unsere Anfrage zu den Lagern.\n\nMit freundlichen Grüßen\n\n{}",
        head(index, &from, subject),
        person.signature()
    )
}

fn html(index: usize, person: &Person) -> String {
    let from = format!("{} <{}>", person.name, person.address());
    let lines = person.signature().trim_end().replace('\n', "<br>");
    format!(
        "{}Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
         <html><body><p>Guten Tag,</p><p>anbei unsere Anfrage.</p>\
         <p>Mit freundlichen Grüßen</p><p>{lines}</p></body></html>\n",
        head(index, &from, "html")
    )
}

fn reply(index: usize, person: &Person) -> String {
    let mut text = plain(index, person, "Re: Angebot");
    text.push_str("\nAm 15.11.2026 um 09:12 schrieb Sales <sales@undersigned.test>:\n");
    text.push_str("> Unser Angebot gilt noch.\n>\n> Petra Anders\n> Tel. +49 89 123456\n");
    text
}

fn with_attachment(index: usize, person: &Person) -> String {
    let from = format!("{} <{}>", person.name, person.address());
    let mut text = format!(
        "{}Content-Type: multipart/mixed; boundary=\"b{index}\"\n\n--b{index}\n{PLAIN}Anbei die Zeichnung.\n\n\
         Mit freundlichen Grüßen\n\n{}\n--b{index}\nContent-Type: application/pdf; name=\"a.pdf\"\n\
         Content-Disposition: attachment; filename=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\n",
        head(index, &from, "Zeichnung"),
        person.signature()
    );
    for _ in 0..500 {
        text.push_str("JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRl\n");
    }
    let _ = writeln!(text, "--b{index}--");
    text
}

fn newsletter(index: usize) -> String {
    format!(
        "{}List-Unsubscribe: <https://news.example/u>\nList-Id: <news.example>\nPrecedence: bulk\n\
         {PLAIN}Unsere Angebote der Woche.\n\nIhr Team der News AG\nTel. +49 30 123456\n",
        head(index, "News AG <newsletter@news.example>", "Angebote der Woche")
    )
}

fn out_of_office(index: usize) -> String {
    let person = Person::of(index / ROUND, 0);
    let from = format!("{} <{}>", person.name, person.address());
    format!(
        "{}Auto-Submitted: auto-replied\n{PLAIN}Ich bin bis Freitag nicht im Haus.\n\n{}",
        head(index, &from, "Abwesend"),
        person.signature()
    )
}

fn short(index: usize) -> String {
    format!("{}{PLAIN}Danke, passt.\n", head(index, "Kim <kim@kurz.example>", "Re: Termin"))
}

/// Nothing that a mail program would send: unclosed parts, bad encodings, a nested chain.
fn broken(index: usize) -> String {
    let mut text = head(index, "=?utf-8?B?####?= <broken", "=?x?q?=");
    for _ in 0..40 {
        text.push_str("Content-Type: message/rfc822\n\n");
    }
    text.push_str("Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x");
    text
}
