//! What `From` tells about the author: names to look for in the text.

mod firm;

use super::east::name::looks_like_name;
use super::fold::{Folded, Word, fold, is_ideograph, words};
use super::naming::{self, Signed};
use super::script::{alike, is_foreign, same_syllables};
use crate::contact::EmailAddress;
use crate::mail::{Author, Line};

/// The author's names as they are compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Sender {
    /// The name in the display name, taken apart.
    pub(super) header: Option<Signed>,
    /// Words of the display name.
    pub(super) names: Vec<Folded>,
    /// The address as it stands in `From`.
    pub(super) address: Option<EmailAddress>,
    /// Words of the address's local part, digits left out.
    pub(super) local: Vec<Folded>,
    /// The same words joined.
    pub(super) joined: String,
    /// The name of the organization in the address's domain (`brandtner-getriebe`), words joined;
    /// empty for providers of mailboxes.
    pub(super) domain: String,
}

/// Domains that say nothing about the employer hold words like these.
const FREEMAIL: &[&str] = &[
    "gmail",
    "googlemail",
    "yahoo",
    "hotmail",
    "outlook",
    "live",
    "icloud",
    "gmx",
    "web",
    "aol",
    "proton",
    "protonmail",
    "mail",
    "email",
    "posta",
    "post",
    "freenet",
    "orange",
    "wanadoo",
    "free",
    "laposte",
    "libero",
    "tiscali",
    "virgilio",
    "seznam",
    "centrum",
    "wp",
    "onet",
    "interia",
    "o2",
    "yandex",
    "qq",
    "163",
    "126",
    "naver",
    "daum",
    "uol",
    "bol",
    "terra",
    "telefonica",
    "sapo",
    "ziggo",
    "kpnmail",
    "telenet",
    "skynet",
    "bluewin",
    "hetnet",
    "comcast",
    "verizon",
    "msn",
    "me",
    "t-online",
    "arcor",
    "mailbox",
    "posteo",
    "btinternet",
    "sky",
    "ukr",
    "rambler",
    "zoho",
];

impl Sender {
    /// Reads the author's header; `lines` may show that the name in it is a firm's.
    pub(super) fn of(author: &Author, lines: &[Line]) -> Self {
        let mut sender = Self::of_address(author);
        // A company's name in `From` is not the author's.
        sender.header = naming::header(author).filter(|name| !firm::is_named(name, lines));
        let signer = match &sender.header {
            Some(name) => firm::signer(name, &sender, lines),
            None if author.name.is_some() => firm::called(&sender, lines),
            None => None,
        };
        if let Some(signer) = signer {
            sender.header = None;
            sender.names = signer;
        } else if let Some(name) = &sender.header {
            sender.names = folded(&name.words.join(" "));
        }
        sender
    }

    fn of_address(author: &Author) -> Self {
        let Some(address) = author.address.clone() else { return Self::default() };
        let local = folded(&address.local().replace(|c: char| c.is_ascii_digit(), " "));
        let registrable = address.registrable_domain();
        let label = registrable.split('.').next().unwrap_or_default().to_owned();
        let parts: Vec<&str> = label.split('-').collect();
        let free = FREEMAIL.contains(&label.as_str())
            || parts.iter().any(|part| {
                matches!(*part, "mail" | "mailbox" | "posta" | "mailpost" | "freipost")
            });
        let domain = if free { String::new() } else { fold(&label).replace('-', "") };
        Self { address: Some(address), joined: local.concat(), local, domain, ..Self::default() }
    }

    /// How surely a run of words is the author's name: 0 not at all, 1 certainly.
    pub(super) fn recognises(&self, words: &[Word]) -> f64 {
        let known =
            |word: &&Word| word.folded.chars().count() > 1 && self.names.contains(&word.folded);
        let shared = words.iter().filter(known).count();
        // Behind the name several letters are a legal form: "Bakker B.V."
        let short = |(at, word): &(usize, &Word)| {
            word.is_initials() && (*at == 0 || word.folded.chars().count() == 1)
        };
        let initial = words.iter().enumerate().filter(short).any(|(_, word)| {
            let first = word.folded.chars().next();
            first.is_some_and(|c| self.names.iter().any(|name| name.starts_with(c)))
        });
        match shared {
            0 if self.is_local_part(words) || self.is_initials_and_family(words) => 0.9,
            0 => self.in_another_script(words),
            1 if words.len() == 1 || initial && words.len() <= 3 => 0.8,
            1 if self.is_local_part(words) => 0.9,
            1 => 0.4,
            _ => 1.0,
        }
    }

    /// Whether a word is how the author signs in short: initials (`DG` of Dana Gruber, also with a
    /// letter for a middle name, or `D`) or the beginning of a name (`Steph`).
    pub(super) fn shortens(&self, word: &Word) -> bool {
        let letters: Vec<char> = word.folded.chars().collect();
        let initial = |name: Option<&Folded>| name.and_then(|name| name.chars().next());
        let (first, last) = (initial(self.names.first()), initial(self.names.last()));
        let (Some(begins), Some(ends)) = (letters.first(), letters.last()) else { return false };
        if self.names.len() < 2 {
            return false;
        }
        match letters.len() {
            1 => Some(*begins) == first,
            2 | 3 if Some(*begins) == first && Some(*ends) == last => true,
            0 | 2 => false,
            _ => self.names.iter().any(|name| {
                name.len() > word.folded.len() && name.starts_with(word.folded.as_str())
            }),
        }
    }

    /// Whether words formed like a name complete the only name that `From` or the address gives:
    /// `Hector Alvarez` and `hector@…`.
    pub(super) fn completes(&self, words: &[Word]) -> bool {
        let known = (self.names.as_slice(), self.local.as_slice());
        let (([only], _) | ([], [only])) = known else { return false };
        let ends = [words.first(), words.last()];
        (2..=4).contains(&words.len())
            && only.chars().count() > 2
            && ends.into_iter().flatten().any(|word| word.folded == *only)
    }

    /// Whether the display name has one of these words.
    pub(super) fn is_named(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.names.contains(&word.folded))
    }

    /// How surely words of another script than the header's are the author's name.
    fn in_another_script(&self, words: &[Word]) -> f64 {
        let letters = || words.iter().flat_map(|word| word.folded.chars());
        let same = letters().eq(self.names.iter().flat_map(|name| name.chars()));
        if same && letters().next().is_some() {
            return 1.0;
        }
        let foreign = words.iter().any(|word| is_foreign(&word.folded));
        if words.is_empty() || foreign == self.names.iter().any(|name| is_foreign(name)) {
            return 0.0;
        }
        let text: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
        let joined = text.concat();
        if joined.chars().any(is_ideograph) {
            let names = if self.names.is_empty() { &self.local } else { &self.names };
            return match () {
                () if same_syllables(&joined, names) => 1.0,
                () if looks_like_name(&text.join(" ")) => 0.85,
                () => 0.0,
            };
        }
        let local = [self.names.as_slice(), self.local.as_slice()].concat();
        match alike(text.iter().copied(), &local) {
            0 => 0.0,
            1 if words.len() == 1 => 0.8,
            1 => 0.4,
            _ => 1.0,
        }
    }

    /// Whether the local part is made of these words: `anna.mueller`, `amueller`, `muellera`.
    fn is_local_part(&self, words: &[Word]) -> bool {
        if self.joined.len() < 4 || !(2..=5).contains(&words.len()) {
            return false;
        }
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        // "Ing. José Luis Huerta Villalpando" writes as `jhuerta`: a title leads, a family follows.
        let inner = |given: usize| {
            let given = words.get(given).map(|word| (given, word));
            given.is_some_and(|(at, given)| {
                let families = words.iter().skip(at + 1).filter(|word| word.folded.len() >= 4);
                families.into_iter().any(|family| self.is_made_of(given, family))
            })
        };
        last.folded.len() >= 3 && self.is_made_of(first, last) || inner(0) || inner(1)
    }

    /// Whether the local part is a given and a family name, the given one perhaps in short.
    fn is_made_of(&self, given: &Word, family: &Word) -> bool {
        let (first, last) = (given.folded.as_str(), family.folded.as_str());
        if first.len() < 2 {
            return false;
        }
        let initial = first.chars().next().and_then(|c| first.get(..c.len_utf8())).unwrap_or(first);
        let made_of = |last: &str| {
            let rests = [self.joined.strip_suffix(last), self.joined.strip_prefix(last)];
            rests.into_iter().flatten().any(|rest| rest == first || rest == initial)
        };
        made_of(last) || german(last).is_some_and(|last| made_of(&last.replace("aee", "ae")))
    }

    /// Whether words are the initials and the family name of `jeroen.kortenhorst@…`:
    /// "J.P.M. Kortenhorst".
    fn is_initials_and_family(&self, words: &[Word]) -> bool {
        let ([given, family], [initials, name]) = (self.local.as_slice(), words) else {
            return false;
        };
        initials.is_initials()
            && family.len() >= 4
            && *family == name.folded
            && given.chars().next() == initials.folded.chars().next()
    }

    /// Whether words formed like a name share the author's family name alone: a nickname stands in
    /// `From`, "Charles Hollander" below.
    pub(super) fn is_kin(&self, words: &[Word]) -> bool {
        let [_, .., family] = self.names.as_slice() else { return false };
        let shared = words.iter().filter(|word| self.names.contains(&word.folded)).count();
        (2..=4).contains(&words.len())
            && shared == 1
            && family.len() >= 3
            && words.iter().skip(1).rev().take(2).any(|last| last.folded == *family)
    }

    /// How much of a text's words the mail domain repeats, 0..1: `Brandtner Getriebebau GmbH` and
    /// `brandtner-getriebe.de`.
    pub(super) fn owns(&self, words: &[Word]) -> f64 {
        if self.domain.len() < 3 {
            return 0.0;
        }
        let mut initials = words.iter().filter_map(|word| word.folded.chars().next());
        if self.domain.chars().all(|letter| initials.next() == Some(letter)) {
            return 0.8;
        }
        let mut rest = self.domain.as_str();
        let mut covered = 0;
        let within = |name: &str| name.len() >= 3 && self.domain.contains(name);
        for word in words {
            let plain = word.folded.as_str();
            if within(plain) {
                covered += plain.len();
            } else if let Some(name) = german(plain).filter(|name| within(name)) {
                covered += name.len();
            } else if let Some(shared) = shared_start(rest, plain).filter(|n| *n >= 4) {
                covered += shared;
                rest = rest.get(shared..).unwrap_or_default();
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a domain has at most 63 letters")]
        let share = covered as f64 / self.domain.len() as f64;
        share.min(1.0)
    }
}

/// A word with an umlaut in it as domains spell it, `ae`; folding made `a` of it.
fn german(word: &str) -> Option<String> {
    word.contains('a').then(|| word.replace('a', "ae"))
}

fn shared_start(domain: &str, word: &str) -> Option<usize> {
    let shared = domain.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
    domain.is_char_boundary(shared).then_some(shared)
}

fn folded(text: &str) -> Vec<Folded> {
    words(text).into_iter().map(|word| word.folded).collect()
}
