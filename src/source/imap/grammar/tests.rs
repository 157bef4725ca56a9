//! Lines as servers send them.

use super::*;

fn verdict(line: &str) -> Line {
    judge(&mut line.as_bytes().to_vec())
}

#[test]
fn what_was_asked_for_passes() {
    for line in [
        "* OK [UIDVALIDITY 17] ok",
        "* BYE",
        "* SEARCH",
        "* SEARCH 1 2 3 ",
        "* 3 EXISTS",
        "* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete Objekte\"",
        "* LIST () NIL Entw&APw-rfe",
        "* LIST () \"\\\\\" \"a\\\"b\\\\c\"",
        "* 1 FETCH (UID 5 RFC822.SIZE 99)",
        "* 1 FETCH (FLAGS (\\Seen $x) UID 5 MODSEQ (12))",
        "* 1 FETCH (UID 5 BODY[]<0> NIL)",
        "* 1 fetch (uid 5 body[] \"\")",
        "+ idling",
        "+",
        "U1 OK [READ-ONLY] done",
        "U1 BAD",
    ] {
        assert_eq!(verdict(line), Line::Pass, "{line}");
    }
    assert_eq!(verdict("* 1 FETCH (UID 5 BODY[]<0> {12}"), Line::Literal(12));
    assert_eq!(verdict("* 1 FETCH (UID 5 BODY[HEADER]<0> {12}"), Line::Literal(12));
    assert_eq!(verdict("* 1 FETCH (UID 5 BODY[1.12.3]<0> {12}"), Line::Literal(12));
    assert_eq!(
        verdict("* 1 FETCH (UID 5 BODYSTRUCTURE (\"a)\" (1)) RFC822.SIZE 9)"),
        Line::Structure(39, 15)
    );
    assert_eq!(verdict("* 1 FETCH (BODY[] {99999999999999999999999}"), Line::Literal(usize::MAX));
    assert_eq!(judge_after_literal(b" UID 5 FLAGS ())"), Line::Pass);
}

#[test]
fn what_was_not_asked_for_is_dropped() {
    for line in [
        "* CAPABILITY  IMAP4rev1  IDLE",
        "* FLAGS (\\Seen)",
        "* 1 EXPUNGE",
        "* 0 RECENT",
        "* LIST (\\Sent",
        "* LIST () \"/\" \"a\\\"",
        "* LIST () \"/\" \"a\\b\"",
        "* LIST () \"\\\" b",
        "* LIST () \"/\" a b",
        "* 1 FETCH (ENVELOPE (\"x\"))",
        "* 1 FETCH (UID 5 X-ODD a)",
        "* 1 FETCH (UID 5 BODY[1.MIME]<0> \"a\")",
        "* 1 FETCH (UID 5 BODY[1..2]<0> \"a\")",
        "* 1 FETCH (UID 5 BODYSTRUCTURE (\"a\" (1))",
        "* 1 FETCH (UID 5 BODYSTRUCTURE NIL)",
    ] {
        assert_eq!(verdict(line), Line::Drop, "{line}");
    }
}

#[test]
fn a_literal_where_none_was_asked_for_is_refused() {
    for line in [
        "* OK [BADCHARSET ({400000000}",
        "* LIST () \"/\" {400000000}",
        "* 1 FETCH (X \"a {1000}",
        "* 1 FETCH (X (a {1000}",
        "U1 OK {5}",
        "+ {5}",
        "hello",
    ] {
        assert_eq!(verdict(line), Line::Refuse, "{line}");
    }
    for rest in ["", " BODY[] {5}", " X a)", "hello"] {
        assert_eq!(judge_after_literal(rest.as_bytes()), Line::Refuse, "{rest}");
    }
}

#[test]
fn a_name_that_comes_as_a_literal_is_quoted() {
    let line = b"* list (\\Sent) \"/\" {8}";
    assert_eq!(name_to_come(line), Some(8));
    let whole = b"* list (\\Sent) \"/\" \"a \\\"b\\\\ c\"";
    assert_eq!(with_name(line, b"a \"b\\ c").as_deref(), Some(whole.as_slice()));
    assert_eq!(judge(&mut whole.to_vec()), Line::Pass);
    for name in [&b"a\r\nb"[..], b"\xff", b"a\0b"] {
        assert_eq!(with_name(line, name), None);
    }
    for line in ["* LIST () \"/\" {2000}", "* LIST ({5}", "* LSUB () NIL {5}", "U1 LIST () NIL {5}"]
    {
        assert_eq!(name_to_come(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_file_name_that_comes_as_a_literal_is_put_into_its_structure() {
    let line = b"* 2 fetch (UID 5 FLAGS () bodystructure (\"a\" (\"name\" {5}";
    assert_eq!(string_to_come(line), Some(5));
    assert_eq!(
        with_string(line, b"a\"\\\xfc").as_deref(),
        Some(&b"* 2 fetch (UID 5 FLAGS () bodystructure (\"a\" (\"name\" \"a\\\"\\\\?\""[..])
    );
    for line in ["* 2 FETCH (UID 5 BODY[] {5}", "* 2 FETCH (BODYSTRUCTURE ({2000}", "x {5}"] {
        assert_eq!(string_to_come(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_status_text_is_made_printable() {
    let mut line = "* OK [ALERT]é\u{1b}[2J".as_bytes().to_vec();
    assert_eq!(judge(&mut line), Line::Pass);
    assert_eq!(line, b"* OK [ALERT]???[2J");
}
