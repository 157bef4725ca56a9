//! A large message: its head first, and unless that says that nothing of it is to be read, its texts
//! and vCards; of a text that is too large its beginning and its end. Attachments are never fetched.

use super::cut;
use super::end::End;
use super::error::WireError;
use super::fetch::{self, Place, Unread};
use super::folder::{self, BEGINNING};
use super::reader::{NotRead, Reader};
use super::structure::Part;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use std::collections::BTreeMap;

/// How much of the headers is fetched: one byte more than is read of them.
const HEAD: usize = 256 * 1024 + 1;

/// How many parts are fetched.
const MOST_PARTS: usize = 20;

/// A larger vCard is not read.
const CARD: usize = 256 * 1024;

/// What parts the message that is put together from what was fetched. An author who writes it parts
/// their own message only.
const BOUNDARY: &str = "undersigned-part";

/// Reads a message of so many bytes.
pub(super) async fn read<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
    bytes: usize,
) -> Result<(), Unread> {
    let failed = |error| Unread::failed(&[uid], error);
    let not_read = |error: NotRead| Unread::from(End::from(error));
    let (mailbox, cursor) = (&watch.held.mailbox, watch.cursor(place, uid));
    let head = answered(folder::section(wire, uid, "HEADER", (0, HEAD)).await).map_err(failed)?;
    // Whatever is not answered or not understood: the beginning says enough.
    let Some(head) = head.filter(|head| !head.is_empty()) else {
        return fetch::read_beginning(wire, watch, place, uid).await;
    };
    if watch.reader.settle_by_head(mailbox, &head, &cursor).await.map_err(not_read)? {
        watch.note_progress();
        return Ok(());
    }
    let structure = if bytes > BEGINNING {
        answered(folder::structure(wire, uid).await).map_err(failed)?
    } else {
        None
    };
    let message = structure.as_deref().and_then(Part::parse);
    // A message that is nothing but another one has no text of its own.
    let Some(message) = message.filter(|part| !part.kind.starts_with("message/")) else {
        return fetch::read_beginning(wire, watch, place, uid).await;
    };
    let wanted = wanted(&message);
    if wanted.iter().any(|part| !is_card(part) && part.bytes > watch.limits.max_message_bytes) {
        watch.reader.refuse_size(mailbox, &head, &cursor).await.map_err(not_read)?;
        watch.note_progress();
        return Ok(());
    }
    let share = watch.room.share();
    match sections(wire, uid, &wanted, share.bytes).await.map_err(failed)? {
        Some(sections) => {
            let whole = put_together(&head, &message, &sections);
            Ok(fetch::read_one(watch, place, uid, whole, None).await?)
        }
        None => fetch::read_beginning(wire, watch, place, uid).await,
    }
}

/// What is refused is as if it had not been answered: it can be done without.
fn answered(answer: Result<Option<Vec<u8>>, WireError>) -> Result<Option<Vec<u8>>, WireError> {
    match answer {
        Err(WireError::No(_) | WireError::Bad(_)) => Ok(None),
        answer => answer,
    }
}

/// The texts and vCards of a message, in order. HTML beyond what is fetched is done without where the
/// same is said in plain text.
fn wanted(message: &Part) -> Vec<&Part> {
    let mut wanted = Vec::new();
    let mut rest = vec![(message, false)];
    while let Some((part, is_also_plain)) = rest.pop() {
        let is_for_those_below = part.kind == "multipart/alternative"
            && part.children.iter().any(|child| child.kind == "text/plain")
            || is_also_plain && part.kind == "multipart/related";
        rest.extend(part.children.iter().rev().map(|child| (child, is_for_those_below)));
        let is_text = match part.kind.as_str() {
            "text/plain" => true,
            "text/html" => !is_also_plain || part.bytes <= BEGINNING,
            _ => false,
        };
        let is_read = is_text && (!part.is_file || std::ptr::eq(part, message));
        if part.bytes > 0 && (is_read || is_card(part) && part.bytes <= CARD) {
            wanted.push(part);
        }
    }
    wanted.truncate(MOST_PARTS);
    wanted
}

fn is_card(part: &Part) -> bool {
    matches!(part.kind.as_str(), "text/vcard" | "text/x-vcard" | "text/directory")
}

/// These parts of a message, by their places, of which `most` bytes are fetched. None: the server does
/// not hand one of them over.
async fn sections<S: Transport>(
    wire: &mut Wire<S>,
    uid: u32,
    wanted: &[&Part],
    most: usize,
) -> Result<Option<BTreeMap<String, Vec<u8>>>, WireError> {
    let mut left = most;
    let mut sections = BTreeMap::new();
    for part in wanted.iter().filter(|part| !part.section.is_empty()) {
        if left == 0 || is_card(part) && part.bytes > left {
            continue;
        }
        let Some(section) = text_of(wire, uid, part, left).await? else { return Ok(None) };
        left = left.saturating_sub(section.len());
        sections.insert(part.section.clone(), section);
    }
    Ok(Some(sections))
}

/// A part, or its beginning and its end if there is no room for all of it; none if it was not answered.
async fn text_of<S: Transport>(
    wire: &mut Wire<S>,
    uid: u32,
    part: &Part,
    most: usize,
) -> Result<Option<Vec<u8>>, WireError> {
    if part.bytes <= most {
        return answered(folder::section(wire, uid, &part.section, (0, most)).await);
    }
    let half = most / 2;
    let beginning = answered(folder::section(wire, uid, &part.section, (0, half)).await)?;
    let Some(beginning) = beginning else { return Ok(None) };
    let from = cut::end_of(part.bytes, half);
    let end = answered(folder::section(wire, uid, &part.section, (from, half)).await)?;
    // There is none where it is not as long as the server says.
    Ok(Some(cut::joined(part, &beginning, &end.unwrap_or_default())))
}

/// The message without what was not fetched.
fn put_together(head: &[u8], message: &Part, sections: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut is_kept = true;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            break;
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            is_kept = !describes_body(line);
        }
        if is_kept {
            whole.extend_from_slice(line);
        }
    }
    write(&mut whole, message, sections);
    whole
}

fn describes_body(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
    ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Writes a part with those in it; lists lie no deeper within each other than [`Part::parse`] allows.
fn write(whole: &mut Vec<u8>, part: &Part, sections: &BTreeMap<String, Vec<u8>>) {
    if part.children.is_empty() {
        whole.extend_from_slice(part.headers().as_bytes());
        whole.extend_from_slice(b"\r\n");
        whole.extend(sections.get(&part.section).into_iter().flatten());
        return;
    }
    let boundary = format!("{BOUNDARY}-{}", part.section);
    let head = format!("Content-Type: {}; boundary=\"{boundary}\"\r\n", part.kind);
    whole.extend_from_slice(head.as_bytes());
    for child in &part.children {
        whole.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        write(whole, child, sections);
    }
    whole.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
}

#[cfg(test)]
mod tests;
