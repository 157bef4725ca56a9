//! Answers of `WebDAV` servers: `multistatus` (RFC 4918 §13).

use super::parts::{Parts, Uncut};
use crate::crm::CrmError;
use roxmltree::{Document, Node, ParsingOptions};

const DAV: &str = "DAV:";
const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";

/// Elements within what is said of one resource.
const MAX_NODES: u32 = 100_000;

/// What a server says beside the resources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What to ask with the next time (RFC 6578 §3.2).
    pub(super) sync_token: Option<String>,
    /// There is more than the server sends at once (RFC 6578 §3.6).
    pub(super) truncated: bool,
}

/// An answer that is read as it comes.
#[derive(Debug, Default)]
pub(super) struct Reader {
    parts: Parts,
    told: Told,
}

impl Reader {
    /// Takes what comes next, and hands over the resources that are told by now.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        each: &mut (dyn FnMut(Resource) + Send),
    ) -> Result<(), CrmError> {
        let documents = self.parts.push(bytes).map_err(|Uncut| none())?;
        documents.iter().try_for_each(|document| read(document, &mut self.told, each))
    }

    /// What else was told, once all has come.
    pub(super) fn finish(self) -> Result<Told, CrmError> {
        if self.parts.is_whole() { Ok(self.told) } else { Err(none()) }
    }
}

fn none() -> CrmError {
    CrmError::Refused("its answer is no WebDAV answer; check the address".into())
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
    /// What the signed-in user may do with it, where the server tells (RFC 3744 §5.4).
    pub(super) privileges: Vec<String>,
    /// Where the signed-in user's own resource is.
    pub(super) principal: Option<String>,
    /// Where the user's address books are.
    pub(super) home: Option<String>,
}

/// Reads a `multistatus` document.
fn read(
    xml: &str,
    told: &mut Told,
    each: &mut (dyn FnMut(Resource) + Send),
) -> Result<(), CrmError> {
    // No document type, so no entities that grow.
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml, options).map_err(|_| none())?;
    let root = document.root_element();
    if !root.has_tag_name((DAV, "multistatus")) {
        return Err(none());
    }
    if let Some(token) = child(root, DAV, "sync-token").and_then(text) {
        told.sync_token = Some(token);
    }
    for response in children(root, DAV, "response") {
        let Some(href) = child(response, DAV, "href").and_then(text) else { continue };
        match child(response, DAV, "status").and_then(text).as_deref().map(code) {
            Some(507) => told.truncated = true,
            Some(404 | 410) => each(Resource { href, gone: true, ..Resource::default() }),
            _ => each(resource(href, response)),
        }
    }
    Ok(())
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
        let granted = take(DAV, "current-user-privilege-set").into_iter();
        let granted = granted.flat_map(|set| children(set, DAV, "privilege"));
        let granted = granted.flat_map(|one| one.children().filter(Node::is_element));
        resource.privileges.extend(granted.map(|one| one.tag_name().name().to_owned()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_may_do_is_read_where_it_is_told() {
        let granted = "<D:privilege><D:read/></D:privilege><D:privilege><D:write-content/>\
                       </D:privilege>";
        let answer = |status: &str| {
            format!(
                "<D:multistatus xmlns:D='DAV:'><D:response><D:href>/book/</D:href><D:propstat><D:prop>\
                 <D:current-user-privilege-set>{granted}</D:current-user-privilege-set></D:prop>\
                 <D:status>HTTP/1.1 {status}</D:status></D:propstat></D:response></D:multistatus>"
            )
        };
        for (status, privileges) in
            [("200 OK", vec!["read", "write-content"]), ("404 Not Found", Vec::new())]
        {
            let mut reader = Reader::default();
            let mut told = Vec::new();
            let each = &mut |resource: Resource| told.push(resource.privileges);
            reader.push(answer(status).as_bytes(), each).expect("it is an answer");
            reader.finish().expect("it is whole");
            assert_eq!(told, [privileges]);
        }
    }
}
