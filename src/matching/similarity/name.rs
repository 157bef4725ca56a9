//! How far two names agree: words in any order, initials, nicknames, slips, and sound.

use super::degree::Degree;
use super::letters::{Letters, may_share_letters, share_letters};
use crate::matching::person::{Name, Word};
use crate::matching::sound;
use crate::matching::text::{MOST, Signs};

/// Most slips in one name.
const SLIPS: u8 = 2;
/// The share of letters from which two names resemble each other.
const RESEMBLING: f32 = 0.65;

/// What is seen of a name before it is read: enough to tell most apart.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::matching) struct Glance {
    letters: Signs,
    /// Nothing of a name of several words, or of a very long one.
    length: u8,
    first: char,
    has_forms: bool,
}

impl From<&Name> for Glance {
    fn from(name: &Name) -> Self {
        let [word] = name.words() else { return Self::default() };
        let length = u8::try_from(word.text().len()).ok();
        Self {
            letters: word.text().letters(),
            length: length.filter(|length| usize::from(*length) <= MOST).unwrap_or(0),
            first: sound::first(word.text()).unwrap_or_default(),
            has_forms: word.has_forms(),
        }
    }
}

impl Glance {
    /// Whether [`part`] is sure to find two names different.
    pub(in crate::matching) fn differs(self, other: Self) -> bool {
        let signs = |glance: Self| (glance.letters, usize::from(glance.length));
        self.length.min(other.length) > 0
            && !(self.has_forms && other.has_forms)
            // Neither begins the other, nor do they sound alike.
            && self.first != other.first
            && self.letters.apart(other.letters) > usize::from(SLIPS)
            && !may_share_letters(signs(self), signs(other), RESEMBLING)
    }
}

/// Degrees of the given and of the family names. Where the two stand in each other's place in one
/// record, they are compared crosswise. `part` compares two of them.
pub(in crate::matching) fn compare<N: Copy>(
    left: (N, N),
    right: (N, N),
    part: &mut impl FnMut(N, N) -> Degree,
) -> (Degree, Degree) {
    let straight = (part(left.0, right.0), part(left.1, right.1));
    if straight.0 > Degree::Loose && straight.1 > Degree::Loose {
        return straight;
    }
    let given = part(left.0, right.1);
    if given < Degree::Short {
        return straight;
    }
    let family = part(left.1, right.0);
    // An initial fits many a name: the other one is the same then.
    let enough = if given.min(family) == Degree::Short { Degree::Same } else { Degree::Close };
    let crossed = family >= Degree::Short && given.max(family) >= enough;
    if crossed { (given, family) } else { straight }
}

/// How far two given names agree, or two family names.
pub(in crate::matching) fn part(left: &Name, right: &Name, letters: &mut Letters) -> Degree {
    if left.is_empty() || right.is_empty() {
        return Degree::Missing;
    }
    if left == right {
        return Degree::Same;
    }
    if let ([left], [right]) = (left.words(), right.words()) {
        return word(left, right, letters);
    }
    if squeezed(left).eq(squeezed(right)) {
        return Degree::Same;
    }
    words(left.words(), right.words(), letters)
}

fn squeezed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ')
}

/// Compares names of which one has several words: `anna maria` and `anna`, `muller luth` and
/// `muller`.
fn words(left: &[Word], right: &[Word], letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut worst = Degree::Same;
    let mut best = Degree::Different;
    for one in short {
        let fits = long.iter().map(|other| {
            if one.text() == other.text() { Degree::Same } else { word(one, other, letters) }
        });
        let fit = fits.max().unwrap_or(Degree::Different);
        worst = worst.min(fit);
        best = best.max(fit);
    }
    match (worst, best) {
        (Degree::Close | Degree::Same, _) => Degree::Close,
        (Degree::Short, _) => Degree::Short,
        (_, Degree::Close | Degree::Same) => Degree::Loose,
        (worst, _) => worst,
    }
}

/// Compares two different words.
fn word(left: &Word, right: &Word, letters: &mut Letters) -> Degree {
    if left.is_form_of(right) {
        return Degree::Close;
    }
    let sound_alike =
        || sound::may_be_alike(left.text(), right.text()) && left.sound().is_like(right.sound());
    let (left, right) = (left.text(), right.text());
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if short.len() <= 3 && long.starts_with(&**short) {
        return Degree::Short;
    }
    let most = if short.len() >= 8 { SLIPS } else { u8::from(short.len() >= 4) };
    let slips = letters.slips(left, right, SLIPS);
    if slips <= most || sound_alike() {
        return Degree::Close;
    }
    if long.starts_with(&**short) {
        return Degree::Short;
    }
    let loose = short.len() >= 4 && slips <= SLIPS
        || long.len() >= 5 && short.len() >= 3 && share_letters(left, right, RESEMBLING);
    if loose { Degree::Loose } else { Degree::Different }
}
