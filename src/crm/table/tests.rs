//! The tables of `fixtures/crm`, as programs export them, and our own on its way out and in.

use super::columns::{Chosen, Column};
use super::write::Writer;
use super::{Room, TableError, preview, row, rows as table, write_left_out};
use crate::contact::{
    Contact, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind, PostalAddress,
};

/// The rows of a table.
fn rows(bytes: &[u8]) -> Vec<row::Row> {
    let table::Table { columns, addresses, lines, .. } =
        table::read(bytes, &Chosen::new()).expect("a table");
    let line = |line: Result<table::Line, u64>| line.expect("a row").cells;
    let row = |cells: Vec<String>| {
        row::read(&columns, &addresses, cells.iter().map(String::as_str), "DE")
    };
    lines.map(line).map(row).collect()
}

/// What a row says, in short.
fn told(row: &row::Row) -> String {
    let contact = &row.contact;
    let mut parts = vec![row.id.clone().unwrap_or_default()];
    parts.extend(contact.name.iter().map(|name| name.value.display()));
    let text = [&contact.titles, &contact.departments, &contact.organizations];
    parts.extend(text.into_iter().flatten().map(|found| found.value.clone()));
    let phones = contact.phones.iter().map(|phone| &phone.value);
    parts.extend(phones.map(|phone| format!("{:?} {}", phone.kind, phone.uri_number())));
    parts.extend(contact.emails.iter().map(|email| email.value.as_str().to_owned()));
    parts.extend(contact.links.iter().chain(&contact.profiles).map(|link| link.value.key()));
    parts.extend(contact.addresses.iter().map(|address| address.value.display()));
    parts.join(" / ")
}

#[test]
fn tables_of_the_usual_programs() {
    let tables: [(&[u8], &[&str]); 4] = [
        (
            include_bytes!("../../../fixtures/crm/outlook.csv"),
            &[" / Dr. Jörg Weiß / Leiter Technik / Entwicklung / Probe AG / Fax +41446681801 / \
               Work +41446681800 / Mobile +41791234567 / joerg.weiss@probe.example / \
               j.weiss@privat.example / probe.example / Seestrasse 1, 8002 Zürich, CH"],
        ),
        (
            include_bytes!("../../../fixtures/crm/google.csv"),
            &[" / Anna Beispiel / Head of Sales / Exempla Ltd / Mobile +447400123456 / \
               Work +442071234567 / anna@exempla.example / a.b@exempla.example"],
        ),
        (
            include_bytes!("../../../fixtures/crm/salesforce.csv"),
            &[
                "003A1 / Eva Probst / Buyer / Muster GmbH / Work +49931300001 / Mobile +491701234567 / \
               eva@muster.example / Hauptstraße 5, 97070 Würzburg, DE",
            ],
        ),
        (
            include_bytes!("../../../fixtures/crm/hubspot.csv"),
            &[
                "101 / Max Muster / CEO / Muster AG / Work +49931300002 / max@muster.example",
                "102 / erika@muster.example",
            ],
        ),
    ];
    for (table, expected) in tables {
        let rows = rows(table);
        assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
        assert!(rows.iter().all(|row| row.problems.is_empty()), "{rows:?}");
    }
}

#[test]
fn a_value_that_cannot_be_read_is_named_by_its_column_and_the_rest_is_taken() {
    let rows = rows(b"Name,E-mail,Phone\nAnna,at home,call me\n");
    assert_eq!(told(&rows[0]), " / Anna");
    let problems = &rows[0].problems;
    assert!(problems.len() == 2 && problems[0].starts_with("column 2 (E-mail)"), "{problems:?}");
    assert!(!problems.concat().contains("call me"), "no value is repeated");
}

#[test]
fn a_number_that_a_spreadsheet_took_for_one_is_a_mobile_phone_of_the_rows_country_first() {
    for (country, cell, number) in [
        ("DE", "15123456789", "+4915123456789"),
        ("DE", "16092345678", "+4916092345678"),
        ("DE", "17632345678", "+4917632345678"),
        ("DE", "1701234567", "+491701234567"),
        ("DE", "4915123456789", "+4915123456789"),
        ("DE", "447911123456", "+447911123456"),
        ("DE", "33612345678", "+33612345678"),
        ("DE", "41791234567", "+41791234567"),
        ("DE", "436641234567", "+436641234567"),
        ("DE", "393331234567", "+393331234567"),
        ("DE", "48501234567", "+48501234567"),
        ("DE", "12125550123", "+12125550123"),
        ("DE", "14155552671", "+14155552671"),
        ("", "15123456789", "+4915123456789"),
        ("US", "2125550123", "+12125550123"),
        ("US", "15123456789", "+15123456789"),
        ("AT", "6641234567", "+436641234567"),
        ("AT", "436641234567", "+436641234567"),
        ("AT", "4915123456789", "+4915123456789"),
        ("AT", "0911 3000021", "+499113000021"),
        ("GB", "7911123456", "+447911123456"),
        ("UK", "020 7123 4567", "+442071234567"),
        ("CN", "13812345678", "+8613812345678"),
        ("CN", "8613812345678", "+8613812345678"),
        ("BR", "11912345678", "+5511912345678"),
    ] {
        let rows =
            rows(format!("Name;Land;Mobil;Telefon\nAnna;{country};{cell};{cell}\n").as_bytes());
        let phones = rows[0].contact.phones.iter().map(|phone| &phone.value);
        let read: Vec<_> = phones.map(|phone| (phone.kind, phone.number())).collect();
        let expected = [(PhoneKind::Mobile, number), (PhoneKind::Work, number)];
        assert_eq!(read, expected, "{cell} in {country}");
    }
}

#[test]
fn no_cell_of_an_export_is_a_formula_and_it_comes_in_again_as_it_was() {
    let known = |text: &str| Found::certain(text.to_owned(), Origin::Crm);
    let phone = Phone::parse(PhoneKind::Work, "+49931300001;ext=18").expect("a number");
    let name = PersonName { prefix: Some("Dr.".into()), ..PersonName::of("Anna \"A\" Müller") };
    let contact = Contact {
        name: Some(Found::certain(name, Origin::Crm)),
        titles: vec![known("=HYPERLINK(\"https://x.example\",\"Leiterin, Einkauf\")")],
        organizations: vec![known("@Exempla")],
        phones: vec![Found::certain(phone, Origin::Crm)],
        ..Contact::default()
    };
    let mut file = Vec::new();
    let mut table = Writer::new(&mut file, Room::default()).expect("memory");
    table.write("7", &contact).expect("memory");
    table.finish().expect("memory");
    let text = String::from_utf8(file.clone()).expect("UTF-8");
    assert!(text.contains("\"'=HYPERLINK(") && text.contains(",'@Exempla,"), "{text}");
    let rows = rows(&file);
    assert_eq!((rows.len(), rows[0].id.as_deref()), (1, Some("7")));
    assert_eq!(rows[0].contact, contact);
}

/// Somebody who has so much of everything.
fn rich(count: usize) -> Contact {
    fn all<T>(count: usize, one: impl Fn(usize) -> T) -> Vec<Found<T>> {
        (1..=count).map(|nth| Found::certain(one(nth), Origin::Crm)).collect()
    }
    let phone = |kind, nth| Phone::parse(kind, &format!("+4993130000{nth:02}")).expect("a number");
    let kinds = [PhoneKind::Work, PhoneKind::Mobile, PhoneKind::Fax];
    let link = |place: &str, nth| Link::parse(&format!("https://{place}/{nth}")).expect("a link");
    Contact {
        name: Some(Found::certain(PersonName::of("Eva Probst"), Origin::Crm)),
        titles: all(count.min(9), |nth| format!("Leiterin, Bereich {nth}")),
        departments: all(count.min(9), |nth| format!("Abteilung {nth}")),
        organizations: all(count.min(9), |nth| format!("Muster {nth} GmbH")),
        phones: kinds.iter().flat_map(|kind| all(count, |nth| phone(*kind, nth))).collect(),
        emails: all(count, |nth| {
            EmailAddress::parse(&format!("eva{nth}@muster.example")).expect("an address")
        }),
        links: all(count, |nth| link("muster.example", nth)),
        profiles: all(count, |nth| link("linkedin.com/in", nth)),
        addresses: all(count.min(9), |nth| PostalAddress {
            street: Some(format!("Hauptstraße {nth}")),
            postcode: Some(format!("9707{nth}")),
            city: Some("Würzburg".into()),
            region: None,
            country: Some("DE".into()),
        }),
    }
}

#[test]
fn nothing_is_lost_of_who_has_more_than_others_and_it_comes_in_again() {
    for count in [0, 1, 3, 12] {
        let contacts = [rich(1), rich(count)];
        let mut room = Room::default();
        for contact in &contacts {
            room.make_for(contact);
        }
        for (room, is_made) in [(room, true), (Room::default(), false)] {
            let mut file = Vec::new();
            let mut table = Writer::new(&mut file, room).expect("memory");
            for (id, contact) in contacts.iter().enumerate() {
                table.write(&id.to_string(), contact).expect("memory");
            }
            table.finish().expect("memory");
            let text = String::from_utf8(file.clone()).expect("UTF-8");
            let headers = text.lines().next().expect("headers");
            assert_eq!(headers.contains(",Phone 3,"), is_made && count > 2, "{headers}");
            assert!(!headers.contains("Phone 10"), "{headers}");
            let rows = rows(&file);
            assert_eq!(rows[0].contact, contacts[0], "{text}");
            // Where no room was made, numbers and addresses share a column.
            assert_eq!(rows[1].contact.phones, contacts[1].phones, "{text}");
            assert_eq!(rows[1].contact.emails, contacts[1].emails, "{text}");
            assert!(!is_made || rows[1].contact == contacts[1], "{text}");
        }
    }
}

/// A workbook as spreadsheets write it: a title above the table, numbers for phones and postcodes, a
/// hidden sheet before it.
const WORKBOOK: &[u8] = include_bytes!("../../../fixtures/crm/contacts.xlsx");

#[test]
fn a_workbook_is_read_like_a_table() {
    let told: Vec<String> = rows(WORKBOOK).iter().map(told).collect();
    assert_eq!(
        told,
        [
            "4711 / Dr. Zoë Åkesson / Leiterin Einkauf / Exempla GmbH / Work +49931300001 / \
             Mobile +491701234567 / zoe.akesson@exempla.example / Hauptstraße 5, 97070 Würzburg, DE",
            "4712 / Jean-Luc Béranger / Probe SARL / jl.beranger@probe.example",
        ]
    );
}

#[test]
fn a_preview_says_what_the_columns_are_taken_for() {
    let csv =
        b"Vorname,Name,Durchwahl intern,Notiz\nZo\xc3\xab,Adler,+49 931 300002,privat\n,,,x\n";
    let none = preview(csv, &Chosen::new(), "DE").unwrap();
    assert_eq!((&*none.columns[2].name, none.columns[2].column), ("Durchwahl intern", None));
    assert_eq!(none.columns[2].examples, ["+49 931 300002"]);
    assert!(none.contacts[0].phones.is_empty());
    let chosen = Chosen::from([("Durchwahl intern".into(), Some(Column::Phone))]);
    let chosen = preview(csv, &chosen, "DE").unwrap();
    assert_eq!(chosen.contacts[0].phones[0].value.number(), "+49931300002");
    assert_eq!((chosen.count, chosen.contacts.len(), chosen.problems.len()), (1, 1, 0));
    let left_out = Chosen::from([("Name".into(), None)]);
    assert_eq!(preview(csv, &left_out, "DE").unwrap().columns[1].column, None);
    let foreign = b"Nombre;Correo\nZo\xc3\xab Adler;zoe@a.example\n";
    let unknown = preview(foreign, &Chosen::new(), "DE").unwrap();
    assert_eq!((unknown.count, &*unknown.columns[1].examples), (0, &["zoe@a.example".into()][..]));
    let said = Chosen::from([("Correo".into(), Some(Column::Email))]);
    assert_eq!(preview(foreign, &said, "DE").unwrap().count, 1);
    let wrong = Chosen::from([("Nachnahme".into(), Some(Column::Family))]);
    let wrong = preview(csv, &wrong, "DE").unwrap_err();
    assert!(wrong.to_string().contains("no column \"Nachnahme\""), "{wrong}");
}

#[test]
fn a_file_that_is_no_table_is_refused_with_what_to_do() {
    let refused = |bytes: &[u8]| table::read(bytes, &Chosen::new()).err();
    assert_eq!(refused(b"PK\x03\x04"), Some(TableError::Excel));
    assert_eq!(refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Some(TableError::OldExcel));
    assert_eq!(refused(b"colour,taste\nred,sweet\n"), Some(TableError::NoColumns));
    assert_eq!(refused(b" \r\n"), Some(TableError::Empty));
    for other in [&b"%PDF-1.7\nName,E-mail\n"[..], b"\n<html><table>", b"Name\0E-mail\nA\0b\n"] {
        assert_eq!(refused(other), Some(TableError::Other));
    }
    assert_eq!(refused(&archive("content.xml", b"<table/>", 1)), Some(TableError::Other));
    for end in [100, 1000, WORKBOOK.len() - 30] {
        assert_eq!(refused(&WORKBOOK[..end]), Some(TableError::Excel), "cut off at {end}");
    }
}

/// An archive with one part, which holds this so often.
fn archive(name: &str, text: &[u8], times: usize) -> Vec<u8> {
    use std::io::{Cursor, Write as _};
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut bytes);
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..times {
        archive.write_all(text).unwrap();
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

#[test]
fn a_whole_name_is_said_as_people_say_it_and_its_titles_stand_behind() {
    let table = "Name;Firma\nWallner, Anna;A\n\"Anna Wallner, MBA\";B\n\"Wallner, Anna, LL.M.\";C\n\
                 Anna Wallner M.Sc.;D\n\"Wallner, Dipl.-Ing.\";E\nWallner, Dr. Anna;F\n";
    let rows = rows(table.as_bytes());
    let names = rows.iter().filter_map(|row| row.contact.name.as_ref());
    let names: Vec<_> =
        names.map(|name| (name.value.full.as_str(), name.value.suffix.as_deref())).collect();
    let expected = [
        ("Anna Wallner", None),
        ("Anna Wallner", Some("MBA")),
        ("Anna Wallner", Some("LL.M.")),
        ("Anna Wallner", Some("M.Sc.")),
        ("Wallner", Some("Dipl.-Ing.")),
        ("Dr. Anna Wallner", None),
    ];
    assert_eq!(names, expected);
}

#[test]
fn columns_without_a_name_or_with_the_same_can_be_spoken_of() {
    let csv = b"Name;Tel;Tel;;\" Tel\nmobil \"\nAnna M.;0931 300001;0170 1234567;anna@a.example;\n";
    let found = preview(csv, &Chosen::new(), "DE").unwrap();
    let names: Vec<&str> = found.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["Name", "Tel", "Tel (2)", "Column 4", "Tel mobil"]);
    let chosen = [("Tel (2)", Column::Mobile), ("Column 4", Column::Email)];
    let chosen = chosen.map(|(name, column)| (name.to_owned(), Some(column))).into();
    let contact = preview(csv, &chosen, "DE").unwrap().contacts.remove(0);
    assert_eq!(contact.phones[1].value.kind, PhoneKind::Mobile);
    assert_eq!(contact.emails[0].value.as_str(), "anna@a.example");
}

#[test]
fn what_is_left_out_comes_as_a_table_that_is_mended_and_imported() {
    let csv = "Name;E-mail;Note\nAnna;anna@a.example;\n;;=1+1\nBen;at home;-\n;;;\n;phone;x\n";
    let mut file = Vec::new();
    write_left_out(&mut file, csv.as_bytes(), &Chosen::new(), "DE").unwrap();
    let text = String::from_utf8(file).unwrap();
    let (first, rest) = text.split_once("\r\n").unwrap();
    assert_eq!(first, "\u{feff}Line,Problem,Name,E-mail,Note");
    let left = "column 2 (E-mail) could not be read and is left out";
    let neither = "neither a name nor an e-mail address: fill in one of them";
    let last = format!("6,{left}; {neither},,phone,x");
    assert_eq!(rest, format!("4,{left},Ben,at home,'-\r\n{last}\r\n"));
    let mended = preview(text.replace("at home", "ben@b.example").as_bytes(), &Chosen::new(), "DE");
    let mended = mended.unwrap();
    assert_eq!((mended.count, mended.problems.len()), (1, 2));
    assert_eq!(mended.contacts[0].emails[0].value.as_str(), "ben@b.example");
}

#[test]
fn a_workbook_that_unpacks_to_gigabytes_is_refused() {
    let bytes = archive("xl/sharedStrings.xml", &vec![b' '; 1024 * 1024], 600);
    let refused = table::read(&bytes, &Chosen::new()).err();
    assert!(matches!(refused, Some(TableError::TooLarge(_))), "{refused:?}");
}
