//! An address book on one of the CardDAV servers, and somebody who works in it beside us.

use super::patience::eventually_within;
use super::servers::{HOST, SERVERS};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};
use roxmltree::Document;
use std::time::Duration;
use tokio::net::TcpStream;
use url::Url;

/// How long the first run of all may take to install a server.
const INSTALLED: Duration = Duration::from_mins(3);

/// A CardDAV server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Radicale,
    Xandikos,
    /// It rewrites vCards, and heeds neither `If-None-Match` nor the `If-Match` of a removal.
    Sogo,
}

impl Server {
    /// Where the address books of `user` are, once it listens.
    async fn home(self, user: &str) -> String {
        let (address, home) = match self {
            Self::Radicale => {
                (SERVERS.carddav, format!("https://{HOST}:{}/{user}/", SERVERS.carddav.port()))
            }
            Self::Xandikos => {
                (SERVERS.xandikos, format!("http://{}/{user}/contacts/", SERVERS.xandikos))
            }
            Self::Sogo => {
                (SERVERS.sogo, format!("http://{}/SOGo/dav/{user}/Contacts/", SERVERS.sogo))
            }
        };
        let listens = async || TcpStream::connect(address).await.ok();
        eventually_within(INSTALLED, &format!("{self:?} to listen"), listens).await;
        home
    }
}

/// One address book.
pub(crate) struct AddressBook {
    /// Its address.
    pub(crate) url: String,
    user: &'static str,
    client: Client,
}

impl AddressBook {
    /// A new, empty one of `user`.
    pub(crate) async fn make(server: Server, user: &'static str, name: &str) -> Self {
        let ca = Certificate::from_pem(&std::fs::read(&SERVERS.ca).unwrap()).unwrap();
        // SOGo closes connections without saying so.
        let client = Client::builder().add_root_certificate(ca).pool_max_idle_per_host(0);
        let client = client.build().unwrap();
        let url = format!("{}{name}/", server.home(user).await);
        let book = Self { url, user, client };
        let made = book
            .request("MKCOL", "")
            .header("Content-Type", "application/xml")
            .body(
                "<mkcol xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><set><prop>\
                 <resourcetype><collection/><C:addressbook/></resourcetype>\
                 <displayname>Customers</displayname></prop></set></mkcol>",
            )
            .send()
            .await
            .unwrap();
        assert_eq!(made.status(), StatusCode::CREATED);
        book
    }

    fn request(&self, method: &str, name: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = Url::parse(&self.url).unwrap().join(name).unwrap();
        self.client.request(method, url).basic_auth(self.user, Some(&SERVERS.password))
    }

    /// Writes a vCard with these lines, as another program does.
    pub(crate) async fn write(&self, name: &str, lines: &[&str]) {
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\n{}\r\nEND:VCARD\r\n",
            lines.join("\r\n")
        );
        let request = self.request("PUT", name).header("Content-Type", "text/vcard").body(card);
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }

    /// Makes the book hold these vCards and no other, at once, as Radicale lets who brings a book along.
    pub(crate) async fn fill(&self, cards: impl Iterator<Item = String>) {
        let cards = cards.enumerate().map(|(number, lines)| {
            format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-{number}\r\n{lines}\r\nEND:VCARD\r\n")
        });
        let body: String = cards.collect();
        let request = self.request("PUT", "").header("Content-Type", "text/vcard").body(body);
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }

    /// Removes a vCard.
    pub(crate) async fn delete(&self, name: &str) {
        assert!(self.request("DELETE", name).send().await.unwrap().status().is_success());
    }

    /// All vCards, unfolded, as one text each.
    pub(crate) async fn cards(&self) -> Vec<String> {
        let listed = self.request("PROPFIND", "").header("Depth", "1").send().await.unwrap();
        let listed = listed.text().await.unwrap();
        let listed = Document::parse(&listed).unwrap();
        let hrefs = listed.descendants().filter(|node| node.has_tag_name(("DAV:", "response")));
        let hrefs = hrefs.map(|response| {
            let mut href = response.children().filter(|node| node.has_tag_name(("DAV:", "href")));
            href.next().unwrap().text().unwrap()
        });
        let mut cards = Vec::new();
        for href in hrefs.filter(|href| !href.ends_with('/')) {
            let text = self.request("GET", href).send().await.unwrap().text().await.unwrap();
            cards.push(text.replace("\r\n", "\n").replace("\n ", ""));
        }
        cards
    }

    /// The status of a bare request, for trying a password.
    pub(crate) async fn answer(&self) -> Response {
        self.request("PROPFIND", "").header("Depth", "0").send().await.unwrap()
    }
}
