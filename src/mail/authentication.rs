//! What the receiving server found out about the sender (`Authentication-Results`, RFC 8601).

use super::headers::Headers;

/// Whether a message is known to come from the domain that it names in `From`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The receiving server says that it does (DMARC).
    Proven,
    /// Nobody says so.
    Unproven,
}

/// The verdict on the domain in `From`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dmarc {
    Pass,
    Fail,
    /// Nobody we trust said anything.
    Unknown,
}

/// The DMARC verdict of the fields that a trusted server wrote: of all of them, and one that says
/// `fail` wins, so that a field which the sender forged in that name helps nobody. Where no server
/// is named, only the topmost field counts, as it was written last; lower ones may come from the
/// sender.
pub(super) fn dmarc(headers: &Headers<'_>, trusted: &[String]) -> Dmarc {
    let is_trusted = |field: &String| {
        let id = field.split([';', ' ']).next().unwrap_or_default();
        trusted.is_empty() || trusted.iter().any(|name| name.trim().eq_ignore_ascii_case(id))
    };
    let most = if trusted.is_empty() { 1 } else { usize::MAX };
    let mut found = Dmarc::Unknown;
    for field in headers.all_lower("Authentication-Results").filter(is_trusted).take(most) {
        match verdict(&field) {
            Dmarc::Fail => return Dmarc::Fail,
            Dmarc::Pass => found = Dmarc::Pass,
            Dmarc::Unknown => {}
        }
    }
    found
}

/// What one field says; a failure wins here too.
fn verdict(field: &str) -> Dmarc {
    let bare = without_comments(field);
    let results = bare.split(';').skip(1).filter_map(|result| {
        let verdict = result.trim().strip_prefix("dmarc")?.trim_start().strip_prefix('=')?;
        verdict.split_ascii_whitespace().next()
    });
    let mut found = Dmarc::Unknown;
    for verdict in results {
        match verdict {
            "fail" | "permerror" => return Dmarc::Fail,
            "pass" => found = Dmarc::Pass,
            _ => {}
        }
    }
    found
}

/// Takes out `(…)`, in which anything may stand.
fn without_comments(field: &str) -> String {
    let mut depth = 0usize;
    field
        .chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Limits;

    fn of_block(block: &str, trusted: &[&str]) -> Dmarc {
        let (headers, _) = Headers::split(block.as_bytes(), &Limits::default()).expect("fits");
        dmarc(&headers, &trusted.iter().map(|&id| id.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_topmost_trusted_field_counts() {
        let block = "Authentication-Results: mx.own.example; spf=pass;\r\n dmarc=fail (p=none; dmarc=pass) header.from=x\r\n\
                     Authentication-Results: mx.evil.example; dmarc=pass\r\n\r\n";
        assert_eq!(of_block(block, &[]), Dmarc::Fail);
        assert_eq!(of_block(block, &["mx.own.example"]), Dmarc::Fail);
        assert_eq!(of_block(block, &["mx.evil.example"]), Dmarc::Pass);
        assert_eq!(of_block(block, &["mx.other.example"]), Dmarc::Unknown);
        assert_eq!(of_block("A: b\n\n", &[]), Dmarc::Unknown);
        assert_eq!(
            of_block("Authentication-Results: mx; dkim=pass (dmarc=fail)\n\n", &[]),
            Dmarc::Unknown
        );
    }
    #[test]
    fn a_forged_pass_in_the_name_of_the_own_server_does_not_hide_its_fail() {
        let line = |verdict| format!("Authentication-Results: mx.own.example; dmarc={verdict}\r\n");
        for (verdicts, found) in [
            (["pass", "fail"], Dmarc::Fail),
            (["fail", "pass"], Dmarc::Fail),
            (["none", "pass"], Dmarc::Pass),
            (["none", "temperror"], Dmarc::Unknown),
        ] {
            let block = verdicts.map(line).concat() + "\r\n";
            assert_eq!(of_block(&block, &["mx.own.example"]), found, "{verdicts:?}");
        }
        let block = ["pass", "fail"].map(line).concat() + "\r\n";
        assert_eq!(of_block(&block, &[]), Dmarc::Pass, "unnamed: only the topmost counts");
        let both = "Authentication-Results: mx.own.example; dmarc=pass; dmarc=fail\r\n\r\n";
        assert_eq!(of_block(both, &["mx.own.example"]), Dmarc::Fail);
    }
}
