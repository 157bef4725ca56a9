//! An address book in Radicale, and somebody who works in it beside us.

use super::servers::{HOST, SERVERS};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};

/// One address book.
pub(crate) struct AddressBook {
    /// Its address.
    pub(crate) url: String,
    user: &'static str,
    client: Client,
}

impl AddressBook {
    /// A new, empty one of `user`.
    pub(crate) async fn make(user: &'static str, name: &str) -> Self {
        let ca = Certificate::from_pem(&std::fs::read(&SERVERS.ca).unwrap()).unwrap();
        let client = Client::builder().add_root_certificate(ca).build().unwrap();
        let url = format!("https://{HOST}:{}/{user}/{name}/", SERVERS.carddav.port());
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
        let url = format!("{}{name}", self.url);
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

    /// Removes a vCard.
    pub(crate) async fn delete(&self, name: &str) {
        assert!(self.request("DELETE", name).send().await.unwrap().status().is_success());
    }

    /// All vCards, unfolded, as one text each.
    pub(crate) async fn cards(&self) -> Vec<String> {
        let text = self.request("GET", "").send().await.unwrap().text().await.unwrap();
        let text = text.replace("\r\n", "\n").replace("\n ", "");
        let cards = text.split("BEGIN:VCARD").skip(1);
        cards.map(|card| format!("BEGIN:VCARD{card}")).collect()
    }

    /// The status of a bare request, for trying a password.
    pub(crate) async fn answer(&self) -> Response {
        self.request("PROPFIND", "").header("Depth", "0").send().await.unwrap()
    }
}
