//! What a picture says: the `alt` text of an icon stands for "Tel." or "LinkedIn"; a logo, photo or
//! banner says nothing.

use crate::mail::laid::LINK;

/// Stand around the label of a picture until its line is complete. Of private use, and taken out of
/// what senders write.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// Words in descriptions of pictures that label nothing.
const NOISE: [&str; 11] = [
    "logo",
    "image",
    "bild",
    "photo",
    "foto",
    "picture",
    "immagine",
    "imagen",
    "banner",
    "icon",
    "signature",
];

/// Whether a character has a meaning here that a sender's may not have.
pub(super) fn is_sign(c: char) -> bool {
    c == BEGIN || c == END
}

/// An `alt` text if it labels something: a few words, no file name, no description.
pub(super) fn label(alt: &str) -> &str {
    let alt = alt.trim();
    let lower = alt.to_lowercase();
    let words = alt.split_whitespace().count();
    let is_file = || {
        let extension = lower.rsplit_once('.').map(|(_, extension)| extension);
        matches!(extension, Some("png" | "jpg" | "jpeg" | "gif" | "svg" | "bmp"))
    };
    let labels = (1..=3).contains(&words)
        && alt.chars().count() <= 24
        && !NOISE.iter().any(|word| lower.contains(word))
        && !is_file();
    if labels { alt } else { "" }
}

/// Writes a picture into a line.
pub(super) fn write(label: &str, text: &mut String) {
    text.push(BEGIN);
    text.extend(label.chars().filter(|&c| !c.is_control() && !is_sign(c) && c != LINK));
    text.push(END);
}

/// The text of a finished line with the labels of its pictures, a column for each link that
/// follows a picture. A line of nothing but pictures that lead nowhere says nothing.
pub(super) fn with_labels(text: &str, linked: bool) -> String {
    let mut inside = false;
    let mut after_picture = false;
    let mut bare = String::with_capacity(text.len());
    let mut full = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            BEGIN | END => {
                inside = c == BEGIN;
                after_picture = !inside;
                // The link of a picture stands right before it.
                let before = full.strip_suffix(LINK).map(str::len);
                full.insert(before.filter(|_| inside).unwrap_or(full.len()), ' ');
            }
            LINK if after_picture => full.extend([' ', ' ', LINK]),
            c => {
                after_picture &= c.is_whitespace();
                full.push(c);
                if !inside {
                    bare.push(c);
                }
            }
        }
    }
    if linked || !bare.replace(LINK, "").trim().is_empty() { full } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_are_labels() {
        for alt in ["Tel.", "LinkedIn", "Site web"] {
            assert_eq!(label(alt), alt);
        }
        for alt in ["", "Acme Logo", "image001.png", "Webinar on 14 May: sign up now"] {
            assert_eq!(label(alt), "", "{alt}");
        }
    }
}
