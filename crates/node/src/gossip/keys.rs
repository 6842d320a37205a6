//! The keys of the network, and what they open.

use std::iter;

use gossamer_crypto::{EnvelopeId, Keyring, NetworkKey};
use gossamer_mesh::gossip::Input;
use gossamer_store::{MessageRow, Store, StoreError};
use gossamer_wire::v2::Body;

use super::content::Content;
use crate::actor::{Actor, Report};

/// Unreadable messages that are tried again when the keyring grows.
const REOPENED: u32 = 1_000;

impl Actor {
    /// A network with a password has a key once someone has something to say.
    pub(crate) fn have_key(&mut self) {
        if self.v2.content.lacks_key() {
            self.gossip(Input::Mint(NetworkKey::new(rand::random())));
        }
    }

    pub(super) fn rekey(&mut self, keyring: Keyring) {
        self.v2.content.rekey(keyring.clone());
        let (network, content) = (self.v2.author.network, self.v2.content.clone());
        self.job(
            move |store| {
                store.networks().save_keyring(&network, &keyring)?;
                reveal(store, &content)
            },
            |revealed| Some(revealed.map_or(Report::KeyringFailed, Report::Revealed)),
        );
    }
}

/// Reads what could not be read until now. Says which messages could be, and which moved below
/// them.
fn reveal(store: &mut Store, content: &Content) -> Result<Vec<MessageRow>, StoreError> {
    let mut revealed = Vec::new();
    for id in store.messages().unreadable(None, REOPENED)? {
        let Some(envelope) = EnvelopeId::from_hex(&id) else {
            continue;
        };
        let row = store.envelopes().get(&envelope)?;
        let body = row.and_then(|row| Body::decode(&row.body?.body).ok());
        let Some(said) = body.and_then(|body| content.read(&body)) else {
            continue;
        };
        let Some(text) = said.text else { continue };
        let after: Vec<String> = said.after.iter().map(ToString::to_string).collect();
        let moved = store.messages().reveal(&id, &said.name, &text, &after)?;
        let Some(moved) = moved else { continue };
        for id in iter::once(id).chain(moved) {
            revealed.extend(store.messages().get(&id)?);
        }
    }
    Ok(revealed)
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::{DeviceKey, NetworkId, UserKey};
    use gossamer_mesh::{bridge::Heard, gossip::Entry};
    use gossamer_store::Unlock;
    use gossamer_wire::v1::Header;

    use super::{
        super::{
            author::Author,
            rows::{message, row},
        },
        *,
    };

    fn ana() -> Author {
        Author {
            device: DeviceKey::from_secret(&[1; 32]),
            user: UserKey::from_secret(&[2; 32]),
            network: NetworkId::of("home"),
            name: "ana".to_owned(),
        }
    }

    fn content(keys: &[u8]) -> Content {
        let mut keyring = Keyring::new();
        keyring.merge(keys.iter().map(|key| NetworkKey::new([*key; 32])));
        Content::new(None, keyring, true)
    }

    /// What ben says on the classic wire.
    fn heard() -> Heard {
        Heard {
            header: Header {
                message_id: "m-1".to_owned(),
                sender_id: "bbbbbbbb".to_owned(),
                sender_name: "ben".to_owned(),
                timestamp: 1_699_123_456.789,
            },
            content: String::new(),
        }
    }

    #[test]
    fn a_key_that_comes_later_reveals_what_was_said_before_in_either_dialect() {
        let (ana, theirs) = (ana(), content(&[7]));
        let said = ana.text(&theirs, "hello", &[], 1, 1_000).unwrap();
        let bridged = ana.classic(&theirs, &heard(), "hi there").unwrap();

        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), &Unlock::default()).unwrap();
        let ours = content(&[8]);
        for envelope in [&said, &bridged] {
            let body = envelope.parse().unwrap();
            let entry = Entry::of(envelope.id(), envelope, &body, ana.device.id());
            let message = message(ours.read(&body).unwrap(), &body, &entry);
            assert!(!message.row.readable && message.row.text.is_empty());
            let stored = row(&entry, ana.network, Some((envelope, &body)));
            store.record(&[message], &[stored]).unwrap();
        }
        assert!(reveal(&mut store, &ours).unwrap().is_empty());

        let mut revealed = reveal(&mut store, &content(&[7, 8])).unwrap();
        revealed.sort_by_key(|row| row.sent_at);
        let read = revealed.iter().map(|row| {
            assert!(row.readable);
            (row.from_name.as_str(), row.text.as_str())
        });
        assert!(read.eq([("ana", "hello"), ("ben", "hi there")]));
        assert_eq!(store.messages().unreadable(None, 9).unwrap(), [""; 0]);
    }
}
