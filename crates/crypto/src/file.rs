//! The chunks of a file as they travel and are hashed: sealed (docs/protocol-v2.md 9.2).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{FileId, SealError};

/// The random key of one file: never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(Zeroizing<[u8; 32]>);

impl FileKey {
    /// Takes 32 bytes, fresh from the system's random source for a new key.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The secret bytes, for the store and those who may fetch the file only.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for FileKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// Seals and opens the chunks of one file in the caller's buffer, without copies or allocations.
///
/// Equal chunks at an index always become equal bytes, so whoever has the file and its key can
/// serve it, and the hash of a sealed chunk tells whether the file changed. Chunks that differ
/// never share a nonce.
pub struct Sealer {
    file: FileId,
    nonce_key: Zeroizing<[u8; 32]>,
    // The library wipes its keys when dropped.
    cipher: LessSafeKey,
}

impl Sealer {
    /// The room for the nonce before the plaintext.
    pub const NONCE: usize = NONCE_LEN;

    /// The room for the tag after the plaintext.
    pub const TAG: usize = 16;

    /// How many bytes a sealed chunk has more than its plaintext.
    pub const OVERHEAD: usize = Self::NONCE + Self::TAG;

    /// A sealer for the file with this id under this key.
    #[must_use]
    pub fn new(key: &FileKey, file: FileId) -> Self {
        let chunk_key = derive("gossamer2 file chunk key", key, file);
        let cipher = UnboundKey::new(&AES_256_GCM, chunk_key.as_ref())
            .expect("AES-256 takes a key of 32 bytes");
        Self {
            file,
            nonce_key: derive("gossamer2 file nonce key", key, file),
            cipher: LessSafeKey::new(cipher),
        }
    }

    /// Seals a chunk in place: `chunk` is [`NONCE`](Self::NONCE) bytes of room, the plaintext and
    /// [`TAG`](Self::TAG) bytes of room, and becomes the sealed chunk.
    ///
    /// # Errors
    /// When `chunk` has no room for nonce and tag, or has 4 GiB and more.
    pub fn seal(&self, index: u32, chunk: &mut [u8]) -> Result<(), SealError> {
        let (nonce, rest) = chunk.split_first_chunk_mut().ok_or(SealError)?;
        let (plaintext, tag) = rest
            .split_last_chunk_mut::<{ Self::TAG }>()
            .ok_or(SealError)?;
        let aad = self.aad(index, plaintext.len()).ok_or(SealError)?;

        *nonce = self.nonce(index, plaintext);
        let made = self
            .cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), aad, plaintext)
            .map_err(|_| SealError)?;
        tag.copy_from_slice(made.as_ref());
        Ok(())
    }

    /// Opens a sealed chunk in place and gives its plaintext.
    ///
    /// # Errors
    /// When the chunk was not sealed for this place in this file under its key, or was changed.
    /// `sealed` then holds nothing of use.
    pub fn open<'a>(&self, index: u32, sealed: &'a mut [u8]) -> Result<&'a [u8], BadChunk> {
        let (nonce, rest) = sealed.split_first_chunk_mut().ok_or(BadChunk)?;
        let size = rest.len().checked_sub(Self::TAG).ok_or(BadChunk)?;
        let aad = self.aad(index, size).ok_or(BadChunk)?;
        self.cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, rest)
            .map(|plaintext| &*plaintext)
            .map_err(|_| BadChunk)
    }

    fn nonce(&self, index: u32, plaintext: &[u8]) -> [u8; Self::NONCE] {
        let mut nonce = [0; Self::NONCE];
        blake3::Hasher::new_keyed(&self.nonce_key)
            .update(&index.to_be_bytes())
            .update(plaintext)
            .finalize_xof()
            .fill(&mut nonce);
        nonce
    }

    /// What is sealed along: a chunk opens only where it belongs. `None` when the size does not
    /// fit.
    fn aad(&self, index: u32, size: usize) -> Option<Aad<[u8; 24]>> {
        let size = u32::try_from(size).ok()?;
        let mut aad = [0; 24];
        let (file, place) = aad.split_at_mut(FileId::SIZE);
        let (at, length) = place.split_at_mut(4);
        file.copy_from_slice(self.file.as_bytes());
        at.copy_from_slice(&index.to_be_bytes());
        length.copy_from_slice(&size.to_be_bytes());
        Some(Aad::from(aad))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({:?})", self.file)
    }
}

/// The chunk was not sealed for this place in this file under its key, or was changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk does not belong here or was changed on the way")]
pub struct BadChunk;

/// The id goes in so that one key under two ids, which nobody should use, still makes two keys:
/// with one, equal chunks would share a nonce under different AADs.
fn derive(context: &str, key: &FileKey, file: FileId) -> Zeroizing<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    hasher.update(key.expose_secret()).update(file.as_bytes());
    Zeroizing::new(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: FileId = FileId::new([1; 16]);

    fn sealer() -> Sealer {
        Sealer::new(&FileKey::new([7; 32]), FILE)
    }

    fn sealed(sealer: &Sealer, index: u32, plaintext: &[u8]) -> Vec<u8> {
        let mut chunk = [
            &[0xee; Sealer::NONCE][..],
            plaintext,
            &[0xee; Sealer::TAG][..],
        ]
        .concat();
        sealer.seal(index, &mut chunk).unwrap();
        chunk
    }

    #[test]
    fn a_chunk_opens_where_it_was_sealed() {
        for size in [0, 1, 1000, 256 << 10, 1 << 20] {
            let plaintext = vec![0x5a; size];
            let mut chunk = sealed(&sealer(), 3, &plaintext);
            assert_eq!(chunk.len(), size + Sealer::OVERHEAD);
            assert_eq!(sealer().open(3, &mut chunk), Ok(&plaintext[..]), "{size}");
        }
    }

    #[test]
    fn a_chunk_opens_nowhere_else() {
        let chunk = sealed(&sealer(), 3, b"hello");
        let another_key = Sealer::new(&FileKey::new([8; 32]), FILE);
        let another_file = Sealer::new(&FileKey::new([7; 32]), FileId::new([2; 16]));
        assert_eq!(sealer().open(4, &mut chunk.clone()), Err(BadChunk));
        assert_eq!(another_key.open(3, &mut chunk.clone()), Err(BadChunk));
        assert_eq!(another_file.open(3, &mut chunk.clone()), Err(BadChunk));
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let chunk = sealed(&sealer(), 3, b"hello");
        for bit in 0..chunk.len() * 8 {
            let mut changed = chunk.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer().open(3, &mut changed), Err(BadChunk), "bit {bit}");
        }
        for size in 0..chunk.len() {
            let mut cut = chunk[..size].to_vec();
            assert_eq!(sealer().open(3, &mut cut), Err(BadChunk), "{size} bytes");
        }
        let mut longer = [&chunk[..], &[0]].concat();
        assert_eq!(sealer().open(3, &mut longer), Err(BadChunk));
    }

    #[test]
    fn the_same_chunk_is_sealed_to_the_same_bytes() {
        assert_eq!(
            sealed(&sealer(), 3, b"hello"),
            sealed(&sealer(), 3, b"hello")
        );
    }

    #[test]
    fn chunks_that_differ_never_share_a_nonce() {
        let key = FileKey::new([7; 32]);
        let chunks = [
            sealed(&sealer(), 3, b"hello"),
            sealed(&sealer(), 3, b"hellp"),
            sealed(&sealer(), 3, b"hell"),
            sealed(&sealer(), 4, b"hello"),
            sealed(&Sealer::new(&key, FileId::new([2; 16])), 3, b"hello"),
        ];
        let mut nonces: Vec<_> = chunks.iter().map(|c| &c[..Sealer::NONCE]).collect();
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), chunks.len());
    }

    #[test]
    fn a_buffer_without_room_is_an_error() {
        for size in 0..Sealer::OVERHEAD {
            assert_eq!(sealer().seal(0, &mut vec![0; size]), Err(SealError));
        }
    }

    proptest! {
        #[test]
        fn any_chunk_survives(index: u32, plaintext in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let mut chunk = sealed(&sealer(), index, &plaintext);
            prop_assert_eq!(sealer().open(index, &mut chunk), Ok(&plaintext[..]));
        }

        #[test]
        fn no_bytes_make_it_panic(index: u32, mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(sealer().open(index, &mut bytes), Err(BadChunk));
        }
    }
}
