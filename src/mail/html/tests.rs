//! HTML as clients write it, and the lines a reader sees.

use super::*;
use crate::mail::laid::Whose;

/// The lines as text: cells with ` | ` between, links in brackets, `~` before what is marked, `>`
/// before what is not the author's.
fn shown(html: &str) -> Vec<String> {
    lay_out(html, &Limits::default()).iter().map(line).collect()
}

fn line(laid: &Laid) -> String {
    let cell = |cell: &crate::mail::Cell| {
        let links = cell.links.iter().map(|link| format!("[{link}]"));
        [cell.text.clone()].into_iter().chain(links).collect::<String>()
    };
    let cells = laid.line.cells.iter().map(cell).collect::<Vec<_>>().join(" | ");
    let whose = match laid.whose {
        Whose::Own => "",
        Whose::Quoted => "> ",
        Whose::Attribution => "wrote ",
        Whose::Rule => "rule ",
        Whose::Rest => "rest ",
    };
    format!("{whose}{}{cells}", if laid.line.marked { "~" } else { "" })
}

#[test]
fn blocks_and_breaks_are_lines() {
    assert_eq!(shown("<div>a<b>b</b>\n c<br>d</div><div><br></div>e"), ["ab c", "d", "", "e"]);
    assert_eq!(
        shown("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b"),
        ["a", "", "b"]
    );
    assert_eq!(shown("<p>a<p>b</p>"), ["a", "", "b"]);
    assert_eq!(shown("<pre>a\n  b</pre>"), ["a", "b"]);
    assert_eq!(shown("<ul><li>a<li>b</ul>c"), ["a", "b", "", "c"]);
}

#[test]
fn rows_are_lines_and_columns_stay_together() {
    assert_eq!(
        shown("<table><tr><td>T</td><td>1</td></tr><tr><td>F<td>2</table>"),
        ["T | 1", "F | 2"]
    );
    assert_eq!(
        shown("<table><tr><td>Anna<br>CEO</td><td>Acme<br>+49 1<br>x</td></tr></table>"),
        ["Anna", "CEO", "Acme", "+49 1", "x"]
    );
    assert_eq!(
        shown("<table><tr><td>Tel<br>Fax</td><td>1<br>2</td></tr></table>"),
        ["Tel | 1", "Fax | 2"]
    );
    assert_eq!(
        shown("a<table><tr><td><table><tr><td>b</td><td>c</td></tr></table></td></tr></table>d"),
        ["a", "b | c", "d"]
    );
}

#[test]
fn what_is_hidden_is_gone() {
    assert_eq!(
        shown(
            "<style>x</style><title>y</title><span style='display:none'>z</span>a<div hidden>b<br>c</div>"
        ),
        ["a"]
    );
    assert_eq!(
        shown("<div style='font-size:0'>no<span style='font-size:12px'>yes</span></div>"),
        ["yes"]
    );
    assert_eq!(
        shown("<!--[if mso]><p>no</p><![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->"),
        ["ab"]
    );
}

#[test]
fn links_and_labels_of_pictures() {
    assert_eq!(
        shown(
            "<a href='https://x.example/'><img src=a alt='LinkedIn'></a> <a href='#'>n</a><a href='tel:+49 1'>1</a>"
        ),
        ["LinkedIn n1[https://x.example/][tel:+491]"]
    );
    assert_eq!(
        shown("<img alt='Acme Logo'><br><img alt=Acme><br>a<img alt='Tel.'>b"),
        ["", "", "a Tel. b"]
    );
    assert_eq!(shown("<a href='https://x.example/'></a>a"), ["a"]);
}

#[test]
fn quotes_and_signatures_are_marked() {
    assert_eq!(
        shown("a<blockquote>b<blockquote>c</blockquote></blockquote>d"),
        ["a", "", "> b", "> ", "> c", "> ", "d"]
    );
    assert_eq!(shown("<div class='gmail_signature'>a<div>b</div></div>c"), ["~a", "~b", "c"]);
    assert_eq!(
        shown("<div id=x_Signature>a</div><div id=divRplyFwdMsg>b</div>c"),
        ["~a", "rest ", "rest b", "rest c"]
    );
    assert_eq!(
        shown("<div style='border:none;border-top:solid #E1E1E1 1.0pt'>a</div>"),
        ["rule ", "a"]
    );
    assert_eq!(
        shown("<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>a</blockquote>"),
        ["a", ""]
    );
}

#[test]
fn no_page_takes_long() {
    let attributes: Vec<String> = (0..50_000).map(|i| format!("a{i}=\">\"")).collect();
    let bombs = [
        "<div>".repeat(100_000),
        "<table><tr><td>".repeat(20_000),
        "<a ".to_owned() + &attributes.join(" "),
        "<blockquote>a".repeat(20_000),
        "</x>".repeat(50_000),
        "<td>a".repeat(30_000),
        "<!--".repeat(40_000),
        "&".repeat(200_000),
    ];
    for bomb in bombs {
        let limits = Limits::default();
        assert!(lay_out(&bomb, &limits).len() <= limits.html_bytes);
    }
}
