//! The frames of the `file` service (docs/protocol-v2.md 9.3): bytes to frames and back.

use std::convert::Infallible;

use gossamer_crypto::{FileId, FileKey, Sealer};
use gossamer_wire::limits;
use minicbor::{Encoder, encode};

use super::{
    ChunkHash, Ending, HASHES_IN_FRAME, LARGE_CHUNK, Offer, Refusal, Want,
    map::{BadMap, MapReader},
    offer::MAX_MIME,
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
        let written = self.write(&mut Encoder::new(&mut *out));
        debug_assert!(written.is_ok(), "writing into memory does not fail");
        let len = (out.len() - start).saturating_sub(HEADER) as u32;
        if let Some(field) = out.get_mut(start..start + 4) {
            field.copy_from_slice(&len.to_be_bytes());
        }
    }

    /// Reads a body; `None` for types that later versions know.
    pub(super) fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, BadFrame> {
        let frame = match kind {
            OFFER => read_offer(body).map(Self::Offer),
            NOTED => read_file(body).map(Self::Noted),
            WANT => read_want(body).map(Self::Want),
            HASHES => read_hashes(body),
            CLOSE => read_close(body).map(Self::Close),
            DONE => read_file(body).map(|file| Self::End(file, Ending::Done)),
            DECLINE => read_file(body).map(|file| Self::End(file, Ending::Declined)),
            CANCEL => read_file(body).map(|file| Self::End(file, Ending::Cancelled)),
            REFUSE => read_refuse(body),
            _ => return Ok(None),
        };
        frame.map(Some).map_err(|BadMap| BadFrame::Malformed(kind))
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
        }
    }

    fn write(&self, to: &mut Body<'_>) -> Written {
        match self {
            Self::Offer(offer) => write_offer(offer, to),
            Self::Noted(file) | Self::End(file, _) => begin(to, 1, file),
            Self::Want(want) => write_want(want, to),
            Self::Hashes { first, hashes } => write_hashes(*first, hashes, to),
            Self::Close(close) => write_close(close, to),
            Self::Refuse(file, refusal) => {
                begin(to, 2, file)?;
                to.u8(1)?.u64(refusal.code())?;
                Ok(())
            }
        }
    }
}

type Body<'a> = Encoder<&'a mut Vec<u8>>;
type Written = Result<(), encode::Error<Infallible>>;

/// Begins a map of so many entries with the file's id.
fn begin(to: &mut Body<'_>, entries: u64, file: &FileId) -> Written {
    to.map(entries)?.u8(0)?.bytes(file.as_bytes())?;
    Ok(())
}

fn read_file(body: &[u8]) -> Result<FileId, BadMap> {
    let mut map = MapReader::open(body)?;
    let mut file = None;
    while let Some(key) = map.key()? {
        match key {
            0 => file = Some(map.array()?),
            _ => map.skip()?,
        }
    }
    file.map(FileId::new).ok_or(BadMap)
}

fn write_offer(offer: &Offer, to: &mut Body<'_>) -> Written {
    begin(to, 4 + u64::from(offer.mime.is_some()), &offer.file)?;
    to.u8(1)?.bytes(offer.key.expose_secret())?;
    to.u8(2)?.str(&offer.name)?;
    to.u8(3)?.u64(offer.size)?;
    if let Some(mime) = &offer.mime {
        to.u8(4)?.str(mime)?;
    }
    Ok(())
}

fn read_offer(body: &[u8]) -> Result<Offer, BadMap> {
    let mut map = MapReader::open(body)?;
    let (mut file, mut sealing, mut name, mut size, mut mime) = (None, None, None, None, None);
    while let Some(key) = map.key()? {
        match key {
            0 => file = Some(map.array()?),
            1 => sealing = Some(map.array()?),
            2 => name = Some(map.text(limits::FILE_NAME)?),
            3 => size = Some(map.uint()?),
            4 => mime = Some(map.text(MAX_MIME)?),
            _ => map.skip()?,
        }
    }
    Ok(Offer {
        file: file.map(FileId::new).ok_or(BadMap)?,
        key: sealing.map(FileKey::new).ok_or(BadMap)?,
        name: name.ok_or(BadMap)?.to_owned(),
        size: size.ok_or(BadMap)?,
        mime: mime.map(str::to_owned),
    })
}

fn write_want(want: &Want, to: &mut Body<'_>) -> Written {
    begin(to, 4, &want.file)?;
    to.u8(1)?.u32(want.segment)?;
    to.u8(2)?.u32(want.listed)?;
    to.u8(3)?.bytes(&want.bitmap)?;
    Ok(())
}

fn read_want(body: &[u8]) -> Result<Want, BadMap> {
    let mut map = MapReader::open(body)?;
    let (mut file, mut segment, mut listed, mut bitmap) = (None, None, None, None);
    while let Some(key) = map.key()? {
        match key {
            0 => file = Some(map.array()?),
            1 => segment = Some(map.small()?),
            2 => listed = Some(map.small()?),
            3 => bitmap = Some(map.bytes()?),
            _ => map.skip()?,
        }
    }
    let bitmap = bitmap.filter(|bitmap| bitmap.len() <= MAX_BITMAP);
    Ok(Want {
        file: file.map(FileId::new).ok_or(BadMap)?,
        segment: segment.ok_or(BadMap)?,
        listed: listed.ok_or(BadMap)?,
        bitmap: bitmap.ok_or(BadMap)?.to_vec(),
    })
}

fn write_hashes(first: u32, hashes: &[ChunkHash], to: &mut Body<'_>) -> Written {
    to.map(2)?.u8(0)?.u32(first)?;
    to.u8(1)?.bytes(hashes.as_flattened())?;
    Ok(())
}

fn read_hashes(body: &[u8]) -> Result<Frame, BadMap> {
    let mut map = MapReader::open(body)?;
    let (mut first, mut hashes) = (None, None);
    while let Some(key) = map.key()? {
        match key {
            0 => first = Some(map.small()?),
            1 => hashes = Some(map.bytes()?),
            _ => map.skip()?,
        }
    }
    let (hashes, rest) = hashes.ok_or(BadMap)?.as_chunks::<32>();
    if hashes.is_empty() || hashes.len() > HASHES_IN_FRAME || !rest.is_empty() {
        return Err(BadMap);
    }
    Ok(Frame::Hashes {
        first: first.ok_or(BadMap)?,
        hashes: hashes.to_vec(),
    })
}

fn write_close(close: &Close, to: &mut Body<'_>) -> Written {
    begin(to, 3, &close.file)?;
    to.u8(1)?.u32(close.chunks)?;
    to.u8(2)?.bytes(&close.root)?;
    Ok(())
}

fn read_close(body: &[u8]) -> Result<Close, BadMap> {
    let mut map = MapReader::open(body)?;
    let (mut file, mut chunks, mut root) = (None, None, None);
    while let Some(key) = map.key()? {
        match key {
            0 => file = Some(map.array()?),
            1 => chunks = Some(map.small()?),
            2 => root = Some(map.array()?),
            _ => map.skip()?,
        }
    }
    Ok(Close {
        file: file.map(FileId::new).ok_or(BadMap)?,
        chunks: chunks.ok_or(BadMap)?,
        root: root.ok_or(BadMap)?,
    })
}

fn read_refuse(body: &[u8]) -> Result<Frame, BadMap> {
    let mut map = MapReader::open(body)?;
    let (mut file, mut reason) = (None, None);
    while let Some(key) = map.key()? {
        match key {
            0 => file = Some(map.array()?),
            1 => reason = Some(map.uint()?),
            _ => map.skip()?,
        }
    }
    let file = file.map(FileId::new).ok_or(BadMap)?;
    Ok(Frame::Refuse(
        file,
        Refusal::from_code(reason.ok_or(BadMap)?),
    ))
}

#[cfg(test)]
mod tests {
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
