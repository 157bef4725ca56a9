//! Notifications in a flood: each is acknowledged at once and none is lost, while mail is being read.
//! Here the flood is small; `tests/acknowledge` lets it be as large as Microsoft's could be, on the
//! release build, and holds the figures to the bar.

use super::home::{connect, home_at};
use crate::killed::suggested;
use crate::load::{is_measured, size};
use crate::support::api::Api;
use crate::support::databases::on_each_database;
use crate::support::microsoft::Microsoft;
use crate::support::patience::{eventually, eventually_within};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use undersigned::clock::Clock;
use undersigned::store::graph::{
    Access, Kept, begin_subscription, create, hinted, keep_subscription,
};
use undersigned::store::mailboxes::{self, Held, Kind, NewMailbox};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{Backend, Conn, Db, MailboxId, Security, lists};
use undersigned::vault::{Vault, secret};

/// The longest that one of a hundred may wait, in milliseconds.
const BAR: f64 = 100.0;

/// Mailboxes that are read meanwhile.
const READ: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_notifications_is_acknowledged_and_none_is_lost() {
    on_each_database(async |database| {
        let (rate, seconds) = (size("RATE", 50), size("SECONDS", 2));
        let number = rate * seconds;
        let microsoft = Microsoft::start(&Clock::system()).await;
        let (home, token) = home_at(database, &microsoft);
        let db = database.open().await;
        let silent = subscribe(&db, number).await;
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        let addresses: Vec<String> = (0..READ).map(|n| format!("rep{n}@kugellager.test")).collect();
        for address in &addresses {
            microsoft.world().add_mailbox(address);
        }
        connect(&api, &addresses).await;

        let delivering = async {
            let delivered = seconds * 5;
            for turn in 0..delivered {
                microsoft.deliver(&addresses[turn % READ], turn).await;
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            delivered
        };
        let hook = format!("{}/hooks/graph", daemon.web);
        let (millis, delivered) = tokio::join!(flood(&hook, &silent, rate), delivering);
        // It is killed as soon as the last one is acknowledged.
        let meanwhile = suggested(&api).await.len();
        daemon.kill();
        let kept: HashSet<String> =
            sqlx::query_scalar("SELECT mailbox_id FROM graph_mailboxes WHERE hints > hints_done")
                .fetch_all(&mut *db.read().await.unwrap())
                .await
                .unwrap()
                .into_iter()
                .collect();
        let lost = silent.iter().filter(|(id, _)| !kept.contains(id.as_str())).count();
        let woken = hinted(&mut db.read().await.unwrap()).await.unwrap();
        assert!(woken.iter().all(|id| silent.iter().all(|(silent, _)| silent != id)), "paused");
        assert_eq!(lost, 0, "acknowledged, and not there any more");

        let at = |hundredths: usize| millis[(millis.len() - 1) * hundredths / 100];
        eprintln!(
            "{:?}: {number} notifications at {rate} a second: p50 {:.1} ms, p99 {:.1} ms, longest \
             {:.1} ms; none lost; {meanwhile} suggestions of {delivered} letters meanwhile",
            database.backend,
            at(50),
            at(99),
            at(100),
        );
        if is_measured() {
            assert!(at(99) <= BAR, "p99 {:.1} ms", at(99));
        }
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        let minutes = Duration::from_mins(3);
        eventually_within(minutes, "every letter to be read", async || {
            (suggested(&api).await.len() >= delivered).then_some(())
        })
        .await;
        assert_eq!(suggested(&api).await.len(), delivered, "none twice");
        assert!(daemon.stop().await.success());
    })
    .await;
}

/// Whoever is acknowledged need not tell it again, also if the power fails then: the transaction waits for the
/// disk, which messages that are read between them do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_on_the_disk() {
    on_each_database(async |database| {
        let microsoft = Microsoft::start(&Clock::system()).await;
        microsoft.world().add_mailbox("rep@kugellager.test");
        let (home, token) = home_at(database, &microsoft);
        let db = database.open().await;
        let silent = subscribe(&db, 20).await;
        note_durability(&db).await;
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        connect(&api, &["rep@kugellager.test".to_owned()]).await;
        let reading = async {
            for letter in 0..5 {
                microsoft.deliver("rep@kugellager.test", letter).await;
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        };
        let hook = format!("{}/hooks/graph", daemon.web);
        tokio::join!(flood(&hook, &silent, 20), reading);
        eventually("every letter to be read", async || {
            (suggested(&api).await.len() == 5).then_some(())
        })
        .await;
        let noted = async |what: &str| {
            let noted = "SELECT DISTINCT durability FROM durabilities WHERE what = $1";
            let noted = sqlx::query_scalar(noted).bind(what.to_owned());
            let noted: Vec<String> = noted.fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
            noted
        };
        let (waits, goes_on) = match database.backend {
            Backend::Sqlite => ("2", "1"), // FULL and NORMAL
            Backend::Postgres => ("on", "off"),
        };
        assert_eq!(noted("hint").await, [waits]);
        assert_eq!(noted("suggestion").await, [goes_on], "it can be had again");
        assert!(daemon.stop().await.success());
    })
    .await;
}

/// Lets the database note what its transactions wait for.
async fn note_durability(db: &Db) {
    let mut tx = db.begin_write().await.unwrap();
    let noting = match db.backend() {
        Backend::Sqlite => {
            "CREATE TABLE durabilities (what TEXT, durability TEXT);
             CREATE TRIGGER hints_noted AFTER UPDATE OF hints ON graph_mailboxes BEGIN
                 INSERT INTO durabilities SELECT 'hint', synchronous FROM pragma_synchronous;
             END;
             CREATE TRIGGER suggestions_noted AFTER INSERT ON suggestions BEGIN
                 INSERT INTO durabilities SELECT 'suggestion', synchronous FROM pragma_synchronous;
             END;"
        }
        Backend::Postgres => {
            "CREATE TABLE durabilities (what TEXT, durability TEXT);
             CREATE FUNCTION note_durability() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 INSERT INTO durabilities VALUES (TG_ARGV[0], current_setting('synchronous_commit'));
                 RETURN NULL;
             END $$;
             CREATE TRIGGER hints_noted AFTER UPDATE OF hints ON graph_mailboxes
                 FOR EACH ROW EXECUTE FUNCTION note_durability('hint');
             CREATE TRIGGER suggestions_noted AFTER INSERT ON suggestions
                 FOR EACH ROW EXECUTE FUNCTION note_durability('suggestion');"
        }
    };
    tx.execute(noting).await.unwrap();
    tx.commit().await.unwrap();
}

/// Mailboxes with subscriptions that nobody reads, of a neighbour: what comes for them can be counted
/// in peace. The first is connected as any other is; the others, thousands of them, are copies of its
/// rows.
async fn subscribe(db: &Db, number: usize) -> Vec<(MailboxId, Value)> {
    let all: Vec<Silent> = (0..number).map(Silent::new).collect();
    let (first, others) = all.split_first().unwrap();
    let mut tx = db.begin_write().await.unwrap();
    let first = Silent { id: subscribe_one(&mut tx, first).await, ..first.clone() };
    for some in others.chunks(SOME) {
        copy(&mut tx, &first.id, some).await;
    }
    tx.commit().await.unwrap();
    std::iter::once(&first).chain(others).map(|one| (one.id.clone(), one.told())).collect()
}

/// So many are copied by one statement.
const SOME: usize = 500;

/// A mailbox that nobody reads.
#[derive(Clone)]
struct Silent {
    id: MailboxId,
    address: String,
    subscription: String,
    state: String,
}

impl Silent {
    fn new(number: usize) -> Self {
        Self {
            id: MailboxId::new(),
            address: format!("silent{number}@nachbar.test"),
            subscription: format!("subscription-{number}"),
            state: format!("state-{number}"),
        }
    }

    /// What Microsoft says when something came for it.
    fn told(&self) -> Value {
        json!({"value": [{
            "subscriptionId": self.subscription, "clientState": self.state, "changeType": "created",
            "resource": "Users/x/Messages/y", "tenantId": "z",
        }]})
    }
}

/// Connects, pauses and subscribes to it; the id it has then.
async fn subscribe_one(conn: &mut Conn, silent: &Silent) -> MailboxId {
    let (now, vault) = (Clock::system().now(), Vault::ephemeral());
    let new = NewTenant { name: "Nachbar", region: "DE" };
    let tenant = tenants::create(conn, &vault, &new, now).await.unwrap().id;
    let list = lists::create(conn, &tenant, "Inbound", now).await.unwrap().id;
    let new = NewMailbox {
        tenant: tenant.clone(),
        list,
        kind: Kind::Graph,
        username: silent.address.clone(),
        address: silent.address.clone(),
        host: String::new(),
        port: 0,
        security: Security::Tls,
        password: SecretString::default(),
        folder: "inbox".to_owned(),
        backfill_days: 0,
    };
    let id = mailboxes::create(conn, &vault, &new, now).await.unwrap();
    create(conn, &tenant, &id, Access::Application, None).await.unwrap();
    assert!(mailboxes::pause(conn, &tenant, &id, now).await.unwrap());
    let mailbox = mailboxes::get(conn, &tenant, &id).await.unwrap().unwrap();
    let held = Held { mailbox, fence: 1 };
    let hash = secret::hash(&silent.state);
    assert!(begin_subscription(conn, &held, [&hash, "webhook"], now).await.unwrap());
    let until = now.plus_secs(86_400);
    let kept = Kept {
        id: &silent.subscription,
        expires_at: until,
        renew_at: until,
        hints: 0,
        stray_at: 0,
    };
    assert!(keep_subscription(conn, &held, &kept).await.unwrap());
    id
}

/// Copies the rows of a mailbox, each time with what is another one's.
async fn copy(conn: &mut Conn, first: &MailboxId, others: &[Silent]) {
    let places: Vec<String> = (0..others.len())
        .map(|n| format!("(${}, ${}, ${})", n * 3 + 2, n * 3 + 3, n * 3 + 4))
        .collect();
    let places = places.join(", ");
    let mailboxes = format!(
        "INSERT INTO mailboxes (id, tenant_id, list_id, kind, address, host, port, security, username,
                                password_sealed, folder, backfill_days, backfill_from, paused, state,
                                state_since, fence, created_at)
         SELECT copy.column1, tenant_id, list_id, kind, copy.column2, host, port, security,
                copy.column3, password_sealed, folder, backfill_days, backfill_from, paused, state,
                state_since, fence, created_at
         FROM mailboxes, (VALUES {places}) AS copy WHERE id = $1"
    );
    let subscriptions = format!(
        "INSERT INTO graph_mailboxes (mailbox_id, tenant_id, access, subscription_id,
                                      client_state_hash, expires_at, renew_at)
         SELECT copy.column1, tenant_id, access, copy.column2, copy.column3, expires_at, renew_at
         FROM graph_mailboxes, (VALUES {places}) AS copy WHERE mailbox_id = $1"
    );
    let mut rows = sqlx::query(AssertSqlSafe(mailboxes)).bind(first.as_str());
    let mut graph_rows = sqlx::query(AssertSqlSafe(subscriptions)).bind(first.as_str());
    for one in others {
        let (id, hash) = (one.id.as_str(), secret::hash(&one.state));
        rows = rows.bind(id).bind(&one.address).bind(&one.address);
        graph_rows = graph_rows.bind(id).bind(&one.subscription).bind(hash);
    }
    for query in [rows, graph_rows] {
        let copied = query.execute(&mut *conn).await.unwrap().rows_affected();
        assert_eq!(copied, others.len() as u64);
    }
}

/// Tells of each, so many a second whether or not the one before is answered; how long each waited
/// since it was due, in milliseconds, the shortest first.
async fn flood(hook: &str, told: &[(MailboxId, Value)], rate: usize) -> Vec<f64> {
    let client = reqwest::Client::new();
    let mut sent = JoinSet::new();
    let start = Instant::now();
    let between = Duration::from_secs(1) / u32::try_from(rate).unwrap();
    for (number, (_, body)) in (0_u32..).zip(told) {
        let due = start + between * number;
        tokio::time::sleep_until(due).await;
        let request = client.post(hook).json(body);
        sent.spawn(async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 202);
            due.elapsed().as_secs_f64() * 1000.0
        });
    }
    let mut millis = sent.join_all().await;
    millis.sort_by(f64::total_cmp);
    millis
}
