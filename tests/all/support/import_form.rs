//! The form of the page of imports, with its file, as a browser sends it.

use axum::body::Body;
use axum::http::{Request, header};

const BOUNDARY: &str = "----between";

/// What a browser sends from the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportForm<'a> {
    /// The page's token.
    pub(crate) csrf: &'a str,
    /// What the columns hold, by their names.
    pub(crate) columns: &'a [(&'a str, &'a str)],
    /// Whether the file is the whole CRM.
    pub(crate) whole: bool,
    /// The file.
    pub(crate) file: &'a [u8],
    /// The button.
    pub(crate) what: &'a str,
}

impl ImportForm<'_> {
    /// The media type of its body.
    pub(crate) fn kind() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// Its fields: those that stand before the file first, as on the page.
    pub(crate) fn body(&self) -> Vec<u8> {
        let columns =
            self.columns.iter().flat_map(|pair| [("column", pair.0), ("meaning", pair.1)]);
        let whole = self.whole.then_some(("whole", "yes"));
        let fields = std::iter::once(("csrf", self.csrf)).chain(whole).chain(columns);
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
            body.extend_from_slice(format!("{part}\r\n\r\n{value}\r\n").as_bytes());
        }
        let part = "Content-Disposition: form-data; name=\"file\"; filename=\"contacts\"";
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{part}\r\n\r\n").as_bytes());
        body.extend_from_slice(self.file);
        let part = "Content-Disposition: form-data; name=\"do\"";
        let end = format!("\r\n--{BOUNDARY}\r\n{part}\r\n\r\n{}\r\n--{BOUNDARY}--\r\n", self.what);
        body.extend_from_slice(end.as_bytes());
        body
    }

    /// It, sent by somebody who is signed in, and what the browser accepts.
    pub(crate) fn request(&self, cookie: &str, accept: &str) -> Request<Body> {
        Request::post("/import")
            .header(header::ACCEPT, accept)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, Self::kind())
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(self.body()))
            .unwrap()
    }
}
