//! People with a node each on loopback, and what their nodes report.
#![allow(dead_code, reason = "not every test file needs every helper")]

pub(crate) mod someone;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey, NetworkId};
use gossamer_net::{Exporter, Incoming, LinkError, LinkId, Net, NetEvent, OpenError, Stream, Way};
use gossamer_wire::v2::Frame;
use tokio::time::timeout;

/// Longer than anything here takes: what has not come by then does not come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Person {
    pub(crate) net: Net,
    pub(crate) id: DeviceId,
    pub(crate) addr: SocketAddr,
}

/// What a node reports of a new link.
pub(crate) struct Up {
    pub(crate) link: LinkId,
    pub(crate) device: DeviceId,
    pub(crate) addr: SocketAddr,
    pub(crate) dialled: bool,
    pub(crate) exporter: Exporter,
}

pub(crate) fn key(secret: u8) -> DeviceKey {
    DeviceKey::from_secret(&[secret; 32])
}

pub(crate) async fn ana() -> Person {
    Person::at(1, IpAddr::from([127, 0, 0, 1])).await
}

pub(crate) async fn ben() -> Person {
    Person::at(2, IpAddr::from([127, 0, 0, 1])).await
}

pub(crate) async fn cleo() -> Person {
    Person::at(3, IpAddr::from([127, 0, 0, 1])).await
}

impl Person {
    pub(crate) async fn at(secret: u8, ip: IpAddr) -> Self {
        let net = Net::bind(0, vec![ip], &key(secret), None).await.unwrap();
        let addr = SocketAddr::new(ip, net.port());
        let id = key(secret).id();
        Self { net, id, addr }
    }

    /// The next thing that is reported, but for what other programs here may cause.
    pub(crate) async fn event(&mut self) -> NetEvent {
        let event = async {
            loop {
                match self.net.next().await.unwrap() {
                    Incoming::Event(
                        NetEvent::Datagram { .. } | NetEvent::Interfaces(_) | NetEvent::Deaf { .. },
                    ) => {}
                    Incoming::Event(event) => return event,
                    Incoming::Bulk(bulk) => panic!("{bulk:?}"),
                }
            }
        };
        timeout(DEADLINE, event).await.expect("an event")
    }

    pub(crate) async fn up(&mut self) -> Up {
        match self.event().await {
            NetEvent::LinkUp {
                link,
                device,
                addr,
                dialled,
                exporter,
            } => Up {
                link,
                device,
                addr,
                dialled,
                exporter,
            },
            other => panic!("no link but {other:?}"),
        }
    }

    pub(crate) async fn frame(&mut self) -> (LinkId, Frame) {
        match self.event().await {
            NetEvent::Frame { link, frame } => (link, frame),
            other => panic!("no frame but {other:?}"),
        }
    }

    pub(crate) async fn down(&mut self) -> LinkId {
        match self.event().await {
            NetEvent::LinkDown { link } => link,
            other => panic!("not the end of a link but {other:?}"),
        }
    }

    pub(crate) async fn failure(&mut self) -> LinkError {
        match self.event().await {
            NetEvent::LinkFailed { why, .. } => why,
            other => panic!("no failure but {other:?}"),
        }
    }

    /// Takes the next stream that another device opens.
    pub(crate) async fn stream(&mut self) -> Stream {
        match self.event().await {
            NetEvent::Visit(visit) => visit.welcome().await.unwrap(),
            other => panic!("no stream but {other:?}"),
        }
    }

    /// Opens a stream, for whatever the tests talk about.
    pub(crate) fn opens(
        &self,
        device: DeviceId,
        way: Way,
    ) -> impl Future<Output = Result<Stream, OpenError>> + Send + use<> {
        let dialer = self.net.dialer();
        async move { dialer.open(device, &way, "talk", home()).await }
    }

    /// Nothing was reported that was not looked at: the next thing is what is caused now.
    pub(crate) async fn is_left_alone(&mut self) {
        let dora = Self::at(4, self.addr.ip()).await;
        dora.net.dial_link(self.addr, None);
        assert_eq!(self.up().await.device, dora.id);
    }
}

pub(crate) fn home() -> NetworkId {
    NetworkId::of("home")
}

/// Where a device listens, without a link.
pub(crate) fn at(addr: SocketAddr) -> Way {
    Way {
        addrs: vec![addr],
        hops: Vec::new(),
    }
}

/// A link from the first to the second; theirs, in this order.
pub(crate) async fn link(from: &mut Person, to: &mut Person) -> (Up, Up) {
    from.net.dial_link(to.addr, Some(to.id));
    (from.up().await, to.up().await)
}

/// A frame as it is on the wire.
pub(crate) fn frame(kind: u8, body: &[u8]) -> Bytes {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[a, b, c, kind], body].concat().into()
}
