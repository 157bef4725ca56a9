//! Many mailboxes on one server that goes away and comes back: that is one thing to tell.

use super::house::{House, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::notices::{Jobs, add_people, flat};
use crate::support::servers::SERVERS;
use crate::support::smtp::{Fault, Smtp};
use secrecy::SecretString;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpSocket, TcpStream};
use undersigned::config::Graph;
use undersigned::source::graph::Connector;
use undersigned::store::MailboxId;
use undersigned::store::mailboxes::{NewMailbox, State};

/// A port at which nobody listens until Dovecot is back behind it.
struct Away {
    port: u16,
    socket: TcpSocket,
}

impl Away {
    fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { port: socket.local_addr().unwrap().port(), socket }
    }

    fn comes_back(self) {
        let listener = self.socket.listen(64).unwrap();
        tokio::spawn(async move {
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(SERVERS.imap_tls).await.unwrap();
                    let _ = copy_bidirectional(&mut from, &mut to).await;
                });
            }
        });
    }
}

async fn connect(house: &House, port: u16, number: usize, password: &str) -> MailboxId {
    let address = fresh_address(&format!("many-{number}"));
    let change = |new: &mut NewMailbox| {
        new.port = port;
        new.password = SecretString::from(password);
    };
    house.connect_with(&address, change).await
}

#[tokio::test]
async fn of_many_mailboxes_whose_server_goes_away_and_comes_back_admins_hear_once_each_time() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let server = Away::new();
        let graph = Connector::new(&Graph::default()).unwrap();
        let jobs = Jobs::of(&house.db, &house.vault, &house.clock, &graph);
        let worker = house.work();
        let right = SERVERS.password.as_str();
        let mut all = Vec::new();
        // It is noticed of some later than of others.
        for (passed, numbers) in [(0, 0..3), (25 * 60, 3..8)] {
            jobs.advance(passed).await;
            for number in numbers {
                let password = if number == 7 { "outdated" } else { right };
                all.push(connect(&house, server.port, number, password).await);
            }
            for id in &all {
                house.until(id, State::Unreachable).await;
            }
        }
        jobs.pass(60).await;
        jobs.mails(&smtp, 0).await;
        jobs.pass(36 * 60).await;
        let told = flat(&jobs.mails(&smtp, 1).await[0]);
        for part in ["8 mailboxes are not being read", "and 3 more", "example.com/mailboxes"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(told.contains(&house.mailbox(&all[0]).await.state_detail), "{told}");
        let mut named = 0;
        for id in &all {
            named += usize::from(told.contains(&house.mailbox(id).await.address));
        }
        assert_eq!(named, 5, "{told}");
        jobs.pass(60).await;
        jobs.pass(3600).await;
        jobs.mails(&smtp, 1).await;
        jobs.pass(86_400).await;
        let told = flat(&jobs.mails(&smtp, 2).await[1]);
        assert!(told.contains("8 mailboxes are still not being read"), "{told}");

        // One is ill of something else when it is back; the others may be well any moment.
        worker.stop().await;
        server.comes_back();
        let worker = house.work();
        for id in &all[..7] {
            house.until(id, State::Healthy).await;
        }
        house.until(&all[7], State::WrongPassword).await;
        jobs.pass(60).await;
        jobs.mails(&smtp, 2).await;
        jobs.pass(15 * 60).await;
        let told = flat(&jobs.mails(&smtp, 3).await[2]);
        for part in ["7 mailboxes are read again", "and 2 more", "nothing was lost"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        let right = SecretString::from(right);
        assert!(house.set_password(&house.mailbox(&all[7]).await, &right).await);
        let last = house.until(&all[7], State::Healthy).await;
        jobs.pass(60).await;
        let told = flat(&jobs.mails(&smtp, 4).await[3]);
        assert!(told.contains(&format!("{} is read again", last.address)), "{told}");
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}
