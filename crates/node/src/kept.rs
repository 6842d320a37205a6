//! What is kept of devices, however many of them somebody makes up.

use std::collections::BTreeMap;

use gossamer_crypto::DeviceId;

/// A value for each of so many devices at most. When there are more, the one that was noted longest
/// ago gives way, of those that need not stay if there are any. One that stays counts as noted then, so
/// that those who stay are not looked at again for each new one.
#[derive(Debug)]
pub(crate) struct Kept<V> {
    most: usize,
    values: BTreeMap<DeviceId, (u64, V)>,
    /// The same devices in the order in which they were noted last.
    order: BTreeMap<u64, DeviceId>,
    next: u64,
}

impl<V> Kept<V> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            values: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    /// Notes a device, again or for the first time. Returns which one went for it, if there was no
    /// room: one that does not `stay` if there is any.
    pub(crate) fn note(
        &mut self,
        device: DeviceId,
        value: V,
        stays: impl Fn(&DeviceId, &V) -> bool,
    ) -> Option<(DeviceId, V)> {
        self.remove(&device);
        let gone = self.make_room(stays);
        self.order.insert(self.next, device);
        self.values.insert(device, (self.next, value));
        self.next += 1;
        gone
    }

    /// The value of a device, `new` if it had none; and which one went for it.
    pub(crate) fn get_or_note(
        &mut self,
        device: DeviceId,
        new: impl FnOnce() -> V,
        stays: impl Fn(&DeviceId, &V) -> bool,
    ) -> (&mut V, Option<(DeviceId, V)>) {
        let is_known = self.contains(&device);
        let gone = (!is_known).then(|| self.make_room(stays)).flatten();
        let (_, value) = self.values.entry(device).or_insert_with(|| {
            let place = self.next;
            self.order.insert(place, device);
            self.next += 1;
            (place, new())
        });
        (value, gone)
    }

    fn make_room(&mut self, stays: impl Fn(&DeviceId, &V) -> bool) -> Option<(DeviceId, V)> {
        if self.values.len() < self.most {
            return None;
        }
        for _ in 0..self.order.len() {
            let oldest = self.oldest()?;
            if !stays(&oldest, self.get(&oldest)?) {
                break;
            }
            self.renew(&oldest);
        }
        // Where all are to stay, they are in the order now that they were in before.
        let gone = self.oldest()?;
        self.remove(&gone).map(|value| (gone, value))
    }

    fn oldest(&self) -> Option<DeviceId> {
        self.order.values().next().copied()
    }

    /// A device counts as noted now.
    pub(crate) fn renew(&mut self, device: &DeviceId) {
        if let Some((place, _)) = self.values.get_mut(device) {
            self.order.remove(place);
            *place = self.next;
            self.order.insert(self.next, *device);
            self.next += 1;
        }
    }

    pub(crate) fn remove(&mut self, device: &DeviceId) -> Option<V> {
        let (place, value) = self.values.remove(device)?;
        self.order.remove(&place);
        Some(value)
    }

    pub(crate) fn get(&self, device: &DeviceId) -> Option<&V> {
        self.values.get(device).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, device: &DeviceId) -> Option<&mut V> {
        self.values.get_mut(device).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, device: &DeviceId) -> bool {
        self.values.contains_key(device)
    }

    /// All, in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DeviceId, &V)> {
        self.values
            .iter()
            .map(|(device, (_, value))| (device, value))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: u16) -> DeviceId {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&n.to_le_bytes());
        DeviceId::new(id)
    }

    #[test]
    fn the_oldest_goes_and_before_it_whoever_need_not_stay() {
        let (ben, cleo) = (device(60_000), device(60_001));
        let mut kept = Kept::new(10);
        let stays = |device: &DeviceId, _: &u16| *device == ben;
        assert_eq!(kept.note(ben, 0, stays), None);
        assert_eq!(kept.note(cleo, 0, stays), None);
        for n in 0..8 {
            assert_eq!(kept.note(device(n), n, stays), None);
        }
        assert_eq!(kept.note(device(8), 8, stays), Some((cleo, 0)));
        kept.renew(&device(0));
        assert_eq!(kept.note(device(9), 9, stays), Some((device(1), 1)));
        assert_eq!((kept.get(&ben), kept.values.len()), (Some(&0), 10));
        assert_eq!(kept.order.len(), 10);
    }

    #[test]
    fn those_who_stay_are_looked_at_once_and_not_for_each_that_is_made_up() {
        const STAY: u16 = 500;
        let mut kept = Kept::new(1000);
        for n in 0..1000 {
            kept.note(device(n), n, |_, _| false);
        }
        let looked = std::cell::Cell::new(0);
        for n in 1000..1100 {
            kept.note(device(n), n, |_, it| {
                looked.set(looked.get() + 1);
                *it < STAY
            });
        }
        assert_eq!(looked.get(), STAY + 100);
        assert!((0..STAY).all(|n| kept.contains(&device(n))));
    }

    #[test]
    fn where_everyone_is_to_stay_the_oldest_goes() {
        let mut kept = Kept::new(2);
        for n in 0..5 {
            kept.note(device(n), n, |_, _| true);
        }
        assert!(kept.iter().map(|(_, n)| *n).eq([3, 4]));
    }
}
