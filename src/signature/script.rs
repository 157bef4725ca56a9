//! Names in one script compared with names in another: "Олена Шевченко" and "Olena Shevchenko".

use super::fold::Folded;
use any_ascii::any_ascii;

/// The consonants of a word in Latin letters, near sounds as one: transliterations differ in vowels
/// first.
fn skeleton(word: &str) -> String {
    let latin = any_ascii(word).to_lowercase();
    let mut bones = String::with_capacity(latin.len());
    let mut previous = ' ';
    for c in latin.replace("ph", "f").replace("ts", "s").replace("tz", "s").chars() {
        let sound = match c {
            'w' | 'b' => 'v',
            'c' | 'q' | 'g' => 'k',
            'z' | 'x' => 's',
            'd' => 't',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'j' => continue,
            c if c.is_ascii_alphabetic() => c,
            _ => continue,
        };
        if sound != previous {
            bones.push(sound);
        }
        previous = sound;
    }
    bones
}

/// Whether letters are none of the Latin script.
pub(super) fn is_foreign(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_alphabetic() && c >= '\u{370}' && !('\u{1e00}'..'\u{1f00}').contains(&c))
}

/// How many of the words sound like one of the names, each name once.
pub(super) fn alike<'a>(words: impl Iterator<Item = &'a str>, names: &[Folded]) -> usize {
    let mut left: Vec<String> = names.iter().map(|name| skeleton(name)).collect();
    let mut found = 0;
    for word in words {
        let bones = skeleton(word);
        if bones.len() >= 2
            && let Some(at) = left.iter().position(|name| *name == bones)
        {
            left.swap_remove(at);
            found += 1;
        }
    }
    found
}

/// Whether names written without spaces between them are the same: "王小明" and "Xiaoming Wang".
pub(super) fn same_syllables(text: &str, names: &[Folded]) -> bool {
    let letters = |text: &str| -> String {
        any_ascii(text).to_lowercase().chars().filter(char::is_ascii_alphabetic).collect()
    };
    let text = letters(text);
    let mut names: Vec<String> = names.iter().map(|name| letters(name)).collect();
    let forward = names.concat();
    let last = names.len().min(1);
    names.rotate_left(last);
    text.len() > 3 && (text == forward || text == names.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<Folded> {
        text.split(' ').map(Folded::from).collect()
    }

    #[test]
    fn a_name_is_known_in_another_script() {
        for (own, latin) in [
            ("Олена Шевченко", "Olena Shevchenko"),
            ("Μαρία Παπαδοπούλου", "Maria Papadopoulou"),
            ("გიორგი ბერიძე", "Giorgi Beridze"),
            ("Сергей Кузнецов", "Sergey Kuznetsov"),
        ] {
            assert_eq!(alike(own.split(' '), &names(latin)), 2, "{own}");
        }
        assert!(same_syllables("王小明", &names("xiaoming wang")));
        assert_eq!(alike("Отдел продаж".split(' '), &names("Olena Shevchenko")), 0);
    }
}
