//! The `network_keys` and `admitted` tables: what is kept of each network.

use gossamer_crypto::{DeviceId, Keyring, NetworkId, NetworkKey, PasswordTag};
use rusqlite::{Connection, params};

use crate::{
    StoreError,
    column::{Id, loaded, stored},
};

/// How many admitted devices are kept of a network; those admitted longest ago go first. As many
/// as the design lets a node know origins.
const ADMITTED: u32 = 4_096;

/// A device that was admitted to a network (docs/protocol-v2.md 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmittedRow {
    /// The device.
    pub device: DeviceId,
    /// The node's uptime when it was admitted last, in seconds.
    pub uptime: u64,
    /// Where it was then, as `ip:port`, if that is good for a dial.
    pub address: Option<String>,
}

/// The queries of the `network_keys` and `admitted` tables.
#[derive(Debug)]
pub struct Networks<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Networks<'_> {
    /// The keys of a network.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn keyring(&self, network: &NetworkId) -> Result<Keyring, StoreError> {
        let mut keyring = Keyring::new();
        let mut query = self
            .db
            .prepare_cached("SELECT key FROM network_keys WHERE network = ?1")?;
        let mut rows = query.query([network.as_bytes()])?;
        while let Some(row) = rows.next()? {
            keyring.merge([NetworkKey::new(row.get(0)?)]);
        }
        Ok(keyring)
    }

    /// Keeps the keys of a network, and no others.
    ///
    /// # Errors
    /// When the database cannot be written; then it holds those from before.
    pub fn save_keyring(
        &mut self,
        network: &NetworkId,
        keyring: &Keyring,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        transaction
            .prepare_cached("DELETE FROM network_keys WHERE network = ?1")?
            .execute([network.as_bytes()])?;
        for key in keyring.iter() {
            transaction
                .prepare_cached("INSERT INTO network_keys (network, key) VALUES (?1, ?2)")?
                .execute(params![network.as_bytes(), key.expose_secret()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes that a device was admitted to a network by this password, or while it was open.
    /// Without a new address the one from before stays. Of more than 4096 devices those admitted longest ago are forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn admit(
        &mut self,
        network: &NetworkId,
        password: Option<PasswordTag>,
        row: &AdmittedRow,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        admit(&transaction, network, password, row)?;
        transaction
            .prepare_cached(
                "DELETE FROM admitted WHERE network = ?1 AND device IN (
                     SELECT device FROM admitted WHERE network = ?1
                     ORDER BY uptime DESC LIMIT -1 OFFSET ?2
                 )",
            )?
            .execute(params![network.as_bytes(), ADMITTED])?;
        transaction.commit()?;
        Ok(())
    }

    /// The devices that were last admitted to a network by this password, or while it was open; the
    /// last one first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn admitted(
        &self,
        network: &NetworkId,
        password: Option<PasswordTag>,
    ) -> Result<Vec<AdmittedRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached(
                "SELECT device, uptime, address FROM admitted WHERE network = ?1 AND password IS ?2
                 ORDER BY uptime DESC",
            )?
            .query_map(params![network.as_bytes(), password], |row| {
                Ok(AdmittedRow {
                    device: row.get::<_, Id<_>>(0)?.0,
                    uptime: loaded(row.get(1)?),
                    address: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

fn admit(
    db: &Connection,
    network: &NetworkId,
    password: Option<PasswordTag>,
    row: &AdmittedRow,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO admitted (network, device, uptime, address, password)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (network, device) DO UPDATE
         SET uptime = excluded.uptime, address = coalesce(excluded.address, address),
             password = excluded.password",
    )?
    .execute(params![
        network.as_bytes(),
        row.device.as_bytes(),
        stored(row.uptime),
        row.address,
        password,
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{home, open};

    fn device(number: u32) -> AdmittedRow {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        AdmittedRow {
            device: DeviceId::new(id),
            uptime: u64::from(number),
            address: Some(format!("10.0.0.1:{number}")),
        }
    }

    #[test]
    fn each_network_keeps_its_own_keys() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut keyring = Keyring::new();
        keyring.merge([1, 2, 3].map(|byte| NetworkKey::new([byte; 32])));
        store.networks().save_keyring(&home(), &keyring).unwrap();
        keyring.merge([NetworkKey::new([4; 32])]);
        store.networks().save_keyring(&home(), &keyring).unwrap();
        drop(store);

        let mut store = open(&dir);
        assert_eq!(store.networks().keyring(&home()).unwrap(), keyring);
        let elsewhere = NetworkId::of("elsewhere");
        let none = store.networks().keyring(&elsewhere).unwrap();
        assert_eq!(none, Keyring::new());
    }

    #[test]
    fn a_device_is_known_by_its_last_admission() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut networks = store.networks();
        networks.admit(&home(), None, &device(1)).unwrap();
        networks.admit(&home(), None, &device(2)).unwrap();
        let again = AdmittedRow {
            uptime: 9,
            address: None,
            ..device(1)
        };
        networks.admit(&home(), None, &again).unwrap();
        let moved = AdmittedRow {
            uptime: 9,
            ..device(1)
        };
        assert_eq!(
            networks.admitted(&home(), None).unwrap(),
            [moved, device(2)]
        );
        let elsewhere = NetworkId::of("elsewhere");
        assert!(networks.admitted(&elsewhere, None).unwrap().is_empty());
    }

    #[test]
    fn who_knew_only_an_earlier_password_is_not_admitted_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut networks = store.networks();
        let (old, new) = (Some([1, 2]), Some([3, 4]));
        networks.admit(&home(), None, &device(1)).unwrap();
        networks.admit(&home(), old, &device(2)).unwrap();
        networks.admit(&home(), old, &device(3)).unwrap();
        networks.admit(&home(), new, &device(3)).unwrap();
        assert_eq!(networks.admitted(&home(), None).unwrap(), [device(1)]);
        assert_eq!(networks.admitted(&home(), old).unwrap(), [device(2)]);
        assert_eq!(networks.admitted(&home(), new).unwrap(), [device(3)]);
    }

    #[test]
    fn those_admitted_longest_ago_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut networks = store.networks();
        let batch = networks.db.transaction().unwrap();
        for number in 0..ADMITTED {
            admit(&batch, &home(), None, &device(number)).unwrap();
        }
        batch.commit().unwrap();
        networks.admit(&home(), None, &device(ADMITTED)).unwrap();
        let left = networks.admitted(&home(), None).unwrap();
        assert_eq!(left.len(), ADMITTED as usize);
        assert_eq!(left.first(), Some(&device(ADMITTED)));
        assert_eq!(left.last(), Some(&device(1)));
    }
}
