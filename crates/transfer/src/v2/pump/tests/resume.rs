//! A stream breaks, or someone dies, and what has arrived does not travel again.

use super::{story::want_all, *};
use crate::v2::{
    CHUNK, ChunkHash, Close, HashList, Misbehaved, Want,
    frame::{Frame, chunk_head},
    pump::channel::Received,
};

const FULL: usize = CHUNK as usize;

/// What a sender sent over one stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sent {
    want: Option<Want>,
    chunks: Vec<u32>,
    hashes: Vec<u32>,
}

/// Carries what the two say, and breaks the stream after so many chunks.
async fn carry(receiver: DuplexStream, sender: DuplexStream, chunks: usize) -> Sent {
    let mut sent = Sent::default();
    let (mut asked, mut to_receiver) = by_hand(receiver);
    let (mut said, mut to_sender) = by_hand(sender);
    while sent.chunks.len() < chunks {
        tokio::select! {
            frame = asked.next(None) => match frame {
                Ok(Some(Received::Frame(frame))) => {
                    if let Frame::Want(want) = &frame {
                        sent.want.get_or_insert(want.clone());
                    }
                    to_sender.frame(&frame).await.unwrap();
                }
                _ => break,
            },
            frame = said.next(None) => match frame {
                Ok(Some(Received::Frame(frame))) => {
                    if let Frame::Hashes { first, hashes } = &frame {
                        sent.hashes.extend(*first..*first + hashes.len() as u32);
                    }
                    let _ = to_receiver.frame(&frame).await;
                }
                Ok(Some(Received::Chunk)) => {
                    let body = said.take_chunk(Vec::new());
                    let index = u32::from_be_bytes(*body.first_chunk().unwrap());
                    sent.chunks.push(index);
                    let head = chunk_head(index, body.len() - 4);
                    let _ = to_receiver.bytes(&head[..5]).await;
                    let _ = to_receiver.bytes(&body).await;
                    let _ = to_receiver.flush().await;
                }
                _ => break,
            },
        }
    }
    sent
}

/// Ben pulls from ana until the stream breaks after so many chunks.
async fn pulls_some(
    ben: &Person,
    ana: &Person,
    offer: &Offer,
    chunks: usize,
) -> (Result<Pulled, PullError>, Sent) {
    let ((ours, here), (there, theirs)) = (stream(), stream());
    let (pulled, sent, _) = tokio::join!(
        ben.pulls(offer, ours, PATIENT),
        carry(here, there, chunks),
        ana.answers(BEN, theirs)
    );
    (pulled, sent)
}

fn indices(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

#[tokio::test]
async fn what_has_arrived_does_not_travel_again() {
    let (ana, ben) = (Person::new(), Person::new());
    let bytes = content(9 * FULL + 5);
    let offer = ana.offers(BEN, 1, &bytes);

    let (broken, first) = pulls_some(&ben, &ana, &offer, 4).await;
    assert!(matches!(broken, Err(PullError::Stream(_))), "{broken:?}");
    assert_eq!(ben.progress.bytes(), 4 * CHUNK);
    let (broken, second) = pulls_some(&ben, &ana, &offer, 2).await;
    assert!(matches!(broken, Err(PullError::Stream(_))), "{broken:?}");
    let (pulled, third) = pulls_some(&ben, &ana, &offer, usize::MAX).await;

    assert!(fs::read(pulled.unwrap().path).unwrap() == bytes);
    assert_eq!(first.chunks, indices(0..4));
    assert_eq!(second.chunks, indices(4..6));
    assert_eq!(third.chunks, indices(6..10));
    let listed = [&first.hashes[..], &second.hashes, &third.hashes].concat();
    assert_eq!(listed, indices(0..10), "hashes neither");
    assert_eq!(second.want.map(|want| want.listed), Some(4));
    let outgoing = ana.memory.lock().unwrap().outgoing[&offer.file].1.clone();
    assert_eq!(outgoing.progress().bytes(), offer.size);
    assert!(ben.names(&ben.spool()).is_empty(), "nor are notes left");
}

#[tokio::test]
async fn a_sender_that_starts_anew_goes_on_where_it_was() {
    let (ana, ben) = (Person::new(), Person::new());
    let bytes = content(6 * FULL);
    let offer = ana.offers(BEN, 1, &bytes);
    let (broken, _) = pulls_some(&ben, &ana, &offer, 4).await;
    broken.unwrap_err();

    // She knows the file and its key, and has to read it anew for its hashes.
    forgets(&ana, &offer);
    let (pulled, sent) = pulls_some(&ben, &ana, &offer, usize::MAX).await;

    assert!(fs::read(pulled.unwrap().path).unwrap() == bytes);
    assert_eq!((sent.chunks, sent.hashes), (vec![4, 5], vec![4, 5]));
}

#[tokio::test]
async fn everything_is_there_but_the_end_of_the_list() {
    let (ana, ben) = (Person::new(), Person::new());
    let bytes = content(3 * FULL);
    let offer = ana.offers(BEN, 1, &bytes);
    let (broken, _) = pulls_some(&ben, &ana, &offer, 3).await;
    broken.unwrap_err();
    // A disk that says no leaves all of it too.
    fs::write(ben.downloads(), b"a file where the folder should be").unwrap();
    let (no_place, sent) = pulls_some(&ben, &ana, &offer, usize::MAX).await;
    assert!(matches!(no_place, Err(PullError::Part(_))));
    fs::remove_file(ben.downloads()).unwrap();
    let (pulled, again) = pulls_some(&ben, &ana, &offer, usize::MAX).await;
    assert!(fs::read(pulled.unwrap().path).unwrap() == bytes);
    for sent in [sent, again] {
        assert_eq!((sent.chunks, sent.hashes), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_file_that_changed_while_its_receiver_was_away_is_said_to_have_changed() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(6 * FULL));
    let (broken, _) = pulls_some(&ben, &ana, &offer, 4).await;
    broken.unwrap_err();

    fs::write(ana.dir.path().join("file-1"), b"other").unwrap();
    let (refused, _) = pulls_some(&ben, &ana, &offer, usize::MAX).await;

    let refused = refused.unwrap_err();
    assert!(matches!(
        refused,
        PullError::Stream(StreamError::Refused(Refusal::Changed))
    ));
}

#[tokio::test]
async fn a_file_that_is_another_on_the_second_visit_is_not_the_one_that_was_offered() {
    let (ana, ben) = (Person::new(), Person::new());
    let bytes = content(6 * FULL);
    let offer = ana.offers(BEN, 1, &bytes);
    let (broken, _) = pulls_some(&ben, &ana, &offer, 4).await;
    broken.unwrap_err();

    // Behind the back of the clock, and after she forgot what she listed.
    let path = ana.dir.path().join("file-1");
    let file = fs::File::options().write(true).open(&path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    fs::write(&path, [&[1], &bytes[1..]].concat()).unwrap();
    file.set_modified(modified).unwrap();
    forgets(&ana, &offer);
    let (pulled, _) = pulls_some(&ben, &ana, &offer, usize::MAX).await;

    let PullError::Stream(StreamError::Misbehaved(blamed)) = pulled.unwrap_err() else {
        panic!("nobody is blamed")
    };
    assert_eq!(blamed, Misbehaved::BadClose);
    assert!(ben.names(&ben.downloads()).is_empty());
}

#[tokio::test]
async fn a_list_that_begins_again_or_leaves_out_is_refused() {
    let offer = offer(1, 3 * CHUNK);
    for first in [0, 2] {
        let ben = has_first_of(&offer).await;
        let (ours, theirs) = stream();
        let again = Frame::Hashes {
            first,
            hashes: vec![[9; 32]],
        };
        let (pulled, ()) = tokio::join!(ben.pulls(&offer, ours, PATIENT), async {
            let (mut reader, mut writer) = by_hand(theirs);
            reader.frame(PATIENT.silence).await.unwrap();
            writer.frame(&again).await.unwrap();
            let _ = reader.next(None).await;
        });
        let PullError::Stream(StreamError::Misbehaved(blamed)) = pulled.unwrap_err() else {
            panic!("nobody is blamed")
        };
        let expected = 1;
        assert_eq!(blamed, Misbehaved::ListOrder { first, expected });
    }
}

#[tokio::test]
async fn a_chunk_that_is_there_is_not_taken_again() {
    let offer = offer(1, 3 * CHUNK);
    let ben = has_first_of(&offer).await;
    let (ours, theirs) = stream();
    let (pulled, ()) = tokio::join!(ben.pulls(&offer, ours, PATIENT), async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        let _ = writer.bytes(&chunk_of(&offer, 0).1).await;
        let _ = reader.next(None).await;
    });
    let PullError::Stream(StreamError::Misbehaved(blamed)) = pulled.unwrap_err() else {
        panic!("nobody is blamed")
    };
    assert_eq!(blamed, Misbehaved::Duplicate(0));
}

#[tokio::test]
async fn a_root_that_is_not_that_of_what_came_before_publishes_nothing() {
    let offer = offer(1, 2 * CHUNK);
    let ben = has_first_of(&offer).await;
    let (hash, chunk) = chunk_of(&offer, 1);
    let mut list = HashList::default();
    [[9; 32], hash].into_iter().for_each(|hash| list.push(hash));
    let (ours, theirs) = stream();
    let (pulled, ()) = tokio::join!(ben.pulls(&offer, ours, PATIENT), async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        let (first, hashes) = (1, vec![hash]);
        writer
            .frame(&Frame::Hashes { first, hashes })
            .await
            .unwrap();
        writer.bytes(&chunk).await.unwrap();
        let close = Close {
            file: offer.file,
            chunks: 2,
            root: list.root(),
        };
        writer.frame(&Frame::Close(close)).await.unwrap();
        let _ = reader.next(None).await;
    });
    let PullError::Stream(StreamError::Misbehaved(blamed)) = pulled.unwrap_err() else {
        panic!("nobody is blamed")
    };
    assert_eq!(blamed, Misbehaved::BadClose);
    assert!(ben.names(&ben.downloads()).is_empty());
}

#[tokio::test]
async fn a_receiver_that_claims_hashes_nobody_told_it_gets_its_chunks_and_a_true_root() {
    let ana = Person::new();
    let offer = ana.offers(BEN, 1, &content(3 * FULL));
    let (ours, theirs) = stream();
    let ben = async {
        let (mut reader, mut writer) = by_hand(ours);
        let want = Want {
            listed: 3,
            bitmap: vec![0b100],
            ..want_all(&offer)
        };
        writer.frame(&Frame::Want(want)).await.unwrap();
        let chunk = reader.next(Some(PATIENT.silence)).await.unwrap();
        assert!(matches!(chunk, Some(Received::Chunk)));
        assert_eq!(reader.chunk_mut()[3], 2);
        let close = reader.frame(PATIENT.silence).await.unwrap();
        assert!(matches!(close, Frame::Close(close) if close.chunks == 3));
    };
    let ((), served) = tokio::join!(ben, ana.answers(BEN, theirs));
    assert_eq!(served.unwrap(), Answered::Left(offer.file));
}

#[tokio::test]
async fn a_sender_that_is_busy_is_waited_for() {
    let ben = Person::new();
    let offer = offer(1, 0);
    let (ours, theirs) = stream();
    let ana = async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        // Longer than a silent sender is waited for.
        for _ in 0..10 {
            writer.frame(&Frame::Busy(offer.file)).await.unwrap();
            tokio::time::sleep(TIMERS.silence / 5).await;
        }
        let close = Close {
            file: offer.file,
            chunks: 0,
            root: HashList::default().root(),
        };
        writer.frame(&Frame::Close(close)).await.unwrap();
        reader.frame(PATIENT.silence).await.unwrap();
    };
    let (pulled, ()) = tokio::join!(ben.pulls(&offer, ours, TIMERS), ana);
    assert!(!pulled.unwrap().told);
}

/// The sender starts anew: what it had listed is forgotten.
fn forgets(person: &Person, offer: &Offer) {
    let mut memory = person.memory.lock().unwrap();
    let (_, outgoing) = memory.outgoing.get_mut(&offer.file).unwrap();
    let source = outgoing.source().clone();
    *outgoing = Arc::new(Outgoing::new(offer.clone(), source).unwrap());
}

/// A sealed chunk, its hash and its frame.
fn chunk_of(offer: &Offer, index: u32) -> (ChunkHash, Vec<u8>) {
    let mut chunk = vec![index as u8; FULL + gossamer_crypto::Sealer::OVERHEAD];
    let sealer = gossamer_crypto::Sealer::new(&offer.key, offer.file);
    sealer.seal(index, &mut chunk).unwrap();
    let hash = blake3::hash(&chunk).into();
    (hash, [&chunk_head(index, chunk.len())[..], &chunk].concat())
}

/// Someone who has the first chunk of a file, from a stream that broke.
async fn has_first_of(offer: &Offer) -> Person {
    let ben = Person::new();
    let (ours, theirs) = stream();
    let (hash, chunk) = chunk_of(offer, 0);
    let ana = async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        let (first, hashes) = (0, vec![hash]);
        writer
            .frame(&Frame::Hashes { first, hashes })
            .await
            .unwrap();
        writer.bytes(&chunk).await.unwrap();
        writer.flush().await.unwrap();
    };
    let (pulled, ()) = tokio::join!(ben.pulls(offer, ours, PATIENT), ana);
    pulled.unwrap_err();
    assert_eq!(ben.progress.bytes(), CHUNK);
    ben
}
