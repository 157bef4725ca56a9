//! Mail is read as it comes.

use super::house::{House, deliver, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::lmtp::Lmtp;
use crate::support::servers::SERVERS;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use undersigned::store::mailboxes::{self, State};

#[tokio::test]
async fn what_was_there_and_what_comes_is_read_once() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("nora");
        deliver(&address, "one").await;
        deliver(&address, "two").await;
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one", "two"]).await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!((healthy.state_detail.as_str(), healthy.message_at.is_some()), ("", true));

        deliver(&address, "three").await;
        deliver(&address, "four").await;
        house.notes.until(&mailbox, &["one", "two", "three", "four"]).await;
        worker.stop().await;

        deliver(&address, "five").await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one", "two", "three", "four", "five"]).await;
        worker.stop().await;
        assert_eq!(flags(&address, "SEEN"), 0, "nothing in the mailbox has changed");
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_connected_for_new_mail_leaves_the_old_alone() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("new");
        deliver(&address, "old").await;
        let mailbox = house.connect_with(&address, |new| new.backfill_days = 0).await;
        let worker = house.work();
        house.until(&mailbox, State::Healthy).await;
        deliver(&address, "new").await;
        house.notes.until(&mailbox, &["new"]).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn many_messages_are_caught_up_with() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("many");
        let subjects: Vec<String> = (0..450).map(|n| format!("message {n}")).collect();
        let mut lmtp = Lmtp::connect().await;
        for subject in &subjects {
            let message = format!("Subject: {subject}\n\nHello\n");
            lmtp.deliver(&address, message.as_bytes()).await;
        }
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        house.notes.until(&mailbox, &subjects).await;
        assert_eq!(house.notes.of(&mailbox), subjects, "they were numbered before anybody looked");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_huge_message_the_texts_are_read_and_no_attachment_is_fetched() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("huge");
        let mut lmtp = Lmtp::connect().await;
        let part = |head: &str, text: &str| format!("--b\nContent-Type: {head}\n\n{text}\n");
        let scan = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0\n";
        let pdf = "application/pdf; name=\"a \\\"b\\\".pdf\"\nContent-Transfer-Encoding: base64";
        let letter = [
            "From: Nora <nora@customer.example>\nContent-Type: multipart/mixed; boundary=b\n",
            "Subject: scan\nMIME-Version: 1.0\n\n",
            &part("text/plain; charset=utf-8", "Hello, here it is."),
            &part(pdf, &scan.repeat(40_000)),
            &part("text/plain; charset=utf-8", "Nora Brandt\nTel. +49 931 123"),
            &part("text/vcard", "BEGIN:VCARD\nFN:Nora Brandt\nEND:VCARD"),
            "--b--\n",
        ];
        lmtp.deliver(&address, letter.concat().as_bytes()).await;
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["scan"]).await;
        let read = String::from_utf8(house.notes.last.lock().unwrap().clone()).unwrap();
        for text in ["Hello, here", "Nora Brandt\r\nTel. +49 931 123", "FN:Nora Brandt"] {
            assert!(read.contains(text), "{text:?} in {read}");
        }
        assert!(read.len() < 2_000 && !read.contains("JVBERi0"), "{read}");

        // New mail that comes while the mailbox is watched, of one text and of nothing but it.
        let serving = servers_of(&address);
        let mut message = b"Subject: huge\n\n".to_vec();
        message.resize(3_000_000, b'x');
        lmtp.deliver(&address, &message).await;
        lmtp.deliver(&address, b"Subject: after {400000000}\n\n* 1 FETCH (BODY[] {400000000}\n")
            .await;
        house.notes.until(&mailbox, &["scan", "huge", "after {400000000}"]).await;
        assert_eq!(
            (serving.len(), servers_of(&address)),
            (1, serving.clone()),
            "the connection lasts"
        );
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn another_folder_can_be_read_in_any_language() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("folder");
        let folder = "Anfragen/Möbel & Küchen";
        doveadm(&["mailbox", "create", "-u", &address, folder]);
        doveadm_save(&address, folder, "Subject: in it\n\nHello\n");
        let mailbox = house.connect_with(&address, |new| new.folder = folder.to_owned()).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["in it"]).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn further_folders_are_polled_and_one_that_vanishes_stops_no_other() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("several");
        for folder in ["Anfragen", "Messe"] {
            doveadm(&["mailbox", "create", "-u", &address, folder]);
        }
        doveadm_save(&address, "Anfragen", "Subject: enquiry\n\nHello\n");
        deliver(&address, "one").await;
        let mailbox = house.connect(&address).await;
        let connected = house.mailbox(&mailbox).await;
        let mut tx = house.db.begin_write().await.unwrap();
        let others = ["Anfragen".to_owned(), "Messe".to_owned()];
        let now = house.clock.now();
        mailboxes::set_folders(&mut tx, &connected, &others, now).await.unwrap();
        tx.commit().await.unwrap();
        let worker = house.work();
        house.notes.until(&mailbox, &["enquiry", "one"]).await;
        house.until(&mailbox, State::Healthy).await;
        worker.stop().await;

        doveadm_save(&address, "Messe", "Subject: fair\n\nHello\n");
        doveadm(&["mailbox", "delete", "-u", &address, "Anfragen"]);
        let worker = house.work();
        let told = house.saying(&mailbox, "the folder Anfragen cannot be read").await;
        assert_eq!(told.state, State::NoFolder);
        assert!(told.ill_since.is_some(), "admins hear of it");
        deliver(&address, "two").await;
        house.notes.until(&mailbox, &["enquiry", "fair", "one", "two"]).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_numbered_anew_is_looked_through_again() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("anew");
        deliver(&address, "one").await;
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one"]).await;
        worker.stop().await;
        doveadm(&["mailbox", "update", "-u", &address, "--uid-validity", "77777", "INBOX"]);
        deliver(&address, "two").await;
        let worker = house.work();
        // This reader keeps no keys; the intake knows the first one by its key.
        house.notes.until(&mailbox, &["one", "one", "two"]).await;
        worker.stop().await;
    })
    .await;
}

/// Dovecot's own files are the backup: what they are set back to goes on with the numbers of then.
#[tokio::test]
async fn a_server_that_is_set_back_to_a_backup_loses_no_new_mail() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("backup");
        deliver(&address, "one").await;
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one"]).await;
        let files = SERVERS.dir.join("dovecot/mail").join(&address);
        let backup = SERVERS.dir.join("dovecot/mail").join(format!("{address}.backup"));
        copy(&files, &backup);
        for subject in ["two", "three", "four"] {
            deliver(&address, subject).await;
        }
        house.notes.until(&mailbox, &["one", "two", "three", "four"]).await;
        house.until(&mailbox, State::Healthy).await;
        worker.stop().await;

        fs::remove_dir_all(&files).unwrap();
        fs::rename(&backup, &files).unwrap();
        deliver(&address, "five").await;
        let numbers = doveadm(&["fetch", "-u", &address, "uid", "mailbox", "INBOX"]);
        assert!(numbers.contains("uid: 2") && !numbers.contains("uid: 4"), "{numbers}");
        let worker = house.work();
        // This reader keeps no keys; the intake knows the first one by its key.
        house.notes.until(&mailbox, &["one", "two", "three", "four", "one", "five"]).await;
        deliver(&address, "six").await;
        house.notes.until(&mailbox, &["one", "two", "three", "four", "one", "five", "six"]).await;
        worker.stop().await;
    })
    .await;
}

/// Copies a folder of files with their owners and times.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// How many messages have a flag.
fn flags(address: &str, flag: &str) -> usize {
    doveadm(&["search", "-u", address, "mailbox", "INBOX", flag]).lines().count()
}

/// The processes of Dovecot that serve a mailbox: their titles name it (`verbose_proctitle`).
fn servers_of(address: &str) -> BTreeSet<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|it| it.path());
    let serves = |process: &PathBuf| {
        let title = fs::read(process.join("cmdline")).unwrap_or_default();
        title.starts_with(b"dovecot") && String::from_utf8_lossy(&title).contains(address)
    };
    processes.filter(serves).collect()
}

pub(super) fn doveadm(arguments: &[&str]) -> String {
    let configuration = SERVERS.dir.join("dovecot/dovecot.conf");
    let output = Command::new("doveadm").arg("-c").arg(configuration).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn doveadm_save(address: &str, folder: &str, message: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), message).unwrap();
    // Dovecot reads it as another user.
    fs::set_permissions(file.path(), Permissions::from_mode(0o644)).unwrap();
    doveadm(&["save", "-u", address, "-m", folder, file.path().to_str().unwrap()]);
}
