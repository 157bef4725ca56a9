//! What each text of the block holds: the most plausible sequence of roles.
//!
//! Every text is weighed for every role by its words ([`evidence`]), every pair of neighbours by how
//! signatures are usually ordered ([`transition`]); the best path through both is found in one
//! pass (Viterbi), linear in the number of texts.

use super::atom::{Atom, Kind, LABELS, Text};
use super::context::Context;
use super::language::{Sense, Senses};
use super::naming;
use super::place;

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The author's name.
    Name,
    /// A job title.
    Title,
    /// A unit or team.
    Department,
    /// The employer.
    Organization,
    /// Street and number, building, PO box.
    Street,
    /// Postcode, city, region, country.
    Place,
    /// Nothing of the contact.
    Other,
}

use Role::{Department, Name, Organization, Other, Place, Street, Title};

const ROLES: [Role; 7] = [Name, Title, Department, Organization, Street, Place, Other];

/// The role of every atom; atoms that are no texts, or are about others, are [`Role::Other`].
pub(super) fn roles(atoms: &[Atom], foreign: &[bool], context: &Context<'_>) -> Vec<Role> {
    let mut roles = vec![Other; atoms.len()];
    let texts: Vec<(usize, &Atom, &Text)> = atoms
        .iter()
        .enumerate()
        .filter(|(at, _)| !foreign.get(*at).copied().unwrap_or(false))
        .filter_map(|(at, atom)| match &atom.kind {
            Kind::Text(text) => Some((at, atom, text)),
            _ => None,
        })
        .collect();
    let overview = Overview::of(&texts, context);
    let mut paths: Vec<[usize; 7]> = Vec::with_capacity(texts.len());
    let mut scores = [0.0_f64; 7];
    let first_value =
        atoms.iter().position(|atom| matches!(atom.kind, Kind::Number { .. } | Kind::Email(_)));
    for (place, (at, atom, text)) in texts.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|at| texts.get(at)).map(|(_, atom, _)| *atom);
        let follows = before.is_some_and(|before| {
            before.line == atom.line && before.cell == atom.cell && !atom.apart
        });
        let next = texts
            .get(place + 1)
            .filter(|(_, next, _)| next.line == atom.line && next.cell == atom.cell)
            .map(|(_, _, text)| *text);
        let late = first_value.is_some_and(|value| value < *at);
        let around = Around { place, follows, bracketed: atom.bracketed, late, next };
        let seen = evidence(text, &around, &overview, context);
        let mut next = [f64::MIN; 7];
        let mut from = [0; 7];
        for (to, role) in ROLES.iter().enumerate() {
            for (was, earlier) in ROLES.iter().enumerate() {
                let step = match before {
                    None => opening(*role),
                    Some(before) => transition(*earlier, *role, before, atom),
                };
                let score = scores.get(was).copied().unwrap_or(0.0)
                    + step
                    + seen.get(to).copied().unwrap_or(0.0);
                if next.get(to).is_some_and(|best| score > *best) {
                    if let Some(slot) = next.get_mut(to) {
                        *slot = score;
                    }
                    if let Some(slot) = from.get_mut(to) {
                        *slot = was;
                    }
                }
            }
        }
        scores = next;
        paths.push(from);
    }
    let mut role = (0..7)
        .max_by(|a, b| {
            scores.get(*a).partial_cmp(&scores.get(*b)).unwrap_or(std::cmp::Ordering::Equal)
        })
        .unwrap_or(6);
    for ((at, _, _), from) in texts.iter().zip(&paths).rev() {
        if let (Some(slot), Some(found)) = (roles.get_mut(*at), ROLES.get(role)) {
            *slot = *found;
        }
        role = from.get(role).copied().unwrap_or(6);
    }
    roles
}

/// What is known of the whole block before its texts are weighed one by one.
struct Overview {
    sure_organization: bool,
    sure_name: bool,
    name_at: usize,
}

/// Where a text stands among the others.
struct Around<'a> {
    place: usize,
    /// Behind another on the same line, with only a comma, dash or bracket between.
    follows: bool,
    /// In brackets.
    bracketed: bool,
    /// Below or behind a number, an e-mail or web address.
    late: bool,
    /// The next on the same line.
    next: Option<&'a Text>,
}

impl Overview {
    fn of(texts: &[(usize, &Atom, &Text)], context: &Context<'_>) -> Self {
        let name_at = texts
            .iter()
            .position(|(_, _, text)| {
                text.words.len() <= 7 && context.sender.recognises(&text.words) >= 0.9
            })
            .unwrap_or(0);
        Self {
            name_at,
            sure_organization: texts.iter().any(|(_, _, text)| {
                text.senses.has(Sense::LegalForm) || context.sender.owns(&text.words) > 0.6
            }),
            sure_name: texts.iter().any(|(_, _, text)| {
                text.words.len() <= 7
                    && !text.senses.has(Sense::Organization)
                    && context.sender.recognises(&text.words) >= 0.8
            }),
        }
    }
}

/// How well a text fits each role, in the order of [`ROLES`].
fn evidence(
    text: &Text,
    around: &Around<'_>,
    overview: &Overview,
    context: &Context<'_>,
) -> [f64; 7] {
    let has = |sense| text.senses.has(sense);
    let count = text.words.len();
    let digits = text.raw.chars().any(|c| c.is_ascii_digit());
    let owned = context.sender.owns(&text.words);
    let legal = text.is_company() || around.follows && text.covered(&[Sense::LegalForm]) == count;
    let place = around.place;
    let credential = around.follows && is_credential(text);
    let featureless = !(has(Sense::Title)
        || has(Sense::Department)
        || has(Sense::Organization)
        || legal
        || owned > 0.35);
    let late = around.late && featureless && !around.follows;
    let early = place < overview.name_at && text.senses == Senses::default();
    let only_label = text.covered(LABELS) == count;
    let service = text.begins(Sense::Register);
    let person = person_shape(text);
    let known = context.sender.recognises(&name_words(text));
    let score = |on: bool, worth: f64| if on { worth } else { 0.0 };

    let name = if known >= 0.8 { 6.0 } else { known * 2.0 }
        + score(text.begins(Sense::Academic), 2.0)
        + score(credential, 9.0)
        + score(person && !overview.sure_name, 1.5)
        + score(person && place == 0, 1.0)
        + score(has(Sense::Title) && known < 0.8, -3.0)
        + score(has(Sense::Organization) && !credential, if known >= 0.8 { -4.0 } else { -3.0 })
        + score(has(Sense::Department), -2.0)
        + score(legal && !credential, -6.0)
        + score(digits, -6.0)
        + score(count > 6, -2.0)
        + score(overview.sure_name && known < 0.4, -3.0)
        + score(!text.raw.chars().any(char::is_alphabetic), -6.0);
    let aside = score(around.bracketed && featureless, -1.5);
    let title = score(has(Sense::Title), 4.0)
        + aside
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
        + score(has(Sense::Title), -0.8)
        + score(legal, -4.0)
        + score(owned > 0.6, -2.5)
        + score(overview.sure_organization, 0.3)
        + score(known >= 0.8, -3.0)
        + score(count > 10, -2.0)
        + score(count == 1 && text.raw.chars().count() < 3, -2.0);
    let organization = score(legal, 5.0)
        + aside
        + score(early, -2.0)
        + score(service, -4.0)
        + score(place::looks_like_place(text) && !legal, -5.0)
        + score(only_label, -2.0)
        + score(has(Sense::Organization), 2.6)
        + score(owned > 0.35, 5.0 * owned)
        + score(context.is_employer(&text.words), 4.0)
        + score(all_capitals(&text.raw) && count > 1, 0.8)
        + score(has(Sense::Title) && !legal, -1.5)
        + score(text.begins(Sense::Department) && !legal && owned <= 0.6, -1.2)
        + score(overview.sure_organization && !legal && owned <= 0.6, -1.2)
        + score(known >= 0.8 && !legal && !has(Sense::Organization), -3.0)
        + score(count > 10, -2.0)
        + score(digits, -1.0)
        + score(count == 1 && text.raw.chars().count() < 3, -2.0);
    let before_code = around.next.is_some_and(|next| place::is_postcode(&next.raw))
        && (!digits || count <= 2 && !has(Sense::Street))
        || around.next.is_some_and(|next| {
            context.names_place(&next.raw) && !has(Sense::Street) && featureless && !digits
        });
    let street = place::looks_like_street(text) + score(before_code, -2.5);
    let place = f64::from(place::looks_like_place(text)) * 5.0
        + score(context.names_place(&text.raw), 4.0)
        + score(before_code, 3.0)
        + score(around.follows && context.lone_postcode(&text.raw), 5.0)
        + score(only_label, -3.0)
        + score(legal, -3.0)
        + score(count > 6, -2.0);
    let other = 0.7
        + score(has(Sense::Hours) && (digits || count > 3), 4.0)
        + score(service, 4.0)
        + score(late, 1.3)
        + score(only_label, 2.0)
        + score(naming::is_courtesy_only(&text.raw), 6.0)
        + score(early && count == 1, 1.0)
        + score(text.begins(Sense::Disclaimer) && count > 2, 4.0)
        + score(has(Sense::Client) && count > 2, 5.0)
        + score(is_pronouns(text), 7.0)
        + score(text.covered(&[Sense::Common]) >= 3 && count > 6, 4.0)
        + score(text.begins(Sense::Valediction) || ends_valediction(text), 4.0)
        + score(!text.raw.chars().any(char::is_alphabetic), 1.5)
        + score(count > 12, 3.0);
    [name, title, department, organization, street, place, other]
}

/// A text as signatures open.
fn opening(role: Role) -> f64 {
    match role {
        Name => 1.0,
        Other => -0.3,
        Title | Organization | Department => 0.0,
        Street | Place => -0.5,
    }
}

/// How usual it is that one role follows another.
fn transition(from: Role, to: Role, before: &Atom, atom: &Atom) -> f64 {
    let same_line = before.line == atom.line && before.cell == atom.cell;
    let continues = same_line && !atom.apart;
    let usual = match (from, to) {
        (Name, Title) => 1.2,
        (Name, Organization) => 0.5,
        (Name, Department) => 0.3,
        (Name, Name) => {
            if continues {
                1.0
            } else {
                -2.0
            }
        }
        (Title, Department) => 0.5,
        (Title | Department, Organization) => 0.8,
        (Title | Organization, Name) => -1.0,
        (Organization, Street) | (Place, Place) => 0.8,
        (Organization, Department) => -0.2,
        (Organization, Title) => -0.5,
        (Organization, Organization) => {
            if continues {
                0.4
            } else {
                -1.0
            }
        }
        (Street, Place) => 1.5,
        (Street, Street) => 0.3,
        (Place, Street) => -0.5,
        (Place | Street, Title | Department) => -1.5,
        (Place | Street, Organization) => -0.8,
        (_, Name) => -2.5,
        (_, Place) => -0.8,
        (_, Other) => -0.2,
        _ => 0.0,
    };
    usual + if continues && from == to && from != Name { 0.8 } else { 0.0 }
}

/// The words of a name without titles and post-nominals.
fn name_words(text: &Text) -> Vec<super::fold::Word> {
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
    if kept.is_empty() { text.words.clone() } else { kept }
}

/// Post-nominals behind a name: "Ph.D.", "CPA", or short capitals nobody listed.
fn is_credential(text: &Text) -> bool {
    let known = text.covered(&[Sense::Credential]) == text.words.len();
    let letters = text.raw.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = text.raw.chars().filter(|c| c.is_uppercase()).count();
    let shaped = text.words.len() == 1
        && (2..=6).contains(&letters)
        && capitals * 3 >= letters * 2
        && !text.senses.has(Sense::Title);
    known || shaped
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
