//! Credentials in the database: who has the master secret reads them, through restarts, rotations
//! and changes of the secret; nobody else does.

use super::support::databases::on_each_database;
use secrecy::ExposeSecret;
use sqlx::Row;
use sqlx::query::Query;
use undersigned::clock::Millis;
use undersigned::store::{Backend, Db, MailboxId, TenantId, mailboxes};
use undersigned::vault::{
    Field, MIN_ITERATIONS, MasterSecret, MasterSecrets, Place, Rotated, Vault, VaultError, rotate,
};

const NOW: Millis = Millis(1_790_000_000_000);

fn secrets(present: &str, previous: Option<&str>) -> MasterSecrets {
    let secret = |text: &str| MasterSecret::new(&format!("{text:-<40}")).unwrap();
    MasterSecrets { present: secret(present), previous: previous.map(secret) }
}

async fn unlock(db: &Db, secrets: MasterSecrets) -> Result<Vault, VaultError> {
    Vault::unlock(db, secrets, MIN_ITERATIONS, NOW).await
}

/// A tenant with one mailbox and a technical user, each with something sealed.
struct Household {
    tenant: TenantId,
    mailbox: MailboxId,
}

impl Household {
    async fn move_in(db: &Db, vault: &Vault) -> Self {
        let home = Self { tenant: TenantId::new(), mailbox: MailboxId::new() };
        let [hash_key, mailbox, user] =
            home.places().map(|place| vault.seal(&place, b"correct horse"));
        let (tenant, list) = (home.tenant.as_str(), TenantId::new().to_string());
        let mut tx = db.begin_write().await.unwrap();
        for (sql, values) in [
            (
                "INSERT INTO tenants (id, name, region, hash_key_sealed, created_at)
                 VALUES ($1, 'Holm', 'DE', $2, 0)",
                vec![tenant, &hash_key],
            ),
            (
                "INSERT INTO contact_lists (id, tenant_id, name, created_at)
                 VALUES ($1, $2, 'Sales', 0)",
                vec![&list, tenant],
            ),
            (
                "INSERT INTO mailboxes (id, tenant_id, list_id, password_sealed, kind, address, host,
                   port, security, username, folder, backfill_days, state, state_since, created_at)
                 VALUES ($1, $2, $3, $4, 'imap', 'sales@holm.example', 'imap.holm.example',
                   993, 'tls', 'sales', 'INBOX', 0, 'connecting', 0, 0)",
                vec![home.mailbox.as_str(), tenant, &list, &mailbox],
            ),
            (
                "INSERT INTO technical_users (tenant_id, password_sealed, host, port, security,
                   username, from_name, from_address, subject_template, body_template, enabled,
                   delay_seconds, changed_at)
                 VALUES ($1, $2, 'smtp.holm.example', 465, 'tls', 'hello', 'Holm',
                   'hello@holm.example', '', '', 1, 0, 0)",
                vec![tenant, &user],
            ),
        ] {
            let query = values.into_iter().fold(sqlx::query(sql), Query::bind);
            query.execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        home
    }

    fn places(&self) -> [Place<'_>; 3] {
        [
            Place::hash_key(&self.tenant),
            Place::mailbox_password(&self.tenant, &self.mailbox),
            Place::technical_user_password(&self.tenant),
        ]
    }

    async fn sealed(&self, db: &Db) -> [String; 3] {
        let row = sqlx::query(
            "SELECT t.hash_key_sealed, m.password_sealed, u.password_sealed
             FROM tenants t, mailboxes m, technical_users u
             WHERE t.id = $1 AND m.tenant_id = t.id AND u.tenant_id = t.id",
        )
        .bind(self.tenant.as_str())
        .fetch_one(&mut *db.read().await.unwrap())
        .await
        .unwrap();
        [0, 1, 2].map(|column| row.get(column))
    }

    /// Whether all three open with `vault`; all or none must.
    async fn readable(&self, db: &Db, vault: &Vault) -> bool {
        let sealed = self.sealed(db).await;
        let opened = self.places().into_iter().zip(&sealed).map(|(place, sealed)| {
            vault.open(&place, sealed).is_ok_and(|secret| *secret == b"correct horse")
        });
        let opened: Vec<bool> = opened.collect();
        assert!(opened.iter().all(|one| *one == opened[0]), "{opened:?}");
        opened[0]
    }
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_keeps_the_key_before() {
    on_each_database(async |database| {
        let db = database.open().await;
        let running = unlock(&db, secrets("first", None)).await.unwrap();
        let home = Household::move_in(&db, &running).await;
        assert!(home.readable(&db, &unlock(&db, secrets("first", None)).await.unwrap()).await);
        let before = home.sealed(&db).await;

        let rotated = rotate(&db, &secrets("first", None), MIN_ITERATIONS, NOW).await.unwrap();
        assert_eq!(rotated, Rotated { from: "k1".into(), to: "k2".into(), values: 3 });
        assert!(home.sealed(&db).await.iter().all(|sealed| sealed.starts_with("v1.k2.")));
        assert!(!home.readable(&db, &running).await, "a running process has not heard of k2");
        running.refresh(&mut db.read().await.unwrap()).await.unwrap();
        assert!(home.readable(&db, &running).await, "now it has");
        let [hash_key, ..] = home.places();
        assert!(running.open(&hash_key, &before[0]).is_ok(), "k1 is kept until the next rotation");

        rotate(&db, &secrets("first", None), MIN_ITERATIONS, NOW).await.unwrap();
        let fresh = unlock(&db, secrets("first", None)).await.unwrap();
        assert!(home.readable(&db, &fresh).await);
        let gone = fresh.open(&hash_key, &before[0]).unwrap_err();
        assert!(matches!(gone, VaultError::UnknownKey(key) if key == "k1"));
    })
    .await;
}

#[tokio::test]
async fn the_master_secret_is_changed_without_losing_anything() {
    on_each_database(async |database| {
        let db = database.open().await;
        let old = unlock(&db, secrets("old", None)).await.unwrap();
        let home = Household::move_in(&db, &old).await;

        let wrong = unlock(&db, secrets("new", None)).await.unwrap_err();
        assert!(matches!(wrong, VaultError::WrongMasterSecret(_)), "{wrong}");
        assert!(wrong.to_string().contains("vault.previous_master_secret"), "{wrong}");

        let changing = unlock(&db, secrets("new", Some("old"))).await.unwrap();
        assert!(changing.rotation_due() && home.readable(&db, &changing).await);
        rotate(&db, &secrets("new", Some("old")), MIN_ITERATIONS, NOW).await.unwrap();

        let new = unlock(&db, secrets("new", None)).await.unwrap();
        assert!(!new.rotation_due() && home.readable(&db, &new).await);
        let late = unlock(&db, secrets("old", None)).await.unwrap_err();
        assert!(matches!(late, VaultError::WrongMasterSecret(_)), "{late}");
        let running = old.refresh(&mut db.read().await.unwrap()).await.unwrap_err();
        assert!(matches!(running, VaultError::WrongMasterSecret(_)), "{running}");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_was_moved_stops_the_rotation_and_nothing_is_changed() {
    on_each_database(async |database| {
        let db = database.open().await;
        let vault = unlock(&db, secrets("first", None)).await.unwrap();
        let home = Household::move_in(&db, &vault).await;
        sqlx::query(
            "UPDATE technical_users SET password_sealed = (SELECT password_sealed FROM mailboxes)",
        )
        .execute(&mut *db.read().await.unwrap())
        .await
        .unwrap();
        let before = home.sealed(&db).await;

        let moved = rotate(&db, &secrets("first", None), MIN_ITERATIONS, NOW).await.unwrap_err();
        assert!(matches!(moved, VaultError::Unreadable), "{moved}");
        assert_eq!(home.sealed(&db).await, before);
        let still = unlock(&db, secrets("first", None)).await.unwrap();
        assert_eq!(format!("{still:?}"), "Vault(k1)");
    })
    .await;
}

#[tokio::test]
async fn a_running_process_reads_what_was_sealed_anew_at_once() {
    on_each_database(async |database| {
        let db = database.open().await;
        let running = unlock(&db, secrets("first", None)).await.unwrap();
        let home = Household::move_in(&db, &running).await;
        rotate(&db, &secrets("first", None), MIN_ITERATIONS, NOW).await.unwrap();

        let [hash_key, mailbox, user] = home.sealed(&db).await;
        let mut conn = db.read().await.unwrap();
        assert!(running.open(&home.places()[1], &mailbox).is_err(), "it has not heard of k2");
        let place = home.places()[0];
        let moved = running.open_fresh(&mut conn, &place, &mailbox).await.unwrap_err();
        assert!(moved.is_lost(), "what belongs elsewhere stays unreadable: {moved}");
        for (place, sealed) in home.places().into_iter().zip([hash_key, mailbox, user]) {
            let secret = running.open_fresh(&mut conn, &place, &sealed).await.unwrap();
            assert_eq!(*secret, b"correct horse");
        }
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_is_read_on_while_the_keys_are_rotated() {
    on_each_database(async |database| {
        let db = database.open().await;
        let running = unlock(&db, secrets("first", None)).await.unwrap();
        let home = Household::move_in(&db, &running).await;
        rotate(&db, &secrets("first", None), MIN_ITERATIONS, NOW).await.unwrap();
        let mut conn = db.read().await.unwrap();
        let mailbox = mailboxes::get(&mut conn, &home.tenant, &home.mailbox).await.unwrap();
        let password = mailboxes::password(&mut conn, &running, &mailbox.unwrap()).await;
        assert_eq!(password.unwrap().unwrap().expose_secret(), "correct horse");
    })
    .await;
}

#[tokio::test]
async fn two_processes_that_start_together_share_the_first_key() {
    on_each_database(async |database| {
        let db = database.open().await;
        let (one, two) =
            tokio::join!(unlock(&db, secrets("first", None)), unlock(&db, secrets("first", None)));
        let home = Household::move_in(&db, &one.unwrap()).await;
        assert!(home.readable(&db, &two.unwrap()).await);
    })
    .await;
}

#[tokio::test]
async fn the_vault_knows_every_sealed_column_of_the_schema() {
    on_each_database(async |database| {
        let db = database.open().await;
        let sql = match db.backend() {
            Backend::Sqlite => {
                "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND c.name LIKE '%_sealed'"
            }
            Backend::Postgres => {
                "SELECT CAST(table_name || '.' || column_name AS TEXT)
                 FROM information_schema.columns WHERE column_name LIKE '%_sealed'"
            }
        };
        let mut columns: Vec<String> =
            sqlx::query_scalar(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
        columns.sort();
        let mut known = Field::ALL.map(Field::column);
        known.sort_unstable();
        assert_eq!(columns, known);
    })
    .await;
}
