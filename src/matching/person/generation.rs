//! Father or son: what tells two of one name in one family apart.

/// Which of several people of one name somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::matching) enum Generation {
    Senior,
    Junior,
    Third,
    Fourth,
}

impl Generation {
    /// Reads what follows a name.
    pub(super) fn of(text: &str) -> Option<Self> {
        let word = text.trim().trim_start_matches(',').trim().to_lowercase();
        Some(match word.as_str() {
            "sen." | "senior" | "snr" | "snr." | "sr" | "sr." | "d. ä." | "d.ä." => Self::Senior,
            "jun." | "junior" | "jnr" | "jnr." | "jr" | "jr." | "d. j." | "d.j." | "ii" => {
                Self::Junior
            }
            "iii" => Self::Third,
            "iv" => Self::Fourth,
            _ => return None,
        })
    }
}

/// A name without what tells the generation at its end, and that. So many words of a name stay.
pub(super) fn apart(name: &str, words: usize) -> (&str, Option<Generation>) {
    let name = name.trim();
    let last = name.rsplit_once([' ', ',']).map(|(name, last)| (name, Generation::of(last)));
    match last {
        Some((rest, Some(generation))) if rest.split_whitespace().count() >= words => {
            (rest.trim_end_matches([' ', ',']), Some(generation))
        }
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn father_and_son_say_so_after_their_name() {
        assert_eq!(apart("Karl Müller sen.", 2), ("Karl Müller", Some(Generation::Senior)));
        assert_eq!(apart("Müller, Jr.", 1), ("Müller", Some(Generation::Junior)));
        assert_eq!(apart("John Doe III", 2), ("John Doe", Some(Generation::Third)));
        assert_eq!(apart("Amartya Sen", 2), ("Amartya Sen", None));
        assert_eq!(apart("Anna Senior", 2), ("Anna Senior", None));
        assert_eq!(apart("Senior", 1), ("Senior", None));
        assert_eq!(apart("", 1), ("", None));
    }
}
