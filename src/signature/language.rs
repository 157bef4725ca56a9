//! What is said differently in every language, read from the files under `languages/`.
//!
//! A file holds comma-separated phrases by sense (see [`Sense`]); adding a language is adding a
//! file. All languages are looked up at once: signatures mix them.

use super::fold::{Word, is_ideograph, words};
use super::phrases::{Hit, Phrases};
use crate::contact::listed_post_nominals;
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The language files: `<code>.toml`, and `mul.toml` for what all share.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/signature/languages");

/// Code and text of every language file, what all share first.
fn files() -> Vec<(&'static str, &'static str)> {
    let named = FILES
        .files()
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)));
    let mut files: Vec<_> = named.collect();
    files.sort_by_key(|(code, _)| (*code != "mul", *code));
    files
}

/// The legal forms of companies, one a line.
const LEGAL_FORMS: &str = include_str!("data/legal_forms.txt");

/// What a phrase tells about the line it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// Frequent words of running text.
    Common,
    /// Opens a message.
    Salutation,
    /// Closes it, before the name.
    Valediction,
    /// Academic or professional title before a name.
    Academic,
    /// What follows a name (`PhD`).
    Credential,
    /// Given name that is often a second one.
    Given,
    /// How a name taken from the father's ends.
    Patronymic,
    /// Word of a job title.
    Title,
    /// Word of a unit.
    Department,
    /// Word that makes a name an organization's.
    Organization,
    /// Legal form of a company.
    LegalForm,
    /// Word of a street or PO box.
    Street,
    /// Word that ends the name of a street whose number leads (`12 High Street`).
    Thoroughfare,
    /// Marks a province or county: `jud.`, `обл.`.
    Province,
    /// Stands before the name of a city: `г.`, `гр.`.
    Town,
    /// Introduces somebody else.
    OtherPerson,
    /// Introduces a number of a register, a bank or a system.
    Register,
    /// Opens legal text or a banner.
    Disclaimer,
    /// Tells when somebody works.
    Hours,
    /// Written by the mail client.
    Client,
    /// Tells that nobody wrote the message.
    Automatic,
    /// Signs for a team.
    Team,
    /// Label of a voice number.
    Phone,
    /// Label of a mobile number.
    Mobile,
    /// Label of a fax number.
    Fax,
    /// Label of an e-mail address.
    Email,
    /// Label of a web site.
    Web,
    /// Label of an extension.
    Extension,
    /// Label of an address.
    Address,
}

/// A set of senses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Senses(u32);

impl Senses {
    /// Adds a sense.
    pub(super) fn insert(&mut self, sense: Sense) {
        self.0 |= 1 << sense as u32;
    }

    /// Whether the sense is in it.
    pub(super) fn has(self, sense: Sense) -> bool {
        self.0 & (1 << sense as u32) != 0
    }
}

impl Senses {
    /// Whether it labels a number to dial.
    pub(super) fn is_label(self) -> bool {
        self.has(Sense::Phone) || self.has(Sense::Mobile) || self.has(Sense::Fax)
    }
}

impl FromIterator<Sense> for Senses {
    fn from_iter<I: IntoIterator<Item = Sense>>(senses: I) -> Self {
        let mut set = Self::default();
        senses.into_iter().for_each(|sense| set.insert(sense));
        set
    }
}

/// A sense in a language, by its place in the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// What the phrase tells.
    pub(super) sense: Sense,
    /// In which language.
    pub(super) language: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    regions: String,
    /// Whether the family name stands first.
    family_first: bool,
    /// Whether the word that tells what something is leads (`Ufficio Acquisti`).
    head_first: bool,
    common: String,
    salutations: String,
    valedictions: String,
    academic: String,
    credentials: String,
    given: String,
    patronymics: String,
    titles: String,
    departments: String,
    organizations: String,
    streets: String,
    thoroughfares: String,
    provinces: String,
    towns: String,
    other_people: String,
    registers: String,
    disclaimers: String,
    hours: String,
    clients: String,
    automatic: String,
    teams: String,
    labels: Labels,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Labels {
    phone: String,
    mobile: String,
    fax: String,
    email: String,
    web: String,
    extension: String,
    address: String,
}

impl File {
    fn phrases(&self) -> [(Sense, &str); 29] {
        [
            (Sense::Common, &self.common),
            (Sense::Salutation, &self.salutations),
            (Sense::Valediction, &self.valedictions),
            (Sense::Academic, &self.academic),
            (Sense::Credential, &self.credentials),
            (Sense::Given, &self.given),
            (Sense::Patronymic, &self.patronymics),
            (Sense::Title, &self.titles),
            (Sense::Department, &self.departments),
            (Sense::Organization, &self.organizations),
            (Sense::LegalForm, ""),
            (Sense::Street, &self.streets),
            (Sense::Thoroughfare, &self.thoroughfares),
            (Sense::Province, &self.provinces),
            (Sense::Town, &self.towns),
            (Sense::OtherPerson, &self.other_people),
            (Sense::Register, &self.registers),
            (Sense::Disclaimer, &self.disclaimers),
            (Sense::Hours, &self.hours),
            (Sense::Client, &self.clients),
            (Sense::Automatic, &self.automatic),
            (Sense::Team, &self.teams),
            (Sense::Phone, &self.labels.phone),
            (Sense::Mobile, &self.labels.mobile),
            (Sense::Fax, &self.labels.fax),
            (Sense::Email, &self.labels.email),
            (Sense::Web, &self.labels.web),
            (Sense::Extension, &self.labels.extension),
            (Sense::Address, &self.labels.address),
        ]
    }
}

/// One language of the lexicon.
#[derive(Debug)]
pub(super) struct Language {
    /// ISO 639-1, `mul` for what all share.
    pub(super) code: &'static str,
    /// Countries where it is spoken, the likeliest first.
    pub(super) regions: Vec<String>,
    /// Whether the family name stands first.
    pub(super) family_first: bool,
    /// Whether the word that tells what something is leads (`Ufficio Acquisti`).
    pub(super) head_first: bool,
}

/// All languages' phrases.
#[derive(Debug)]
pub(super) struct Lexicon {
    legal: HashSet<String>,
    /// The languages, in the order of [`Meaning::language`].
    pub(super) languages: Vec<Language>,
    phrases: Phrases<Meaning>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

/// The lexicon, read once.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    fn load() -> Self {
        let mut lexicon =
            Self { legal: HashSet::new(), languages: Vec::new(), phrases: Phrases::new() };
        for (language, (code, text)) in files().into_iter().enumerate() {
            let mut file: File = toml::from_str(text).unwrap_or_default();
            // They stand with the names, for a CRM has them behind its own.
            if code == "en" {
                file.credentials = listed_post_nominals().collect::<Vec<_>>().join(",");
            }
            for (sense, list) in file.phrases() {
                for phrase in list.split(',') {
                    lexicon.phrases.add(phrase, Meaning { sense, language });
                }
            }
            lexicon.languages.push(Language {
                code,
                regions: file.regions.split(',').map(|code| code.trim().to_owned()).collect(),
                family_first: file.family_first,
                head_first: file.head_first,
            });
        }
        for form in LEGAL_FORMS.lines().filter(|line| !line.starts_with('#')) {
            lexicon.phrases.add(form, Meaning { sense: Sense::LegalForm, language: 0 });
            lexicon.legal.insert(compact(form));
            if compact(form).chars().count() > 2 {
                lexicon.legal.insert(compact(form).to_uppercase());
            }
        }
        lexicon
    }

    /// Every phrase in a text whose words are `words`.
    ///
    /// Legal forms are short: only those written as they are written count ("ASA", not "Åsa").
    pub(super) fn find(&self, text: &str, words: &[Word]) -> Vec<Hit<Meaning>> {
        let mut hits = self.phrases.find(text, words);
        hits.retain(|hit| {
            hit.means.sense != Sense::LegalForm || {
                let start = words.get(hit.first).map_or(0, |word| word.span.start);
                let end = words.get(hit.last).map_or(0, |word| word.span.end);
                let raw = compact(text.get(start..end).unwrap_or_default());
                raw.chars().count() > 4
                    || self.legal.contains(&raw)
                    || text.chars().any(is_ideograph)
            }
        });
        hits
    }

    /// Whether a text is a legal form and nothing else.
    pub(super) fn is_legal_form(&self, text: &str) -> bool {
        self.legal.contains(&compact(text))
    }

    /// The senses of a text taken as a whole.
    pub(super) fn senses(&self, text: &str) -> Senses {
        self.find(text, &words(text)).into_iter().map(|hit| hit.means.sense).collect()
    }

    /// The language in which most words are frequent ones; the first where none is.
    pub(super) fn detect<'a>(&self, hits: impl Iterator<Item = &'a Hit<Meaning>>) -> usize {
        let mut count = vec![0_u32; self.languages.len()];
        for hit in hits {
            let weight = match hit.means.sense {
                Sense::Common => 2,
                Sense::Valediction | Sense::Salutation => 3,
                Sense::Title | Sense::Department | Sense::Organization | Sense::Street => 1,
                Sense::Phone | Sense::Mobile | Sense::Fax => u32::from(hit.last > hit.first) + 1,
                _ => 0,
            };
            if let Some(count) = count.get_mut(hit.means.language) {
                *count += weight;
            }
        }
        let best = count.iter().skip(1).copied().max().unwrap_or(0);
        count.iter().skip(1).position(|&n| n == best && n > 0).map_or(0, |at| at + 1)
    }
}

/// A legal form without dots and spaces, in its own case.
fn compact(form: &str) -> String {
    form.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | ',')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_file_is_read() {
        let files = files();
        assert!(files.len() > 20 && files[0].0 == "mul");
        for (code, text) in files {
            let file: Result<File, _> = toml::from_str(text);
            assert!(file.is_ok(), "{code}: {:?}", file.err());
        }
    }

    #[test]
    fn the_language_of_a_text_is_told_by_its_frequent_words() {
        let detect = |text: &str| {
            let hits = lexicon().find(text, &words(text));
            lexicon().languages[lexicon().detect(hits.iter())].code
        };
        assert_eq!(detect("bitte prüfen Sie das bis morgen, danke"), "de");
        assert_eq!(detect("please let me know when you are free"), "en");
        assert_eq!(detect("merci de nous confirmer la date"), "fr");
    }
}
