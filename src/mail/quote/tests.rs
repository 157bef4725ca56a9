//! Where the author's own text ends, client by client.

use super::*;
use crate::mail::text;

fn own(text: &str) -> Vec<String> {
    own_lines(text::lay_out(text, None)).iter().map(|line| line.text().into_owned()).collect()
}

#[test]
fn introductions_in_many_languages() {
    for introduction in [
        "On Mon, Mar 4, 2024 at 10:00 AM Anna Muster <anna@x.example> wrote:",
        "Am 04.03.2024 um 10:00 schrieb Anna Muster <anna@x.example>:",
        "Am Mo., 4. März 2024 um 10:00 Uhr schrieb Anna Muster <\nanna@x.example>:",
        "Le lun. 4 mars 2024 à 10:00, Anna Muster <anna@x.example> a écrit :",
        "El lun, 4 mar 2024 a las 10:00, Anna Muster (<anna@x.example>) escribió:",
        "Il giorno lun 4 mar 2024 alle ore 10:00 Anna Muster <anna@x.example> ha scritto:",
        "Op ma 4 mrt 2024 om 10:00 schreef Anna Muster <anna@x.example>:",
        "Den mån 4 mars 2024 kl 10:00 skrev Anna Muster <anna@x.example>:",
        "pon., 4 mar 2024 o 10:00 Anna Muster <anna@x.example> napisał(a):",
        "2024年3月4日(月) 10:00 Anna Muster <anna@x.example>:",
        "-----Original Message-----\nFrom: Anna Muster\nSent: Monday",
        "-----Ursprüngliche Nachricht-----\nVon: Anna",
        "________________________________\nVon: Anna Muster <anna@x.example>\nGesendet: Montag, 4. März 2024 10:00\nAn: Bo\nBetreff: x",
        "De : Anna Muster <anna@x.example>\nEnvoyé : lundi 4 mars 2024 10:00\nÀ : Bo\nObjet : x",
        "*From:* Anna Muster <anna@x.example>\n*Sent:* Monday\n*To:* Bo\n*Subject:* x",
        "---------- Forwarded message ---------\nFrom: Anna",
        "Begin forwarded message:\n\nFrom: Anna",
        "---------------------- Forwarded by Bo Muster/X/Y on 01/02/2001 \n10:11 AM ---------------------------",
        "Anna Muster@X\n01/02/2001 10:11 AM\nTo:\tBo Muster/X/Y@Y\ncc:\t \nSubject:\tRe: x",
        "\"Anna Muster\" <anna@x.example> on 01/02/2001 10:11:12 AM\nTo: Bo\ncc: \nSubject: x",
        "From:  Anna Muster on 01/02/2001 10:11 AM\nTo: Bo\ncc:\nSubject: x",
    ] {
        for quoted in ["\n\nolder\ntext", "\n> older\n> text"] {
            let mail = format!("answer\nBo\n\n{introduction}{quoted}");
            assert_eq!(own(&mail), ["answer", "Bo"], "{introduction}{quoted}");
        }
    }
}

#[test]
fn an_answer_between_and_below_quotes_stays() {
    let mail = "On 4 March 2024 Anna wrote:\n> one\nyes\n> two\nno\n\n-- \nBo";
    assert_eq!(own(mail), ["yes", "", "no", "", "", "Bo"]);
}

#[test]
fn what_only_looks_like_an_introduction_stays() {
    for text in [
        "From: Würzburg\nanything",
        "As I wrote:\nno quote here",
        "Tel.: 1\nFax: 2\nMail: a@x.example",
        "Our offer of 2024, as Anna wrote: fine",
    ] {
        assert_eq!(own(text), text.lines().collect::<Vec<_>>());
    }
}

#[test]
fn below_the_delimiter_is_signature() {
    for delimiter in ["-- ", "--"] {
        let lines = own_lines(text::lay_out(&format!("hi\n{delimiter}\nBo\n+49 1"), None));
        let marked: Vec<bool> = lines.iter().map(|line| line.marked).collect();
        assert_eq!(marked, [false, false, true, true]);
    }
}
