//! What devices that do not keep to the protocol achieve: a typed refusal, and nothing else.

use gossamer_crypto::Sealer;
use tokio::time::timeout;

use super::{story::want_all, *};
use crate::{
    quota::MAX_FILES_PER_PEER,
    v2::{
        BadFrame, CHUNK, ChunkHash, Close, HashList, MAX_FILE, Misbehaved, Want,
        frame::{self, Frame, chunk_head},
        pump::offer as tell_offer,
    },
};

/// Well before a silent sender is given up.
const AT_ONCE: Duration = Duration::from_secs(10);

const FULL: usize = CHUNK as usize;

/// A chunk as it should be, and its hash.
fn sealed(offer: &Offer, index: u32) -> (Vec<u8>, ChunkHash) {
    let mut chunk = vec![index as u8; FULL + Sealer::OVERHEAD];
    let sealer = Sealer::new(&offer.key, offer.file);
    sealer.seal(index, &mut chunk).unwrap();
    let hash = blake3::hash(&chunk).into();
    (chunk, hash)
}

fn chunk_frame(index: u32, sealed: &[u8]) -> Vec<u8> {
    [&chunk_head(index, sealed.len())[..], sealed].concat()
}

fn encoded(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}

fn hashes(first: u32, hashes: &[ChunkHash]) -> Vec<u8> {
    let hashes = hashes.to_vec();
    encoded(&Frame::Hashes { first, hashes })
}

/// Ben pulls a file of three chunks from a sender that answers with these bytes.
async fn pull_from(offer: &Offer, answer: Vec<u8>) -> (Person, PullError) {
    let ben = Person::new();
    let (ours, theirs) = stream();
    let sender = async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        // The receiver may be gone before all is written.
        let _ = writer.bytes(&answer).await;
        reader
    };
    let pulling = async { tokio::join!(ben.pulls(offer, ours, PATIENT), sender) };
    let (pulled, _open) = timeout(AT_ONCE, pulling)
        .await
        .expect("it was noticed at once");
    let error = pulled.unwrap_err();
    assert!(
        ben.names(&ben.downloads()).is_empty(),
        "nothing was published"
    );
    (ben, error)
}

async fn blamed_for(answer: impl FnOnce(&Offer) -> Vec<u8>) -> Misbehaved {
    let offer = offer(1, 3 * CHUNK);
    let (_, error) = pull_from(&offer, answer(&offer)).await;
    let PullError::Stream(StreamError::Misbehaved(misbehaved)) = error else {
        panic!("{error:?}");
    };
    misbehaved
}

#[tokio::test]
async fn a_chunk_that_cannot_be_part_of_the_file_is_refused() {
    let beyond = blamed_for(|offer| chunk_frame(3, &sealed(offer, 3).0)).await;
    assert_eq!(
        beyond,
        Misbehaved::BadIndex {
            index: 3,
            chunks: 3
        }
    );

    let short = blamed_for(|offer| chunk_frame(0, &sealed(offer, 0).0[1..])).await;
    assert!(matches!(short, Misbehaved::BadLength { index: 0, .. }));

    let early = blamed_for(|offer| chunk_frame(0, &sealed(offer, 0).0)).await;
    assert_eq!(early, Misbehaved::Unlisted(0));

    let twice = blamed_for(|offer| {
        let (chunk, hash) = sealed(offer, 0);
        let chunk = chunk_frame(0, &chunk);
        [hashes(0, &[hash]), chunk.clone(), chunk].concat()
    });
    assert_eq!(twice.await, Misbehaved::Duplicate(0));
}

#[tokio::test]
async fn a_chunk_that_is_not_the_listed_one_is_refused() {
    let other = blamed_for(|offer| {
        let (chunk, _) = sealed(offer, 0);
        [hashes(0, &[[7; 32]]), chunk_frame(0, &chunk)].concat()
    });
    assert_eq!(other.await, Misbehaved::WrongHash(0));
}

#[tokio::test]
async fn a_chunk_that_does_not_open_is_refused_though_its_hash_is_listed() {
    let unsealed = blamed_for(|_| {
        let junk = vec![9; FULL + Sealer::OVERHEAD];
        let hash = blake3::hash(&junk).into();
        [hashes(0, &[hash]), chunk_frame(0, &junk)].concat()
    });
    assert_eq!(unsealed.await, Misbehaved::Unsealed(0));

    let moved = blamed_for(|offer| {
        let (chunk, hash) = sealed(offer, 1);
        [hashes(0, &[hash]), chunk_frame(0, &chunk)].concat()
    });
    assert_eq!(moved.await, Misbehaved::Unsealed(0), "it belongs elsewhere");
}

#[tokio::test]
async fn a_list_out_of_order_or_too_long_is_refused() {
    let gap = blamed_for(|_| hashes(1, &[[1; 32]])).await;
    assert_eq!(
        gap,
        Misbehaved::ListOrder {
            first: 1,
            expected: 0
        }
    );
    let again = blamed_for(|_| [hashes(0, &[[1; 32]]), hashes(0, &[[1; 32]])].concat()).await;
    assert_eq!(
        again,
        Misbehaved::ListOrder {
            first: 0,
            expected: 1
        }
    );
    let long = blamed_for(|_| hashes(0, &[[1; 32]; 4])).await;
    assert_eq!(long, Misbehaved::ListTooLong);
}

#[tokio::test]
async fn a_list_that_does_not_come_to_its_root_publishes_nothing() {
    let wrong = blamed_for(|offer| {
        let chunks: Vec<_> = (0..3).map(|index| sealed(offer, index)).collect();
        let listed: Vec<_> = chunks.iter().map(|(_, hash)| *hash).collect();
        let mut answer = hashes(0, &listed);
        for (index, (chunk, _)) in (0..).zip(&chunks) {
            answer.extend(chunk_frame(index, chunk));
        }
        let root = HashList::default().root();
        let close = Close {
            file: offer.file,
            chunks: 3,
            root,
        };
        answer.extend(encoded(&Frame::Close(close)));
        answer
    });
    assert_eq!(wrong.await, Misbehaved::BadClose);
}

#[tokio::test]
async fn bytes_that_are_no_frame_of_a_sender_are_refused() {
    let huge = blamed_for(|_| vec![0xff, 0xff, 0xff, 0xff, 0x05]).await;
    let too_long = BadFrame::TooLong {
        kind: 0x05,
        len: u32::MAX,
    };
    assert_eq!(huge, Misbehaved::Frame(too_long));
    let junk = blamed_for(|_| vec![0, 0, 0, 1, 0x04, 0xff]).await;
    assert_eq!(junk, Misbehaved::Frame(BadFrame::Malformed(0x04)));
    let want = blamed_for(|offer| encoded(&Frame::Want(want_all(offer)))).await;
    assert_eq!(want, Misbehaved::OutOfPlace(0x03));
    let done = blamed_for(|offer| encoded(&Frame::End(offer.file, Ending::Done))).await;
    assert_eq!(
        done,
        Misbehaved::OutOfPlace(0x07),
        "only the receiver knows that"
    );
}

#[tokio::test]
async fn frames_of_later_versions_are_skipped() {
    let offer = offer(1, 3 * CHUNK);
    let later = [
        &[0, 0, 0, 2, 0x77, 1, 2][..],
        &encoded(&Frame::Refuse(offer.file, Refusal::Gone)),
    ];
    let (_, error) = pull_from(&offer, later.concat()).await;
    assert!(matches!(
        error,
        PullError::Stream(StreamError::Refused(Refusal::Gone))
    ));
}

#[tokio::test]
async fn a_disk_that_says_no_ends_the_pull_and_the_part_stays() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(FULL));
    fs::write(ben.downloads(), b"a file where the folder should be").unwrap();
    let (ours, theirs) = stream();
    let (pulled, _) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
    assert!(matches!(pulled, Err(PullError::Part(_))));
    assert_eq!(ben.parts(), 1);
    assert!(ben.memory.lock().unwrap().kept.is_empty());
}

/// What ana answers to a first frame from `peer`.
async fn asks(
    ana: &Person,
    peer: DeviceId,
    bytes: &[u8],
) -> (Option<Frame>, Result<Answered, StreamError>) {
    let (ours, theirs) = stream();
    let asking = async {
        let (mut reader, mut writer) = by_hand(ours);
        writer.bytes(bytes).await.unwrap();
        reader.frame(PATIENT.silence).await.ok()
    };
    tokio::join!(asking, ana.answers(peer, theirs))
}

#[tokio::test]
async fn nobody_but_the_addressed_device_gets_a_file() {
    let ana = Person::new();
    let offer = ana.offers(BEN, 1, &content(FULL));
    let want = encoded(&Frame::Want(want_all(&offer)));
    let (said, answered) = asks(&ana, CLEO, &want).await;
    assert_eq!(said, Some(Frame::Refuse(offer.file, Refusal::NotOffered)));
    assert_eq!(
        answered.unwrap(),
        Answered::Refused(offer.file, Refusal::NotOffered)
    );

    let unknown = Want {
        file: FileId::new([9; 16]),
        ..want_all(&offer)
    };
    let (said, _) = asks(&ana, BEN, &encoded(&Frame::Want(unknown.clone()))).await;
    assert_eq!(said, Some(Frame::Refuse(unknown.file, Refusal::NotOffered)));
}

#[tokio::test]
async fn more_than_there_is_cannot_be_wanted() {
    let ana = Person::new();
    let offer = ana.offers(BEN, 1, &content(FULL));
    let refused = Frame::Refuse(offer.file, Refusal::Misbehaved);
    for (segment, listed, bits) in [(0, 0, 0b10), (1, 0, 1), (u32::MAX, 0, 1), (0, 2, 1)] {
        let bitmap = vec![bits];
        let want = Want {
            file: offer.file,
            segment,
            listed,
            bitmap,
        };
        let (said, _) = asks(&ana, BEN, &encoded(&Frame::Want(want))).await;
        assert_eq!(said.as_ref(), Some(&refused));
    }
}

#[tokio::test]
async fn a_want_for_another_file_is_out_of_place_once_one_is_served() {
    let ana = Person::new();
    let [first, second] = [1, 2].map(|number| ana.offers(BEN, number, &content(FULL)));
    let wants = [first, second]
        .map(|offer| encoded(&Frame::Want(want_all(&offer))))
        .concat();
    let (ours, theirs) = stream();
    let asking = async {
        let (mut reader, mut writer) = by_hand(ours);
        writer.bytes(&wants).await.unwrap();
        while let Ok(Some(_)) = reader.next(Some(PATIENT.silence)).await {}
    };
    let ((), answered) = tokio::join!(asking, ana.answers(BEN, theirs));
    let error = answered.unwrap_err();
    assert!(matches!(
        error,
        StreamError::Misbehaved(Misbehaved::OutOfPlace(0x03))
    ));
}

#[tokio::test]
async fn a_stream_begins_with_a_request() {
    let ana = Person::new();
    let chunk = chunk_frame(0, &[0; 40]);
    let noted = encoded(&Frame::Noted(FileId::new([1; 16])));
    for (bytes, kind) in [(chunk, frame::CHUNK), (noted, 0x02)] {
        let (said, answered) = asks(&ana, BEN, &bytes).await;
        assert_eq!(said, None);
        let misbehaved = Misbehaved::OutOfPlace(kind);
        assert!(matches!(answered, Err(StreamError::Misbehaved(blamed)) if blamed == misbehaved));
    }
}

#[tokio::test]
async fn a_hostile_name_or_size_is_refused_before_anyone_is_asked() {
    let ben = Person::new();
    let path = Offer {
        name: "../../.bashrc".to_owned(),
        ..offer(1, 7)
    };
    let huge = offer(2, MAX_FILE + 1);
    for hostile in [path, huge] {
        let (ours, theirs) = stream();
        let (told, _) = tokio::join!(
            tell_offer(ours, &hostile, PATIENT),
            ben.answers(ANA, theirs)
        );
        assert!(matches!(
            told,
            Err(StreamError::Refused(Refusal::Unacceptable))
        ));
        let part = ben.part(&offer(1, 7));
        let (ours, _theirs) = stream();
        let (downloads, progress) = (ben.downloads(), Progress::default());
        let pulled = pull(ours, &hostile, part, &downloads, &ben, &progress, PATIENT).await;
        assert!(
            matches!(pulled, Err(PullError::Offer(_))),
            "even if it was accepted"
        );
    }
    assert!(ben.memory.lock().unwrap().offers.is_empty());
}

#[tokio::test]
async fn a_device_cannot_pile_up_offers() {
    let ben = Person::new();
    for number in 0..=MAX_FILES_PER_PEER as u8 {
        let (ours, theirs) = stream();
        let offer = offer(number, 7);
        let (told, _) = tokio::join!(tell_offer(ours, &offer, PATIENT), ben.answers(ANA, theirs));
        if usize::from(number) < MAX_FILES_PER_PEER {
            told.unwrap();
        } else {
            assert!(matches!(told, Err(StreamError::Refused(Refusal::Crowded))));
        }
    }
    assert_eq!(ben.memory.lock().unwrap().offers.len(), MAX_FILES_PER_PEER);
}
