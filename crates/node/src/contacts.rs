//! Contacts: the people whom the user prefers, and which devices are theirs.

use std::collections::BTreeSet;

use gossamer_crypto::{DeviceId, UserId};
use gossamer_mesh::{gossip::Input, limits::ORIGINS};
use gossamer_wire::v2::DeviceRecord;
use tokio::sync::oneshot;

use crate::{
    actor::{Actor, Report},
    api::{ApiError, ErrorCode, Event, PeerView},
    clock::wall_ms,
    kept::Kept,
};

/// Devices of which it is known whose they are: twice as many as can be here at once, so that those who
/// are made up push out none of them. Contacts' go last.
const OWNED: usize = 2 * ORIGINS;

/// Who is a contact, and whose each device is.
#[derive(Debug)]
pub(crate) struct Contacts {
    people: BTreeSet<UserId>,
    /// As device and person say under their signatures.
    owners: Kept<UserId>,
}

impl Default for Contacts {
    fn default() -> Self {
        Self {
            people: BTreeSet::new(),
            owners: Kept::new(OWNED),
        }
    }
}

impl Contacts {
    pub(crate) fn new<'a>(
        people: impl Iterator<Item = UserId>,
        records: impl Iterator<Item = &'a DeviceRecord>,
    ) -> Self {
        let people = people.collect();
        let mut contacts = Self {
            people,
            ..Self::default()
        };
        for record in records {
            contacts.learn(record.device, record.user);
        }
        contacts
    }

    /// A device is somebody's. Returns whether contacts have other devices now.
    pub(crate) fn learn(&mut self, device: DeviceId, user: UserId) -> bool {
        let was = self.has(&device);
        let people = &self.people;
        let is_contacts = |_: &DeviceId, owner: &UserId| people.contains(owner);
        self.owners.note(device, user, is_contacts);
        was != self.has(&device)
    }

    /// Whether a device is a contact's.
    pub(crate) fn has(&self, device: &DeviceId) -> bool {
        let owner = self.owners.get(device);
        owner.is_some_and(|user| self.people.contains(user))
    }

    /// The devices of contacts, as the brain is told; `None` while nobody was chosen.
    pub(crate) fn chosen(&self) -> Option<BTreeSet<DeviceId>> {
        let devices = self.owners.iter();
        let devices = devices.filter(|(_, owner)| self.people.contains(owner));
        (!self.people.is_empty()).then(|| devices.map(|(device, _)| *device).collect())
    }

    fn change(&mut self, user: UserId, is_contact: bool) {
        if is_contact {
            self.people.insert(user);
        } else {
            self.people.remove(&user);
        }
    }

    fn devices_of(&self, user: &UserId) -> Vec<DeviceId> {
        let theirs = self.owners.iter().filter(|(_, owner)| *owner == user);
        theirs.map(|(device, _)| *device).collect()
    }
}

/// Somebody is to be a contact, or none any more.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The device by which the person was named.
    device: DeviceId,
    user: UserId,
    is_contact: bool,
    answer: oneshot::Sender<Result<Event, ApiError>>,
}

impl Actor {
    /// Makes the person whose device this is a contact, or none any more. It counts once it is on
    /// disk.
    pub(crate) fn choose(
        &self,
        peer: &str,
        is_contact: bool,
        answer: oneshot::Sender<Result<Event, ApiError>>,
    ) {
        let (device, user) = match self.person(peer) {
            Ok(person) => person,
            Err(error) => return drop(answer.send(Err(error))),
        };
        let choice = Choice {
            device,
            user,
            is_contact,
            answer,
        };
        self.job(
            move |store| {
                if is_contact {
                    store.contacts().add(&user, wall_ms())
                } else {
                    store.contacts().remove(&user)
                }
            },
            |done| Some(Report::Chosen(choice, done)),
        );
    }

    /// A choice is on disk, or could not be written.
    pub(crate) fn chosen(&mut self, choice: Choice, done: Result<(), ApiError>) {
        let Choice {
            device,
            user,
            is_contact,
            answer,
        } = choice;
        if let Err(error) = done {
            return drop(answer.send(Err(error)));
        }
        self.v2.devices.contacts.change(user, is_contact);
        self.tell_contacts();
        for device in self.v2.devices.contacts.devices_of(&user) {
            if let Some(peer) = self.peer(&device) {
                self.sink.emit(Event::Contact { peer });
            }
        }
        let peer = self.peer(&device).ok_or_else(unknown_person);
        let _ = answer.send(peer.map(|peer| Event::Contact { peer }));
    }

    fn peer(&self, device: &DeviceId) -> Option<PeerView> {
        let peer = self.v2.peer(device)?;
        let rate = self.files.rate(&peer.id);
        Some(PeerView { rate, ..peer })
    }

    /// Who is a contact, or which devices contacts have, is something else now.
    pub(crate) fn tell_contacts(&mut self) {
        let chosen = self.v2.devices.contacts.chosen();
        self.gossip(Input::Contacts(chosen));
    }

    /// The device that a face means, and whose it is.
    fn person(&self, peer: &str) -> Result<(DeviceId, UserId), ApiError> {
        let is_classic = |device: &&gossamer_mesh::Peer| !device.v2 && device.id.0 == peer;
        if self.classic.mesh.peers().any(|device| is_classic(&device)) {
            return Err(ApiError::new(
                ErrorCode::BadArgument,
                "That device speaks the classic protocol, which proves nobody's identity. Only \
                 people with a newer Gossamer can be contacts.",
            ));
        }
        let device = DeviceId::from_hex(peer).ok_or_else(unknown_person)?;
        let owner = self.v2.devices.contacts.owners.get(&device);
        if device == self.v2.author.device.id() || owner == Some(&self.v2.author.user.id()) {
            return Err(ApiError::new(
                ErrorCode::BadArgument,
                "That is you. Contacts are other people.",
            ));
        }
        let is_shown = self.v2.devices.view(&device).is_some();
        let user = owner.filter(|_| is_shown).ok_or_else(unknown_person)?;
        Ok((device, *user))
    }
}

fn unknown_person() -> ApiError {
    ApiError::new(
        ErrorCode::UnknownPeer,
        "It is not known yet whose device that is. Try again once it was here for a moment.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId::new([1; 32]);
    const BEN: UserId = UserId::new([2; 32]);

    #[test]
    fn while_nobody_is_chosen_the_brain_is_told_of_nobody() {
        let mut contacts = Contacts::default();
        assert_eq!(contacts.chosen(), None);
        contacts.change(ANA, true);
        assert_eq!(
            contacts.chosen(),
            Some(BTreeSet::new()),
            "she has no device here"
        );
        contacts.change(ANA, false);
        assert_eq!(contacts.chosen(), None);
    }

    #[test]
    fn every_device_of_a_contact_counts_whenever_it_is_met() {
        let [first, second, bens] = [1, 2, 3].map(|n| DeviceId::new([n; 32]));
        let mut contacts = Contacts::default();
        assert!(!contacts.learn(first, ANA) && !contacts.learn(bens, BEN));
        contacts.change(ANA, true);
        assert!(contacts.learn(second, ANA) && !contacts.learn(second, ANA));
        assert_eq!(contacts.chosen(), Some(BTreeSet::from([first, second])));
        assert!(!contacts.has(&bens));
        assert_eq!(contacts.devices_of(&ANA), [first, second]);
    }

    #[test]
    fn however_many_devices_are_made_up_those_of_a_contact_are_known() {
        let anas = DeviceId::new([1; 32]);
        let mut contacts = Contacts::default();
        contacts.change(ANA, true);
        contacts.learn(anas, ANA);
        for n in 0..2 * OWNED {
            let mut made_up = [9; 32];
            made_up[..8].copy_from_slice(&n.to_le_bytes());
            contacts.learn(DeviceId::new(made_up), BEN);
        }
        assert_eq!(contacts.owners.len(), OWNED);
        assert!(contacts.has(&anas));
    }
}
