//! A server with a folder, which answers some commands wrongly.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};

/// What the server does instead of answering.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Says this; `TAG` stands for the command's tag.
    Say(&'static str),
    /// Says this and closes the connection.
    Close(&'static str),
}

/// A folder of messages, by number.
#[derive(Clone)]
pub(super) struct Folder {
    pub(super) uid_validity: u32,
    pub(super) messages: Vec<u32>,
}

impl Folder {
    pub(super) fn answer(&self, command: &str) -> String {
        let last = self.messages.last().copied().unwrap_or(0);
        let mut words = command.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("EXAMINE"), ..) => format!(
                "* FLAGS (\\Seen)\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] valid\r\n\
                 * OK [UIDNEXT {}] next\r\nTAG OK [READ-ONLY] opened\r\n",
                self.messages.len(),
                self.uid_validity,
                last + 1,
            ),
            (_, Some("SEARCH"), Some("UID")) => {
                // A real server answers `n:*` with the last message, even when n is beyond it.
                let set = words.next().unwrap_or_default();
                let first = set.strip_suffix(":*").map(|first| first.parse().unwrap());
                let others = set.strip_suffix(",*");
                let found = self.messages.iter().filter(|uid| match (first, others) {
                    (Some(first), _) => **uid >= first || **uid == last,
                    (None, Some(others)) => members(others).contains(uid) || **uid == last,
                    (None, None) => members(set).contains(uid),
                });
                let found: Vec<String> = found.map(|uid| format!(" {uid}")).collect();
                format!("* SEARCH{}\r\nTAG OK searched\r\n", found.concat())
            }
            (_, Some("FETCH"), Some(set)) => {
                let whole = command.contains("BODY.PEEK[]<0.");
                let asked = members(set);
                let mut answer = Vec::new();
                for (n, uid) in self.messages.iter().enumerate() {
                    if asked.contains(uid) {
                        let body = format!("message {uid}");
                        let item = if whole {
                            format!("BODY[]<0> {{{}}}\r\n{body}", body.len())
                        } else {
                            format!("RFC822.SIZE {}", body.len())
                        };
                        answer.push(format!("* {} FETCH (UID {uid} {item})\r\n", n + 1));
                    }
                }
                answer.concat() + "TAG OK fetched\r\n"
            }
            (Some("FETCH"), Some(place), _) => {
                let place: usize = place.parse().unwrap();
                match place.checked_sub(1).and_then(|before| self.messages.get(before)) {
                    Some(uid) => {
                        let body = format!("message {uid}");
                        let item = format!("BODY[]<0> {{{}}}\r\n{body}", body.len());
                        format!("* {place} FETCH (UID {uid} {item})\r\nTAG OK fetched\r\n")
                    }
                    None => "TAG BAD there is no such message\r\n".to_owned(),
                }
            }
            (Some("IDLE"), ..) => "+ idling\r\n".to_owned(),
            _ => "TAG OK done\r\n".to_owned(),
        }
    }
}

/// The numbers that a set names.
pub(super) fn members(set: &str) -> Vec<u32> {
    let number = |text: &str| text.parse::<u32>().unwrap();
    set.split(',')
        .flat_map(|part| match part.split_once(':') {
            Some((first, last)) => number(first)..=number(last),
            None => number(part)..=number(part),
        })
        .collect()
}

/// Connects to a server that is signed in to already. It answers each command as `fault` says, or
/// rightly. Without a command for the script, the connection lasts.
pub(super) fn serve(
    folder: Folder,
    mut fault: impl FnMut(&str) -> Option<Fault> + Send + 'static,
) -> DuplexStream {
    let (client, server) = duplex(64 * 1024);
    tokio::spawn(async move {
        let mut stream = BufReader::new(server);
        let mut line = String::new();
        let mut tag = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|size| size > 0) {
            let command = match line.trim_end().split_once(' ') {
                Some((its_tag, command)) => {
                    its_tag.clone_into(&mut tag);
                    command
                }
                None => line.trim_end(), // DONE
            };
            let (answer, close) = match fault(command) {
                Some(Fault::Say(answer)) => (answer.to_owned(), false),
                Some(Fault::Close(answer)) => (answer.to_owned(), true),
                None => (folder.answer(command), false),
            };
            let answer = answer.replace("TAG", &tag);
            if stream.write_all(answer.as_bytes()).await.is_err() || close {
                return;
            }
            line.clear();
        }
    });
    client
}
