//! Text that is signed in place with `OpenPGP` (RFC 9580 §7): the text without its armor.

use std::borrow::Cow;

/// Takes out the armor's header lines and signature, and the `- ` before lines with a dash.
pub(super) fn stripped(text: &str) -> Cow<'_, str> {
    if !text.contains("-----BEGIN PGP SIGNED MESSAGE-----") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut place = Place::Outside;
    for line in text.lines() {
        place = match (place, line.trim_end()) {
            (_, "-----BEGIN PGP SIGNED MESSAGE-----") => Place::Head,
            (_, "-----BEGIN PGP SIGNATURE-----") => Place::Signature,
            (Place::Signature, "-----END PGP SIGNATURE-----") => Place::Outside,
            (Place::Head, "") => Place::Text,
            (Place::Text, _) => {
                out.push_str(line.strip_prefix("- ").unwrap_or(line));
                out.push('\n');
                Place::Text
            }
            (Place::Outside, _) => {
                out.push_str(line);
                out.push('\n');
                Place::Outside
            }
            (place, _) => place,
        };
    }
    Cow::Owned(out)
}

#[derive(Clone, Copy)]
enum Place {
    Outside,
    /// Between the first line and the text.
    Head,
    Text,
    Signature,
}

#[cfg(test)]
mod tests {
    use super::stripped;

    #[test]
    fn the_text_within_is_read() {
        let text = "a\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nb\n- -- \nAnna\n\
                    -----BEGIN PGP SIGNATURE-----\n\nxyz\n-----END PGP SIGNATURE-----\nc";
        assert_eq!(stripped(text), "a\nb\n-- \nAnna\nc\n");
        assert_eq!(stripped("a"), "a");
    }
}
