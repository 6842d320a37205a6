//! Someone whose node answers by itself.
#![allow(dead_code, reason = "not every test file needs every helper")]

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    num::NonZeroU64,
};

use gossamer_crypto::DeviceId;
use gossamer_net::{
    CircuitRequest, Dialer, Hop, Incoming, LinkId, Net, NetEvent, OpenError, Stream, Way,
};
use gossamer_wire::v2::{LinkFrame, Reason};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{DEADLINE, home, key};

/// What a node does with circuits that others ask it for.
pub(crate) type Rule = Box<dyn Fn(&Net, CircuitRequest) + Send>;

/// Someone whose node answers by itself: it takes every stream, and dials whoever asks.
pub(crate) struct Someone {
    pub(crate) id: DeviceId,
    pub(crate) addr: SocketAddr,
    pub(crate) dialer: Dialer,
    pub(crate) came: mpsc::Receiver<Stream>,
    pub(crate) links: mpsc::Receiver<(LinkId, DeviceId)>,
    pub(crate) asked: mpsc::Sender<Question>,
    pub(crate) node: JoinHandle<()>,
}

pub(crate) enum Question {
    Link(SocketAddr, DeviceId),
    /// Where to dial whoever asks.
    DialThere(SocketAddr),
    Relayed(oneshot::Sender<(usize, u64)>),
}

impl Drop for Someone {
    fn drop(&mut self) {
        self.node.abort();
    }
}

impl Someone {
    /// Takes circuits that lead here, and passes on the others by these hops.
    pub(crate) async fn with(secret: u8, hops: &[(DeviceId, Hop)]) -> Self {
        let (me, hops) = (
            key(secret).id(),
            hops.iter().copied().collect::<BTreeMap<_, _>>(),
        );
        let rule = move |net: &Net, request: CircuitRequest| match hops.get(&request.target()) {
            _ if request.target() == me => net.accept_circuit(request),
            Some(hop) => net.pass_on(request, *hop),
            None => net.refuse_circuit(request, Reason::NoWay),
        };
        Self::who(secret, None, Box::new(rule)).await
    }

    pub(crate) async fn who(secret: u8, rate: Option<NonZeroU64>, rule: Rule) -> Self {
        let here = IpAddr::from([127, 0, 0, 1]);
        let mut net = Net::bind(0, vec![here], &key(secret), rate).await.unwrap();
        let (id, addr) = (key(secret).id(), SocketAddr::new(here, net.port()));
        let dialer = net.dialer();
        let (coming, came) = mpsc::channel(4096);
        let (linking, links) = mpsc::channel(16);
        let (asked, mut questions) = mpsc::channel(16);
        let node = tokio::spawn(async move {
            let (mut devices, mut dial_there) = (BTreeMap::new(), None);
            loop {
                tokio::select! {
                    Some(question) = questions.recv() => match question {
                        Question::Link(addr, device) => net.dial_link(addr, Some(device)),
                        Question::DialThere(addr) => dial_there = Some(addr),
                        Question::Relayed(answer) => answer.send(net.relayed()).unwrap(),
                    },
                    Some(Incoming::Event(event)) = net.next() => match event {
                        NetEvent::Visit(visit) => {
                            let coming = coming.clone();
                            tokio::spawn(async move {
                                if let Ok(stream) = visit.welcome().await {
                                    let _ = coming.send(stream).await;
                                }
                            });
                        }
                        NetEvent::Circuit(request) => rule(&net, request),
                        NetEvent::LinkUp { link, device, .. } => {
                            devices.insert(link, device);
                            linking.send((link, device)).await.unwrap();
                        }
                        NetEvent::Frame { link, frame } => {
                            let read = LinkFrame::decode(frame.kind, &frame.body).unwrap();
                            if let Some(LinkFrame::DialBack(token)) = read {
                                net.dial_back(devices[&link], dial_there.unwrap(), token);
                            }
                        }
                        _ => {}
                    },
                    else => return,
                }
            }
        });
        Self {
            id,
            addr,
            dialer,
            came,
            links,
            asked,
            node,
        }
    }

    /// The way to someone who can be dialled.
    pub(crate) fn hop(&self) -> Hop {
        Hop {
            device: self.id,
            addr: self.addr,
            link: LinkId(u64::MAX),
        }
    }

    pub(crate) async fn opens(&self, device: DeviceId, first: Hop) -> Result<Stream, OpenError> {
        self.opens_through(device, vec![first]).await
    }

    pub(crate) async fn opens_through(
        &self,
        device: DeviceId,
        hops: Vec<Hop>,
    ) -> Result<Stream, OpenError> {
        let way = Way {
            addrs: Vec::new(),
            hops,
        };
        let opening = self.dialer.open(device, &way, "talk", home());
        timeout(2 * DEADLINE, opening).await.expect("an end")
    }

    pub(crate) async fn welcomes(&mut self) -> Stream {
        let came = timeout(DEADLINE, self.came.recv()).await;
        came.expect("a stream").unwrap()
    }

    pub(crate) async fn relayed(&self) -> (usize, u64) {
        let (answer, relayed) = oneshot::channel();
        self.asked.send(Question::Relayed(answer)).await.unwrap();
        relayed.await.unwrap()
    }

    /// Passes nothing on any more, within the time that ends take to get through.
    pub(crate) async fn is_left(&self) {
        let begun = Instant::now();
        while self.relayed().await.0 > 0 {
            assert!(begun.elapsed() < DEADLINE, "circuits are left");
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn says(from: &mut Stream, words: &[u8]) {
    from.write_all(words).await.unwrap();
    from.flush().await.unwrap();
}

pub(crate) async fn hears(to: &mut Stream, words: &[u8]) {
    let mut heard = vec![0; words.len()];
    let read = timeout(DEADLINE, to.read_exact(&mut heard)).await;
    read.expect("in time").unwrap();
    assert_eq!(heard, words);
}
