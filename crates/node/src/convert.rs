//! Between the nouns of the brain, the store and the API.

use gossamer_mesh::{Peer, Reach};
use gossamer_store::{MessageRow, MessageState as StoredState};

use crate::{
    api::{
        Author, Dialect, MessageState, MessageStateView, MessageView, PeerStatus, PeerView, Reason,
    },
    legible,
};

/// The one conversation there is.
pub(crate) const EVERYONE: &str = "everyone";

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The last moment that a calendar in a window can show, Unix milliseconds (ECMA-262).
const LAST_MOMENT: f64 = 8.64e15;

/// A time that someone claims, Unix milliseconds; `None` when no calendar has it.
pub(crate) fn moment(ms: f64) -> Option<u64> {
    (0.0..=LAST_MOMENT).contains(&ms).then_some(ms as u64)
}

pub(crate) fn peer_view(peer: &Peer) -> PeerView {
    PeerView {
        via: None,
        hops: None,
        rtt_ms: None,
        rate: None,
        contact: false,
        id: peer.id.0.clone(),
        name: legible::name(&peer.name, &peer.id.0),
        addr: peer
            .addrs
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        dialect: Dialect::V1,
        status: match peer.reach {
            Reach::Direct => PeerStatus::Direct,
            Reach::Unreachable => PeerStatus::Unreachable,
            Reach::Away => PeerStatus::Offline,
        },
        last_seen: peer.last_seen_ms,
    }
}

pub(crate) fn message_view(row: &MessageRow) -> MessageView {
    MessageView {
        id: row.id.clone(),
        conversation: row.conversation.clone(),
        from: Author {
            id: row.from_id.clone(),
            name: legible::name(&row.from_name, &row.from_id),
        },
        text: row.text.clone(),
        own: row.own,
        readable: row.readable,
        sent_at: row.sent_at,
        received_at: row.received_at,
        place: row.place,
        late: row.late,
        hops: row.hops,
        state: row.state.map(message_state),
        reached: row.reached,
        reason: row.reason.as_deref().map(Reason::of),
    }
}

pub(crate) fn state_view(row: &MessageRow) -> MessageStateView {
    MessageStateView {
        id: row.id.clone(),
        state: row.state.map_or(MessageState::Sent, message_state),
        reason: row.reason.as_deref().map(Reason::of),
        reached: row.reached,
    }
}

pub(crate) fn message_state(state: StoredState) -> MessageState {
    match state {
        StoredState::Queued => MessageState::Queued,
        StoredState::Sent => MessageState::Sent,
        StoredState::Carried => MessageState::Carried,
        StoredState::Delivered => MessageState::Delivered,
        StoredState::Read => MessageState::Read,
        StoredState::Failed => MessageState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gossamer_mesh::NodeId;

    #[test]
    fn a_classic_name_that_tricks_the_eye_is_shown_as_one() {
        let ben = |name: &str| Peer {
            id: NodeId("7b1e7b1e".to_owned()),
            name: name.to_owned(),
            addrs: Vec::new(),
            multi: false,
            v2: false,
            reach: Reach::Direct,
            last_seen_ms: 0,
        };
        assert_eq!(peer_view(&ben("\u{202e}ana")).name, "\u{fffd}ana");
        assert_eq!(peer_view(&ben("\u{115f}")).name, "7b1e7b1e");
    }

    #[test]
    fn times_that_no_calendar_has_are_not_believed() {
        assert_eq!(moment(1_699_123_456_789.0), Some(1_699_123_456_789));
        for claimed in [-1.0, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(moment(claimed), None, "{claimed}");
        }
    }
}
