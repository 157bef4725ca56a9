//! The app signs in with a certificate in place of a secret.

use super::Environment;
use crate::support::databases::on_sqlite;
use crate::support::desk::Desk;
use crate::support::microsoft::assertion::certificate;
use undersigned::clock::Clock;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, ConnectError};
use undersigned::store::crm_connections::{self, State as Connection};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_the_environment_until_it_is_replaced_in_the_directory() {
    on_sqlite(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.add_anna();
        let first = certificate(20);
        dynamics.world().uploaded.upload(&first);
        let Desk { db, vault, tenant, .. } = &dynamics.desk;
        let half = first.split("-----BEGIN CERTIFICATE").next().unwrap();
        let half = dynamics.settings(half);
        let refused = connection::check(&dynamics.http, db, vault, tenant, &half).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, ConnectError::Certificate(_)), "{refused:?}");
        assert_eq!(dynamics.world().signed_in, 0, "nothing was sent");

        dynamics.office.connect(&dynamics.settings(&first)).await;
        let connected = crm_connections::get(&mut db.read().await.unwrap(), tenant).await.unwrap();
        let until = connected.unwrap().secret_expires_at.unwrap().0 - Clock::system().now().0;
        assert_eq!(until.div_euclid(86_400_000), 19, "its end stands in it");
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 1);
        // Another token takes another assertion.
        dynamics.world().end_tokens();
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.world().signed_in, 2);

        let second = certificate(400);
        dynamics.world().uploaded.upload(&second);
        dynamics.world().end_tokens();
        let refused = dynamics.read().await.unwrap_err();
        assert!(matches!(refused, CrmError::SignIn(_)), "{refused:?}");
        let (state, detail) = dynamics.state().await;
        assert_eq!(state, Connection::WrongPassword);
        assert!(detail.contains("certificate") && detail.contains("(AADSTS700027)"), "{detail}");
        dynamics.office.connect(&dynamics.settings(&second)).await;
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.state().await, (Connection::Healthy, String::new()));
    })
    .await;
}
