//! The strict reading of CBOR maps (docs/protocol-v2.md 1).

use minicbor::{Decoder, data::Type, decode};

/// Deeper nesting than any field of ours needs.
const DEPTH: u32 = 8;

/// A body is not the map it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadMap;

impl From<decode::Error> for BadMap {
    fn from(_: decode::Error) -> Self {
        Self
    }
}

/// Reads one map, key by key: each [`key`](Self::key) is followed by reading or skipping its
/// value.
#[derive(Debug)]
pub(super) struct MapReader<'b> {
    decoder: Decoder<'b>,
    left: u64,
    last: Option<u64>,
}

impl<'b> MapReader<'b> {
    pub(super) fn open(body: &'b [u8]) -> Result<Self, BadMap> {
        let mut decoder = Decoder::new(body);
        let left = decoder.map()?.ok_or(BadMap)?;
        Ok(Self {
            decoder,
            left,
            last: None,
        })
    }

    /// The next key; `None` after the last, when nothing else may follow. Keys ascend, so none
    /// comes twice.
    pub(super) fn key(&mut self) -> Result<Option<u64>, BadMap> {
        if self.left == 0 {
            let at_end = self.decoder.position() == self.decoder.input().len();
            return if at_end { Ok(None) } else { Err(BadMap) };
        }
        self.left -= 1;
        let key = self.decoder.u64()?;
        if self.last.is_some_and(|last| last >= key) {
            return Err(BadMap);
        }
        self.last = Some(key);
        Ok(Some(key))
    }

    pub(super) fn uint(&mut self) -> Result<u64, BadMap> {
        Ok(self.decoder.u64()?)
    }

    pub(super) fn small(&mut self) -> Result<u32, BadMap> {
        Ok(self.decoder.u32()?)
    }

    /// A byte string; not longer than the body.
    pub(super) fn bytes(&mut self) -> Result<&'b [u8], BadMap> {
        Ok(self.decoder.bytes()?)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], BadMap> {
        self.bytes()?.try_into().map_err(|_| BadMap)
    }

    /// A text of at most `limit` bytes.
    pub(super) fn text(&mut self, limit: usize) -> Result<&'b str, BadMap> {
        let text = self.decoder.str()?;
        if text.len() > limit {
            return Err(BadMap);
        }
        Ok(text)
    }

    pub(super) fn skip(&mut self) -> Result<(), BadMap> {
        skip(&mut self.decoder, 1)
    }
}

fn skip(decoder: &mut Decoder<'_>, depth: u32) -> Result<(), BadMap> {
    if depth >= DEPTH {
        return Err(BadMap);
    }
    let kind = decoder.datatype()?;
    let items = if kind == Type::Array {
        decoder.array()?.ok_or(BadMap)?
    } else if kind == Type::Map {
        decoder.map()?.ok_or(BadMap)?.checked_mul(2).ok_or(BadMap)?
    } else if kind == Type::Tag {
        decoder.tag()?;
        1
    } else if is_indefinite(kind) {
        return Err(BadMap);
    } else {
        decoder.skip()?;
        0
    };
    // More items than bytes end at the first that is missing.
    (0..items).try_for_each(|_| skip(decoder, depth + 1))
}

fn is_indefinite(kind: Type) -> bool {
    matches!(
        kind,
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef | Type::Break
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The keys of a map whose values are skipped.
    fn keys(body: &[u8]) -> Result<Vec<u64>, BadMap> {
        let mut map = MapReader::open(body)?;
        let mut keys = Vec::new();
        while let Some(key) = map.key()? {
            map.skip()?;
            keys.push(key);
        }
        Ok(keys)
    }

    #[test]
    fn unknown_values_are_skipped_whatever_they_are() {
        // {0: 1, 5: {1: [true, "a"]}, 6: tag 1 (2)}
        let body = b"\xa3\x00\x01\x05\xa1\x01\x82\xf5\x61a\x06\xc1\x02";
        assert_eq!(keys(body), Ok(vec![0, 5, 6]));
    }

    #[test]
    fn what_the_page_refuses_is_refused() {
        for body in [
            &b"\xa2\x00\x01\x00\x01"[..],                    // a key twice
            b"\xa2\x01\x01\x00\x01",                         // keys descending
            b"\xa1\x00\x01\x00",                             // bytes after the map
            b"\xbf\x00\x01\xff",                             // a map without length
            b"\xa1\x00\x9f\xff",                             // a list without length
            b"\xa1\x00\x5f\x41a\xff",                        // bytes without length
            b"\xa1\x00",                                     // cut off
            b"\xa1\x00\x9b\xff\xff\xff\xff\xff\xff\xff\xff", // a list longer than everything
            b"\xa1\x00\x81\x81\x81\x81\x81\x81\x81\x81\x01", // nested too deep
            b"\x80",
            b"",
        ] {
            assert_eq!(keys(body), Err(BadMap), "{body:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = keys(&body);
        }
    }
}
