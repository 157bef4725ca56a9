//! Web sites and profiles of the person or employer, from the text and behind it.

use super::Block;
use super::organization::FOOTER_LINES;
use crate::contact::{EmailAddress, Found, Link, Origin};
use crate::mail::Line;
use crate::signature::atom::Kind;
use crate::signature::entity::{Entity, entities};

/// Hosts of what is no site of the person or employer.
const NOT_HOSTS: &[&str] = &[
    "calendly.",
    "meetings.",
    "booking.",
    "bookings.",
    "maps.",
    "zoom.us",
    "teams.microsoft",
    "meet.google",
    "webex.",
    "aka.ms",
    "trustpilot.",
    "tripadvisor.",
    "g.page",
    "safelinks.",
    "mimecast",
    "onelink",
    "w3.org",
    "schemas.",
    "apple.com",
    "avast.",
    "avg.com",
    "cal.com",
    "goo.gl",
    "bit.ly",
    "google.com",
    "outlook.office",
    "meet.",
];

/// Words in the paths of what is no site of the person or employer.
const NOT_PATHS: &[&str] = &[
    "unsubscribe",
    "abmeld",
    "desinscri",
    "privacy",
    "datenschutz",
    "impressum",
    "disclaimer",
    "legal",
    "rodo",
    "gdpr",
    "rgpd",
    "privacidad",
    "privacidade",
    "confidential",
    "terms",
    "agb",
    "/book",
    "termin",
    "calendar",
    "/maps",
    "review",
    "bewert",
    "campaign",
    "webinar",
    "newsletter",
    "utm_",
    "survey",
    "/jobs",
    "karriere",
    "career",
    "messe",
    "/event",
    "award",
    "appointment",
    "vakan",
    "/job",
    "praca",
    "karier",
    "persondata",
    "personuppgift",
    "integritet",
    "feedback",
];

fn is_no_site(link: &Link) -> bool {
    let key = link.key().to_lowercase();
    let path = key.get(link.host().len()..).unwrap_or_default();
    let host = link.host();
    NOT_HOSTS.iter().any(|word| host.starts_with(word) || word.len() > 6 && host.contains(word))
        || NOT_PATHS.iter().any(|word| path.contains(word))
}

/// The web sites.
pub(super) fn sites(block: &Block<'_>) -> Vec<Found<Link>> {
    let mut sites: Vec<Found<Link>> = Vec::new();
    let own = block
        .context
        .author
        .address
        .as_ref()
        .map(EmailAddress::registrable_domain)
        .unwrap_or_default();
    for (at, atom) in block.own() {
        let Kind::Link { link, shown } = &atom.kind else { continue };
        if link.is_profile() || is_no_site(link) {
            continue;
        }
        // What stands as text in the cell tells more than what is behind it.
        let told = !shown
            && block.own().any(|(other, near)| {
                other != at
                    && near.line == atom.line
                    && near.cell == atom.cell
                    && matches!(&near.kind, Kind::Link { shown: true, .. } | Kind::Email(_))
            });
        let ours =
            !own.is_empty() && (link.host() == own || link.host().ends_with(&format!(".{own}")));
        let plain = link.path().matches('/').count() <= 2 && !link.as_str().contains('?');
        let believed = *shown || (ours && plain && !told);
        if !believed || sites.iter().any(|known| same(&known.value, link)) {
            continue;
        }
        let confidence = match (shown, ours) {
            (true, true) => 0.97,
            (true, false) => 0.8,
            (false, _) => 0.7,
        };
        let origin = if *shown { Origin::Layout } else { Origin::HtmlLink };
        sites.push(Found::new(link.clone(), confidence, origin));
    }
    // A campaign's page beside the site itself.
    let bare = |site: &Found<Link>| site.value.path().is_empty();
    let hosts: Vec<String> =
        sites.iter().filter(|site| bare(site)).map(|site| site.value.host().to_owned()).collect();
    sites.retain(|site| bare(site) || !hosts.iter().any(|host| host == site.value.host()));
    // Behind a logo the bare site often stands again.
    if sites.iter().any(|site| site.origin == Origin::Layout) {
        sites.retain(|site| site.origin == Origin::Layout);
    }
    sites
}

fn same(a: &Link, b: &Link) -> bool {
    a.key().to_lowercase() == b.key().to_lowercase()
}

/// The profiles.
pub(super) fn profiles(block: &Block<'_>) -> Vec<Found<Link>> {
    let mut profiles: Vec<Found<Link>> = Vec::new();
    for (_, atom) in block.own() {
        let Kind::Link { link, shown } = &atom.kind else { continue };
        if !leads_to_profile(link) {
            continue;
        }
        if profiles.iter().all(|known| !same(&known.value, link)) {
            let origin = if *shown { Origin::Layout } else { Origin::HtmlLink };
            profiles.push(Found::new(link.clone(), 0.9, origin));
        }
    }
    profiles
}

/// The profiles that the lines below the block invite to, the employer's: "Suivez-nous sur LinkedIn".
pub(in crate::signature) fn below(lines: &[Line]) -> Vec<Found<Link>> {
    let mut profiles: Vec<Found<Link>> = Vec::new();
    for cell in lines.iter().take(FOOTER_LINES).flat_map(|line| &line.cells) {
        let shown = entities(&cell.text, "").into_iter().filter_map(|(_, entity)| match entity {
            Entity::Link(link) => Some(link),
            _ => None,
        });
        for link in cell.links.iter().filter_map(|link| Link::parse(link)).chain(shown) {
            if leads_to_profile(&link) && profiles.iter().all(|known| !same(&known.value, &link)) {
                profiles.push(Found::new(link, 0.8, Origin::HtmlLink));
            }
        }
    }
    profiles
}

/// Whether a link leads to somebody's profile, and is not there to share something.
fn leads_to_profile(link: &Link) -> bool {
    link.is_profile()
        && !link.path().trim_start_matches('/').is_empty()
        && !link.as_str().contains("/share")
}
