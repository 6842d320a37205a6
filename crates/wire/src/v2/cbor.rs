//! Strict CBOR (docs/protocol-v2.md 1): maps with ascending unsigned keys, definite lengths,
//! bounded depth, lengths checked before anything is allocated.
//!
//! Each structure has a `write` and a `read` beside each other that name its keys in the same
//! order. Ascending keys let a map be read in one pass: a wanted key is the next one, or comes
//! after keys of a newer version, or is not there.
//!
//! Links and streams are read and written by this, and so are services of a stream. Whatever reads
//! gives a [`DecodeError`] where the page has something else.

use minicbor::{Decoder, Encoder, data::Type};

use super::{DecodeError, EncodeError};
use crate::limits;

/// Reads the one item that `bytes` consist of.
pub fn read<'b, T>(
    bytes: &'b [u8],
    item: impl FnOnce(&mut Reader<'b>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader {
        decoder: Decoder::new(bytes),
        depth: 0,
    };
    let value = item(&mut reader)?;
    if reader.decoder.position() != bytes.len() {
        return Err(DecodeError::Trailing);
    }
    Ok(value)
}

/// Writes one item.
pub fn write(item: impl FnOnce(&mut Writer)) -> Vec<u8> {
    write_after(Vec::new(), item)
}

/// Writes one item after what `bytes` hold.
pub fn write_after(bytes: Vec<u8>, item: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer(Encoder::new(bytes));
    item(&mut writer);
    writer.0.into_writer()
}

/// Refuses to write what no reader would take.
pub fn fits(field: &[u8], limit: usize) -> Result<(), EncodeError> {
    if field.len() > limit {
        let size = field.len();
        return Err(EncodeError::TooLong { size, limit });
    }
    Ok(())
}

/// Reads items one after the other.
pub struct Reader<'b> {
    decoder: Decoder<'b>,
    depth: usize,
}

impl<'b> Reader<'b> {
    /// An unsigned integer.
    pub fn uint(&mut self) -> Result<u64, DecodeError> {
        self.decoder.u64().map_err(not_cbor)
    }

    /// A truth value.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        self.decoder.bool().map_err(not_cbor)
    }

    /// A byte string of at most `limit` bytes.
    pub fn bytes(&mut self, limit: usize) -> Result<&'b [u8], DecodeError> {
        let bytes = self.decoder.bytes().map_err(not_cbor)?;
        within(bytes.len(), limit)?;
        Ok(bytes)
    }

    /// A byte string of exactly `N` bytes.
    pub fn fixed<T: From<[u8; N]>, const N: usize>(&mut self) -> Result<T, DecodeError> {
        let bytes = self.decoder.bytes().map_err(not_cbor)?;
        let exact: [u8; N] = bytes.try_into().map_err(|_| DecodeError::NotCbor)?;
        Ok(exact.into())
    }

    /// A text of at most `limit` bytes.
    pub fn text(&mut self, limit: usize) -> Result<&'b str, DecodeError> {
        let text = self.decoder.str().map_err(not_cbor)?;
        within(text.len(), limit)?;
        Ok(text)
    }

    /// An array of at most `limit` items.
    pub fn list<T>(
        &mut self,
        limit: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let entries = self.decoder.array().map_err(not_cbor)?;
        let entries = entries.ok_or(DecodeError::NotCbor)?;
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        within(entries, limit)?;
        self.nested(|reader| (0..entries).map(|_| item(reader)).collect())
    }

    /// A map. `fields` asks for the keys it knows in ascending order; all others are skipped.
    pub fn map<T>(
        &mut self,
        fields: impl FnOnce(&mut Map<'_, 'b>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let entries = self.decoder.map().map_err(not_cbor)?;
        let unread = entries.ok_or(DecodeError::NotCbor)?;
        self.nested(|reader| {
            let mut map = Map {
                reader,
                unread,
                last: None,
                ahead: None,
            };
            let value = fields(&mut map)?;
            map.skip_rest()?;
            Ok(value)
        })
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.depth += 1;
        if self.depth > limits::CBOR_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Passes over an item of any type. Every item has a byte at least, so a length that is a lie
    /// ends with the input; depth bounds the recursion.
    fn skip(&mut self) -> Result<(), DecodeError> {
        let kind = self.decoder.datatype().map_err(not_cbor)?;
        let items = if kind == Type::Array {
            self.decoder.array().map_err(not_cbor)?
        } else if kind == Type::Map {
            let pairs = self.decoder.map().map_err(not_cbor)?;
            pairs.map(|pairs| pairs.saturating_mul(2))
        } else if kind == Type::Tag {
            self.decoder.tag().map_err(not_cbor)?;
            Some(1)
        } else if INDEFINITE.contains(&kind) {
            None
        } else {
            return self.decoder.skip().map_err(not_cbor);
        };
        let items = items.ok_or(DecodeError::NotCbor)?;
        self.nested(|reader| (0..items).try_for_each(|_| reader.skip()))
    }
}

/// What has no length at its head, or no place as a value.
const INDEFINITE: [Type; 5] = [
    Type::ArrayIndef,
    Type::MapIndef,
    Type::BytesIndef,
    Type::StringIndef,
    Type::Break,
];

/// The entries of a map, in ascending order.
pub struct Map<'r, 'b> {
    reader: &'r mut Reader<'b>,
    /// Entries of which not even the key is read.
    unread: u64,
    /// The last key that was read.
    last: Option<u64>,
    /// The same, while its value is still to be read.
    ahead: Option<u64>,
}

impl<'b> Map<'_, 'b> {
    /// The value of `key`, which must be there.
    pub fn need<T>(
        &mut self,
        key: u64,
        value: impl FnOnce(&mut Reader<'b>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.maybe(key, value)?.ok_or(DecodeError::Missing(key))
    }

    /// The value of `key`, if it is there.
    pub fn maybe<T>(
        &mut self,
        key: u64,
        value: impl FnOnce(&mut Reader<'b>) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        while let Some(next) = self.peek()? {
            if next > key {
                break;
            }
            self.ahead = None;
            if next == key {
                return value(self.reader).map(Some);
            }
            self.reader.skip()?;
        }
        Ok(None)
    }

    fn skip_rest(&mut self) -> Result<(), DecodeError> {
        while self.peek()?.is_some() {
            self.ahead = None;
            self.reader.skip()?;
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u64>, DecodeError> {
        if self.ahead.is_none() && self.unread > 0 {
            let key = self.reader.uint()?;
            if self.last.is_some_and(|last| key <= last) {
                return Err(DecodeError::KeyOrder);
            }
            self.unread -= 1;
            self.last = Some(key);
            self.ahead = Some(key);
        }
        Ok(self.ahead)
    }
}

fn within(size: usize, limit: usize) -> Result<(), DecodeError> {
    if size > limit {
        return Err(DecodeError::TooLong { limit });
    }
    Ok(())
}

/// What the library says is dropped: it may quote content.
fn not_cbor(_: minicbor::decode::Error) -> DecodeError {
    DecodeError::NotCbor
}

/// Writes items one after the other. Writing to memory cannot fail, so results are passed over.
pub struct Writer(Encoder<Vec<u8>>);

impl Writer {
    /// A map with this many entries, which are to follow in ascending order.
    pub fn map(&mut self, entries: usize) -> &mut Self {
        let _ = self.0.map(entries as u64);
        self
    }

    /// The key of the entry that follows.
    pub fn key(&mut self, key: u64) -> &mut Self {
        self.uint(key)
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        let _ = self.0.u64(value);
        self
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        let _ = self.0.bool(value);
        self
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        let _ = self.0.bytes(value);
        self
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        let _ = self.0.str(value);
        self
    }

    /// An item that is written already.
    pub fn raw(&mut self, item: &[u8]) -> &mut Self {
        self.0.writer_mut().extend_from_slice(item);
        self
    }

    /// An array.
    pub fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T)) -> &mut Self {
        let _ = self.0.array(items.len() as u64);
        for each in items {
            item(self, each);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key 1, perhaps key 3.
    fn pair(item: &[u8]) -> Result<(u64, Option<u64>), DecodeError> {
        read(item, |item| {
            item.map(|map| Ok((map.need(1, Reader::uint)?, map.maybe(3, Reader::uint)?)))
        })
    }

    fn nested(depth: usize) -> Vec<u8> {
        // A map that holds arrays, one in the other, under an unknown key.
        [&[0xa2, 1, 7, 9][..], &vec![0x81; depth - 1], &[0]].concat()
    }

    #[test]
    fn keys_of_a_newer_version_are_passed_over() {
        // Before, between and after: a text, a map, a tagged array, a float.
        let newer = [
            &[0xa6, 0, 0x61, b'x', 1, 7, 2, 0xa1, 0x61, b'y', 0x20, 3, 8][..],
            &[4, 0xc1, 0x82, 0xf6, 0xf4, 5, 0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(pair(&newer), Ok((7, Some(8))));
        assert_eq!(pair(&[0xa1, 1, 7]), Ok((7, None)));
    }

    #[test]
    fn a_key_that_comes_twice_or_too_late_is_refused() {
        assert_eq!(pair(&[0xa2, 1, 7, 1, 7]), Err(DecodeError::KeyOrder));
        assert_eq!(pair(&[0xa2, 3, 8, 1, 7]), Err(DecodeError::Missing(1)));
        assert_eq!(pair(&[0xa3, 1, 7, 9, 0, 8, 0]), Err(DecodeError::KeyOrder));
        assert_eq!(pair(&[0xa3, 1, 7, 9, 0, 9, 0]), Err(DecodeError::KeyOrder));
    }

    #[test]
    fn a_missing_key_is_named() {
        assert_eq!(pair(&[0xa1, 3, 8]), Err(DecodeError::Missing(1)));
        assert_eq!(pair(&[0xa0]), Err(DecodeError::Missing(1)));
    }

    #[test]
    fn bytes_after_the_item_are_refused() {
        assert_eq!(pair(&[0xa1, 1, 7, 0]), Err(DecodeError::Trailing));
    }

    #[test]
    fn indefinite_lengths_are_refused_even_where_they_are_skipped() {
        for item in [
            &[0xbf, 1, 7, 0xff][..],
            &[0xa2, 1, 7, 9, 0x9f, 0xff],
            &[0xa2, 1, 7, 9, 0xbf, 0xff],
            &[0xa2, 1, 7, 9, 0x5f, 0xff],
            &[0xa2, 1, 7, 9, 0x7f, 0xff],
            &[0xa2, 1, 7, 9, 0xff],
            &[0xa2, 1, 7, 9, 0x81, 0xff],
        ] {
            assert_eq!(pair(item), Err(DecodeError::NotCbor), "{item:02x?}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        assert_eq!(pair(&nested(limits::CBOR_DEPTH)), Ok((7, None)));
        let deep = nested(limits::CBOR_DEPTH + 1);
        assert_eq!(pair(&deep), Err(DecodeError::TooDeep));
        assert_eq!(pair(&nested(60_000)), Err(DecodeError::TooDeep));
    }

    #[test]
    fn a_length_that_is_a_lie_allocates_nothing() {
        let huge = [0xff; 8];
        let lie = |head: u8| [&[head], &huge[..]].concat();
        let bytes = |item: &mut Reader<'_>| item.bytes(9).map(<[u8]>::len);
        let list = |item: &mut Reader<'_>| item.list(9, Reader::uint).map(|list| list.len());
        assert_eq!(read(&lie(0x5b), bytes), Err(DecodeError::NotCbor));
        let limit = 9;
        assert_eq!(read(&lie(0x9b), list), Err(DecodeError::TooLong { limit }));
        assert_eq!(pair(&lie(0xbb)), Err(DecodeError::NotCbor));
        for head in [0x5b, 0x7b, 0x9b, 0xbb] {
            let skipped = [&[0xa2, 1, 7, 9][..], &lie(head)].concat();
            assert_eq!(pair(&skipped), Err(DecodeError::NotCbor), "{head:02x}");
        }
    }

    #[test]
    fn lengths_have_limits() {
        let limit = 2;
        let long = DecodeError::TooLong { limit };
        let bytes = |item: &[u8]| read(item, |item| item.bytes(limit).map(<[u8]>::to_vec));
        let text = |item: &[u8]| read(item, |item| item.text(limit).map(str::to_owned));
        let list = |item: &[u8]| read(item, |item| item.list(limit, Reader::uint));
        assert_eq!(bytes(&[0x42, 1, 2]), Ok(vec![1, 2]));
        assert_eq!(bytes(&[0x43, 1, 2, 3]), Err(long));
        assert_eq!(text(&[0x62, b'a', b'b']), Ok("ab".into()));
        assert_eq!(text(&[0x63, b'a', b'b', b'c']), Err(long));
        assert_eq!(list(&[0x82, 1, 2]), Ok(vec![1, 2]));
        assert_eq!(list(&[0x83, 1, 2, 3]), Err(long));
    }
}
