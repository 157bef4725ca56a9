//! The session's cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// Over https the prefix binds the cookie to this host and to `Secure` (RFC 6265bis §4.1.3.2); on a
/// loopback address without https a browser would refuse it.
const fn name(https: bool) -> &'static str {
    if https { "__Host-undersigned" } else { "undersigned" }
}

/// The session's value in a request.
pub(super) fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name(https))?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

/// What hands a session to the browser, until the browser is closed or `max_age` seconds are over.
pub(super) fn set(value: &str, https: bool, max_age: i64) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let name = name(https);
    let line = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).ok()
}

/// What takes it away again.
pub(super) fn clear(https: bool) -> Option<HeaderValue> {
    set("", https, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_out_and_comes_back() {
        for https in [true, false] {
            let line = set("abc", https, 60).expect("a header");
            let line = line.to_str().expect("ascii");
            assert_eq!(line.contains("Secure") && line.starts_with("__Host-"), https, "{line}");
            let pair = line.split(';').next().expect("a pair");
            let mut headers = HeaderMap::new();
            let sent = format!("theme=dark; {pair}; other=1");
            headers.insert(header::COOKIE, HeaderValue::from_str(&sent).expect("a header"));
            assert_eq!(read(&headers, https), Some("abc"));
            assert_eq!(read(&headers, !https), None);
        }
    }
}
