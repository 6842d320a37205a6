//! Sealed chunks (docs/protocol-v2.md 9).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::fmt;
use zeroize::Zeroizing;

/// A file, named by its sender at random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId([u8; 16]);
impl FileId {
    /// Takes its bytes.
    pub const fn new(b: [u8; 16]) -> Self {
        Self(b)
    }
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileId({:02x?})", self.0.get(..4).unwrap_or_default())
    }
}
/// Key.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(Zeroizing<[u8; 32]>);
impl FileKey {
    /// Takes its bytes.
    pub fn new(b: [u8; 32]) -> Self {
        Self(Zeroizing::new(b))
    }
    /// Bytes.
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}
impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}
/// Bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk was not sealed under the key of this file, or was changed")]
pub struct BadChunk;
/// Seals.
pub struct Sealer {
    key: LessSafeKey,
    nonce: Zeroizing<[u8; 32]>,
    file: FileId,
}
impl Sealer {
    /// Before.
    pub const NONCE: usize = 12;
    /// After.
    pub const TAG: usize = 16;
    /// Both.
    pub const OVERHEAD: usize = 28;
    /// New.
    #[allow(clippy::expect_used)]
    pub fn new(key: &FileKey, file: FileId) -> Self {
        let k = blake3::derive_key("gossamer2 file chunk key", key.expose_secret());
        let n = blake3::derive_key("gossamer2 file nonce key", key.expose_secret());
        Self {
            key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &k).expect("32")),
            nonce: Zeroizing::new(n),
            file,
        }
    }
    fn aad(&self, index: u32, len: usize) -> Aad<Vec<u8>> {
        let mut v = self.file.0.to_vec();
        v.extend(index.to_be_bytes());
        v.extend((len as u32).to_be_bytes());
        Aad::from(v)
    }
    /// Seal in place.
    pub fn seal(&self, index: u32, chunk: &mut [u8]) -> Result<(), BadChunk> {
        let (nonce, rest) = chunk.split_at_mut_checked(12).ok_or(BadChunk)?;
        let len = rest.len().checked_sub(16).ok_or(BadChunk)?;
        let (plain, tag) = rest.split_at_mut(len);
        let mut h = blake3::Hasher::new_keyed(&self.nonce);
        h.update(&index.to_be_bytes()).update(plain);
        h.finalize_xof().fill(nonce);
        let n = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BadChunk)?;
        let t = self
            .key
            .seal_in_place_separate_tag(n, self.aad(index, len), plain)
            .map_err(|_| BadChunk)?;
        tag.copy_from_slice(t.as_ref());
        Ok(())
    }
    /// Open in place.
    pub fn open<'a>(&self, index: u32, sealed: &'a mut [u8]) -> Result<&'a [u8], BadChunk> {
        let (nonce, rest) = sealed.split_at_mut_checked(12).ok_or(BadChunk)?;
        let n = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BadChunk)?;
        let len = rest.len().checked_sub(16).ok_or(BadChunk)?;
        let plain = self
            .key
            .open_in_place(n, self.aad(index, len), rest)
            .map_err(|_| BadChunk)?;
        Ok(plain)
    }
}
