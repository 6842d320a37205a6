//! Whom we listen to where more devices beacon than there is room for. A beacon is unsigned, so anyone
//! can make up thousands: a friend takes the place of a stranger, a stranger nobody's.

use gossamer_crypto::DeviceId;
use rand::Rng;

use super::Gossip;

impl<R: Rng> Gossip<R> {
    /// Whether a device that beacons is taken notice of. May forget another one for it.
    pub(super) fn is_listened_to(&mut self, device: &DeviceId) -> bool {
        let is_listened_to = self.neighbours.is_heard(device) || self.make_room(device);
        if !is_listened_to {
            self.turned_away = self.turned_away.saturating_add(1);
        }
        is_listened_to
    }

    fn make_room(&mut self, device: &DeviceId) -> bool {
        if !self.neighbours.is_full() {
            return true;
        }
        if !self.is_friend(device) {
            return false;
        }
        let stranger = self.neighbours.stalest(|one| !self.is_friend(one));
        stranger.is_some_and(|stranger| self.neighbours.forget(&stranger))
    }

    /// Whether a device proved its key to us, in this run or an earlier one, or is a contact's.
    pub(super) fn is_friend(&self, device: &DeviceId) -> bool {
        self.admitted.contains(device) || self.is_contact(device) || self.has_link(device)
    }
}
