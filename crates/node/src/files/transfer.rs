//! One file on its way: what is known of it, and what moves it.

use gossamer_crypto::DeviceId;
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

    /// Calls the sender by the name that is known now, where the offer came before any was. Returns
    /// whether that is news.
    pub(super) fn learn_name(&mut self, sender: &DeviceId, name: &str) -> bool {
        let row = &mut self.row;
        let id = sender.classic();
        let learns = row.from_name == id && name != id && row.from_id == sender.to_string();
        if learns {
            name.clone_into(&mut row.from_name);
        }
        learns
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

#[cfg(test)]
mod tests {
    use gossamer_store::{Direction, TransferState};

    use super::*;

    fn offer(from: &DeviceId, from_name: String) -> Transfer {
        let row = TransferRow {
            id: "offer".into(),
            file_id: "file".into(),
            direction: Direction::In,
            conversation: "everyone".into(),
            from_id: from.to_string(),
            from_name,
            name: "plan.pdf".into(),
            state: TransferState::Offered,
            bytes: 0,
            size: 1,
            path: None,
            spool: None,
            intended: None,
            sha256: None,
            reason: None,
            reached: 0,
            started_at: 0,
            ended_at: None,
        };
        Transfer {
            row,
            motion: Motion::None,
            meter: Meter::default(),
            share: None,
        }
    }

    #[test]
    fn what_ana_offered_before_her_name_was_known_carries_it_from_then_on() {
        let (ana, ben) = (DeviceId::new([1; 32]), DeviceId::new([2; 32]));
        let mut early = offer(&ana, ana.classic());
        assert!(!early.learn_name(&ben, "ben"), "it is not his");
        assert!(!early.learn_name(&ana, &ana.classic()), "no name yet");
        assert!(early.learn_name(&ana, "ana"));
        assert_eq!(early.row.from_name, "ana");
        assert!(!early.learn_name(&ana, "Ana"), "as it was when it came");
    }
}
