//! What honest devices see.

use super::*;
use crate::v2::{
    CHUNK, Want,
    frame::Frame,
    pump::{channel::Received, offer as tell_offer, tell},
};

#[tokio::test]
async fn an_offer_is_answered_once_it_is_written_down() {
    let ben = Person::new();
    let offer = offer(1, 7);
    let (ours, theirs) = stream();
    let (told, answered) =
        tokio::join!(tell_offer(ours, &offer, PATIENT), ben.answers(ANA, theirs));
    told.unwrap();
    assert_eq!(answered.unwrap(), Answered::Offered(offer.file));
    assert_eq!(ben.memory.lock().unwrap().offers, [(ANA, offer.clone())]);

    ben.memory.lock().unwrap().is_broken = true;
    let (ours, theirs) = stream();
    let (told, _) = tokio::join!(tell_offer(ours, &offer, PATIENT), ben.answers(ANA, theirs));
    assert!(matches!(told, Err(StreamError::Refused(Refusal::Later))));
}

#[tokio::test]
async fn files_of_every_size_arrive_whole_and_their_sender_knows() {
    let chunk = CHUNK as usize;
    for len in [0, 1, chunk - 1, chunk, chunk + 1, 9 * chunk + 5] {
        let (ana, ben) = (Person::new(), Person::new());
        let offer = ana.offers(BEN, 1, &content(len));
        let (ours, theirs) = stream();
        let (pulled, served) =
            tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
        let pulled = pulled.unwrap();
        assert!(pulled.told);
        assert_eq!(pulled.path, ben.downloads().join("plan 1.pdf"));
        assert!(
            fs::read(&pulled.path).unwrap() == content(len),
            "{len} bytes"
        );
        assert_eq!(served.unwrap(), Answered::Ended(offer.file, Ending::Done));
        let kept = [(offer.file, pulled.path)];
        assert_eq!(ben.memory.lock().unwrap().placing, kept);
        assert_eq!(ben.memory.lock().unwrap().kept, kept);
        let ended = (BEN, offer.file, Ending::Done);
        assert_eq!(ana.memory.lock().unwrap().endings, [ended]);
        assert!(ben.names(&ben.spool()).is_empty());
        assert_eq!(ben.progress.bytes(), len as u64);
    }
}

#[tokio::test]
async fn several_files_come_at_once_and_none_takes_the_name_of_another() {
    let (ana, ben) = (Person::new(), Person::new());
    let mut offers: Vec<_> = (1..=4)
        .map(|number| ana.offers(BEN, number, &content(usize::from(number) << 19)))
        .collect();
    offers
        .iter_mut()
        .for_each(|offer| offer.name = "same.bin".to_owned());
    let transfers = offers.iter().map(|offer| async {
        let (ours, theirs) = stream();
        let (pulled, _) = tokio::join!(ben.pulls(offer, ours, PATIENT), ana.answers(BEN, theirs));
        let path = pulled.unwrap().path;
        assert!(fs::read(path).unwrap() == content(offer.size as usize));
    });
    let mut transfers: Vec<_> = transfers.map(Box::pin).collect();
    let [a, b, c, d] = &mut transfers[..] else {
        panic!("four files")
    };
    tokio::join!(a, b, c, d);
    let names = ben.names(&ben.downloads());
    assert_eq!(
        names,
        ["same.bin", "same_1.bin", "same_2.bin", "same_3.bin"]
    );
}

#[tokio::test]
async fn each_side_can_end_a_transfer_over_a_stream_of_its_own() {
    let ana = Person::new();
    let file = FileId::new([1; 16]);
    for ending in [Ending::Declined, Ending::Cancelled, Ending::Done] {
        let (ours, theirs) = stream();
        let (told, answered) =
            tokio::join!(tell(ours, file, ending, PATIENT), ana.answers(BEN, theirs));
        told.unwrap();
        assert_eq!(answered.unwrap(), Answered::Ended(file, ending));
    }
    assert_eq!(ana.memory.lock().unwrap().endings.len(), 3);

    ana.memory.lock().unwrap().is_broken = true;
    let (ours, theirs) = stream();
    let (told, _) = tokio::join!(
        tell(ours, file, Ending::Done, PATIENT),
        ana.answers(BEN, theirs)
    );
    assert!(
        matches!(told, Err(StreamError::Refused(Refusal::Later))),
        "it will be told again"
    );
}

#[tokio::test]
async fn a_receiver_that_cancels_among_chunks_is_heard_at_once() {
    let ana = Person::new();
    let offer = ana.offers(BEN, 1, &content(20 * CHUNK as usize));
    let (ours, theirs) = stream();
    let ben = async {
        let (mut reader, mut writer) = by_hand(ours);
        writer.frame(&Frame::Want(want_all(&offer))).await.unwrap();
        while !matches!(reader.next(None).await.unwrap(), Some(Received::Chunk)) {}
        let cancel = Frame::End(offer.file, Ending::Cancelled);
        writer.frame(&cancel).await.unwrap();
        (reader, writer)
    };
    let (_open, served) = tokio::join!(ben, ana.answers(BEN, theirs));
    assert_eq!(
        served.unwrap(),
        Answered::Ended(offer.file, Ending::Cancelled)
    );
}

#[tokio::test]
async fn a_sender_that_cancels_ends_the_pull() {
    let ben = Person::new();
    let offer = offer(1, CHUNK);
    let (ours, theirs) = stream();
    let ana = async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        let cancel = Frame::End(offer.file, Ending::Cancelled);
        writer.frame(&cancel).await.unwrap();
        (reader, writer)
    };
    let (pulled, _open) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana);
    assert!(matches!(pulled, Err(PullError::Over(Ending::Cancelled))));
}

#[tokio::test]
async fn a_pull_that_is_dropped_or_cut_off_can_be_made_again() {
    let (ana, ben) = (Person::new(), Person::new());
    let bytes = content(20 * CHUNK as usize);
    let offer = ana.offers(BEN, 1, &bytes);

    // The user stops it once something has come.
    let (ours, theirs) = stream();
    let some = async {
        while ben.progress.bytes() == 0 {
            tokio::task::yield_now().await;
        }
    };
    let stopped = async {
        tokio::select! {
            pulled = ben.pulls(&offer, ours, PATIENT) => panic!("too quick to stop: {pulled:?}"),
            () = some => {}
        }
    };
    let ((), served) = tokio::join!(stopped, ana.answers(BEN, theirs));
    assert!(
        matches!(served, Ok(Answered::Left(_)) | Err(StreamError::Lost(_))),
        "{served:?}"
    );

    // The connection breaks.
    let (ours, theirs) = stream();
    let broken = async {
        let (mut reader, mut writer) = by_hand(theirs);
        reader.frame(PATIENT.silence).await.unwrap();
        writer.bytes(&[0, 0, 1]).await.unwrap();
    };
    let (pulled, ()) = tokio::join!(ben.pulls(&offer, ours, PATIENT), broken);
    assert!(matches!(
        pulled,
        Err(PullError::Stream(StreamError::Lost(_)))
    ));

    assert_eq!(ben.parts(), 1, "what came is kept");
    let (ours, theirs) = stream();
    let (pulled, _) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
    assert!(fs::read(pulled.unwrap().path).unwrap() == bytes);
}

#[tokio::test]
async fn a_file_that_changed_is_not_sent_and_one_that_is_gone_neither() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(1000));
    let path = ana.dir.path().join("file-1");
    for refusal in [Refusal::Changed, Refusal::Gone] {
        if refusal == Refusal::Changed {
            fs::write(&path, b"other").unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let (ours, theirs) = stream();
        let (pulled, served) =
            tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
        let told = pulled.unwrap_err();
        assert!(matches!(told, PullError::Stream(StreamError::Refused(why)) if why == refusal));
        assert_eq!(served.unwrap(), Answered::Refused(offer.file, refusal));
    }
    assert!(ben.names(&ben.downloads()).is_empty());
}

#[tokio::test]
async fn bytes_changed_behind_the_back_of_the_clock_are_noticed_by_their_hash() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(3 * CHUNK as usize));
    let path = ana.dir.path().join("file-1");
    let file = fs::File::options().write(true).open(&path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();

    let serve_once = async || {
        let (ours, theirs) = stream();
        let (pulled, _) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
        pulled
    };
    serve_once().await.unwrap();
    let mut bytes = content(3 * CHUNK as usize);
    bytes[CHUNK as usize] ^= 1;
    fs::write(&path, bytes).unwrap();
    file.set_modified(modified).unwrap();
    let changed = serve_once().await.unwrap_err();
    let refused = PullError::Stream(StreamError::Refused(Refusal::Changed));
    assert_eq!(changed.to_string(), refused.to_string());
}

#[tokio::test]
async fn a_receiver_may_ask_for_a_few_chunks_and_for_the_end_of_the_list() {
    let ana = Person::new();
    let bytes = content(5 * CHUNK as usize);
    let offer = ana.offers(BEN, 1, &bytes);
    let (ours, theirs) = stream();
    let ben = async {
        let (mut reader, mut writer) = by_hand(ours);
        let mut said = Vec::new();
        for (listed, bitmap) in [(0, 0b01010), (4, 0b00001), (4, 0)] {
            let want = Want {
                listed,
                bitmap: vec![bitmap],
                ..want_all(&offer)
            };
            writer.frame(&Frame::Want(want)).await.unwrap();
            let last = 3 * usize::from(bitmap == 0b01010);
            loop {
                match reader.next(Some(PATIENT.silence)).await.unwrap().unwrap() {
                    Received::Chunk => {
                        let index = reader.chunk_mut()[3];
                        said.push(format!("chunk {index}"));
                        if usize::from(index) == last {
                            break;
                        }
                    }
                    Received::Frame(Frame::Hashes { first, hashes }) => {
                        said.push(format!("hashes {first}+{}", hashes.len()));
                    }
                    Received::Frame(Frame::Close(close)) => {
                        said.push(format!("close {}", close.chunks));
                        break;
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        said
    };
    let (said, served) = tokio::join!(ben, ana.answers(BEN, theirs));
    let expected = [
        "hashes 0+1",
        "hashes 1+1",
        "chunk 1",
        "hashes 2+1",
        "hashes 3+1",
        "chunk 3", // first
        "chunk 0", // second
        "hashes 4+1",
        "close 5", // third
    ];
    assert_eq!(said, expected);
    assert_eq!(served.unwrap(), Answered::Left(offer.file));
}

#[tokio::test]
async fn a_file_is_not_done_before_that_is_written_down() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(1000));
    ben.memory.lock().unwrap().breaks_once_placed = true;
    let (ours, theirs) = stream();
    let (pulled, served) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
    assert!(matches!(pulled, Err(PullError::Unwritten(_))));
    assert_eq!(
        served.unwrap(),
        Answered::Left(offer.file),
        "the sender was told nothing"
    );
}

#[tokio::test]
async fn a_file_gets_no_name_before_that_is_written_down() {
    let (ana, ben) = (Person::new(), Person::new());
    let offer = ana.offers(BEN, 1, &content(1000));
    ben.memory.lock().unwrap().is_broken = true;
    let (ours, theirs) = stream();
    let (pulled, _) = tokio::join!(ben.pulls(&offer, ours, PATIENT), ana.answers(BEN, theirs));
    assert!(matches!(pulled, Err(PullError::Part(_))));
    assert!(ben.names(&ben.downloads()).is_empty());
    assert_eq!(ben.parts(), 1);
}

#[tokio::test]
async fn a_silent_sender_is_given_up_and_what_came_is_kept() {
    let ben = Person::new();
    let offer = offer(1, CHUNK);
    let (ours, _theirs) = stream();
    let pulled = ben.pulls(&offer, ours, TIMERS).await;
    assert!(matches!(
        pulled,
        Err(PullError::Stream(StreamError::Silent(_)))
    ));
    assert_eq!(ben.parts(), 1);
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_given_up() {
    let ana = Person::new();
    let offer = ana.offers(BEN, 1, &content(20 * CHUNK as usize));
    let (ours, theirs) = stream();
    let (_reader, mut writer) = by_hand(ours);
    writer.frame(&Frame::Want(want_all(&offer))).await.unwrap();
    let served = answer(theirs, BEN, &ana, TIMERS).await;
    assert!(matches!(served, Err(StreamError::Silent(_))), "{served:?}");
}

#[tokio::test]
async fn a_stream_that_says_nothing_is_given_up() {
    let (ours, theirs) = stream();
    let served = answer(theirs, BEN, &Person::new(), TIMERS).await;
    assert!(matches!(served, Err(StreamError::Silent(_))));
    drop(ours);
    let (ours, theirs) = stream();
    drop(ours);
    let served = answer(theirs, BEN, &Person::new(), TIMERS).await;
    assert!(matches!(served, Err(StreamError::Ended)));
}

/// Every chunk of a small file.
pub(super) fn want_all(offer: &Offer) -> Want {
    let chunks = offer.size.div_ceil(CHUNK);
    let bits = (0..chunks).fold(0_u32, |bits, index| bits | 1 << index);
    Want {
        file: offer.file,
        segment: 0,
        listed: 0,
        bitmap: bits.to_le_bytes().to_vec(),
    }
}
