//! A map of what came last.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// A map of at most so many entries: the oldest gives way to a new one.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    capacity: usize,
    values: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            values: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Remembers a value. A key that is known does not become younger.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.values.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_memory_is_bounded() {
        let mut recent = Recent::new(10);
        for n in 0..20 {
            recent.insert(n, "first");
            recent.insert(n, "second");
        }
        let known = (0..20).filter(|n| recent.get(n) == Some(&"second"));
        assert!(known.eq(10..20));
        assert_eq!((recent.values.len(), recent.order.len()), (10, 10));
    }
}
