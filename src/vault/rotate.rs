//! Rotation: a new key, under the same master secret or a new one, and everything sealed anew.

use super::keyring::{self, Keyring};
use super::place::{Field, Place};
use super::{MasterSecrets, VaultError};
use crate::clock::Millis;
use crate::store::vault_keys;
use crate::store::{Db, StoreError};

/// What a rotation has done.
#[derive(Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key in use before, `k1`.
    pub from: String,
    /// The key in use now, `k2`.
    pub to: String,
    /// How many values were sealed anew.
    pub values: usize,
}

/// Makes a new key from the present master secret, seals every value of every [`Field`] under it
/// and retires the key before, all in one transaction. The key that the rotation before this one
/// has retired is deleted. A value that does not open stops the rotation and nothing is changed.
pub async fn rotate(
    db: &Db,
    secrets: &MasterSecrets,
    iterations: u32,
    now: Millis,
) -> Result<Rotated, VaultError> {
    let before = keyring::unlock(db, secrets, iterations, now).await?;
    let id = before.current_id().next();
    let (key, row) = keyring::new_key(id, &secrets.present, iterations);
    let after = before.behind(key);

    let mut tx = db.begin_write().await?;
    if !vault_keys::add(&mut tx, &row, now).await? {
        return Err(VaultError::Busy(row.id));
    }
    let mut values = 0;
    for field in Field::ALL {
        for row in vault_keys::sealed_rows(&mut tx, field).await? {
            let sealed = seal_anew(&after, field, &row)?;
            // Who has changed the value meanwhile has sealed another one, under a key that stays.
            values += usize::from(vault_keys::replace_sealed(&mut tx, field, &row, &sealed).await?);
        }
    }
    vault_keys::retire(&mut tx, &row.id, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Rotated { from: before.current_id().to_string(), to: row.id, values })
}

fn seal_anew(
    keyring: &Keyring,
    field: Field,
    row: &vault_keys::SealedRow,
) -> Result<String, VaultError> {
    let place = Place::of_row(field, &row.tenant_id, &row.owner_id);
    let secret = keyring.open(&place, &row.sealed)?;
    Ok(keyring.seal(&place, &secret))
}
