//! How a list goes on: the query of Graph's `@odata.nextLink` and `@odata.deltaLink`. Only that is
//! used, with our own address before it, so that no answer can send our token elsewhere.

use url::Url;
use url::form_urlencoded;

/// Longest that is kept.
const MAX: usize = 32 * 1024;

/// The query of a link, if it is one.
pub(super) fn query(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    url.query().filter(|query| !query.is_empty() && query.len() <= MAX).map(str::to_owned)
}

/// The parameters of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_link_only_the_query_counts() {
        let query = query("https://evil.example/x?$deltatoken=a%2Bb&$top=5").expect("a query");
        let pairs = pairs(&query);
        assert_eq!(pairs[0], ("$deltatoken".to_owned(), "a+b".to_owned()));
        assert_eq!(pairs.len(), 2);
        assert_eq!(super::query("https://graph.example/x"), None);
        assert_eq!(super::query("no link"), None);
    }
}
