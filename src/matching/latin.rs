//! A text in Latin letters, so that a name is the same in every script.

use super::fold::fold;
use any_ascii::any_ascii;

/// Letters of other alphabets that look like a Latin one; they mean it in a word that has Latin
/// letters beside them.
const LOOK_ALIKES: [(&str, &str); 2] =
    [("асеорхуіјѕһԁԛԝкмнвт", "aceopxyijshdqwkmhbt"), ("αοερικνυτχ", "aoepiknutx")];

/// Folds a text and writes it in Latin letters: `Иванов` becomes `ivanov`. A letter of another
/// alphabet amid Latin ones becomes the one it looks like.
pub(super) fn latin(text: &str) -> String {
    if text.is_ascii() {
        return fold(text);
    }
    let folded = fold(text);
    if folded.is_ascii() {
        return folded;
    }
    let words: Vec<String> = folded.split(' ').map(word).collect();
    fold(&words.join(" "))
}

fn word(word: &str) -> String {
    if word.chars().any(|c| c.is_ascii_alphabetic()) {
        let latin = |c: char| look_alike(c).unwrap_or(c);
        any_ascii(&word.chars().map(latin).collect::<String>())
    } else {
        // Two Greek letters that make one sound.
        any_ascii(&word.replace("ου", "u"))
    }
}

fn look_alike(letter: char) -> Option<char> {
    LOOK_ALIKES
        .iter()
        .find_map(|(foreign, latin)| latin.chars().nth(foreign.chars().position(|c| c == letter)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_every_script() {
        assert_eq!(latin("Иванов"), latin("Ivanov"));
        assert_eq!(latin("Παπαδόπουλος"), "papadopulos");
        assert_eq!(latin("Müller"), "muller");
    }

    #[test]
    fn a_foreign_letter_amid_latin_ones_is_what_it_looks_like() {
        assert_eq!(latin("С\u{200b}apital"), "capital");
        assert_eq!(latin("Cаpitаl"), "capital");
    }
}
