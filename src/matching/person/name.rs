//! A given or family name as it is compared: whole, and word by word.

use crate::matching::given::{self, Bearers};
use crate::matching::nicknames;
use crate::matching::sound::Sound;
use crate::matching::text::Text;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::OnceLock;

/// A folded name; empty where none is known.
#[derive(Debug, Clone, Default)]
pub(in crate::matching) struct Name {
    text: Box<str>,
    words: Box<[Word]>,
    /// Whether it stood in a script that does not tell how it sounds.
    unheard: bool,
}

/// A word of a name.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Word {
    text: Text,
    groups: &'static [u16],
    /// Who bears it as a given name, if it is one.
    bearers: Option<Bearers>,
    /// Told when first asked for: most words differ too much for it to matter.
    sound: OnceLock<Sound>,
}

impl Name {
    /// A folded name in Latin letters, and whether it stood in a script that does not tell how it sounds.
    pub(super) fn of(text: String, unheard: bool) -> Self {
        Self { unheard, ..Self::from(text) }
    }

    /// Whether only one of two names stood in a script that tells how it sounds, so that their letters
    /// differ whoever bears them.
    pub(in crate::matching) fn is_unheard_beside(&self, other: &Self) -> bool {
        self.unheard != other.unheard && !self.is_empty() && !other.is_empty()
    }

    /// Whether it stood in a script that does not tell how it sounds.
    pub(in crate::matching) fn is_unheard(&self) -> bool {
        self.unheard
    }

    /// Its words, in their order.
    pub(in crate::matching) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether it is no more than a letter, which many names begin with.
    pub(in crate::matching) fn is_initial(&self) -> bool {
        self.text.chars().nth(1).is_none()
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        let words = text.split(' ').filter(|word| !word.is_empty()).map(|word| Word {
            text: word.into(),
            groups: nicknames::groups(word),
            bearers: given::bearers(word),
            sound: OnceLock::new(),
        });
        Self { words: words.collect(), text: text.into(), unheard: false }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.unheard == other.unheard
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.unheard.hash(state);
    }
}

impl Word {
    /// The word itself.
    pub(in crate::matching) fn text(&self) -> &Text {
        &self.text
    }

    /// Who bears it as a given name, if it is one that is known.
    pub(in crate::matching) fn bearers(&self) -> Option<Bearers> {
        self.bearers
    }

    /// Whether it has, or is, a short or familiar form.
    pub(in crate::matching) fn has_forms(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether one is a short or familiar form of the other, or both are of a third.
    pub(in crate::matching) fn is_form_of(&self, other: &Self) -> bool {
        self.groups.iter().any(|group| other.groups.contains(group))
    }

    /// How it sounds.
    pub(in crate::matching) fn sound(&self) -> &Sound {
        self.sound.get_or_init(|| Sound::of(&self.text))
    }
}
