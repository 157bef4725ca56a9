//! The page as it grows, tag by tag.

use super::element::{Element, Flow, attribute, is_void};
use super::region::Region;
use super::{picture, row};
use crate::mail::laid::{Laid, Whose};
use crate::mail::{Line, link};
use html5ever::LocalName;
use html5ever::tokenizer::Tag;

/// Lines, and the elements that are open.
#[derive(Debug)]
pub(super) struct Layout {
    open: Vec<Open>,
    /// Elements deeper than `max_depth`, of which nothing is remembered.
    deeper: usize,
    max_depth: usize,
    state: State,
    /// The page and, within each other, the table cells that are open.
    regions: Vec<Region>,
    /// The rows that are open: their finished cells.
    rows: Vec<Vec<Vec<Laid>>>,
    /// The links seen, and whether the text of each has begun.
    links: Vec<(String, bool)>,
}

/// What holds for the content of the innermost element.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each holds or not by itself")]
struct State {
    hidden: bool,
    tiny: bool,
    pre: bool,
    marked: bool,
    whose: Whose,
    /// The place in `links`.
    link: Option<usize>,
}

#[derive(Debug)]
struct Open {
    name: LocalName,
    flow: Flow,
    /// Whether it ends the line that it stands in.
    breaks: bool,
    /// What held around it.
    around: State,
}

impl Layout {
    pub(super) fn new(max_depth: usize) -> Self {
        let state = State {
            hidden: false,
            tiny: false,
            pre: false,
            marked: false,
            whose: Whose::Own,
            link: None,
        };
        Self {
            open: Vec::new(),
            deeper: 0,
            max_depth,
            state,
            regions: vec![Region::default()],
            rows: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Closes whatever is open; the lines of the page.
    pub(super) fn finish(mut self) -> Vec<Laid> {
        self.close_to(0);
        self.region().flush();
        self.regions.swap_remove(0).lines
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.state.hidden || self.state.tiny {
            return;
        }
        for c in text.chars() {
            match c {
                '\n' if self.state.pre => self.line_break(),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' if !self.state.pre => self.region().space(),
                c => self.letter(c),
            }
        }
    }

    fn letter(&mut self, c: char) {
        self.begin_link();
        let State { whose, marked, .. } = self.state;
        self.region().letter(c, whose, marked);
    }

    fn picture(&mut self, tag: &Tag) {
        if self.state.hidden {
            return;
        }
        let label = picture::label(attribute(tag, "alt").unwrap_or_default());
        self.begin_link();
        let State { whose, marked, .. } = self.state;
        self.region().picture(label, whose, marked);
    }

    /// The innermost link belongs to the line in which something of it is first seen.
    fn begin_link(&mut self) {
        let link = self.state.link.and_then(|at| self.links.get_mut(at));
        if let Some((target, seen @ false)) = link {
            *seen = true;
            let target = std::mem::take(target);
            self.region().link(target);
        }
    }

    pub(super) fn start(&mut self, tag: &Tag) {
        match &*tag.name {
            "br" if !self.state.hidden => return self.line_break(),
            "img" => return self.picture(tag),
            "hr" if !self.state.hidden => {
                let element = Element::of(tag);
                self.region().flush();
                if element.whose == Some(Whose::Rest) {
                    self.rest();
                } else {
                    self.gap();
                }
                return;
            }
            name if is_void(name) || tag.self_closing && name.contains(':') => return,
            _ => {}
        }
        let element = Element::of(tag);
        self.close_implied(&tag.name, element.flow);
        if self.open.len() >= self.max_depth {
            self.deeper += 1;
            return;
        }
        let breaks = element.flow != Flow::Inline && element.flow != Flow::Unseen
            || element.whose.is_some_and(|whose| whose != Whose::Rule)
            || element.signature;
        if breaks {
            self.region().flush();
        }
        if element.flow == Flow::Paragraph && !element.style.tight && !is_tight_class(tag) {
            self.gap();
        }
        self.open.push(Open {
            name: tag.name.clone(),
            flow: element.flow,
            breaks,
            around: self.state,
        });
        self.enter(&element);
    }

    fn enter(&mut self, element: &Element) {
        let state = &mut self.state;
        state.hidden |= element.style.hidden || element.flow == Flow::Unseen;
        state.tiny = element.style.tiny.unwrap_or(state.tiny);
        state.pre |= element.style.pre;
        state.marked |= element.signature;
        match element.whose {
            Some(Whose::Rest) => self.rest(),
            Some(Whose::Rule) if state.whose == Whose::Own => {
                let line = Laid { line: Line::of(""), whose: Whose::Rule };
                self.region().flush();
                self.region().lines.push(line);
            }
            Some(whose @ (Whose::Quoted | Whose::Attribution)) if state.whose != Whose::Quoted => {
                state.whose = whose;
            }
            _ => {}
        }
        if let Some(target) = element.href.as_deref().and_then(link::target) {
            self.state.link = Some(self.links.len());
            self.links.push((target, false));
        }
        match element.flow {
            Flow::Row => self.rows.push(Vec::new()),
            Flow::Cell => self.regions.push(Region::default()),
            _ => {}
        }
    }

    pub(super) fn end(&mut self, name: &LocalName) {
        if &**name == "br" {
            return self.line_break();
        }
        if is_void(name) {
            return;
        }
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        // An end tag within a cell closes nothing around it, except the table's own.
        let of_table =
            matches!(&**name, "td" | "th" | "tr" | "table" | "tbody" | "thead" | "tfoot");
        for place in (0..self.open.len()).rev() {
            let open = &self.open[place];
            if open.name == *name {
                return self.close_to(place);
            }
            if open.flow == Flow::Cell && !of_table || open.flow == Flow::Table {
                return;
            }
        }
    }

    /// Closes what a start tag ends without saying so (`<p>` within `<p>`, `<td>` after `<td>`), and
    /// opens the row that a cell lacks.
    fn close_implied(&mut self, name: &str, flow: Flow) {
        let innermost = self.open.last().map(|open| &*open.name);
        match flow {
            Flow::Inline | Flow::Unseen => return,
            _ if innermost == Some("p") || innermost == Some("li") && name == "li" => {
                self.close_to(self.open.len() - 1);
            }
            _ => {}
        }
        let ends = |open: &Open| match flow {
            Flow::Row => matches!(open.flow, Flow::Row | Flow::Cell),
            Flow::Cell => open.flow == Flow::Cell,
            _ => false,
        };
        let table =
            self.open.iter().rposition(|open| open.flow == Flow::Table).map_or(0, |at| at + 1);
        if let Some(place) = self.open[table..].iter().position(ends) {
            self.close_to(table + place);
        }
        let in_row = self.open[table..].iter().any(|open| open.flow == Flow::Row);
        if flow == Flow::Cell && !in_row {
            self.rows.push(Vec::new());
            let name = LocalName::from("tr");
            self.open.push(Open { name, flow: Flow::Row, breaks: true, around: self.state });
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { break };
            if open.breaks {
                self.region().flush();
            }
            match open.flow {
                Flow::Cell => self.close_cell(),
                Flow::Row => self.close_row(),
                Flow::Paragraph if &*open.name != "p" => self.gap(),
                _ => {}
            }
            let rest = self.state.whose == Whose::Rest;
            self.state = open.around;
            if rest {
                self.state.whose = Whose::Rest;
            }
        }
    }

    fn close_cell(&mut self) {
        if let (Some(cell), Some(row)) = (self.regions.pop(), self.rows.last_mut()) {
            row.push(cell.lines);
        }
    }

    fn close_row(&mut self) {
        if let Some(cells) = self.rows.pop() {
            self.region().lines.extend(row::merge(cells));
        }
    }

    fn region(&mut self) -> &mut Region {
        if self.regions.is_empty() {
            self.regions.push(Region::default());
        }
        let last = self.regions.len() - 1;
        &mut self.regions[last]
    }

    /// Ends the line, also an empty one.
    fn line_break(&mut self) {
        if !self.state.hidden {
            let whose = self.state.whose;
            self.region().line_break(whose);
        }
    }

    /// Leaves an empty line, if there is none.
    fn gap(&mut self) {
        let whose = self.state.whose;
        self.region().gap(whose);
    }

    /// From here on everything is an older message.
    fn rest(&mut self) {
        self.state.whose = Whose::Rest;
        self.region().lines.push(Laid { whose: Whose::Rest, ..Laid::blank() });
    }
}

/// Word's paragraphs have no space between them.
fn is_tight_class(tag: &Tag) -> bool {
    attribute(tag, "class").is_some_and(|class| {
        class.split_ascii_whitespace().any(|word| {
            word.trim_start_matches("x_").starts_with("Mso") || word == "elementToProof"
        })
    })
}
