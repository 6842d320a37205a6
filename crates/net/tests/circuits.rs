//! Streams through other devices, and connections that are asked for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed"
)]

mod common;

use std::{num::NonZeroU64, time::Duration};

use common::{
    DEADLINE, key,
    someone::{Question, Someone, hears, says},
};
use gossamer_net::{CircuitRequest, Hop, LinkError, Net, OpenError};
use gossamer_wire::v2::Reason;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};

const ANA: u8 = 1;
const BEN: u8 = 2;
const CLEO: u8 = 3;
const DORA: u8 = 4;

#[tokio::test]
async fn ana_talks_to_cleo_through_ben() {
    let ana = Someone::with(ANA, &[]).await;
    let mut cleo = Someone::with(CLEO, &[]).await;
    let ben = Someone::with(BEN, &[(cleo.id, cleo.hop())]).await;

    let mut at_ana = ana.opens(cleo.id, ben.hop()).await.unwrap();
    let mut at_cleo = cleo.welcomes().await;

    assert_eq!((at_ana.device(), at_cleo.device()), (cleo.id, ana.id));
    assert_eq!(
        (at_ana.relay(), at_cleo.relay()),
        (Some(ben.id), Some(ben.id))
    );
    says(&mut at_ana, b"hello").await;
    hears(&mut at_cleo, b"hello").await;
    says(&mut at_cleo, b"hello yourself").await;
    hears(&mut at_ana, b"hello yourself").await;
    let (open, bytes) = ben.relayed().await;
    assert!(open == 1 && bytes > 20, "{open} circuits, {bytes} bytes");

    at_ana.shutdown().await.unwrap();
    assert_eq!(
        at_cleo.read(&mut [0]).await.unwrap(),
        0,
        "a clean end is one for both"
    );
    at_cleo.shutdown().await.unwrap();
    ben.is_left().await;
}

#[tokio::test]
async fn much_arrives_whole_through_seven_relays_and_an_eighth_refuses() {
    let ana = Someone::with(ANA, &[]).await;
    let mut target = Someone::with(CLEO, &[]).await;
    let mut relays = vec![];
    let mut next = target.hop();
    for secret in 10..18 {
        let relay = Someone::with(secret, &[(target.id, next)]).await;
        next = relay.hop();
        relays.push(relay);
    }
    let far = ana.opens(target.id, next).await;
    assert!(
        matches!(far, Err(OpenError::Refused(Reason::NoWay))),
        "{far:?}"
    );

    let mut at_ana = ana.opens(target.id, relays[6].hop()).await.unwrap();
    let mut at_target = target.welcomes().await;
    let sent: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 7) as u8)
        .collect();
    let expected = sent.clone();
    let sending = tokio::spawn(async move {
        at_ana.write_all(&sent).await.unwrap();
        at_ana.shutdown().await.unwrap();
        at_ana
    });
    let mut heard = Vec::new();
    let read = timeout(3 * DEADLINE, at_target.read_to_end(&mut heard)).await;
    read.unwrap().unwrap();
    assert!(heard == expected);
    drop((sending.await.unwrap(), at_target));
    for relay in &relays {
        relay.is_left().await;
    }
}

#[tokio::test]
async fn a_relay_that_leads_to_someone_else_gets_nowhere() {
    let ana = Someone::with(ANA, &[]).await;
    let cleo = Someone::with(CLEO, &[]).await;
    // Dora takes whatever comes as if it were for her.
    let all = |net: &Net, request: CircuitRequest| net.accept_circuit(request);
    let mut dora = Someone::who(DORA, None, Box::new(all)).await;
    let ben = Someone::with(BEN, &[(cleo.id, dora.hop())]).await;

    let opened = ana.opens(cleo.id, ben.hop()).await;

    assert!(
        matches!(opened, Err(OpenError::Link(LinkError::WrongKey))),
        "{opened:?}"
    );
    assert!(dora.came.try_recv().is_err());
    ben.is_left().await;
}

#[tokio::test]
async fn another_neighbour_is_tried_and_the_one_that_failed_comes_last_for_a_while() {
    let ana = Someone::with(ANA, &[]).await;
    let mut cleo = Someone::with(CLEO, &[]).await;
    let ben = Someone::with(BEN, &[]).await;
    let dora = Someone::with(DORA, &[(cleo.id, cleo.hop())]).await;
    let through = vec![ben.hop(), dora.hop()];

    let opened = ana.opens_through(cleo.id, through.clone()).await.unwrap();
    assert_eq!(opened.relay(), Some(dora.id), "ben knows no way");
    cleo.welcomes().await;

    ana.dialer.shun(dora.id);
    drop(ben);
    let again = ana.opens_through(cleo.id, through).await.unwrap();
    assert_eq!(again.relay(), Some(dora.id), "last is not never");
}

#[tokio::test]
async fn a_circuit_that_comes_round_is_refused_where_it_was_before() {
    let ana = Someone::with(ANA, &[]).await;
    let nobody = key(9).id();
    // Ben is told of dora once she is there: each believes that the other leads on.
    let (tell, told) = std::sync::mpsc::channel::<Hop>();
    let hop = std::sync::Mutex::new(None);
    let to_dora = move |net: &Net, request: CircuitRequest| {
        let mut hop = hop.lock().unwrap();
        net.pass_on(request, *hop.get_or_insert_with(|| told.recv().unwrap()));
    };
    let ben = Someone::who(BEN, None, Box::new(to_dora)).await;
    let dora = Someone::with(DORA, &[(nobody, ben.hop())]).await;
    tell.send(dora.hop()).unwrap();

    let opened = ana.opens(nobody, ben.hop()).await;

    assert!(
        matches!(opened, Err(OpenError::Refused(Reason::Loop))),
        "{opened:?}"
    );
    ben.is_left().await;
    dora.is_left().await;
}

#[tokio::test]
async fn a_relay_that_says_nothing_holds_nobody_up_for_ever() {
    let ana = Someone::with(ANA, &[]).await;
    let nobody = key(9).id();
    let kept = std::sync::Mutex::new(Vec::new());
    let keep = move |_: &Net, request: CircuitRequest| kept.lock().unwrap().push(request);
    let dora = Someone::who(DORA, None, Box::new(keep)).await;
    let ben = Someone::with(BEN, &[(nobody, dora.hop())]).await;

    let opened = ana.opens(nobody, ben.hop()).await;

    assert!(opened.is_err());
    ben.is_left().await;
}

#[tokio::test]
async fn beside_a_relay_that_says_nothing_the_next_one_is_tried() {
    let ana = Someone::with(ANA, &[]).await;
    let mut cleo = Someone::with(CLEO, &[]).await;
    let (kept, asked) = std::sync::mpsc::channel();
    let keep = move |_: &Net, request: CircuitRequest| kept.send(request).unwrap();
    let dora = Someone::who(DORA, None, Box::new(keep)).await;
    let ben = Someone::with(BEN, &[(cleo.id, cleo.hop())]).await;
    let through = vec![dora.hop(), ben.hop()];

    for _ in 0..2 {
        let opening = ana.opens_through(cleo.id, through.clone());
        let opened = timeout(Duration::from_secs(10), opening).await.unwrap();
        assert_eq!(opened.unwrap().relay(), Some(ben.id));
        cleo.welcomes().await;
    }

    let asked = asked.try_iter().count();
    assert_eq!(asked, 1, "whoever said nothing is tried last for a while");
}

#[tokio::test]
async fn what_a_relay_further_on_says_is_heard_at_the_beginning() {
    let ana = Someone::with(ANA, &[]).await;
    let nobody = key(9).id();
    let none = |net: &Net, request: CircuitRequest| net.refuse_circuit(request, Reason::NoRelay);
    let dora = Someone::who(DORA, None, Box::new(none)).await;
    let ben = Someone::with(BEN, &[(nobody, dora.hop())]).await;

    let opened = ana.opens(nobody, ben.hop()).await;

    assert!(
        matches!(opened, Err(OpenError::Refused(Reason::NoRelay))),
        "{opened:?}"
    );
}

#[tokio::test]
async fn who_is_not_there_is_not_reached_and_leaves_nothing_behind() {
    let ana = Someone::with(ANA, &[]).await;
    let gone = Someone::with(CLEO, &[]).await.hop();
    let ben = Someone::with(BEN, &[(gone.device, gone)]).await;

    let opened = ana.opens(gone.device, ben.hop()).await;

    assert!(
        matches!(opened, Err(OpenError::Refused(Reason::NoWay))),
        "{opened:?}"
    );
    ben.is_left().await;
}

#[tokio::test]
async fn a_circuit_whose_second_hop_breaks_does_not_look_complete() {
    let ana = Someone::with(ANA, &[]).await;
    let mut cleo = Someone::with(CLEO, &[]).await;
    let ben = Someone::with(BEN, &[(cleo.id, cleo.hop())]).await;
    let mut at_ana = ana.opens(cleo.id, ben.hop()).await.unwrap();
    let at_cleo = cleo.welcomes().await;
    says(&mut at_ana, b"half").await;
    drop(at_cleo);

    let mut rest = Vec::new();
    let ended = timeout(DEADLINE, at_ana.read_to_end(&mut rest))
        .await
        .unwrap();

    assert!(ended.is_err());
    ben.is_left().await;
}

#[tokio::test]
async fn no_neighbour_has_more_than_half_of_a_relay() {
    let ana = Someone::with(ANA, &[]).await;
    let dora = Someone::with(DORA, &[]).await;
    let cleo = Someone::with(CLEO, &[]).await;
    let ben = Someone::with(BEN, &[(cleo.id, cleo.hop())]).await;
    let mut open = Vec::new();
    let refused = loop {
        match ana.opens(cleo.id, ben.hop()).await {
            Ok(stream) => open.push(stream),
            Err(error) => break error,
        }
        assert!(open.len() <= 100, "no end to it");
    };

    assert!(
        matches!(refused, OpenError::Refused(Reason::TooMany)),
        "{refused:?}"
    );
    let other = dora.opens(cleo.id, ben.hop()).await;
    assert!(other.is_ok(), "there is room for others");
    drop(open.pop());
    let begun = Instant::now();
    while ana.opens(cleo.id, ben.hop()).await.is_err() {
        assert!(
            begun.elapsed() < DEADLINE,
            "a place that is left is free again"
        );
    }
}

#[tokio::test]
async fn what_a_relay_may_pass_on_in_a_second_is_shared_by_all() {
    let ana = Someone::with(ANA, &[]).await;
    let mut cleo = Someone::with(CLEO, &[]).await;
    let hop = cleo.hop();
    let on = move |net: &Net, request: CircuitRequest| net.pass_on(request, hop);
    let ben = Someone::who(BEN, NonZeroU64::new(1_000_000), Box::new(on)).await;
    let begun = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let mut at_ana = ana.opens(cleo.id, ben.hop()).await.unwrap();
        let mut at_cleo = cleo.welcomes().await;
        all.spawn(async move {
            says(&mut at_ana, &[7; 500_000]).await;
            at_ana
        });
        all.spawn(async move {
            hears(&mut at_cleo, &[7; 500_000]).await;
            at_cleo
        });
    }
    drop(all.join_all().await);
    // What was taken last is paid for by whoever comes next.
    assert!(
        begun.elapsed() >= Duration::from_millis(800),
        "{:?}",
        begun.elapsed()
    );
}

/// Ana knows ben by a link that he dialled; where he listens she cannot connect.
async fn ben_behind_a_firewall(ana: &mut Someone, ben: &mut Someone) -> Hop {
    let (there, device) = (ana.addr, ana.id);
    ben.asked.send(Question::DialThere(there)).await.unwrap();
    ben.asked.send(Question::Link(there, device)).await.unwrap();
    let (link, device) = ana.links.recv().await.unwrap();
    assert_eq!(device, ben.id);
    let nobody = std::net::TcpListener::bind((there.ip(), 0)).unwrap();
    let addr = nobody.local_addr().unwrap();
    Hop { device, addr, link }
}

#[tokio::test]
async fn who_cannot_be_dialled_dials_when_asked() {
    let (mut ana, mut ben) = (Someone::with(ANA, &[]).await, Someone::with(BEN, &[]).await);
    let hop = ben_behind_a_firewall(&mut ana, &mut ben).await;

    let mut at_ana = ana.opens(ben.id, hop).await.unwrap();
    let mut at_ben = ben.welcomes().await;

    assert_eq!((at_ana.device(), at_ana.relay()), (ben.id, None));
    assert_eq!((at_ben.device(), at_ben.relay()), (ana.id, None));
    says(&mut at_ana, b"through the wall").await;
    hears(&mut at_ben, b"through the wall").await;
}

#[tokio::test]
async fn the_last_relay_too_asks_to_be_dialled() {
    let dora = Someone::with(DORA, &[]).await;
    let mut ben = Someone::with(BEN, &[]).await;
    let (tell, told) = std::sync::mpsc::channel::<Hop>();
    let on = move |net: &Net, request: CircuitRequest| net.pass_on(request, told.recv().unwrap());
    let mut ana = Someone::who(ANA, None, Box::new(on)).await;
    tell.send(ben_behind_a_firewall(&mut ana, &mut ben).await)
        .unwrap();

    let mut at_dora = dora.opens(ben.id, ana.hop()).await.unwrap();
    let mut at_ben = ben.welcomes().await;

    assert_eq!((at_ben.device(), at_ben.relay()), (dora.id, Some(ana.id)));
    says(&mut at_dora, b"through both").await;
    hears(&mut at_ben, b"through both").await;
}

#[tokio::test]
async fn who_dials_unasked_is_not_taken_for_whom_was_asked() {
    let mut ana = Someone::with(ANA, &[]).await;
    let stranger = Someone::with(DORA, &[]).await;
    let asked = key(9).id();
    // The link is to dora, who is asked in the place of another device.
    let (there, device) = (ana.addr, ana.id);
    stranger
        .asked
        .send(Question::DialThere(there))
        .await
        .unwrap();
    stranger
        .asked
        .send(Question::Link(there, device))
        .await
        .unwrap();
    let (link, _) = ana.links.recv().await.unwrap();
    let nobody = std::net::TcpListener::bind((there.ip(), 0)).unwrap();
    let addr = nobody.local_addr().unwrap();
    drop(nobody);
    let hop = Hop {
        device: asked,
        addr,
        link,
    };

    let opened = ana.opens(asked, hop).await;

    assert!(matches!(opened, Err(OpenError::Link(_))), "{opened:?}");
}
