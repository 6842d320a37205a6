//! Files that are over: late chunks of them are passed on, not kept.

use std::collections::{HashSet, VecDeque};

/// Ids remembered at most, oldest out first. A file forgotten here would be offered anew.
const CAP: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Over {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Over {
    pub(crate) fn insert(&mut self, id: String) {
        if self.ids.insert(id.clone()) {
            self.order.push_back(id);
        }
        if self.order.len() > CAP
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_memory_is_bounded() {
        let mut over = Over::default();
        (0..2 * CAP).for_each(|n| over.insert(n.to_string()));
        assert!(over.contains(&(2 * CAP - 1).to_string()));
        assert!(!over.contains("0"));
        assert_eq!((over.ids.len(), over.order.len()), (CAP, CAP));
    }
}
