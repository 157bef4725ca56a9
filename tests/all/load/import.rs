//! A CRM's whole export comes in by the page: an admin looks at it, imports it while the page tells how far
//! that is, and takes back what was left out.

use super::figures::{Figures, size};
use super::firm::Firms;
use super::process::Process;
use super::table::table;
use crate::support::daemon::{Daemon, Home};
use crate::support::databases::{Database, on_each_database};
use crate::support::import_form::ImportForm;
use reqwest::{Client, Response, header};
use serde_json::Value;
use std::time::Instant;
use undersigned::contact::Contact;

/// Of so many rows one has neither a name nor an address, and is left out.
const NOBODY: usize = 100;

/// What the admin signs in with, as the form has it.
const ADMIN: [(&str, &str); 2] =
    [("email", "ada@kugellager.test"), ("password", "correct horse battery staple")];

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_crm_comes_in_by_the_page_which_tells_how_far_it_is() {
    on_each_database(come_in).await;
}

async fn come_in(database: &Database) {
    let rows = size("ROWS", 600);
    let (left_out, people) = (rows / NOBODY, rows - rows / NOBODY);
    let home = Home::in_(database).with("LOG__FILTER", "info");
    let [(_, email), (_, password)] = ADMIN;
    home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
    let create = ["admin", "create-user", "--tenant", "Kugellager", "--role", "admin", email];
    home.run_with_input(&create, &format!("{password}\n"));
    let daemon = home.start().await;
    let worker = Process(daemon.pid());
    let admin = Admin::at(&daemon).await;
    let file = file(rows);
    let title = format!("{rows} rows imported by the page, {:?}", database.backend);
    let mut figures = Figures::new(&title);
    figures.tell("the file", format!("{:.1} MiB", mib(file.len())));
    // What is read once and stays is of no file.
    admin.send("look", &table(std::iter::empty()), "text/html").await;
    worker.forget_peak();
    let before = worker.resident();

    let began = Instant::now();
    let looked = admin.send("look", &file, "text/html").await.text().await.unwrap();
    figures.at_most("looked at after", began.elapsed().as_secs_f64(), 10.0, "s");
    let (coming, leaving) = (grouped(people), grouped(left_out));
    for words in [
        format!("<strong>{coming}</strong> contacts come in; <strong>{leaving}</strong> rows"),
        format!("Import {coming} contacts"),
        "neither a name nor an e-mail address".to_owned(),
    ] {
        assert!(looked.contains(&words), "{words} in {looked}");
    }

    let began = Instant::now();
    let response = admin.send("import", &file, "application/x-ndjson").await;
    let told = Told::by(response, began).await;
    let last = told.far.last().unwrap();
    assert_eq!(last.1, people as u64);
    assert!(told.far.is_sorted_by(|one, next| one.1 <= next.1), "it moves on: {:?}", told.far);
    let half = told.far.iter().find(|far| far.1 >= people as u64 / 2).unwrap();
    assert!(half.0 < last.0, "and says so meanwhile: {:?}", told.far);
    assert!(told.page.contains(&format!("<strong>{coming}</strong> new")), "{}", told.page);
    figures.at_most("imported after", last.0, 300.0, "s");
    figures.at_most("the page heard nothing for, at most", told.pause(), 5.0, "s");

    let csv = admin.send("left-out", &file, "text/html").await.text().await.unwrap();
    assert_eq!(csv.lines().count(), 1 + left_out, "each with its line and why");
    let last = format!("{},neither a name", rows + 1);
    assert!(csv.lines().last().unwrap().starts_with(&last), "{last}: {csv}");
    let extra = (worker.peak() - before) / 1024.0;
    figures.at_most("of the worker's memory, at most", extra, 192.0, "MiB");
    assert!(daemon.stop().await.success());
    figures.end();
}

/// So many rows, of which some name nobody, the last one too.
fn file(rows: usize) -> Vec<u8> {
    let firms = Firms::of(rows);
    table((0..rows).map(|number| {
        let contact = firms.contact(number);
        if number % NOBODY < NOBODY - 1 {
            return contact;
        }
        Contact { name: None, emails: Vec::new(), ..contact }
    }))
}

/// An admin who is signed in.
struct Admin<'d> {
    daemon: &'d Daemon,
    client: Client,
    csrf: String,
}

impl<'d> Admin<'d> {
    async fn at(daemon: &'d Daemon) -> Self {
        let client = Client::builder().cookie_store(true).build().unwrap();
        let mut admin = Self { daemon, client, csrf: String::new() };
        let sign_in = admin.client.post(format!("{}/sign-in", daemon.web)).form(&ADMIN);
        let sign_in = sign_in.header(header::ORIGIN, &daemon.web).send().await.unwrap();
        assert!(sign_in.status().is_success(), "{}", sign_in.status());
        let page = admin.client.get(format!("{}/import", daemon.web)).send().await.unwrap();
        let page = page.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().clone_into(&mut admin.csrf);
        admin
    }

    /// Presses a button of the page.
    async fn send(&self, what: &str, file: &[u8], accept: &str) -> Response {
        let form = ImportForm { csrf: &self.csrf, columns: &[], whole: false, file, what };
        let request = self.client.post(format!("{}/import", self.daemon.web));
        let request = request
            .header(header::ORIGIN, &self.daemon.web)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, ImportForm::kind());
        request.body(form.body()).send().await.unwrap()
    }
}

/// What an import tells while it goes on.
struct Told {
    /// After how many seconds it was how far.
    far: Vec<(f64, u64)>,
    /// What the page shows in the end.
    page: String,
}

impl Told {
    async fn by(mut response: Response, began: Instant) -> Self {
        let (mut told, mut text) = (Self { far: Vec::new(), page: String::new() }, Vec::new());
        while let Some(chunk) = response.chunk().await.unwrap() {
            text.extend_from_slice(&chunk);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line: Value = serde_json::from_slice(&line).unwrap();
                match (line["done"].as_u64(), line["page"].as_str()) {
                    (Some(done), _) => told.far.push((began.elapsed().as_secs_f64(), done)),
                    (None, Some(page)) => page.clone_into(&mut told.page),
                    (None, None) => panic!("{line}"),
                }
            }
        }
        told
    }

    /// The longest time between two of them, in seconds.
    fn pause(&self) -> f64 {
        let times = self.far.windows(2).map(|two| two[1].0 - two[0].0);
        times.fold(self.far[0].0, f64::max)
    }
}

/// A number as the page shows it, below a million.
fn grouped(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a file of megabytes")]
fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
