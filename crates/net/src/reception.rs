//! Streams that come in: what their first frame says they are for.

use std::{num::NonZeroU64, sync::Arc};

use gossamer_wire::v2::{Reason, StreamFrame};

use crate::{
    CircuitRequest, Dialer, Hop, NetEvent, Stream, Visit,
    awaited::Awaited,
    carrier::Carrier,
    circuit::Relays,
    limits,
    link::Links,
    opening::{read, refuse, within, write},
    tls::{Identity, Service},
};

/// Takes streams that other devices opened.
#[derive(Debug)]
pub(crate) struct Reception {
    identity: Arc<Identity>,
    links: Arc<Links>,
    awaited: Arc<Awaited>,
    relays: Arc<Relays>,
}

impl Reception {
    pub(crate) fn new(
        identity: Arc<Identity>,
        links: Arc<Links>,
        awaited: Arc<Awaited>,
        rate: Option<NonZeroU64>,
    ) -> Self {
        Self {
            identity,
            links,
            awaited,
            relays: Arc::new(Relays::new(rate)),
        }
    }

    pub(crate) fn end_circuits(&self) {
        self.relays.end_all();
    }

    /// How many circuits are passed on, and the bytes of all there were.
    pub(crate) fn relayed(&self) -> (usize, u64) {
        self.relays.totals()
    }

    /// Reads the first frame of a stream, and hands it to whoever it is for.
    pub(crate) async fn receive(&self, mut stream: Stream) {
        let device = stream.device();
        let event = match within(limits::OPENING, read(&mut stream)).await {
            Ok(StreamFrame::Open { service, network }) => {
                NetEvent::Visit(Visit::new(stream, service, network))
            }
            Ok(StreamFrame::Circuit { id, target, ttl }) => NetEvent::Circuit(CircuitRequest {
                stream,
                id,
                target,
                ttl,
            }),
            Ok(StreamFrame::Back(token)) => return self.awaited.came(token, stream),
            Ok(StreamFrame::Opened | StreamFrame::Refuse(_)) => {
                return tracing::debug!(?device, "a stream that began with an answer");
            }
            Err(error) => return tracing::debug!(?device, %error, "a stream that was not opened"),
        };
        self.links.report(event).await;
    }

    /// We are where a circuit leads: inside is a stream, whose other end is not the neighbour.
    pub(crate) async fn accept(&self, request: CircuitRequest) {
        let CircuitRequest { mut stream, id, .. } = request;
        let opened = write(&mut stream, &StreamFrame::Opened);
        if within(limits::OPENING, opened).await.is_err() {
            return;
        }
        let (addr, relay) = (stream.addr(), stream.device());
        let carrier = Carrier::Circuit(Box::new(stream));
        let mut inner = match self.identity.accept(carrier, addr).await {
            Ok(secure) if secure.service == Service::Stream => Stream::through(secure, relay),
            Ok(_) => return tracing::debug!(?id, "a link inside a circuit"),
            Err(error) => return tracing::debug!(?id, %error, "no handshake inside a circuit"),
        };
        match within(limits::OPENING, read(&mut inner)).await {
            Ok(StreamFrame::Open { service, network }) => {
                let visit = Visit::new(inner, service, network);
                self.links.report(NetEvent::Visit(visit)).await;
            }
            // A circuit inside a circuit would be a way around the limits of both.
            Ok(_) => tracing::debug!(?id, "a circuit that holds no stream"),
            Err(error) => tracing::debug!(?id, %error, "a circuit that was not used"),
        }
    }

    pub(crate) async fn refuse(&self, mut request: CircuitRequest, reason: Reason) {
        let _ = within(limits::OPENING, refuse(&mut request.stream, reason)).await;
    }

    pub(crate) async fn pass_on(&self, request: CircuitRequest, hop: Hop, dialer: Dialer) {
        Arc::clone(&self.relays).pass_on(request, hop, dialer).await;
    }
}
