//! Answers of `WebDAV` servers: `multistatus` (RFC 4918 §13).

use crate::crm::CrmError;
use roxmltree::{Document, Node, ParsingOptions};

const DAV: &str = "DAV:";
const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";

/// Elements of one answer; a server that has more sends it in parts.
const MAX_NODES: u32 = 2_000_000;

/// What a server says of several resources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Multistatus {
    /// One for each resource.
    pub(super) resources: Vec<Resource>,
    /// What to ask with the next time (RFC 6578 §3.2).
    pub(super) sync_token: Option<String>,
    /// There is more than the server sends at once (RFC 6578 §3.6).
    pub(super) truncated: bool,
}

/// One resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its path, as the server writes it.
    pub(super) href: String,
    /// It is no longer there.
    pub(super) gone: bool,
    /// Its version.
    pub(super) etag: Option<String>,
    /// What it is called.
    pub(super) name: Option<String>,
    /// Its vCard.
    pub(super) card: Option<String>,
    /// Whether it is a collection of contacts.
    pub(super) is_address_book: bool,
    /// Where the signed-in user's own resource is.
    pub(super) principal: Option<String>,
    /// Where the user's address books are.
    pub(super) home: Option<String>,
}

/// Reads a `multistatus` document.
pub(super) fn read(xml: &str) -> Result<Multistatus, CrmError> {
    let bad = || CrmError::Refused("its answer is no WebDAV answer; check the address".into());
    // No document type, so no entities that grow.
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml, options).map_err(|_| bad())?;
    let root = document.root_element();
    if !root.has_tag_name((DAV, "multistatus")) {
        return Err(bad());
    }
    let mut answer = Multistatus {
        sync_token: child(root, DAV, "sync-token").and_then(text),
        ..Multistatus::default()
    };
    for response in children(root, DAV, "response") {
        let Some(href) = child(response, DAV, "href").and_then(text) else { continue };
        match child(response, DAV, "status").and_then(text).as_deref().map(code) {
            Some(507) => answer.truncated = true,
            Some(404 | 410) => {
                answer.resources.push(Resource { href, gone: true, ..Resource::default() });
            }
            _ => answer.resources.push(resource(href, response)),
        }
    }
    Ok(answer)
}

fn resource(href: String, response: Node<'_, '_>) -> Resource {
    let found = children(response, DAV, "propstat").filter(|propstat| {
        child(*propstat, DAV, "status").and_then(text).is_none_or(|status| code(&status) == 200)
    });
    let mut resource = Resource { href, ..Resource::default() };
    for prop in found.filter_map(|propstat| child(propstat, DAV, "prop")) {
        let take = |namespace, name| child(prop, namespace, name);
        let link = |node: Node<'_, '_>| child(node, DAV, "href").and_then(text);
        resource.etag = resource.etag.or_else(|| take(DAV, "getetag").and_then(text));
        resource.name = resource.name.or_else(|| take(DAV, "displayname").and_then(text));
        resource.card = resource.card.or_else(|| take(CARDDAV, "address-data").and_then(text));
        resource.principal =
            resource.principal.or_else(|| take(DAV, "current-user-principal").and_then(link));
        resource.home =
            resource.home.or_else(|| take(CARDDAV, "addressbook-home-set").and_then(link));
        resource.is_address_book |= take(DAV, "resourcetype")
            .is_some_and(|kind| child(kind, CARDDAV, "addressbook").is_some());
    }
    resource
}

/// The number in `HTTP/1.1 404 Not Found`.
fn code(status: &str) -> u16 {
    status.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
}

fn children<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name((namespace, name)))
}

fn child<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'i>> {
    children(node, namespace, name).next()
}

fn text(node: Node<'_, '_>) -> Option<String> {
    let text: String = node.children().filter_map(|child| child.text()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
