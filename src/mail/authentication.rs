//! What the receiving server found out about the sender (`Authentication-Results`, RFC 8601).

use super::headers::Headers;

/// The verdict on the domain in `From`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dmarc {
    Pass,
    Fail,
    /// Nobody we trust said anything.
    Unknown,
}

/// The DMARC verdict of the topmost field that a trusted server wrote; of any server where none is
/// named, because lower ones may come from the sender.
pub(super) fn dmarc(headers: &Headers<'_>, trusted: &[String]) -> Dmarc {
    let is_trusted = |field: &String| {
        let id = field.split([';', ' ']).next().unwrap_or_default();
        trusted.is_empty() || trusted.iter().any(|name| name.trim().eq_ignore_ascii_case(id))
    };
    let Some(field) = headers.all_lower("Authentication-Results").find(is_trusted) else {
        return Dmarc::Unknown;
    };
    let bare = without_comments(&field);
    let results = bare.split(';').skip(1).filter_map(|result| {
        let verdict = result.trim().strip_prefix("dmarc")?.trim_start().strip_prefix('=')?;
        verdict.split_ascii_whitespace().next()
    });
    let mut found = Dmarc::Unknown;
    for verdict in results {
        match verdict {
            "pass" => return Dmarc::Pass,
            "fail" | "permerror" => found = Dmarc::Fail,
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

    fn verdict(block: &str, trusted: &[&str]) -> Dmarc {
        let (headers, _) = Headers::split(block.as_bytes(), &Limits::default()).expect("fits");
        dmarc(&headers, &trusted.iter().map(|&id| id.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_topmost_trusted_field_counts() {
        let block = "Authentication-Results: mx.own.example; spf=pass;\r\n dmarc=fail (p=none; dmarc=pass) header.from=x\r\n\
                     Authentication-Results: mx.evil.example; dmarc=pass\r\n\r\n";
        assert_eq!(verdict(block, &[]), Dmarc::Fail);
        assert_eq!(verdict(block, &["mx.own.example"]), Dmarc::Fail);
        assert_eq!(verdict(block, &["mx.evil.example"]), Dmarc::Pass);
        assert_eq!(verdict(block, &["mx.other.example"]), Dmarc::Unknown);
        assert_eq!(verdict("A: b\n\n", &[]), Dmarc::Unknown);
        assert_eq!(
            verdict("Authentication-Results: mx; dkim=pass (dmarc=fail)\n\n", &[]),
            Dmarc::Unknown
        );
    }
}
