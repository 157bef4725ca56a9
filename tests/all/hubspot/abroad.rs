//! Somebody in another country, whose numbers a colleague has typed at HubSpot as they are dialled there.

use super::Account;
use crate::support::databases::on_each_database;
use crate::support::desk::letter;
use crate::support::hubspot::TOKEN;
use undersigned::store::crm_writes::State;
use undersigned::suggestion::{self, Outcome};

const LENA: &str = "Lena Hofer <lena.hofer@donau.example>";
const SIGNATURE: &str = "Lena Hofer\nDonau GmbH\nTel. +49 911 3000021\nMobil +43 664 1234567";

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_of_the_country_that_its_record_names_and_no_news_of_a_signature() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let lena = account.world().add(&[
            ("firstname", "Lena"),
            ("lastname", "Hofer"),
            ("company", "Donau GmbH"),
            ("email", "lena.hofer@donau.example"),
            ("phone", "0911 3000021"),
            ("mobilephone", "0664 1234567"),
            ("city", "Wien"),
            ("country", "Austria"),
        ]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(account.desk.take(&letter(1, LENA, SIGNATURE)).await, Outcome::Known);

        let signed = format!("{SIGNATURE}\nFax +43 1 5123456");
        let update = account.office.suggested(2, LENA, &signed).await;
        let rows = suggestion::compare(&update);
        let differing: Vec<_> = rows.iter().filter(|row| row.differs).collect();
        assert!(matches!(differing[..], [row] if row.label == "Fax"), "{differing:?}");
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        let text = |property: &str| account.world().text(lena, property);
        assert_eq!(text("fax"), "+43 1 5123456");
        assert_eq!(
            (text("phone"), text("mobilephone")),
            ("0911 3000021".into(), "0664 1234567".into())
        );
        account.undo(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        assert_eq!((text("fax"), text("mobilephone")), (String::new(), "0664 1234567".into()));
    })
    .await;
}
