//! "-----Original Message-----", "---------- Forwarded by …", "Begin forwarded message:".

use crate::mail::languages::PHRASES;

/// How many of the lines are a separator: 0, or 1, or 2 where it was wrapped.
pub(super) fn length(lines: &[String]) -> usize {
    let Some(first) = lines.first() else { return 0 };
    let line = first.trim();
    if line.is_empty() || line.len() > 200 {
        return 0;
    }
    let dashed = line.chars().take_while(|c| is_dash(*c)).count() >= 2;
    let bare = line.trim_matches(|c: char| is_dash(c) || c.is_whitespace() || "*>:：".contains(c));
    let bare = bare.to_lowercase();
    let exact = PHRASES.separators.binary_search(&bare).is_ok();
    let begins = || {
        let begins = |phrase: &String| bare.starts_with(phrase.as_str());
        dashed && PHRASES.separators.iter().any(begins)
    };
    if !exact && !begins() {
        return 0;
    }
    // "---- Forwarded by X on 01/02/2001" goes on: "10:11 AM ----".
    let closed = line.ends_with(is_dash);
    let wrapped = lines.get(1).is_some_and(|next| next.trim().ends_with("---"));
    if dashed && !closed && wrapped { 2 } else { 1 }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '─' | '—' | '–')
}
