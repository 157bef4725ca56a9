//! A folder of more messages than one search may tell of.

use super::server::{Fault, Folder, members, serve};
use crate::clock::Millis;
use crate::source::imap::folder;
use crate::source::imap::wire::Wire;

const COUNT: u32 = 600_000;
/// The number of the first message; each later one has the next.
const FIRST: u32 = 4_000_001;

#[tokio::test]
async fn older_mail_of_a_folder_is_found_however_much_it_is() {
    let answer = |asked: &str| {
        if asked.starts_with("EXAMINE") {
            let opened = format!("* {COUNT} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\nTAG OK\r\n");
            return Some(Fault::Say(opened.leak()));
        }
        let (places, _) = asked.strip_prefix("UID SEARCH ")?.split_once("UID ")?;
        let places = match places.trim() {
            "" => 1..=COUNT,
            places => {
                let (begin, end) = places.split_once(':').unwrap();
                let end = if end == "*" { COUNT } else { end.parse().unwrap() };
                begin.parse().unwrap()..=end
            }
        };
        assert!(*places.end() <= COUNT, "{asked}: there is no such place");
        let found: Vec<String> = places.map(|place| (FIRST - 1 + place).to_string()).collect();
        Some(Fault::Say(format!("* SEARCH {}\r\nTAG OK\r\n", found.join(" ")).leak()))
    };
    let unused = Folder { uid_validity: 7, messages: members("1") };
    let mut wire = Wire::new(serve(unused, answer));
    assert_eq!(folder::examine(&mut wire, "INBOX").await.unwrap().exists, COUNT);
    let last = FIRST + COUNT - 1;
    let found = folder::search_between(&mut wire, FIRST + 5, last, Millis(0)).await.unwrap();
    assert!(found.unwrap().into_iter().eq(FIRST + 5..=last));
}
