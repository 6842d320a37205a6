//! Messages that cross between the dialects: docs/protocol-v2.md 7.2.

use std::sync::Arc;

use gossamer_crypto::EnvelopeId;
use gossamer_mesh::{
    Author as ClassicAuthor, Input as ClassicInput, Published,
    bridge::{Heard, outward},
    gossip::Input,
};
use gossamer_wire::v2::Body;

use super::content::Speaker;
use crate::actor::Actor;

impl Actor {
    /// A classic message becomes an envelope. One that cannot be read stays what it is.
    pub(super) fn bridge_in(&mut self, heard: &Heard) {
        self.have_key();
        let text = self.classic.open(&heard.content);
        let author = Arc::clone(&self.v2.author);
        let envelope = text.and_then(|text| author.classic(&self.v2.content, heard, &text));
        let Some(envelope) = envelope else {
            return self.persist_classic(heard);
        };
        let id = envelope.id();
        if self.v2.brain.knows(&id) || self.v2.pending.contains_key(&id) {
            return self.tell(ClassicInput::Ignored(vec![heard.header.message_id.clone()]));
        }
        self.v2.bridging = Some((id, heard.header.message_id.clone()));
        self.gossip(Input::Bridge(envelope));
        // There is no room for it: another copy may find some.
        if let Some((_, message_id)) = self.v2.bridging.take() {
            self.tell(ClassicInput::PersistFailed(vec![message_id]));
        }
    }

    /// Something said over v2 is told to the classic nodes near.
    pub(super) fn bridge_out(&mut self, id: &EnvelopeId, body: &Body) {
        if !self.classic.welcome {
            return;
        }
        let Some(said) = self.v2.content.read(body) else {
            return;
        };
        let (id, node) = match said.speaker {
            Speaker::Device(device) => (outward(id), device.classic()),
            Speaker::Classic { node, message } => (message, node),
        };
        let content = said.text.and_then(|text| self.classic.seal(&text));
        let Some(content) = content else {
            return;
        };
        let author = ClassicAuthor {
            id: node,
            name: said.name,
        };
        self.tell(ClassicInput::Publish(Published {
            id,
            author: Some(author),
            content,
            sent_ms: body.created,
        }));
    }
}
