//! Mozilla's autoconfig file: what a domain says of its own mail servers
//! (<https://www.ietf.org/archive/id/draft-ietf-mailmaint-autoconfig-04.html>).

use crate::store::Security;

/// What the file says of IMAP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) username: String,
}

/// The first IMAP server that speaks TLS. The file is a stranger's: entities are never expanded, a
/// file with a DTD is refused.
pub(super) fn read(xml: &str, address: &str) -> Option<Incoming> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let root = document.root_element();
    let servers = root.descendants().filter(|node| {
        node.has_tag_name("incomingServer") && node.attribute("type") == Some("imap")
    });
    let mut found: Vec<Incoming> = servers.filter_map(|node| server(node, address)).collect();
    found.sort_by_key(|server| server.security != Security::Tls);
    found.into_iter().next()
}

fn server(node: roxmltree::Node<'_, '_>, address: &str) -> Option<Incoming> {
    let text = |name: &str| {
        let child = node.children().find(|child| child.has_tag_name(name))?;
        child.text().map(str::trim).filter(|text| !text.is_empty() && text.len() <= 253)
    };
    let security = match text("socketType")? {
        "SSL" => Security::Tls,
        "STARTTLS" => Security::StartTls,
        _ => return None, // never without TLS
    };
    let host = text("hostname")?.to_lowercase();
    let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let (local, domain) = address.rsplit_once('@')?;
    let username = text("username").unwrap_or("%EMAILADDRESS%");
    let username = username
        .replace("%EMAILADDRESS%", address)
        .replace("%EMAILLOCALPART%", local)
        .replace("%EMAILDOMAIN%", domain);
    let username = Some(username).filter(|name| !name.contains(char::is_control))?;
    let port = text("port")?.parse().ok()?;
    is_name.then_some(Incoming { host, port, security, username })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.com">
  <incomingServer type="pop3"><hostname>pop.example.com</hostname><port>995</port>
    <socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap"><hostname>Mail.example.com</hostname><port>143</port>
    <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></incomingServer>
  <incomingServer type="imap"><hostname>mail.example.com</hostname><port>993</port>
    <socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer>
</emailProvider></clientConfig>"#;

    #[test]
    fn the_server_with_tls_from_the_first_byte_is_preferred() {
        let found = read(FILE, "anna@example.com").expect("a server");
        assert_eq!((found.host.as_str(), found.port), ("mail.example.com", 993));
        assert_eq!((found.security, found.username.as_str()), (Security::Tls, "anna"));
        let without =
            FILE.replace("<socketType>SSL</socketType>", "<socketType>plain</socketType>");
        let found = read(&without, "anna@example.com").expect("a server");
        assert_eq!(
            (found.security, found.username.as_str()),
            (Security::StartTls, "anna@example.com")
        );
    }

    #[test]
    fn nothing_is_expanded_and_nothing_without_tls_is_taken() {
        let laughs = "<!DOCTYPE x [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">]>\
                      <clientConfig><x>&b;</x></clientConfig>";
        let outside = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>";
        let deep = "<a>".repeat(30_000);
        let plain = FILE.replace("SSL", "plain").replace("STARTTLS", "plain");
        let odd = FILE.replace("mail.example.com", "x y").replace("Mail.example.com", "a/b");
        for text in ["", "<", "<html></html>", laughs, outside, &deep, &plain, &odd] {
            assert_eq!(read(text, "anna@example.com"), None, "{text:.60}");
        }
    }
}
