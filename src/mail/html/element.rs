//! What the tag of an element says: how it lies on the page, and whose its content is.

use super::style::Style;
use crate::mail::laid::Whose;
use html5ever::tokenizer::Tag;

/// How an element lies on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Inline,
    Block,
    /// A block with space above and below.
    Paragraph,
    Table,
    Row,
    Cell,
    /// Content that is not shown at all.
    Unseen,
}

/// What a start tag says.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) flow: Flow,
    pub(super) style: Style,
    /// Whose its content is, if it says so.
    pub(super) whose: Option<Whose>,
    /// The client's signature begins.
    pub(super) signature: bool,
    pub(super) href: Option<String>,
}

impl Element {
    pub(super) fn of(tag: &Tag) -> Self {
        let style = attribute(tag, "style").map(Style::parse).unwrap_or_default();
        let names = Names::of(tag);
        let mut flow = flow(&tag.name);
        if flow == Flow::Block && style.inline {
            flow = Flow::Inline;
        }
        let unseen = attribute(tag, "hidden").is_some() || style.hidden;
        Self {
            flow: if unseen && flow == Flow::Inline { Flow::Unseen } else { flow },
            whose: names.whose(&tag.name, style),
            signature: names.any(is_signature) || attribute(tag, "data-smartmail").is_some(),
            href: (&*tag.name == "a").then(|| attribute(tag, "href").map(str::to_owned)).flatten(),
            style: Style { hidden: unseen, pre: style.pre || &*tag.name == "pre", ..style },
        }
    }
}

/// The value of an attribute.
pub(super) fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
}

/// Elements that have no end.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn flow(name: &str) -> Flow {
    match name {
        "p" | "ul" | "ol" | "dl" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" => {
            Flow::Paragraph
        }
        "address" | "article" | "aside" | "body" | "caption" | "center" | "dd" | "details"
        | "div" | "dt" | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "header"
        | "html" | "legend" | "li" | "main" | "nav" | "pre" | "section" | "summary" | "tbody"
        | "tfoot" | "thead" => Flow::Block,
        "table" => Flow::Table,
        "tr" => Flow::Row,
        "td" | "th" => Flow::Cell,
        "style" | "script" | "title" | "textarea" | "select" | "object" | "svg" | "template"
        | "audio" | "video" | "iframe" | "noframes" | "noembed" | "xml" | "map" | "math" => {
            Flow::Unseen
        }
        _ => Flow::Inline,
    }
}

/// What a client calls an element: its `id`, `name` and classes, without the `x_` that Outlook puts
/// before those of others.
struct Names(Vec<String>);

impl Names {
    fn of(tag: &Tag) -> Self {
        let words = ["id", "class", "name"].into_iter().filter_map(|name| attribute(tag, name));
        let words = words.flat_map(str::split_ascii_whitespace).take(16);
        let bare = |word: &str| {
            let mut word = word.to_ascii_lowercase();
            while let Some(rest) = word.strip_prefix("x_") {
                word = rest.to_owned();
            }
            word
        };
        Self(words.map(bare).collect())
    }

    fn any(&self, is: fn(&str) -> bool) -> bool {
        self.0.iter().any(|name| is(name))
    }

    fn whose(&self, element: &str, style: Style) -> Option<Whose> {
        if self.any(begins_the_rest) {
            Some(Whose::Rest)
        } else if self.any(is_attribution) {
            Some(Whose::Attribution)
        } else if self.any(is_quote)
            || element == "blockquote" && !(style.indented && self.0.is_empty())
        {
            Some(Whose::Quoted)
        } else if element == "div" && style.ruled {
            Some(Whose::Rule)
        } else {
            None
        }
    }
}

/// Gmail, Thunderbird, Outlook (web, mobile), Apple, Yahoo, Proton, Zoho, Exclaimer, `CodeTwo`.
fn is_signature(name: &str) -> bool {
    name.contains("signature") && !name.contains("presignature")
        || matches!(
            name,
            "zm-_id_-sgn" | "zm-_id_-sgn1" | "_mailautosig" | "mailautosig" | "mail-signature"
        )
        || name.starts_with("exclaimer")
        || name.starts_with("codetwo")
}

/// Where Outlook and its relatives put an older message below the answer, to the end.
fn begins_the_rest(name: &str) -> bool {
    matches!(
        name,
        "divrplyfwdmsg"
            | "appendonsend"
            | "stopspelling"
            | "outlookmessageheader"
            | "mail-editor-reference-message-container"
            | "ms-outlook-mobile-reference-message"
            | "reference-message"
            | "isforwardcontent"
            | "isreplycontent"
            | "original-content"
            | "moz-forward-container"
            | "forwardedheader"
    )
}

fn is_attribution(name: &str) -> bool {
    matches!(
        name,
        "gmail_attr"
            | "moz-cite-prefix"
            | "reply-intro"
            | "moz-email-headers-table"
            | "protonmail_quote_header"
    )
}

fn is_quote(name: &str) -> bool {
    matches!(
        name,
        "yahoo_quoted"
            | "olk_src_body_section"
            | "quote"
            | "quoted-message"
            | "protonmail_quote"
            | "tutanota_quote"
            | "gmx_quote"
            | "zmail_extra"
            | "zimbra_quote"
            | "quotedmessage"
            | "moz-quote"
            | "cite"
    ) || name.starts_with("yahoo_quoted")
}
