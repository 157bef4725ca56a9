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

/// Whether a name stands in a script that does not tell how it sounds, or in what language to read it: Han
/// characters, or scripts without vowels or whose names are spelt in Latin letters by no rule.
pub(super) fn is_unheard(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut letters = text.chars().filter(|c| c.is_alphabetic() && !is_kana(*c)).peekable();
    letters.peek().is_some() && letters.all(is_of_unheard)
}

/// Kana tell their sound, but not that of the characters beside them.
fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}')
}

fn is_of_unheard(c: char) -> bool {
    matches!(c,
        // Hebrew; Arabic and Syriac
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        // Thai and Lao; Burmese; Khmer
        | '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        // Hangul
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        // Han
        | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
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
    fn what_a_script_does_not_tell_is_not_heard() {
        for name in ["יעל לוי", "鈴木花子", "スズキ 花子", "김민수", "محمد", "สมชาย"]
        {
            assert!(is_unheard(name), "{name}");
        }
        for name in
            ["Иванов", "Παπαδόπουλος", "Müller", "スズキ", "გიორგი", "Hanako 鈴木", "", "123"]
        {
            assert!(!is_unheard(name), "{name}");
        }
    }

    #[test]
    fn a_foreign_letter_amid_latin_ones_is_what_it_looks_like() {
        assert_eq!(latin("С\u{200b}apital"), "capital");
        assert_eq!(latin("Cаpitаl"), "capital");
    }
}
