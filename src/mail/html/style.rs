//! The few declarations of a `style` attribute that decide what a reader sees.

/// What an inline style says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is said or not by itself")]
pub(super) struct Style {
    /// Not shown: `display:none`, `visibility:hidden`, no height, no opacity.
    pub(super) hidden: bool,
    /// Whether letters are too small to be seen; none where no size is said.
    pub(super) tiny: Option<bool>,
    /// A line is drawn above it.
    pub(super) ruled: bool,
    /// No space above it.
    pub(super) tight: bool,
    /// White space is kept.
    pub(super) pre: bool,
    /// No border at its left, but moved to the right: an author's indentation, no quote.
    pub(super) indented: bool,
    /// Shown within the line although its element is a block.
    pub(super) inline: bool,
}

impl Style {
    /// Reads the value of a `style` attribute.
    pub(super) fn parse(text: &str) -> Self {
        let mut style = Self::default();
        for declaration in text.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let value = value.trim().to_ascii_lowercase();
            let value = value.trim_end_matches("!important").trim();
            match property.trim().to_ascii_lowercase().as_str() {
                "display" => {
                    style.hidden |= value == "none";
                    style.inline |= value == "inline";
                }
                "visibility" => style.hidden |= value == "hidden" || value == "collapse",
                "opacity" | "max-height" => style.hidden |= length(value) == Some(0.0),
                "font-size" => style.tiny = length(value).map(|size| size < 2.0),
                "border-top" => style.ruled = value.contains("solid"),
                "margin" => {
                    let top = value.split_ascii_whitespace().next().and_then(length);
                    style.tight = top == Some(0.0);
                    style.indented |= value.starts_with('0') && value.ends_with("40px");
                }
                "margin-top" | "margin-bottom" => style.tight |= length(value) == Some(0.0),
                "margin-left" => style.indented |= length(value).is_some_and(|l| l > 0.0),
                "border-left" => style.indented = false,
                "white-space" => style.pre = value.starts_with("pre"),
                _ => {}
            }
        }
        style
    }
}

/// The number of a length, whatever its unit; percentages and words are none.
fn length(value: &str) -> Option<f64> {
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let number = number.parse().ok()?;
    match unit {
        "%" if number > 0.0 => None,
        "em" | "rem" => Some(number * 16.0),
        _ => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_cannot_see() {
        for hidden in [
            "display: NONE",
            "color:red;visibility:hidden",
            "max-height:0px;overflow:hidden",
            "display:none !important",
        ] {
            assert!(Style::parse(hidden).hidden, "{hidden}");
        }
        assert_eq!(Style::parse("font-size:0").tiny, Some(true));
        assert_eq!(Style::parse("FONT-SIZE: 1px").tiny, Some(true));
        assert_eq!(Style::parse("font-size:10.0pt").tiny, Some(false));
        assert_eq!(Style::parse("font-size:0.9em").tiny, Some(false));
        assert!(!Style::parse("max-height:none;opacity:0.9;display:block").hidden);
    }

    #[test]
    fn the_rule_above_older_headers() {
        assert!(
            Style::parse("border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm")
                .ruled
        );
    }
}
