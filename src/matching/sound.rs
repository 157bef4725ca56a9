//! Names that sound alike, to a German ear or to an English one.

use super::spoken::spoken;
use super::text::Text;
use rphonetic::{Cologne, DoubleMetaphone, Encoder as _};

/// Shortest name that has a sound of its own.
const SHORTEST: usize = 4;
/// How many letters more a name may have that sounds alike: `Schewtschenko` and `Shevchenko`.
const LONGER: usize = 3;
/// How many consonants an English ear tells from others.
const HEARD: usize = 8;

/// How a name sounds.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    /// To a German ear.
    german: Box<str>,
    /// To an English ear (Double Metaphone).
    english: Box<str>,
    /// Its letters, those that stand for one sound in one language or another being one.
    letters: Text,
}

impl Sound {
    /// The sound of a folded name.
    pub(super) fn of(name: &str) -> Self {
        let said = spoken(name);
        let english = DoubleMetaphone::new(Some(HEARD)).encode(&said);
        let letters: String = said.chars().map(one_of_a_sound).collect();
        let letters = letters.as_str().into();
        Self { german: Cologne.encode(&said).into(), english: english.into(), letters }
    }

    /// Its letters, those that stand for one sound being one.
    pub(super) fn letters(&self) -> &Text {
        &self.letters
    }

    /// Whether two names sound alike to both ears.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.german == other.german && self.english == other.english
    }

    /// Whether two names sound alike to either ear.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        self.german == other.german || self.english == other.english
    }
}

/// How a name sounds to a German ear (Kölner Phonetik); empty where nothing is heard.
pub(super) fn german(name: &str) -> String {
    Cologne.encode(&spoken(name))
}

/// Whether two names are so long, and begin so much alike, that they may sound alike.
pub(super) fn may_be_alike(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= SHORTEST
        && left.len().abs_diff(right.len()) <= LONGER
        && first(left) == first(right)
}

/// Whether two names have the same vowels one after the other; an `e` at the end is silent. `Rolf` and
/// `Ralf` sound alike to both ears, for those hear consonants.
pub(super) fn same_vowels(left: &str, right: &str) -> bool {
    fn vowels(name: &str) -> impl Iterator<Item = char> {
        let name = name.strip_suffix('e').unwrap_or(name);
        let vowels = name.chars().map(|c| if c == 'y' { 'i' } else { c });
        vowels.filter(|c| "aeiou".contains(*c))
    }
    vowels(left).eq(vowels(right))
}

/// Whether two names have vowels that sound alike: `Meier`, `Mayr` and `Maier`, but not `Maurer`.
pub(super) fn near_vowels(left: &str, right: &str) -> bool {
    vowels(&spoken(left)) == vowels(&spoken(right))
}

/// The vowels of a name as they are heard: two that make one sound are one, and an `e` after the first
/// of them is hardly heard.
fn vowels(name: &str) -> String {
    // Before another vowel a name begins with a consonant.
    let name = name.strip_prefix(['y', 'j']).filter(|rest| is_vowel(rest)).unwrap_or(name);
    let mut heard = String::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let two = TOGETHER.iter().find(|(two, _)| rest.starts_with(two));
        let (sound, length) = match (two, letter) {
            (Some((two, sound)), _) => (Some(*sound), two.len()),
            (None, 'y') => (Some('i'), 1),
            (None, 'e') if !heard.is_empty() => (None, 1),
            (None, 'a' | 'e' | 'i' | 'o' | 'u') => (Some(letter), 1),
            (None, _) => (None, letter.len_utf8()),
        };
        heard.extend(sound.filter(|sound| !heard.ends_with(*sound)));
        rest = rest.get(length..).unwrap_or_default();
    }
    heard
}

fn is_vowel(name: &str) -> bool {
    name.starts_with(['a', 'e', 'i', 'o', 'u'])
}

/// Vowels that make one sound together.
const TOGETHER: [(&str, char); 17] = [
    ("ai", 'A'),
    ("ay", 'A'),
    ("ei", 'A'),
    ("ey", 'A'),
    ("au", 'U'),
    ("eu", 'O'),
    ("oi", 'O'),
    ("oy", 'O'),
    ("ie", 'i'),
    ("ee", 'i'),
    ("ea", 'i'),
    ("ij", 'i'),
    ("iy", 'i'),
    ("oo", 'u'),
    ("ou", 'u'),
    ("ja", 'a'),
    ("ya", 'a'),
];

/// The sound that a name begins with.
pub(super) fn first(name: &str) -> u8 {
    let said = spoken(name);
    if HISSING.iter().any(|letters| said.starts_with(letters)) {
        return b's';
    }
    let letter = if said.starts_with("ph") { Some('f') } else { said.chars().next() };
    letter.map(one_of_a_sound).and_then(|letter| u8::try_from(letter).ok()).unwrap_or_default()
}

fn one_of_a_sound(letter: char) -> char {
    match letter {
        'c' | 'q' => 'k',
        'y' | 'j' => 'i',
        'f' | 'w' => 'v',
        'z' => 's',
        letter => letter,
    }
}

/// Letters at the beginning of a name that sound like an `s` or `sch`, more or less.
const HISSING: [&str; 7] = ["tsch", "ts", "tz", "cz", "ce", "ci", "cy"];

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(left: &str, right: &str) -> bool {
        may_be_alike(left, right)
            && Sound::of(left).is_near(&Sound::of(right))
            && near_vowels(left, right)
            && german(left) == german(right)
    }

    #[test]
    fn spellings_of_one_sound() {
        let pairs = "meier mayer, meier mayr, schmidt schmitt, carsten karsten, wright right, \
             knight night, seifert seyfert, thompson tomson, lefebvre lefevre, renault renaud, \
             renault renaux, gauthier gautier, jimenez gimenez, jimenez ximenez, hernandez ernandez, \
             vazquez basquez, sousa souza, kowalski kovalsky, wisniewski vishnevsky, \
             szczepanski shchepansky, jankowski yankovsky, kaczmarek kachmarek, dvorak dworzak, \
             kowalczyk kovalchik, dabrowski dombrowski, petrovic petrowitsch, petrovic petrovich, \
             shevchenko schewtschenko, shevchenko chevtchenko, tchaikovsky tschaikowski, \
             tchaikovsky chaikovskiy, yushchenko juschtschenko, zhukov schukow, zhukov joukov, \
             yeltsin jelzin, dijkstra dykstra, kristensen christensen";
        let deaf: Vec<&str> = pairs
            .split(", ")
            .filter(|pair| pair.split_once(' ').is_none_or(|(left, right)| !alike(left, right)))
            .collect();
        assert!(deaf.is_empty(), "{deaf:?}");
        for (left, right) in
            [("bauer", "weber"), ("anna", "hanna"), ("meier", "maurer"), ("wolf", "wulf")]
        {
            assert!(!alike(left, right), "{left} {right}");
        }
        assert!(same_vowels("stefan", "stephan") && same_vowels("silvia", "sylvia"));
        assert!(!same_vowels("rolf", "ralf") && !same_vowels("lena", "lina"));
    }
}
