//! What each fuzz target does with any bytes. `crates/wire/tests/corpora.rs` runs the committed
//! corpora through the same functions on a stable compiler.
//!
//! Besides not panicking, whatever is read must survive being written and read again.

use bytes::Bytes;
use gossamer_wire::{
    v1::Beacon,
    v2::{
        Body, ClassicMessage, DeviceRecord, Frame, FrameError, Hello, LinkFrame, Purge,
        SignedRecord, Splitter, StreamFrame, Text,
    },
};

/// A target.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("frame", frame),
    ("link_frame", link_frame),
    ("stream_frame", stream_frame),
    ("envelope", envelope),
    ("hello", hello),
    ("beacon", beacon),
];

/// A stream that is cut into frames: it makes no difference in which pieces it arrives. The first
/// byte says how large they are.
pub fn frame(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else {
        return;
    };
    let whole = split([stream]);
    let pieces = split(stream.chunks(usize::from(*size) + 1));
    assert_eq!(whole, pieces);
}

fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FrameError>) {
    let mut splitter = Splitter::new();
    let mut frames = Vec::new();
    for piece in pieces {
        splitter.buffer().extend_from_slice(piece);
        loop {
            match splitter.take() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

/// The type and the body of a frame on a link, and the envelope in it.
pub fn link_frame(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else {
        return;
    };
    let Ok(Some(read)) = LinkFrame::decode(*kind, body) else {
        return;
    };
    let mut splitter = Splitter::new();
    splitter.buffer().extend_from_slice(&read.encode());
    let again = splitter.take().unwrap().unwrap();
    assert_eq!(
        LinkFrame::decode(again.kind, &again.body),
        Ok(Some(read.clone()))
    );
    if let LinkFrame::Envelope(frame) = read {
        let _ = frame.envelope.parse();
    }
}

/// The type and the body of a frame on a stream.
pub fn stream_frame(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else {
        return;
    };
    let Ok(Some(read)) = StreamFrame::decode(*kind, body) else {
        return;
    };
    let mut splitter = Splitter::new();
    splitter.buffer().extend_from_slice(&read.encode());
    let again = splitter.take().unwrap().unwrap();
    assert_eq!(StreamFrame::decode(again.kind, &again.body), Ok(Some(read)));
}

/// The signed body of an envelope, its payload, or what is sealed in that.
pub fn envelope(data: &[u8]) {
    let data = Bytes::copy_from_slice(data);
    let payload = match Body::decode(&data) {
        Ok(body) => {
            assert_eq!(Body::decode(&body.encode().unwrap()), Ok(body.clone()));
            body.payload
        }
        Err(_) => data,
    };
    if let Ok(classic) = ClassicMessage::decode(&payload) {
        assert_eq!(
            ClassicMessage::decode(&classic.encode().unwrap()),
            Ok(classic)
        );
    }
    if let Ok(purge) = Purge::decode(&payload) {
        assert_eq!(Purge::decode(&purge.encode().unwrap()), Ok(purge));
    }
    if let Ok(Some(text)) = Text::decode(&payload) {
        assert_eq!(Text::decode(&text.encode().unwrap()), Ok(Some(text)));
    }
    if let Ok(signed) = SignedRecord::decode(&payload) {
        assert_eq!(SignedRecord::decode(&signed.encode()), Ok(signed.clone()));
        if let Ok(record) = DeviceRecord::decode(&signed.record) {
            assert_eq!(DeviceRecord::decode(&record.encode().unwrap()), Ok(record));
        }
    }
}

/// The body of a HELLO, which is kept as it came.
pub fn hello(data: &[u8]) {
    let Ok(hello) = Hello::decode(data) else {
        return;
    };
    assert_eq!(hello.body(), data);
    assert_eq!(*Hello::new((*hello).clone()), *hello);
}

/// A discovery datagram. One of ours may get longer by being written again (an escape, a default),
/// so that it may not fit; its time may be no number that equals itself.
pub fn beacon(data: &[u8]) {
    let Ok(beacon) = Beacon::decode(data) else {
        return;
    };
    let Ok(written) = beacon.encode() else {
        return;
    };
    let again = Beacon::decode(&written).unwrap();
    assert_eq!((again.device, again.v2), (beacon.device, beacon.v2));
    assert_eq!(
        (again.node_id, again.node_name),
        (beacon.node_id, beacon.node_name)
    );
}
