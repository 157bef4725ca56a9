//! The keys of one database, derived once and kept in zeroized memory: the one in use, and the one
//! that the last rotation has retired.

use super::master_secret::{MasterSecret, MasterSecrets, expand};
use super::sealed::{KeyId, Sealed, VERSION};
use super::{MIN_ITERATIONS, Place, VaultError, aead};
use crate::clock::Millis;
use crate::store::vault_keys::{self, VaultKey};
use crate::store::{Conn, Db, StoreError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use pbkdf2::Params;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Never empty: the first key is the one that seals.
pub(super) struct Keyring {
    current: Arc<Key>,
    retired: Vec<Arc<Key>>,
}

/// A derived key.
pub(super) struct Key {
    id: KeyId,
    aead: aead::Key,
    from_previous: bool,
}

impl Keyring {
    /// One random key that is kept nowhere else.
    pub(super) fn random() -> Self {
        let bytes = Zeroizing::new(rand::random::<[u8; 64]>());
        let key = Key { id: KeyId::FIRST, aead: aead::Key::new(&bytes), from_previous: false };
        Self { current: Arc::new(key), retired: Vec::new() }
    }

    /// The key `current`, with all of this keyring behind it.
    pub(super) fn behind(&self, current: Key) -> Self {
        let retired = std::iter::once(&self.current).chain(&self.retired).map(Arc::clone).collect();
        Self { current: Arc::new(current), retired }
    }

    pub(super) fn current_id(&self) -> KeyId {
        self.current.id
    }

    pub(super) fn needs_previous_secret(&self) -> bool {
        self.current.from_previous
    }

    pub(super) fn seal(&self, place: &Place<'_>, secret: &[u8]) -> String {
        let key = &*self.current;
        let iv = rand::random();
        let (ciphertext, tag) = key.aead.encrypt(&iv, &place.associated(VERSION, key.id), secret);
        Sealed { key: key.id, iv, ciphertext, tag }.to_string()
    }

    pub(super) fn open(
        &self,
        place: &Place<'_>,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let Sealed { key: id, iv, ciphertext, tag } =
            Sealed::parse(sealed).ok_or(VaultError::Unreadable)?;
        let key = self.get(id).ok_or_else(|| VaultError::UnknownKey(id.to_string()))?;
        key.aead
            .decrypt(&iv, &place.associated(VERSION, id), &ciphertext, &tag)
            .ok_or(VaultError::Unreadable)
    }

    fn get(&self, id: KeyId) -> Option<&Arc<Key>> {
        std::iter::once(&self.current).chain(&self.retired).find(|key| key.id == id)
    }
}

/// Derives the keys of `db`, and makes its first if there is none.
pub(super) async fn unlock(
    db: &Db,
    secrets: &MasterSecrets,
    iterations: u32,
    now: Millis,
) -> Result<Keyring, VaultError> {
    let mut rows = rows(&mut *db.read().await?).await?;
    if rows.is_empty() {
        let (_, first) = new_key(KeyId::FIRST, &secrets.present, iterations);
        let mut tx = db.begin_write().await?;
        // Another process may be faster; then its key is the first.
        vault_keys::add(&mut tx, &first, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        rows = self::rows(&mut *db.read().await?).await?;
    }
    derive(&rows, secrets, None)
}

/// The keys of the database, if there is a newer one than in `known`.
pub(super) async fn newer(
    conn: &mut Conn,
    known: &Keyring,
    secrets: &MasterSecrets,
) -> Result<Option<Keyring>, VaultError> {
    let rows = rows(conn).await?;
    if rows.first().is_none_or(|(newest, _)| *newest == known.current.id) {
        return Ok(None);
    }
    derive(&rows, secrets, Some(known)).map(Some)
}

/// Makes the key `id` with a random salt, and the row by which it can be derived again.
pub(super) fn new_key(id: KeyId, secret: &MasterSecret, iterations: u32) -> (Key, VaultKey) {
    let salt = rand::random::<[u8; 16]>();
    let iterations = iterations.max(MIN_ITERATIONS);
    let root = secret.root(&salt, Params::new(iterations).unwrap_or(Params::RECOMMENDED));
    let key = Key { id, aead: aead::Key::new(&expand(&root, b"key")), from_previous: false };
    let row = VaultKey {
        id: id.to_string(),
        salt: BASE64.encode(salt),
        iterations: iterations.into(),
        verifier: BASE64.encode(*expand::<32>(&root, b"verifier")),
    };
    (key, row)
}

/// The newest key must be derivable. An older one may be left behind: its secret may be gone.
fn derive(
    rows: &[(KeyId, VaultKey)],
    secrets: &MasterSecrets,
    known: Option<&Keyring>,
) -> Result<Keyring, VaultError> {
    let mut keys = rows.iter().map(|(id, row)| {
        let kept = known.and_then(|keyring| keyring.get(*id)).map(Arc::clone);
        Ok((
            *id,
            match kept {
                Some(key) => Some(key),
                None => derive_key(*id, row, secrets)?.map(Arc::new),
            },
        ))
    });
    let (newest, current) = keys.next().transpose()?.unwrap_or((KeyId::FIRST, None));
    let current = current.ok_or_else(|| VaultError::WrongMasterSecret(newest.to_string()))?;
    let retired: Result<Vec<_>, VaultError> =
        keys.filter_map(|key| key.map(|(_, key)| key).transpose()).collect();
    Ok(Keyring { current, retired: retired? })
}

/// Tries the present secret, then the previous one; `None` when neither fits the verifier.
fn derive_key(
    id: KeyId,
    row: &VaultKey,
    secrets: &MasterSecrets,
) -> Result<Option<Key>, StoreError> {
    let unreadable = |column| StoreError::Row { table: "vault_keys", column, row: id.to_string() };
    let salt = BASE64.decode(&row.salt).map_err(|_| unreadable("salt"))?;
    let iterations = u32::try_from(row.iterations).ok().and_then(|it| Params::new(it).ok());
    let iterations = iterations.ok_or_else(|| unreadable("iterations"))?;
    let verifier = BASE64.decode(&row.verifier).map_err(|_| unreadable("verifier"))?;
    for (secret, from_previous) in secrets.newest_first() {
        let root = secret.root(&salt, iterations);
        if expand::<32>(&root, b"verifier").ct_eq(verifier.as_slice()).into() {
            let aead = aead::Key::new(&expand(&root, b"key"));
            return Ok(Some(Key { id, aead, from_previous }));
        }
    }
    Ok(None)
}

/// The rows of the table, newest first.
async fn rows(conn: &mut Conn) -> Result<Vec<(KeyId, VaultKey)>, StoreError> {
    let mut rows = Vec::new();
    for row in vault_keys::list(conn).await? {
        let id = KeyId::parse(&row.id).ok_or_else(|| StoreError::Row {
            table: "vault_keys",
            column: "id",
            row: row.id.clone(),
        })?;
        rows.push((id, row));
    }
    rows.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    Ok(rows)
}
