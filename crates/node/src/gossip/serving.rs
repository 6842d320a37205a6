//! Envelopes that neighbours asked for: read from the store, written to their links.

use gossamer_mesh::gossip::{Input, Serve};
use gossamer_wire::v2::Envelope;

use super::rows::envelope_of;
use crate::actor::{Actor, Report};

/// A body that was read to be served.
#[derive(Debug)]
pub(crate) struct Served {
    serve: Serve,
    envelope: Option<Envelope>,
}

impl Actor {
    pub(super) fn serve(&mut self, serve: Serve) {
        // What is on its way to disk may not be there yet.
        if let Some(arrival) = self.v2.pending.get(&serve.id) {
            let envelope = Some(arrival.envelope.clone());
            return self.write_served(Served { serve, envelope });
        }
        self.job(
            move |store| store.envelopes().get(&serve.id),
            move |row| {
                let envelope = row.ok().flatten().and_then(|row| row.body).map(envelope_of);
                Some(Report::Body(Served { serve, envelope }))
            },
        );
    }

    pub(crate) fn write_served(&mut self, Served { serve, envelope }: Served) {
        let ticket = self.v2.next_ticket;
        self.v2.next_ticket += 1;
        let Serve { link, id, .. } = serve;
        let to = gossamer_net::LinkId(link.0);
        let queued = envelope.is_some_and(|envelope| {
            let frame = serve.frame(envelope);
            self.net.send_frame(to, frame, Some(ticket)).is_ok()
        });
        if queued {
            self.v2.serving.insert(ticket, (link, id));
        } else {
            let found = false;
            self.gossip(Input::Served { link, id, found });
        }
    }
}
