//! Which parts a message has, as its server says (BODYSTRUCTURE, RFC 9051 §7.5.2): total, whatever it
//! says.

/// How long a structure may be: some hundreds of parts.
const MAX_BYTES: usize = 64 * 1024;

/// How deep lists may lie within each other.
const MAX_DEPTH: usize = 64;

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its type in lower case: `text/plain`.
    pub(super) kind: String,
    /// Where it is in the message: `1.2`; of a multipart that is the message itself nothing.
    pub(super) section: String,
    /// Its parameters, the names in lower case.
    parameters: Vec<(String, String)>,
    /// Its transfer encoding.
    encoding: String,
    /// How many bytes it has, encoded.
    pub(super) bytes: usize,
    /// Whether it is meant as a file.
    pub(super) is_file: bool,
    /// What a multipart is made of.
    pub(super) children: Vec<Part>,
}

impl Part {
    /// The message that is described so. None: it is not described in a way that is understood.
    pub(super) fn parse(structure: &[u8]) -> Option<Self> {
        if structure.len() > MAX_BYTES {
            return None;
        }
        Self::of(&item(structure)?, String::new())
    }

    fn of(item: &Item, section: String) -> Option<Self> {
        let Item::List(items) = item else { return None };
        let is_list = |item: &&Item| matches!(item, Item::List(_));
        let below = items.iter().take_while(is_list);
        let children: Option<Vec<Self>> = below
            .enumerate()
            .map(|(place, child)| {
                let place = place + 1;
                let within = if section.is_empty() { "" } else { "." };
                Self::of(child, format!("{section}{within}{place}"))
            })
            .collect();
        let children = children?;
        if !children.is_empty() {
            let kind = items.get(children.len())?.text()?.to_ascii_lowercase();
            return Some(Self {
                kind: format!("multipart/{kind}"),
                section,
                parameters: Vec::new(),
                encoding: String::new(),
                bytes: 0,
                is_file: false,
                children,
            });
        }
        let [kind, subtype, parameters, _, _, encoding, bytes, further @ ..] = items.as_slice()
        else {
            return None;
        };
        let parameters = parameters.pairs();
        let disposition = further.iter().find_map(Item::disposition);
        let is_named = |pairs: &[(String, String)], name: &str| {
            pairs.iter().any(|(known, _)| known.split('*').next() == Some(name))
        };
        let is_file = is_named(&parameters, "name")
            || disposition.is_some_and(|(is_attached, more)| {
                is_attached || is_named(&more.pairs(), "filename")
            });
        Some(Self {
            kind: format!("{}/{}", kind.text()?, subtype.text()?).to_ascii_lowercase(),
            section: if section.is_empty() { "1".to_owned() } else { section },
            parameters,
            encoding: encoding.text().unwrap_or_default().to_owned(),
            bytes: bytes.text()?.parse().ok()?,
            is_file,
            children,
        })
    }

    /// Whether its text is written in base64.
    pub(super) fn is_base64(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("base64")
    }

    /// The headers that describe it, as what reads the message needs them.
    pub(super) fn headers(&self) -> String {
        let is_word = |byte: u8| byte.is_ascii_graphic() && !b"\"\\;()<>@,:/[]?=".contains(&byte);
        let known = ["charset", "format", "delsp", "method"];
        let mut lines = format!("Content-Type: {}", self.kind);
        for (name, value) in &self.parameters {
            if known.contains(&name.as_str()) && !value.is_empty() && value.bytes().all(is_word) {
                lines.extend(["; ", name.as_str(), "=", value.as_str()]);
            }
        }
        if !self.encoding.is_empty() && self.encoding.bytes().all(is_word) {
            lines.extend(["\r\nContent-Transfer-Encoding: ", self.encoding.as_str()]);
        }
        lines.push_str(if self.is_file {
            "\r\nContent-Disposition: attachment\r\n"
        } else {
            "\r\n"
        });
        lines
    }
}

/// What a structure is written of.
#[derive(Debug)]
enum Item {
    List(Vec<Item>),
    /// A string, a number or an atom; `NIL` is an empty one.
    Text(String),
}

impl Item {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) => None,
        }
    }

    /// Names, in lower case, and values.
    fn pairs(&self) -> Vec<(String, String)> {
        let Self::List(items) = self else { return Vec::new() };
        let pair = |pair: &[Self]| match pair {
            [Self::Text(name), Self::Text(value)] => {
                Some((name.to_ascii_lowercase(), value.clone()))
            }
            _ => None,
        };
        items.chunks(2).filter_map(pair).collect()
    }

    /// Whether it is attached, and the parameters of that, if it is what says so.
    fn disposition(&self) -> Option<(bool, &Self)> {
        let Self::List(items) = self else { return None };
        let [Self::Text(word), parameters] = items.as_slice() else { return None };
        let is_attached = word.eq_ignore_ascii_case("attachment");
        (is_attached || word.eq_ignore_ascii_case("inline")).then_some((is_attached, parameters))
    }
}

/// Reads one list with everything in it.
fn item(text: &[u8]) -> Option<Item> {
    let mut open: Vec<Vec<Item>> = Vec::new();
    let mut rest = text;
    loop {
        let done = match rest {
            [b'(', inner @ ..] => {
                rest = inner;
                open.push(Vec::new());
                if open.len() > MAX_DEPTH {
                    return None;
                }
                continue;
            }
            [b')', after @ ..] => {
                rest = after;
                Item::List(open.pop()?)
            }
            [b' ', after @ ..] => {
                rest = after;
                continue;
            }
            [b'"', inner @ ..] => {
                let (string, after) = quoted(inner)?;
                rest = after;
                Item::Text(string)
            }
            [] => return None,
            _ => {
                let end = rest.iter().position(|byte| b"() \"".contains(byte));
                let (atom, after) = rest.split_at(end.unwrap_or(rest.len()));
                rest = after;
                let is_nil = atom.eq_ignore_ascii_case(b"NIL");
                Item::Text(if is_nil { String::new() } else { text_of(atom) })
            }
        };
        match open.last_mut() {
            Some(list) => list.push(done),
            None => return rest.is_empty().then_some(done),
        }
    }
}

/// A string up to its quote, and what follows.
fn quoted(mut rest: &[u8]) -> Option<(String, &[u8])> {
    let mut string = Vec::new();
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some((text_of(&string), after)),
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                string.push(*byte);
                after
            }
            [] => return None,
        };
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves as `section kind bytes`, files in brackets.
    fn leaves(part: &Part) -> Vec<String> {
        if part.children.is_empty() {
            let Part { section, kind, bytes, is_file, .. } = part;
            let leaf = format!("{section} {kind} {bytes}");
            return vec![if *is_file { format!("[{leaf}]") } else { leaf }];
        }
        part.children.iter().flat_map(leaves).collect()
    }

    fn parsed(text: &str) -> Option<Vec<String>> {
        Part::parse(text.as_bytes()).as_ref().map(leaves)
    }

    const TEXT: &str = "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\" \"FORMAT\" \"flowed\") NIL NIL \"QUOTED-PRINTABLE\" 72 3 NIL NIL NIL NIL)";

    #[test]
    fn parts_are_told_with_their_places() {
        let pdf = "(\"APPLICATION\" \"PDF\" (\"NAME\" \"a \\\"b\\\" (c.pdf\") NIL NIL \"BASE64\" 9000000 NIL (\"ATTACHMENT\" (\"FILENAME\" \"a\")) NIL NIL)";
        let html = "(\"text\" \"html\" NIL NIL NIL \"7bit\" 9 1 NIL (\"inline\" NIL) NIL)";
        let letter = format!(
            "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 99 (\"date\" \"inline\" NIL) {TEXT} 9 NIL (\"attachment\" NIL))"
        );
        let structure = format!(
            "(({TEXT}{html} \"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL){pdf}{letter} \"MIXED\" (\"BOUNDARY\" \"y\"))"
        );
        let expected = [
            "1.1 text/plain 72",
            "1.2 text/html 9",
            "[2 application/pdf 9000000]",
            "[3 message/rfc822 99]",
        ];
        assert_eq!(parsed(&structure).unwrap(), expected);
        let alone = Part::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(leaves(&alone), ["1 text/plain 72"]);
        assert_eq!(
            alone.headers(),
            "Content-Type: text/plain; charset=utf-8; format=flowed\r\n\
             Content-Transfer-Encoding: QUOTED-PRINTABLE\r\n"
        );
    }

    #[test]
    fn what_is_no_structure_is_none() {
        let deep = "(".repeat(100_000);
        for text in ["", "(", "()", ")", "NIL", "(\"TEXT\" \"PLAIN\")", "(()) x", "(\"a", &deep] {
            assert_eq!(parsed(text), None, "{}", text.get(..20).unwrap_or(text));
        }
        let injected = TEXT.replace("utf-8", "x\\\"; name=y");
        assert!(!Part::parse(injected.as_bytes()).unwrap().headers().contains("name"));
    }
}
