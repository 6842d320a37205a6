//! One file on its way: what is known of it, and what moves it.

use gossamer_store::TransferRow;

use super::{
    incoming::Incoming,
    meter::Meter,
    outgoing::Outgoing,
    v2::{Pull, Share},
};

#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) row: TransferRow,
    pub(super) motion: Motion,
    pub(super) meter: Meter,
    /// Present where v2 has a part in it.
    pub(super) share: Option<Share>,
}

/// What moves the bytes of a transfer.
#[derive(Debug)]
pub(super) enum Motion {
    In(Incoming),
    Out(Outgoing),
    Pull(Pull),
    /// It is over.
    None,
}

impl Transfer {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.motion, Motion::None)
    }

    pub(super) fn bytes(&self) -> u64 {
        match &self.motion {
            Motion::In(incoming) => incoming.bytes(),
            Motion::Out(outgoing) => {
                let shared = self.share.as_ref().map_or(0, Share::bytes);
                outgoing.bytes().max(shared).min(self.row.size)
            }
            Motion::Pull(pull) => pull.bytes(),
            Motion::None => self.row.bytes,
        }
    }

    /// Whether all of a file has come over v2 and it is on the way to its place.
    pub(super) fn is_being_placed(&self) -> bool {
        match &self.motion {
            Motion::Pull(pull) => pull.is_whole(self.row.size),
            Motion::In(_) | Motion::Out(_) | Motion::None => false,
        }
    }
}
