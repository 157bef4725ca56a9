//! How far two names agree: words in any order, initials, nicknames, slips, and sound. Two given names
//! that are names in their own right are two, however few letters they differ in.

use super::degree::Degree;
use super::letters::{Letters, may_share_letters, share_letters};
use crate::matching::given::{Bearers, are_of_two_sexes};
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
    /// Nothing of a name of several words, of a very long one, or of one whose script does not tell its sound.
    length: u8,
    first: u8,
    sound: u8,
    has_forms: bool,
}

impl From<&Name> for Glance {
    fn from(name: &Name) -> Self {
        let ([word], false) = (name.words(), name.is_unheard()) else { return Self::default() };
        let length = u8::try_from(word.text().len()).ok();
        Self {
            letters: word.text().letters(),
            length: length.filter(|length| usize::from(*length) <= MOST).unwrap_or(0),
            first: word.text().bytes().next().unwrap_or_default(),
            sound: sound::first(word.text()),
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
            && self.sound != other.sound
            && self.letters.apart(other.letters) > usize::from(SLIPS)
            && !may_share_letters(signs(self), signs(other), RESEMBLING)
    }
}

/// What two names that are compared are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matching) enum Kind {
    /// Given names.
    Given,
    /// Family names; they may look like given ones.
    Family,
    /// One that stands as a given name, and one that stands as a family name.
    Crossed,
}

/// Degrees of the given and of the family names. Where the two stand in each other's place in one
/// record, they are compared crosswise. `part` compares two of them.
pub(in crate::matching) fn compare<N: Copy>(
    left: (N, N),
    right: (N, N),
    part: &mut impl FnMut(Kind, N, N) -> Degree,
) -> (Degree, Degree) {
    let straight = (part(Kind::Given, left.0, right.0), part(Kind::Family, left.1, right.1));
    if straight.0 > Degree::Loose && straight.1 > Degree::Loose {
        return straight;
    }
    let given = part(Kind::Crossed, left.0, right.1);
    if given < Degree::Short {
        return straight;
    }
    let family = part(Kind::Crossed, left.1, right.0);
    // An initial fits many a name: the other one is the same then.
    let enough = if given.min(family) == Degree::Short { Degree::Same } else { Degree::Close };
    let crossed = family >= Degree::Short && given.max(family) >= enough;
    if crossed { (given, family) } else { straight }
}

/// How far two given names agree, or two family names.
pub(in crate::matching) fn part(
    kind: Kind,
    left: &Name,
    right: &Name,
    letters: &mut Letters,
) -> Degree {
    if left.is_empty() || right.is_empty() {
        return Degree::Missing;
    }
    let degree = read(kind, left, right, letters);
    // Letters that differ say nothing where one of them was read by no sound.
    if degree < Degree::Short && left.is_unheard_beside(right) { Degree::Missing } else { degree }
}

/// How far two names agree as they are read.
fn read(kind: Kind, left: &Name, right: &Name, letters: &mut Letters) -> Degree {
    if **left == **right {
        return of_one(left);
    }
    if let ([left], [right]) = (left.words(), right.words()) {
        return word(kind, left, right, letters);
    }
    if squeezed(left).eq(squeezed(right)) {
        return Degree::Same;
    }
    words(kind, left.words(), right.words(), letters)
}

/// How far a name agrees with itself: an initial may be another one's too.
pub(in crate::matching) fn of_one(name: &Name) -> Degree {
    if name.is_initial() { Degree::Short } else { Degree::Same }
}

fn squeezed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ')
}

/// Compares names of which one has several words: `anna maria` and `anna`, `muller luth` and
/// `muller`.
fn words(kind: Kind, left: &[Word], right: &[Word], letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut worst = Degree::Same;
    let mut best = Degree::Different;
    for one in short {
        let fits = long.iter().map(|other| {
            if one.text() == other.text() { Degree::Same } else { word(kind, one, other, letters) }
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

/// Shortest given name that resembles another: `Lena` and `Lina`, `Tim` and `Timo` are two names.
const LONG: usize = 5;

/// Whether one name begins or ends the other: `Katharin` and `Katharina`.
fn within(short: &str, long: &str) -> bool {
    long.starts_with(short) || long.ends_with(short)
}

/// Compares two different words.
fn word(kind: Kind, left: &Word, right: &Word, letters: &mut Letters) -> Degree {
    if left.is_form_of(right) {
        return Degree::Close;
    }
    if kind != Kind::Family
        && let (Some(of_left), Some(of_right)) = (left.bearers(), right.bearers())
    {
        return given((left, of_left), (right, of_right));
    }
    let sounding = || sounding(left, right);
    let (left, right) = (left.text(), right.text());
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if short.len() <= 3 && long.starts_with(&**short) {
        return Degree::Short;
    }
    let most = if short.len() >= 8 { SLIPS } else { u8::from(short.len() >= 4) };
    let slips = letters.slips(left, right, SLIPS);
    if slips <= most {
        return Degree::Close;
    }
    let sound = sounding();
    if sound == Degree::Close {
        return Degree::Close;
    }
    if long.starts_with(&**short) {
        return Degree::Short;
    }
    let loose = sound == Degree::Loose
        || short.len() >= 4 && slips <= SLIPS
        || long.len() >= 5 && short.len() >= 3 && share_letters(left, right, RESEMBLING);
    if loose { Degree::Loose } else { Degree::Different }
}

/// Compares two given names that are names in their own right.
fn given((left, of_left): (&Word, Bearers), (right, of_right): (&Word, Bearers)) -> Degree {
    let heard = || left.sound().is_like(right.sound());
    let (left, right) = (left.text(), right.text());
    if are_of_two_sexes((left, of_left), (right, of_right)) {
        return Degree::Different;
    }
    let alike = sound::may_be_alike(left, right) && heard();
    let long = left.len().min(right.len()) >= LONG;
    match alike {
        true if sound::same_vowels(left, right) => Degree::Close,
        _ if long && (alike || within(left, right) || within(right, left)) => Degree::Loose,
        _ => Degree::Different,
    }
}

/// How far two names sound alike: with all that is heard, or but for the vowels.
fn sounding(left: &Word, right: &Word) -> Degree {
    let (one, other) = (left.text(), right.text());
    if !sound::may_be_alike(one, other) {
        return Degree::Different;
    }
    let (left, right) = (left.sound(), right.sound());
    let both = left.is_like(right);
    let either =
        || left.is_near(right) && share_letters(left.letters(), right.letters(), RESEMBLING);
    match both || either() {
        true if sound::near_vowels(one, other) => Degree::Close,
        true if both => Degree::Loose,
        _ => Degree::Different,
    }
}
