//! Bodies that neighbours ask for: read from the store, written to their links.

use gossamer_crypto::EnvelopeId;
use gossamer_mesh::gossip::{Input, LinkId};
use gossamer_wire::v2::{Envelope, EnvelopeFrame, LinkFrame};

use super::rows::envelope_of;
use crate::actor::{Actor, Report};

/// A body that was read to be served.
#[derive(Debug)]
pub(crate) struct Served {
    link: LinkId,
    id: EnvelopeId,
    age: u32,
    ttl: u8,
    hops: u8,
    envelope: Option<Envelope>,
}

impl Actor {
    pub(super) fn serve(&mut self, link: LinkId, id: EnvelopeId, age: u32, ttl: u8, hops: u8) {
        let mut served = Served {
            link,
            id,
            age,
            ttl,
            hops,
            envelope: None,
        };
        // What is on its way to disk may not be there yet.
        if let Some(arrival) = self.v2.pending.get(&id) {
            served.envelope = Some(arrival.envelope.clone());
            return self.write_served(served);
        }
        self.job(
            move |store| store.envelopes().get(&id),
            move |row| {
                served.envelope = row.ok().flatten().and_then(|row| row.body).map(envelope_of);
                Some(Report::Body(served))
            },
        );
    }

    pub(crate) fn write_served(&mut self, served: Served) {
        let Served {
            link,
            id,
            age,
            ttl,
            hops,
            envelope,
        } = served;
        let ticket = self.v2.next_ticket;
        self.v2.next_ticket += 1;
        let queued = envelope.is_some_and(|envelope| {
            let frame = EnvelopeFrame {
                envelope,
                age,
                ttl,
                hops,
            };
            let bytes = LinkFrame::Envelope(frame).encode();
            let to = gossamer_net::LinkId(link.0);
            self.net.send_frame(to, bytes, Some(ticket)).is_ok()
        });
        if queued {
            self.v2.serving.insert(ticket, (link, id));
        } else {
            let found = false;
            self.gossip(Input::Served { link, id, found });
        }
    }
}
