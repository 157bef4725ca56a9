//! How well a text fits each role, by its words and by what stands around it.

use super::atom::Atom;
use super::context::Context;
use super::east::name::looks_like_name;
use super::fold::{Word, is_pictogram};
use super::language::{Meaning, Sense, Senses, lexicon};
use super::naming;
use super::phrases::Hit;
use super::place;
use super::text::{LABELS, Text};
use std::borrow::Cow;

/// What is known of the whole block before its texts are weighed one by one.
#[expect(clippy::struct_excessive_bools, reason = "each is one observation of its own")]
pub(super) struct Overview {
    sure_organization: bool,
    /// Whether most texts have capitals: then one without is no name of anything.
    capitals: bool,
    /// Whether the author's name stands among them.
    pub(super) sure_name: bool,
    /// Whether given and family name of `From` stand together among them.
    whole_name: bool,
    name_at: usize,
}

/// Where a text stands among the others.
#[expect(clippy::struct_excessive_bools, reason = "each is one observation of its own")]
pub(super) struct Around<'a> {
    /// Its place among the texts.
    pub(super) place: usize,
    /// Behind another on the same line, with only a comma, dash or bracket between.
    pub(super) follows: bool,
    /// In brackets.
    pub(super) bracketed: bool,
    /// Below or behind a number, an e-mail or web address.
    pub(super) late: bool,
    /// On the line that begins with the author's name.
    pub(super) behind_name: bool,
    /// Behind a job title, with only a comma or dash between.
    pub(super) behind_title: bool,
    /// On a line that begins with a register's or a bank's number.
    pub(super) registered: bool,
    /// The next on the same line.
    pub(super) next: Option<&'a Text>,
}

impl Overview {
    /// Looks over the texts.
    pub(super) fn of(texts: &[(usize, &Atom, Text)], context: &Context<'_>) -> Self {
        let name_at = texts
            .iter()
            .position(|(_, _, text)| {
                text.words.len() <= 7 && recognised(text, &text.words, context) >= 0.9
            })
            .unwrap_or(0);
        Self {
            name_at,
            capitals: {
                let upper = |text: &Text| text.raw.chars().any(char::is_uppercase);
                texts.iter().filter(|(_, _, text)| upper(text)).count() * 4 > texts.len() * 3
            },
            sure_organization: texts.iter().any(|(_, _, text)| {
                text.senses.has(Sense::LegalForm) || context.sender.owns(&text.words) > 0.6
            }),
            whole_name: texts.iter().any(|(_, _, text)| {
                text.words.len() <= 7 && recognised(text, &text.words, context) >= 0.85
            }),
            sure_name: texts.iter().any(|(_, _, text)| {
                text.words.len() <= 7
                    && !text.senses.has(Sense::Organization)
                    && recognised(text, &text.words, context) >= 0.8
            }),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one table of weights, read from top to bottom")]
/// How well a text fits each role, in the order of `label::ROLES`.
pub(super) fn evidence(
    text: &Text,
    around: &Around<'_>,
    overview: &Overview,
    context: &Context<'_>,
) -> [f64; 7] {
    let has = |sense| text.senses.has(sense);
    let count = text.words.len();
    let digits = text.raw.chars().any(|c| c.is_ascii_digit());
    let owned = context.sender.owns(&text.words);
    let placed = place::looks_like_place(text);
    let legal = !placed && text.is_company()
        || around.follows && text.covered(&[Sense::LegalForm]) == count;
    let place = around.place;
    let credential = around.follows && around.behind_name && is_credential(text);
    let featureless = !(has(Sense::Title)
        || has(Sense::Department)
        || has(Sense::Organization)
        || legal
        || owned > 0.35);
    let late = around.late && featureless && !around.follows;
    let sentence = is_sentence(text);
    let slogan = is_slogan(text, featureless, around);
    let head = leads_with_unit(text);
    let small = overview.capitals
        && featureless
        && count >= 2
        && !digits
        && !text.raw.chars().any(char::is_uppercase);
    let early = place < overview.name_at && text.senses == Senses::default();
    let only_label = text.covered(LABELS) == count;
    let service = text.begins(Sense::Register);
    let person = person_shape(text);
    let kin = !overview.whole_name
        && person
        && !(has(Sense::Title) || has(Sense::Department) || has(Sense::Organization) || legal)
        && owned <= 0.6
        && context.sender.is_kin(&name_words(text));
    let completed = || {
        !overview.whole_name
            && person
            && featureless
            && context.sender.names.is_empty()
            && context.sender.completes(&text.words)
    };
    let known = match recognised(text, &name_words(text), context) {
        known if known < 0.8 && (kin || completed()) => 0.85,
        known => known,
    };
    let city = featureless && place > 0 && known < 0.4 && context.is_city(&text.words);
    // "State Manager – Western Australia", "Operations Manager, Southern Victoria"
    let sphere = around.behind_title
        && around.follows
        && featureless
        && !digits
        && count <= 4
        && owned <= 0.35
        && around.next.is_none()
        && !context.is_employer(&text.words)
        && !context.is_city(&text.words);
    let score = |on: bool, worth: f64| if on { worth } else { 0.0 };

    let name = if known >= 0.8 { 6.0 } else { known * 2.0 }
        + score(text.begins(Sense::Academic), 2.0)
        + score(credential, 9.0)
        + score(person && !overview.sure_name, 1.5)
        + score(person && place == 0, 1.0)
        + score(person && featureless && !overview.sure_name && family_in_capitals(text), 1.5)
        + score(!overview.sure_name && looks_like_name(&text.raw), 2.0)
        + score(has(Sense::Title) && known < 0.8, -3.0)
        + score(has(Sense::Organization) && !credential, if known >= 0.8 { -4.0 } else { -3.0 })
        + score(has(Sense::Department), -2.0)
        + score(legal && !credential, -6.0)
        + score(digits, -6.0)
        + score(count > 6, -2.0)
        + score(overview.sure_name && known < 0.4, -3.0)
        + score(!text.raw.chars().any(char::is_alphabetic), -6.0);
    let aside =
        score(around.bracketed && featureless, -1.5) + score(sentence, -4.0) + score(slogan, -3.0);
    let remark = around.bracketed && around.follows && count == 1 && text.raw.chars().count() <= 3;
    let title = score(has(Sense::Title), 4.0)
        + score(sphere, 4.0)
        + aside
        + score(remark, 2.0)
        + score(head, -2.0)
        + score(early, -3.0)
        + score(only_label, -2.0)
        + score(legal, -5.0)
        + score(has(Sense::Organization) && !has(Sense::Title), -1.5)
        + score(has(Sense::Organization) && has(Sense::Title), -0.5)
        + score(owned > 0.6, -3.0)
        + score(digits, -2.0)
        + score(known >= 0.8, -3.0)
        + score(count > 10, -2.0);
    let department = aside
        + score(text.begins(Sense::Department), 3.4)
        + score(early, -3.0)
        + score(only_label, -2.0)
        + score(!text.begins(Sense::Department) && has(Sense::Department), 2.0)
        + score(has(Sense::Title) && !head, -0.8)
        + score(legal, -4.0)
        + score(owned > 0.6, -2.5)
        + score(overview.sure_organization, 0.3)
        + score(known >= 0.8, -3.0)
        + score(count > 10, -2.0)
        + score(count == 1 && text.raw.chars().count() < 3, -2.0);
    let leads_company = featureless && around.next.is_some_and(Text::is_company);
    let organization = score(legal, 5.0)
        + aside
        + score(early, -2.0)
        + score(service, -4.0)
        + score(text.raw.contains('@'), -6.0)
        + score(placed, -5.0)
        + score(only_label, -2.0)
        + score(has(Sense::Organization), 2.6)
        + score(owned > 0.35, 5.0 * owned)
        + score(context.is_employer(&text.words), 4.0)
        + score(all_capitals(&text.raw) && count > 1, 0.8)
        + score(has(Sense::Title) && !legal, -1.5)
        + score(text.begins(Sense::Department) && !legal && owned <= 0.6, -1.2)
        + score(leads_company, 0.5)
        + score(overview.sure_organization && !legal && owned <= 0.6 && !leads_company, -1.2)
        + score(known >= 0.8 && !legal && !has(Sense::Organization), -3.0)
        + score(count > 10, -2.0)
        + score(digits, -1.0)
        + score(count == 1 && text.raw.chars().count() < 3, -2.0);
    let before_code = around.next.is_some_and(|next| place::is_postcode(&next.raw))
        && (!digits || count <= 2 && !has(Sense::Street))
        || around.next.is_some_and(|next| {
            context.names_place(next) && !has(Sense::Street) && featureless && !digits
        });
    let street = place::looks_like_street(text) + score(before_code, -2.5);
    let place = f64::from(placed) * 5.0
        + score(sphere, -4.0)
        + score(context.names_place(text), 4.0)
        + score(before_code, 3.0)
        + score(around.bracketed && around.follows && count == 1 && text.raw.len() == 2, 2.0)
        + score(around.follows && context.lone_postcode(&text.raw), 5.0)
        + score(context.city_with_code(&text.raw), 5.0)
        + score(city, 4.0)
        + score(only_label, -3.0)
        + score(legal, -3.0)
        + score(count > 6, -2.0);
    let other = 0.7
        + score(has(Sense::Hours) && (digits || count > 3 || opens_hours(text)), 4.0)
        + score(service, 4.0)
        + score(around.registered, 6.0)
        + score(late, 1.3)
        + score(only_label, 2.0)
        + score(naming::is_courtesy_only(&text.words), 6.0)
        + score(early && count == 1, 1.0)
        + score(text.begins(Sense::Disclaimer) && count > 2, 4.0)
        + score(has(Sense::Client) && count > 2, 5.0)
        + score(is_pronouns(text), 7.0)
        + score(sentence || slogan, 1.5)
        + score(small, 1.2)
        + score(text.covered(&[Sense::Common]) >= 3 && count > 6, 4.0)
        + score(text.begins(Sense::Valediction) || ends_valediction(text), 4.0)
        + score(!text.raw.chars().any(char::is_alphabetic), 1.5)
        + score(count > 12, 3.0);
    [name, title, department, organization, street, place, other]
}

/// How surely a text is the author's name. What `ufficio.tecnico@` or `directeur.technique@` repeats is
/// a unit or a title, and no name.
fn recognised(text: &Text, words: &[Word], context: &Context<'_>) -> f64 {
    let called = text.begins(Sense::Department) || leads_with_title(text);
    if called && !context.sender.is_named(&text.words) {
        return 0.0;
    }
    context.sender.recognises(words)
}

/// "Envío la cotización.", "We grow people": running words, and no name of anything.
fn is_sentence(text: &Text) -> bool {
    let raw = text.raw.trim_end();
    let count = text.words.len();
    let last = text.words.last().map_or(0, |word| word.folded.chars().count());
    let small = |word: &&Word| {
        let first = text.raw.get(word.span.start..).and_then(|rest| rest.chars().next());
        first.is_some_and(char::is_lowercase) && word.folded.chars().count() >= 4
    };
    let stopped = raw.ends_with(['.', '!', '?']) && count >= 3 && last > 4 && !text.is_company();
    let small = text.words.iter().filter(small).count();
    let running = count >= 5
        && small >= 3
        && small * 2 > count
        && !leads_with_title(text)
        && !text.begins(Sense::Organization)
        && !text.begins(Sense::Department);
    // "Hungry? Book now", "… the Wurundjeri people. National Relay Service".
    let asked = raw.contains("? ") || raw.contains("! ");
    let eastern = raw.chars().count() > 8 && raw.contains('。');
    let two = count >= 6
        && raw.match_indices(". ").any(|(at, _)| {
            let word = raw.get(..at).and_then(|front| front.rsplit(' ').next()).unwrap_or_default();
            word.chars().count() > 5 && word.chars().all(char::is_lowercase)
        });
    eastern || stopped || running || asked && count >= 3 || two
}

/// What praises or wishes: "🏆 Voted best …", "(A Star Export House)", "Your home in Cape Coral".
fn is_slogan(text: &Text, featureless: bool, around: &Around<'_>) -> bool {
    let pictogram =
        text.raw.trim_start().chars().next().is_some_and(is_pictogram) && text.covered(LABELS) == 0;
    let articled = text.begins(Sense::Common) && text.words.len() >= 3 && !leads_with_title(text);
    let whole = around.bracketed && !around.follows && text.words.len() >= 3;
    pictogram && text.words.len() > 3
        || whole && !text.senses.has(Sense::LegalForm)
        || articled && (featureless || around.bracketed) && !text.senses.has(Sense::LegalForm)
}

/// "Directeur technique", "Le directeur technique"
fn leads_with_title(text: &Text) -> bool {
    let article = text.words.first().is_some_and(|word| word.folded.chars().count() <= 3);
    let leads = |hit: &Hit<Meaning>| hit.first == 0 || hit.first == 1 && article;
    text.hits.iter().any(|hit| hit.means.sense == Sense::Title && leads(hit))
}

/// "Ufficio Acquisti", "Dpto. Técnico": a unit in a language whose first word tells what it is.
fn leads_with_unit(text: &Text) -> bool {
    let head = |language: usize| {
        lexicon().languages.get(language).is_some_and(|language| language.head_first)
    };
    let of = |sense| text.hits.iter().filter(move |hit| hit.means.sense == sense);
    of(Sense::Department).any(|hit| hit.first == 0 && head(hit.means.language))
        && of(Sense::Title).all(|hit| hit.first > 0 && head(hit.means.language))
}

/// The words of a name without titles and post-nominals.
fn name_words(text: &Text) -> Cow<'_, [Word]> {
    if !text.senses.has(Sense::Academic) && !text.senses.has(Sense::Credential) {
        return Cow::Borrowed(&text.words);
    }
    let mut drop = vec![false; text.words.len()];
    for hit in &text.hits {
        if matches!(hit.means.sense, Sense::Academic | Sense::Credential)
            && let Some(words) = drop.get_mut(hit.first..=hit.last)
        {
            words.fill(true);
        }
    }
    let kept: Vec<_> = text
        .words
        .iter()
        .zip(drop)
        .filter(|(_, drop)| !drop)
        .map(|(word, _)| word.clone())
        .collect();
    if kept.is_empty() { Cow::Borrowed(&text.words) } else { Cow::Owned(kept) }
}

/// Post-nominals behind a name: "Ph.D.", "CPA", or short capitals nobody listed.
fn is_credential(text: &Text) -> bool {
    let known = text.covered(&[Sense::Credential]) == text.words.len();
    let letters = text.raw.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = text.raw.chars().filter(|c| c.is_uppercase()).count();
    let shaped = text.words.len() == 1
        && (2..=6).contains(&letters)
        && capitals * 3 >= letters * 2
        && !text.senses.has(Sense::Title)
        && !text.senses.has(Sense::LegalForm);
    known || shaped
}

/// "Öffnungszeiten Gemeindeverwaltung: Mo", "Aanwezig: ma": more than a day's short name leads.
fn opens_hours(text: &Text) -> bool {
    const LONG: usize = 6;
    text.begins(Sense::Hours)
        && text.words.first().is_some_and(|word| word.folded.chars().count() >= LONG)
}

fn ends_valediction(text: &Text) -> bool {
    let last = text.words.len().saturating_sub(1);
    text.words.len() <= 4
        && text.hits.iter().any(|hit| hit.means.sense == Sense::Valediction && hit.last == last)
}

/// Two to five capitalised words without digits, as people are called.
fn person_shape(text: &Text) -> bool {
    let capitals = text
        .words
        .iter()
        .filter(|word| {
            text.raw
                .get(word.span.start..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
        })
        .count();
    (2..=5).contains(&text.words.len())
        && capitals >= 2
        && !text.raw.chars().any(|c| c.is_ascii_digit() || matches!(c, '&' | '+' | '/' | '@' | ':'))
}

/// "Yannick BOURDELAIS": a name as offices write it, and rarely anything else.
fn family_in_capitals(text: &Text) -> bool {
    let mut words = text.raw.split_whitespace();
    let capitalised = |word: &str| {
        word.starts_with(char::is_uppercase) && word.chars().skip(1).any(char::is_lowercase)
    };
    words.next().is_some_and(capitalised)
        && words.clone().count() <= 2
        && words.all(|word| word.chars().count() >= 4 && all_capitals(word))
}

fn all_capitals(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// "he/him", "sie/ihr", "elle": how somebody wishes to be called.
fn is_pronouns(text: &Text) -> bool {
    const PRONOUNS: &[&str] = &[
        "he", "him", "his", "she", "her", "hers", "they", "them", "theirs", "er", "ihm", "ihn",
        "sie", "ihr", "il", "lui", "elle", "el", "ella", "ele", "ela", "hij", "hem", "zij", "haar",
        "han", "hon", "hun", "ham", "henne", "lei", "iel", "ze", "zir", "any", "pronouns",
        "pronomen", "hen", "hän", "on", "ona",
    ];
    (1..=4).contains(&text.words.len())
        && text.words.iter().all(|word| PRONOUNS.contains(&word.folded.as_str()))
}
