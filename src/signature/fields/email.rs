//! The author's own e-mail addresses: the one in `From`, and those of the same person below.

use super::Block;
use crate::contact::{EmailAddress, Found, Origin};
use crate::signature::atom::Kind;
use crate::signature::fold::words;

/// Local parts of mailboxes that belong to nobody in particular.
const SHARED: &[&str] = &[
    "info",
    "office",
    "kontakt",
    "contact",
    "contacto",
    "contato",
    "sales",
    "vertrieb",
    "verkauf",
    "mail",
    "post",
    "postmaster",
    "service",
    "support",
    "help",
    "hello",
    "hallo",
    "bonjour",
    "ciao",
    "team",
    "admin",
    "sekretariat",
    "secretariat",
    "secretaria",
    "segreteria",
    "buero",
    "bureau",
    "empfang",
    "reception",
    "export",
    "import",
    "accounting",
    "buchhaltung",
    "billing",
    "invoice",
    "rechnung",
    "marketing",
    "press",
    "presse",
    "privacy",
    "datenschutz",
    "dpo",
    "jobs",
    "bewerbung",
    "hr",
    "legal",
    "order",
    "orders",
    "bestellung",
    "reservations",
    "booking",
    "welcome",
    "enquiries",
    "biuro",
    "obchod",
    "iroda",
    "noreply",
    "no-reply",
    "webmaster",
    "abuse",
    "security",
    "customerservice",
    "kundenservice",
    "zentrale",
    "helpdesk",
    "servicedesk",
    "klantenservice",
    "kundservice",
    "kundeservice",
    "biljetter",
    "tickets",
    "orderdesk",
    "accueil",
    "recepcion",
    "reservas",
    "reservierung",
    "bestellungen",
    "rezeption",
    "planning",
    "faktura",
    "facturas",
    "compta",
    "comptabilite",
    "rh",
    "personal",
    "recruiting",
    "karriere",
    "newsletter",
    "podpora",
    "kancelar",
    "verwaltung",
    "comercial",
    "commerciale",
    "administracion",
    "amministrazione",
    "ventas",
    "vendas",
    "geral",
];

/// Whether an address is a shared mailbox's.
pub(in crate::signature) fn is_shared(address: &EmailAddress) -> bool {
    let local = address.local().to_lowercase();
    SHARED.contains(&local.as_str())
        || local.split(['.', '-', '_', '+']).next().is_some_and(|first| SHARED.contains(&first))
}

/// The addresses, `From`'s first.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<EmailAddress>> {
    let mut emails: Vec<Found<EmailAddress>> = Vec::new();
    if let Some(own) = &block.context.author.address {
        emails.push(Found::certain(own.clone(), Origin::Header));
    }
    for (_, atom) in block.own() {
        let Kind::Email(email) = &atom.kind else { continue };
        let known = emails.iter().any(|found| found.value.key() == email.key());
        if !known && !is_shared(email) && is_same_person(email, block) {
            emails.push(Found::new(email.clone(), 0.8, Origin::Layout));
        }
    }
    emails
}

/// Whether the local part is made of the author's names.
fn is_same_person(email: &EmailAddress, block: &Block<'_>) -> bool {
    let sender = block.context.sender;
    let local = words(email.local());
    let same_local =
        sender.address.as_ref().is_some_and(|own| own.local().eq_ignore_ascii_case(email.local()));
    let joined: String = local.iter().map(|word| word.folded.as_str()).collect();
    same_local
        || local.iter().any(|word| sender.names.contains(&word.folded))
        || sender.names.iter().any(|name| name.len() > 3 && joined.contains(name.as_str()))
}
