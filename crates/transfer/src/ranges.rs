//! A set of numbers that knows its gaps.

use std::{collections::BTreeMap, ops::Range};

/// A set of numbers kept as ranges. What arrives in order is one range; the worst order costs
/// one entry for each number, never anything for numbers not in the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// Start to end (exclusive); ranges neither overlap nor touch.
    ranges: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds a number; false when it was there already.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        let next = number + 1;
        let end = self.ranges.remove(&next).unwrap_or(next);
        match self.ranges.range_mut(..number).next_back() {
            Some((_, before)) if *before == number => *before = end,
            _ => {
                self.ranges.insert(number, end);
            }
        }
        true
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        let range = self.ranges.range(..=number).next_back();
        range.is_some_and(|(_, &end)| number < end)
    }

    /// What is in it, lowest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.ranges.iter().map(|(&start, &end)| start..end)
    }

    /// The gaps below `limit`, lowest first.
    pub(crate) fn missing(&self, limit: u64) -> impl Iterator<Item = Range<u64>> {
        let starts = std::iter::once(0).chain(self.ranges.values().copied());
        let ends = self.ranges.keys().copied().chain(std::iter::once(limit));
        starts
            .zip(ends)
            .map(|(start, end)| start..end)
            .filter(|gap| !gap.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_order_are_one_range() {
        let mut ranges = Ranges::default();
        for number in 0..1000 {
            assert!(ranges.insert(number));
        }
        assert_eq!(ranges.ranges.len(), 1);
        assert_eq!(ranges.missing(1000).count(), 0);
        assert!(ranges.missing(1002).eq(Some(1000..1002)));
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(numbers in prop::collection::vec(0u64..64, 0..100)) {
            let mut ranges = Ranges::default();
            let mut set = BTreeSet::new();
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), set.insert(number));
            }
            let missing: Vec<_> = ranges.missing(64).flatten().collect();
            let expected: Vec<_> = (0..64).filter(|number| !set.contains(number)).collect();
            prop_assert_eq!(missing, expected);
            prop_assert!(ranges.iter().flatten().eq(set));
        }
    }
}
