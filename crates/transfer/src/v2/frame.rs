//! The frames of the `file` service (docs/protocol-v2.md 9.3): bytes to frames and back.

use gossamer_crypto::{FileId, Sealer};
use gossamer_wire::{
    limits,
    v2::{
        DecodeError,
        cbor::{self, Map, Reader, Writer},
    },
};

use super::{
    ChunkHash, Ending, HASHES_IN_FRAME, LARGE_CHUNK, Offer, Refusal, Want, offer::MAX_MIME,
    want::MAX_BITMAP,
};

/// The bytes before a body: `u32 length, u8 type`.
pub(super) const HEADER: usize = 5;

/// The bytes before the sealed bytes in the body of a CHUNK: its index.
pub(super) const CHUNK_INDEX: usize = 4;

/// The longest body of every frame but CHUNK: 1 900 hashes and a little more.
pub(super) const MAX_BODY: usize = 64 << 10;

/// The longest body of a CHUNK.
pub(super) const MAX_CHUNK_BODY: usize = CHUNK_INDEX + LARGE_CHUNK as usize + Sealer::OVERHEAD;

const OFFER: u8 = 0x01;
const NOTED: u8 = 0x02;
const WANT: u8 = 0x03;
const HASHES: u8 = 0x04;
pub(super) const CHUNK: u8 = 0x05;
const CLOSE: u8 = 0x06;
const DONE: u8 = 0x07;
const DECLINE: u8 = 0x08;
const CANCEL: u8 = 0x09;
const REFUSE: u8 = 0x0a;
const BUSY: u8 = 0x0b;

/// Any frame but CHUNK, whose body is no structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    Offer(Offer),
    /// What was said of a file is on the speaker's disk.
    Noted(FileId),
    Want(Want),
    Hashes {
        first: u32,
        hashes: Vec<ChunkHash>,
    },
    Close(Close),
    End(FileId, Ending),
    Refuse(FileId, Refusal),
    /// What is wanted comes later.
    Busy(FileId),
}

/// The list of hashes is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The file.
    pub file: FileId,
    /// How many hashes the list has.
    pub chunks: u32,
    /// What they come to.
    pub root: [u8; 32],
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// Longer than a frame of its type can be.
    #[error("a frame of type {kind} with {len} bytes")]
    TooLong {
        /// The frame's type.
        kind: u8,
        /// The length it announces.
        len: u32,
    },
    /// Its body is not what frames of its type have.
    #[error("a frame of type {0} that cannot be read")]
    Malformed(u8),
}

/// The type of a frame and the length of its body, which is at most what its type allows.
pub(super) fn read_header(header: [u8; HEADER]) -> Result<(u8, usize), BadFrame> {
    let [a, b, c, d, kind] = header;
    let len = u32::from_be_bytes([a, b, c, d]);
    let limit = if kind == CHUNK {
        MAX_CHUNK_BODY
    } else {
        MAX_BODY
    };
    if len as usize > limit {
        return Err(BadFrame::TooLong { kind, len });
    }
    Ok((kind, len as usize))
}

/// What precedes the sealed bytes of a chunk.
pub(super) fn chunk_head(index: u32, sealed: usize) -> [u8; HEADER + CHUNK_INDEX] {
    let [a, b, c, d] = (CHUNK_INDEX as u32)
        .saturating_add(sealed as u32)
        .to_be_bytes();
    let [i, j, k, l] = index.to_be_bytes();
    [a, b, c, d, CHUNK, i, j, k, l]
}

/// The index and the sealed bytes in the body of a CHUNK.
pub(super) fn split_chunk(body: &mut [u8]) -> Result<(u32, &mut [u8]), BadFrame> {
    let split = body.split_first_chunk_mut::<CHUNK_INDEX>();
    let (index, sealed) = split.ok_or(BadFrame::Malformed(CHUNK))?;
    Ok((u32::from_be_bytes(*index), sealed))
}

impl Frame {
    /// Appends the frame to `out`.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0, 0, 0, 0, self.kind()]);
        *out = cbor::write_after(std::mem::take(out), |to| self.write(to));
        let len = (out.len() - start).saturating_sub(HEADER) as u32;
        if let Some(field) = out.get_mut(start..start + 4) {
            field.copy_from_slice(&len.to_be_bytes());
        }
    }

    /// Reads a body; `None` for types that later versions know.
    pub(super) fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, BadFrame> {
        let Some(read) = reader(kind) else {
            return Ok(None);
        };
        cbor::read(body, |item| item.map(read))
            .map(Some)
            .map_err(|_| BadFrame::Malformed(kind))
    }

    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Offer(_) => OFFER,
            Self::Noted(_) => NOTED,
            Self::Want(_) => WANT,
            Self::Hashes { .. } => HASHES,
            Self::Close(_) => CLOSE,
            Self::End(_, Ending::Done) => DONE,
            Self::End(_, Ending::Declined) => DECLINE,
            Self::End(_, Ending::Cancelled) => CANCEL,
            Self::Refuse(..) => REFUSE,
            Self::Busy(_) => BUSY,
        }
    }

    fn write(&self, to: &mut Writer) {
        match self {
            Self::Offer(offer) => {
                to.map(4 + usize::from(offer.mime.is_some()));
                to.key(0).bytes(offer.file.as_bytes());
                to.key(1).bytes(offer.key.expose_secret());
                to.key(2).text(&offer.name);
                to.key(3).uint(offer.size);
                if let Some(mime) = &offer.mime {
                    to.key(4).text(mime);
                }
            }
            Self::Noted(file) | Self::End(file, _) | Self::Busy(file) => {
                to.map(1).key(0).bytes(file.as_bytes());
            }
            Self::Want(want) => {
                to.map(4).key(0).bytes(want.file.as_bytes());
                to.key(1).uint(want.segment.into());
                to.key(2).uint(want.listed.into());
                to.key(3).bytes(&want.bitmap);
            }
            Self::Hashes { first, hashes } => {
                to.map(2).key(0).uint((*first).into());
                to.key(1).bytes(hashes.as_flattened());
            }
            Self::Close(close) => {
                to.map(3).key(0).bytes(close.file.as_bytes());
                to.key(1).uint(close.chunks.into());
                to.key(2).bytes(&close.root);
            }
            Self::Refuse(file, refusal) => {
                to.map(2).key(0).bytes(file.as_bytes());
                to.key(1).uint(refusal.code());
            }
        }
    }
}

type Fields = fn(&mut Map<'_, '_>) -> Result<Frame, DecodeError>;

/// How the fields of each type are read.
fn reader(kind: u8) -> Option<Fields> {
    Some(match kind {
        OFFER => |map| read_offer(map).map(Frame::Offer),
        NOTED => |map| Ok(Frame::Noted(map.need(0, Reader::fixed)?)),
        WANT => |map| read_want(map).map(Frame::Want),
        HASHES => read_hashes,
        CLOSE => |map| read_close(map).map(Frame::Close),
        DONE => |map| Ok(Frame::End(map.need(0, Reader::fixed)?, Ending::Done)),
        DECLINE => |map| Ok(Frame::End(map.need(0, Reader::fixed)?, Ending::Declined)),
        CANCEL => |map| Ok(Frame::End(map.need(0, Reader::fixed)?, Ending::Cancelled)),
        REFUSE => |map| {
            let file = map.need(0, Reader::fixed)?;
            Ok(Frame::Refuse(
                file,
                Refusal::from_code(map.need(1, Reader::uint)?),
            ))
        },
        BUSY => |map| Ok(Frame::Busy(map.need(0, Reader::fixed)?)),
        _ => return None,
    })
}

fn read_offer(map: &mut Map<'_, '_>) -> Result<Offer, DecodeError> {
    let text = |limit| move |item: &mut Reader<'_>| item.text(limit).map(str::to_owned);
    Ok(Offer {
        file: map.need(0, Reader::fixed)?,
        key: map.need(1, Reader::fixed)?,
        name: map.need(2, text(limits::FILE_NAME))?,
        size: map.need(3, Reader::uint)?,
        mime: map.maybe(4, text(MAX_MIME))?,
    })
}

fn read_want(map: &mut Map<'_, '_>) -> Result<Want, DecodeError> {
    Ok(Want {
        file: map.need(0, Reader::fixed)?,
        segment: map.need(1, small)?,
        listed: map.need(2, small)?,
        bitmap: map.need(3, |item| item.bytes(MAX_BITMAP))?.to_vec(),
    })
}

fn read_hashes(map: &mut Map<'_, '_>) -> Result<Frame, DecodeError> {
    let first = map.need(0, small)?;
    let (hashes, rest) = map
        .need(1, |item| item.bytes(HASHES_IN_FRAME * 32))?
        .as_chunks::<32>();
    if hashes.is_empty() || !rest.is_empty() {
        return Err(DecodeError::BadField("hashes"));
    }
    let hashes = hashes.to_vec();
    Ok(Frame::Hashes { first, hashes })
}

fn read_close(map: &mut Map<'_, '_>) -> Result<Close, DecodeError> {
    Ok(Close {
        file: map.need(0, Reader::fixed)?,
        chunks: map.need(1, small)?,
        root: map.need(2, Reader::fixed)?,
    })
}

/// A number of chunks, or of one among them.
fn small(from: &mut Reader<'_>) -> Result<u32, DecodeError> {
    u32::try_from(from.uint()?).map_err(|_| DecodeError::BadField("number"))
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::FileKey;
    use proptest::prelude::*;

    use super::*;

    const FILE: FileId = FileId::new([7; 16]);

    fn encoded(frame: &Frame) -> Vec<u8> {
        let mut out = Vec::new();
        frame.encode(&mut out);
        out
    }

    fn decoded(bytes: &[u8]) -> Result<Option<Frame>, BadFrame> {
        let (header, body) = bytes.split_first_chunk().unwrap();
        let (kind, len) = read_header(*header)?;
        assert_eq!(len, body.len());
        Frame::decode(kind, body)
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let file = any::<[u8; 16]>().prop_map(FileId::new);
        let offer = (
            any::<[u8; 32]>(),
            "\\PC{0,200}",
            any::<u64>(),
            any::<bool>(),
        );
        let hashes = prop::collection::vec(any::<[u8; 32]>(), 1..50);
        prop_oneof![
            (file.clone(), offer).prop_map(|(file, (key, name, size, mime))| {
                Frame::Offer(Offer {
                    file,
                    key: FileKey::new(key),
                    name,
                    size,
                    mime: mime.then(|| "text/plain".to_owned()),
                })
            }),
            file.clone().prop_map(Frame::Noted),
            file.clone().prop_map(Frame::Busy),
            (
                file.clone(),
                any::<(u32, u32)>(),
                prop::collection::vec(any::<u8>(), 0..80)
            )
                .prop_map(|(file, (segment, listed), bitmap)| {
                    Frame::Want(Want {
                        file,
                        segment,
                        listed,
                        bitmap,
                    })
                }),
            (any::<u32>(), hashes).prop_map(|(first, hashes)| Frame::Hashes { first, hashes }),
            (file.clone(), any::<(u32, [u8; 32])>())
                .prop_map(|(file, (chunks, root))| { Frame::Close(Close { file, chunks, root }) }),
            (file.clone(), 0..3_usize).prop_map(|(file, ending)| {
                let endings = [Ending::Done, Ending::Declined, Ending::Cancelled];
                Frame::End(file, endings[ending])
            }),
            (file, any::<u64>())
                .prop_map(|(file, code)| Frame::Refuse(file, Refusal::from_code(code))),
        ]
    }

    #[test]
    fn a_full_list_of_hashes_fits_into_a_frame_and_one_more_does_not() {
        let full = |len| Frame::Hashes {
            first: u32::MAX,
            hashes: vec![[9; 32]; len],
        };
        let frame = full(HASHES_IN_FRAME);
        assert_eq!(decoded(&encoded(&frame)), Ok(Some(frame)));
        let longer = decoded(&encoded(&full(HASHES_IN_FRAME + 1)));
        assert_eq!(longer, Err(BadFrame::Malformed(HASHES)));
        let empty = decoded(&encoded(&full(0)));
        assert_eq!(empty, Err(BadFrame::Malformed(HASHES)));
    }

    #[test]
    fn a_bitmap_beyond_a_segment_is_refused() {
        let want = |len| {
            Frame::Want(Want {
                file: FILE,
                segment: 0,
                listed: 0,
                bitmap: vec![0xff; len],
            })
        };
        assert!(decoded(&encoded(&want(MAX_BITMAP))).is_ok());
        let longer = decoded(&encoded(&want(MAX_BITMAP + 1)));
        assert_eq!(longer, Err(BadFrame::Malformed(WANT)));
    }

    #[test]
    fn a_length_is_judged_before_anything_is_kept() {
        let header = |len: u32, kind| {
            let [a, b, c, d] = len.to_be_bytes();
            read_header([a, b, c, d, kind])
        };
        assert_eq!(header(65_536, HASHES), Ok((HASHES, 65_536)));
        assert_eq!(header(0, 0xee), Ok((0xee, 0)));
        for (len, kind) in [(65_537, HASHES), (1_048_609, CHUNK), (u32::MAX, 0xee)] {
            assert_eq!(header(len, kind), Err(BadFrame::TooLong { kind, len }));
        }
    }

    #[test]
    fn an_unknown_type_is_no_error() {
        assert_eq!(Frame::decode(0xee, b"anything"), Ok(None));
    }

    #[test]
    fn a_chunk_carries_its_index_and_its_sealed_bytes() {
        let mut bytes = chunk_head(258, 3).to_vec();
        bytes.extend(b"abc");
        assert_eq!(bytes, b"\0\0\0\x07\x05\0\0\x01\x02abc");
        let (index, sealed) = split_chunk(&mut bytes[HEADER..]).unwrap();
        assert_eq!((index, &*sealed), (258, &b"abc"[..]));
        assert_eq!(split_chunk(&mut [0; 3]), Err(BadFrame::Malformed(CHUNK)));
    }

    #[test]
    fn the_bytes_of_the_page_are_these() {
        let noted = encoded(&Frame::Noted(FILE));
        assert_eq!(
            noted,
            [&[0, 0, 0, 19, 0x02, 0xa1, 0x00, 0x50][..], &[7; 16]].concat()
        );
        let refused = encoded(&Frame::Refuse(FILE, Refusal::Changed));
        let file = [&[0, 0, 0, 21, 0x0a, 0xa2, 0x00, 0x50][..], &[7; 16]].concat();
        assert_eq!(refused, [&file[..], &[0x01, 0x05]].concat());
    }

    proptest! {
        #[test]
        fn every_frame_survives_the_wire(frame in any_frame()) {
            let bytes = encoded(&frame);
            prop_assert_eq!(decoded(&bytes), Ok(Some(frame)));
            let (kind, body) = (bytes[4], &bytes[HEADER..]);
            prop_assert!(Frame::decode(kind, &body[..body.len() - 1]).is_err(), "cut off");
        }

        #[test]
        fn any_body_never_panics(kind: u8, body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Frame::decode(kind, &body);
        }
    }
}
