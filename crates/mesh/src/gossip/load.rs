//! What a brain holds, for those who watch it.

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::BucketDigest;
use rand::Rng;

use super::Gossip;
use crate::limits;

impl<R: Rng> Gossip<R> {
    /// Whether this is what someone tells of their links: held, and on no disk.
    pub(crate) fn is_fleeting(&self, id: &EnvelopeId) -> bool {
        self.index
            .get(id)
            .is_some_and(|entry| entry.kind.is_fleeting())
    }

    /// What it would say of its sets in a DIGEST.
    pub(crate) fn digests(&self) -> Vec<BucketDigest> {
        self.index.digests()
    }

    /// The devices to which there is a way over others or a link that both ends have told of,
    /// in no order.
    pub(crate) fn reached(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.routing.topology.reached()
    }

    /// What there is, how much of it, and the limit of that.
    pub(crate) fn load(&self) -> Vec<(&'static str, usize, usize)> {
        let links = || self.links.values();
        let most = |of: fn(&super::link::Feed) -> usize| {
            links().map(|link| of(&link.feed)).max().unwrap_or(0)
        };
        vec![
            ("ids", self.index.len(), limits::KNOWN_ENVELOPES),
            ("pending", self.pending.len(), limits::PENDING),
            ("wanted", self.wanted.len(), limits::WANTED),
            ("authors", self.authors.len(), limits::AUTHORS),
            (
                "links",
                links().filter(|link| link.is_up()).count(),
                limits::LINKS,
            ),
            ("handshakes", self.waiting().count(), limits::HANDSHAKES),
            (
                "to announce",
                most(|feed| feed.announce.len()),
                limits::KNOWN_ENVELOPES,
            ),
            (
                "announced",
                most(|feed| feed.announced.len()),
                limits::ANNOUNCED,
            ),
            (
                "to serve",
                most(|feed| feed.serve.len()),
                limits::SERVE_QUEUE,
            ),
            ("serving", most(|feed| feed.serving.len()), limits::SERVING),
            ("admitted", self.admitted.len(), limits::ACQUAINTANCES),
            ("banned", self.banned.len(), limits::BANS),
            ("outputs", self.outputs.len(), 0),
        ]
        .into_iter()
        .chain(self.index.custody().fill())
        .collect()
    }
}
