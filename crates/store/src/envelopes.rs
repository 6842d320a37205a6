//! The `envelopes` table, what is known of each envelope, and the `bodies` of those held.

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkId, Signature};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    StoreError,
    column::{Id, loaded, stored},
};

/// What is known of an envelope without its body (docs/protocol-v2.md 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeMeta {
    /// Its name.
    pub id: EnvelopeId,
    /// The network it belongs to.
    pub network: NetworkId,
    /// The number of its bucket.
    pub bucket: u64,
    /// The device or room it is for, of kinds that have one.
    pub audience: Option<[u8; 32]>,
    /// The hash of what shows that it has arrived, of direct messages.
    pub ack: Option<[u8; 32]>,
    /// Its kind, known or not.
    pub kind: u64,
    /// The device that made it; `None` for kinds without an origin.
    pub origin: Option<DeviceId>,
    /// Its number among those of its origin.
    pub seq: u64,
    /// When its author says it was made, Unix milliseconds.
    pub created: u64,
    /// How old it may become, in seconds.
    pub lifetime: u64,
    /// The node's uptime when it was made, in seconds; before the node's first start if negative.
    pub birth: i64,
    /// How long its body is, in bytes, whether it is here or not.
    pub size: u32,
    /// Whether this node made it.
    pub own: bool,
    /// How many devices passed it on.
    pub hops: u32,
}

/// An envelope as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeBody {
    /// What its id and signature cover.
    pub body: Bytes,
    /// Its author's signature.
    pub signature: Signature,
    /// Who signed it, where that is not its origin.
    pub signer: Option<DeviceId>,
}

/// One envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// What is known of it.
    pub meta: EnvelopeMeta,
    /// Itself; `None` when it was refused or made room for others.
    pub body: Option<EnvelopeBody>,
}

/// One envelope of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// What is known of it.
    pub meta: EnvelopeMeta,
    /// Whether its body is here.
    pub held: bool,
}

/// The queries of the `envelopes` and `bodies` tables. New ones come in by
/// [`Store::record`](crate::Store::record).
#[derive(Debug)]
pub struct Envelopes<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Envelopes<'_> {
    /// Hands every envelope of a network to `each`, in the order in which they came.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn index(
        &self,
        network: &NetworkId,
        mut each: impl FnMut(IndexEntry),
    ) -> Result<(), StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT id, network, bucket, audience, kind, origin, seq, created, lifetime, birth,
                    size, own, hops, ack, held
             FROM envelopes WHERE network = ?1 ORDER BY row",
        )?;
        let mut rows = query.query([network.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let held = row.get(14)?;
            each(IndexEntry {
                meta: meta_from(row)?,
                held,
            });
        }
        Ok(())
    }

    /// One envelope.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&self, id: &EnvelopeId) -> Result<Option<EnvelopeRow>, StoreError> {
        let row = self
            .db
            .prepare_cached(
                "SELECT id, network, bucket, audience, kind, origin, seq, created, lifetime, birth,
                        size, own, hops, ack, body, signature, signer
                 FROM envelopes LEFT JOIN bodies ON envelope = row WHERE id = ?1",
            )?
            .query_row([id.as_bytes()], |row| {
                Ok(EnvelopeRow {
                    meta: meta_from(row)?,
                    body: body_from(row)?,
                })
            })
            .optional()?;
        Ok(row)
    }

    /// Deletes the bodies of envelopes, in one transaction; their ids stay known.
    ///
    /// # Errors
    /// When the database cannot be written; then all of them are still there.
    pub fn drop_bodies(&mut self, ids: &[EnvelopeId]) -> Result<(), StoreError> {
        self.for_all(ids, |db, id| {
            db.prepare_cached(
                "DELETE FROM bodies WHERE envelope = (SELECT row FROM envelopes WHERE id = ?1)",
            )?
            .execute([id])?;
            db.prepare_cached("UPDATE envelopes SET held = 0 WHERE id = ?1")?
                .execute([id])
        })
    }

    /// Forgets envelopes altogether, in one transaction.
    ///
    /// # Errors
    /// When the database cannot be written; then all of them are still there.
    pub fn forget(&mut self, ids: &[EnvelopeId]) -> Result<(), StoreError> {
        self.for_all(ids, |db, id| {
            db.prepare_cached("DELETE FROM envelopes WHERE id = ?1")?
                .execute([id])
        })
    }

    /// How many bytes the bodies of all networks have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn body_bytes(&self) -> Result<u64, StoreError> {
        let sum = "SELECT coalesce(sum(size), 0) FROM envelopes WHERE held";
        Ok(loaded(self.db.query_row(sum, [], |row| row.get(0))?))
    }

    fn for_all(
        &mut self,
        ids: &[EnvelopeId],
        change: impl Fn(&Transaction<'_>, &[u8; 32]) -> rusqlite::Result<usize>,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        for id in ids {
            change(&transaction, id.as_bytes())?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Inserts an envelope; one whose id is there already is left as it is.
pub(crate) fn insert(db: &Connection, envelope: &EnvelopeRow) -> rusqlite::Result<()> {
    let meta = &envelope.meta;
    let inserted = db
        .prepare_cached(
            "INSERT INTO envelopes (
                 id, network, bucket, audience, kind, origin, seq, created, lifetime, birth, size,
                 own, hops, ack, held
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            meta.id.as_bytes(),
            meta.network.as_bytes(),
            stored(meta.bucket),
            meta.audience,
            stored(meta.kind),
            meta.origin.as_ref().map(DeviceId::as_bytes),
            stored(meta.seq),
            stored(meta.created),
            stored(meta.lifetime),
            meta.birth,
            meta.size,
            meta.own,
            meta.hops,
            meta.ack,
            envelope.body.is_some(),
        ])?;
    let (true, Some(body)) = (inserted > 0, &envelope.body) else {
        return Ok(());
    };
    db.prepare_cached(
        "INSERT INTO bodies (envelope, body, signature, signer) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        db.last_insert_rowid(),
        body.body.as_ref(),
        body.signature.as_bytes(),
        body.signer.as_ref().map(DeviceId::as_bytes),
    ])?;
    Ok(())
}

/// Reads the columns `id` to `ack`. By number: the index of a large network is read at start.
fn meta_from(row: &Row<'_>) -> rusqlite::Result<EnvelopeMeta> {
    Ok(EnvelopeMeta {
        id: row.get::<_, Id<_>>(0)?.0,
        network: row.get::<_, Id<_>>(1)?.0,
        bucket: loaded(row.get(2)?),
        audience: row.get(3)?,
        kind: loaded(row.get(4)?),
        origin: row.get::<_, Option<Id<_>>>(5)?.map(|id| id.0),
        seq: loaded(row.get(6)?),
        created: loaded(row.get(7)?),
        lifetime: loaded(row.get(8)?),
        birth: row.get(9)?,
        size: row.get(10)?,
        own: row.get(11)?,
        hops: row.get(12)?,
        ack: row.get(13)?,
    })
}

fn body_from(row: &Row<'_>) -> rusqlite::Result<Option<EnvelopeBody>> {
    let Some(body) = row.get::<_, Option<Vec<u8>>>("body")? else {
        return Ok(None);
    };
    Ok(Some(EnvelopeBody {
        body: body.into(),
        signature: Signature::new(row.get("signature")?),
        signer: row.get::<_, Option<Id<_>>>("signer")?.map(|id| id.0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{envelope, home, open};

    #[test]
    fn an_envelope_comes_back_as_it_went_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let whole = envelope(1);
        let mut bridged = envelope(2);
        bridged.meta.audience = Some([9; 32]);
        bridged.meta.ack = Some([10; 32]);
        bridged.meta.origin = None;
        bridged.meta.birth = -70;
        bridged.body.as_mut().unwrap().signer = Some(DeviceId::new([8; 32]));
        let refused = EnvelopeRow {
            body: None,
            ..envelope(3)
        };
        let rows = [whole, bridged, refused];
        store.record(&[], &rows).unwrap();
        for row in &rows {
            let got = store.envelopes().get(&row.meta.id).unwrap();
            assert_eq!(got.as_ref(), Some(row));
        }
        let unknown = EnvelopeId::new([0xee; 32]);
        assert_eq!(store.envelopes().get(&unknown).unwrap(), None);
    }

    #[test]
    fn a_repeated_envelope_is_kept_as_it_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[], &[envelope(1)]).unwrap();
        let mut again = envelope(1);
        again.meta.hops = 7;
        again.body.as_mut().unwrap().body = Bytes::from_static(b"another");
        store.record(&[], &[again]).unwrap();
        let id = envelope(1).meta.id;
        assert_eq!(store.envelopes().get(&id).unwrap(), Some(envelope(1)));
    }

    #[test]
    fn the_index_lists_one_network_and_says_what_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut elsewhere = envelope(3);
        elsewhere.meta.network = NetworkId::of("elsewhere");
        let refused = EnvelopeRow {
            body: None,
            ..envelope(2)
        };
        store
            .record(&[], &[envelope(1), refused, elsewhere])
            .unwrap();
        assert_eq!(
            index(&mut store),
            [(envelope(1).meta, true), (envelope(2).meta, false)]
        );
    }

    #[test]
    fn a_dropped_body_leaves_its_id_known() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[], &[envelope(1), envelope(2)]).unwrap();
        let size = u64::from(envelope(1).meta.size);
        assert_eq!(store.envelopes().body_bytes().unwrap(), 2 * size);

        let id = envelope(1).meta.id;
        store.envelopes().drop_bodies(&[id]).unwrap();
        assert_eq!(store.envelopes().get(&id).unwrap().unwrap().body, None);
        assert_eq!(store.envelopes().body_bytes().unwrap(), size);
        assert_eq!(
            index(&mut store),
            [(envelope(1).meta, false), (envelope(2).meta, true)]
        );
    }

    #[test]
    fn a_forgotten_envelope_is_unknown_again_and_its_body_gone() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[], &[envelope(1), envelope(2)]).unwrap();
        let id = envelope(2).meta.id;
        store.envelopes().forget(&[id]).unwrap();
        assert_eq!(store.envelopes().get(&id).unwrap(), None);
        let bodies = "SELECT count(*) FROM bodies";
        let left = store.db.query_row(bodies, [], |row| row.get(0));
        assert_eq!(left, Ok(1));
        store.record(&[], &[envelope(2)]).unwrap();
        assert_eq!(store.envelopes().get(&id).unwrap(), Some(envelope(2)));
    }

    fn index(store: &mut crate::Store) -> Vec<(EnvelopeMeta, bool)> {
        let mut entries = Vec::new();
        store
            .envelopes()
            .index(&home(), |entry| entries.push((entry.meta, entry.held)))
            .unwrap();
        entries
    }
}
