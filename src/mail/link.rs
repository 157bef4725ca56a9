//! Where a link leads, freed of what security gateways and redirectors wrap around it.

use url::Url;

/// Longer targets are tracking; nobody's home page.
const MAX_BYTES: usize = 2_000;

/// The target of an `href`, if a reader could follow it to a person or company: `https:`, `http:`,
/// `mailto:` (without subject and body) or `tel:`.
pub(super) fn target(href: &str) -> Option<String> {
    let href: String = href.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    if href.len() > MAX_BYTES {
        return None;
    }
    let (scheme, rest) = href.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => Some(unwrapped(&href)),
        "mailto" => {
            let address = rest.split('?').next().unwrap_or_default();
            Some(format!("mailto:{address}")).filter(|_| address.contains('@'))
        }
        "tel" | "callto" => Some(format!("tel:{rest}")),
        _ => None,
    }
}

/// The address within one of Microsoft's Safe Links, Proofpoint's URL Defense or a Google redirect,
/// however often wrapped (three times at most).
fn unwrapped(href: &str) -> String {
    let mut href = href.to_owned();
    for _ in 0..3 {
        match inner(&href) {
            Some(next) => href = next,
            None => break,
        }
    }
    href
}

fn inner(href: &str) -> Option<String> {
    let url = Url::parse(href).ok()?;
    let host = url.host_str()?;
    let parameter =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v.into_owned());
    let found = if host.ends_with(".safelinks.protection.outlook.com") {
        parameter("url")
    } else if host.ends_with("google.com") && url.path() == "/url" {
        parameter("q").or_else(|| parameter("url"))
    } else if host.starts_with("urldefense.") && url.path().starts_with("/v2/") {
        parameter("u").map(|u| u.replace('-', "%").replace('_', "/")).map(|u| percent_decoded(&u))
    } else if host.starts_with("urldefense.") {
        let (_, rest) = href.split_once("/v3/__")?;
        rest.split_once("__;").map(|(target, _)| target.to_owned())
    } else {
        None
    };
    found.filter(|target| target.starts_with("http://") || target.starts_with("https://"))
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("u={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_links_are_unwrapped() {
        for wrapped in [
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2Fa&data=05%7C01",
            "https://www.google.com/url?q=https://x.example/a&sa=D",
            "https://urldefense.com/v3/__https://x.example/a__;!!AbC!dEf$",
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_a&d=DwMF",
            " https://x.example/a\n",
        ] {
            assert_eq!(target(wrapped).as_deref(), Some("https://x.example/a"), "{wrapped}");
        }
    }

    #[test]
    fn only_what_a_reader_could_follow_is_a_target() {
        assert_eq!(target("mailto:a@x.example?subject=Hi").as_deref(), Some("mailto:a@x.example"));
        assert_eq!(target("callto:+49 1").as_deref(), Some("tel:+491"));
        for not in ["javascript:alert(1)", "#top", "cid:image001.png", "file:///c:/x", "mailto:"] {
            assert_eq!(target(not), None, "{not}");
        }
    }
}
