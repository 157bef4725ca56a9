//! A person's name and its parts.

use serde::{Deserialize, Serialize};

/// A name as its bearer signs, with the parts that could be told apart.
///
/// `full` is without titles and post-nominals, in the order of its culture (family first in
/// Japanese, Chinese, Korean and Hungarian).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonName {
    /// The whole name.
    pub full: String,
    /// Given names; a patronymic belongs here.
    pub given: Option<String>,
    /// Family names with their particles ("van der Berg", "García López").
    pub family: Option<String>,
    /// Academic or professional titles before the name ("Prof. Dr.-Ing."). A CRM may have a form of address
    /// before them, or instead ("Frau Dr.", "Mr.").
    pub prefix: Option<String>,
    /// What follows the name ("PhD", "Jr.").
    pub suffix: Option<String>,
}

impl PersonName {
    /// A name of which only the whole is known.
    pub fn of(full: impl Into<String>) -> Self {
        Self { full: full.into(), ..Self::default() }
    }

    /// The titles before the name without a form of address.
    pub fn title(&self) -> Option<String> {
        self.prefix.as_deref().and_then(title_of)
    }

    /// Title, name and post-nominals on one line.
    pub fn display(&self) -> String {
        let mut text = String::new();
        if let Some(prefix) = &self.prefix {
            text.push_str(prefix);
            text.push(' ');
        }
        text.push_str(&self.full);
        if let Some(suffix) = &self.suffix {
            text.push_str(", ");
            text.push_str(suffix);
        }
        text
    }
}

/// How somebody is addressed who has no title, in small letters without the dot.
const FORMS_OF_ADDRESS: [&str; 40] = [
    "herr",
    "herrn",
    "hr",
    "frau",
    "fr",
    "fräulein",
    "frl",
    "firma",
    "fa",
    "mr",
    "mister",
    "mrs",
    "ms",
    "miss",
    "mx",
    "sir",
    "madam",
    "mme",
    "mlle",
    "m",
    "monsieur",
    "madame",
    "sig",
    "sigra",
    "signor",
    "signora",
    "sr",
    "sra",
    "srta",
    "señor",
    "señora",
    "senhor",
    "senhora",
    "dhr",
    "heer",
    "mevr",
    "mevrouw",
    "pan",
    "pani",
    "hra",
];

fn is_form_of_address(word: &str) -> bool {
    let word = word.trim_matches(['.', ',', '/']).to_lowercase();
    word.split('/').all(|one| FORMS_OF_ADDRESS.contains(&one.trim_matches('.')))
}

/// What stands before a name without the forms of address: `Frau Dr.` is `Dr.`, `Herr` is nothing.
pub fn title_of(prefix: &str) -> Option<String> {
    let words = prefix.split_whitespace().filter(|word| !is_form_of_address(word));
    let title = words.collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// A title behind the form of address that a human chose: `Frau` and `Dr.` are `Frau Dr.`. Without a form
/// the prefix is the title, and without a title the form.
pub fn titled(human: Option<&str>, title: Option<&str>) -> Option<String> {
    let human = human.unwrap_or_default();
    let forms = human.split_whitespace().take_while(|word| is_form_of_address(word));
    let words: Vec<&str> = forms.chain(title).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_address_is_no_title() {
        for (prefix, title) in [
            ("Frau", None),
            ("Mr.", None),
            ("Herr/Frau", None),
            ("Frau Dr.", Some("Dr.")),
            ("Herrn Prof. Dr.-Ing.", Some("Prof. Dr.-Ing.")),
            ("Dr.", Some("Dr.")),
            ("", None),
        ] {
            assert_eq!(title_of(prefix).as_deref(), title, "{prefix}");
        }
    }

    #[test]
    fn a_title_stands_behind_the_form_that_a_human_chose() {
        assert_eq!(titled(Some("Frau"), Some("Dr.")).as_deref(), Some("Frau Dr."));
        assert_eq!(titled(Some("Frau Dr."), Some("Prof. Dr.")).as_deref(), Some("Frau Prof. Dr."));
        assert_eq!(titled(Some("Frau Dr."), None).as_deref(), Some("Frau"));
        assert_eq!(titled(None, Some("Dr.")).as_deref(), Some("Dr."));
        assert_eq!(titled(None, None), None);
    }
}
