//! Maps by id for what is looked up with every frame.
//!
//! A brain is one of many things that its machine does, so what it looks up is mostly in cold
//! memory: a tree of ids costs a dozen accesses there and a table two. Whoever reads such a map in
//! its order sorts first.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher},
};

/// A table by id.
pub(crate) type ById<K, V> = HashMap<K, V, Secret>;

/// Where an id is in a table depends on this. Peers choose ids, and must not know it: they could
/// choose such that share a place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Secret(pub(crate) u64);

/// An id is hashed eight bytes at a time.
#[derive(Debug)]
pub(crate) struct Mixed(u64);

impl BuildHasher for Secret {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * FACTOR;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_usize(&mut self, length: usize) {
        self.write_u64(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Odd, and half of its bits are set: each bit of a word reaches all of a product.
const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15;
