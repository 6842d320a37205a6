//! Direct messages of ours on their way: who has them, and whether a way leads to whom they are for.

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::{DeviceId, EnvelopeId};
use rand::Rng;

use super::{Entry, Gossip, Held, Output};
use crate::limits;

/// How far a direct message of ours got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Someone has it, and the recipient can be reached.
    Sent,
    /// These neighbours took it, and the recipient cannot be reached.
    Carried(Vec<DeviceId>),
    /// The recipient's device has it.
    Delivered,
    /// It is too old for anyone to carry.
    Expired,
}

/// Own messages of which it is not known that the recipient has them.
#[derive(Debug, Default)]
pub(crate) struct Underway {
    recipients: BTreeMap<DeviceId, Recipient>,
    to: BTreeMap<EnvelopeId, DeviceId>,
}

#[derive(Debug)]
struct Recipient {
    /// Whether there was a way when someone looked last.
    is_present: Option<bool>,
    /// Who has each.
    carriers: BTreeMap<EnvelopeId, BTreeSet<DeviceId>>,
}

impl Underway {
    fn remove(&mut self, id: &EnvelopeId) -> bool {
        let Some(to) = self.to.remove(id) else {
            return false;
        };
        if let Some(recipient) = self.recipients.get_mut(&to) {
            recipient.carriers.remove(id);
            if recipient.carriers.is_empty() {
                self.recipients.remove(&to);
            }
        }
        true
    }

    /// Someone has one of these. Returns how many have it when that is news.
    pub(crate) fn stored(&mut self, id: &EnvelopeId, by: DeviceId) -> Option<u32> {
        let to = self.to.get(id)?;
        let carriers = self.recipients.get_mut(to)?.carriers.get_mut(id)?;
        // Whoever it is for counts, however many carry it.
        let has_room = carriers.len() < limits::REACHED || by == *to;
        (has_room && carriers.insert(by)).then(|| u32::try_from(carriers.len()).unwrap_or(u32::MAX))
    }
}

impl<R: Rng> Gossip<R> {
    /// A message of ours is on its way; these have it already.
    pub(super) fn dispatch(&mut self, entry: &Entry, carriers: BTreeSet<DeviceId>) {
        let Some(mail) = &entry.mail else {
            return;
        };
        let (id, to) = (entry.id, mail.audience);
        if !entry.own || entry.held != Held::Body || carriers.contains(&to) {
            return;
        }
        // Of one that nobody has, there is nothing to tell yet.
        let is_present = carriers.is_empty().then(|| self.is_reachable(&to));
        let recipient = || Recipient {
            is_present,
            carriers: BTreeMap::new(),
        };
        self.underway.to.insert(id, to);
        let recipient = self.underway.recipients.entry(to).or_insert_with(recipient);
        recipient.carriers.insert(id, carriers);
    }

    /// One of ours has a carrier more, so many in all.
    pub(super) fn carried(&mut self, id: &EnvelopeId, by: DeviceId, reached: u32) {
        let Some(to) = self.underway.to.get(id).copied() else {
            return;
        };
        if to == by {
            return self.delivered(id);
        }
        let is_present = self.is_reachable(&to);
        // While the recipient can be reached, it does not matter who else has it.
        if !is_present || reached == 1 {
            self.tell_progress(&to, is_present, Some(id));
        }
    }

    /// The recipient has one of ours, or had it and said so.
    pub(super) fn delivered(&mut self, id: &EnvelopeId) {
        self.conclude(id, Progress::Delivered);
    }

    /// These bodies aged out.
    pub(super) fn expire_underway(&mut self, ids: &[EnvelopeId]) {
        ids.iter()
            .for_each(|id| self.conclude(id, Progress::Expired));
    }

    fn conclude(&mut self, id: &EnvelopeId, progress: Progress) {
        if self.underway.remove(id) {
            let id = *id;
            self.outputs.push_back(Output::Progress { id, progress });
        }
    }

    /// Recipients come and go.
    pub(super) fn look_for_recipients(&mut self) {
        let recipients = self.underway.recipients.iter();
        let turned = recipients.filter_map(|(to, recipient)| {
            let is_present = self.is_reachable(to);
            (recipient.is_present != Some(is_present)).then_some((*to, is_present))
        });
        let turned: Vec<(DeviceId, bool)> = turned.collect();
        for (to, is_present) in turned {
            if let Some(recipient) = self.underway.recipients.get_mut(&to) {
                recipient.is_present = Some(is_present);
            }
            self.tell_progress(&to, is_present, None);
        }
    }

    /// Of one message to a recipient, or of all, what someone has.
    fn tell_progress(&mut self, to: &DeviceId, is_present: bool, only: Option<&EnvelopeId>) {
        let Some(recipient) = self.underway.recipients.get(to) else {
            return;
        };
        let told = recipient
            .carriers
            .iter()
            .filter(|(id, carriers)| !carriers.is_empty() && only.is_none_or(|only| only == *id));
        for (id, carriers) in told {
            let progress = if is_present {
                Progress::Sent
            } else {
                Progress::Carried(carriers.iter().copied().collect())
            };
            let id = *id;
            self.outputs.push_back(Output::Progress { id, progress });
        }
    }
}
