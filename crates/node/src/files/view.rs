//! How a transfer looks from outside.

use gossamer_mesh::Now;
use gossamer_store::{Direction, TransferRow, TransferState};

use super::meter::Meter;
use crate::{
    api::{self, Author, Reason, TransferView},
    legible,
};

/// `free` is said of offers only: there it helps to decide.
pub(crate) fn transfer_view(
    row: &TransferRow,
    meter: &Meter,
    free: Option<u64>,
    now: Now,
) -> TransferView {
    let active = row.state == TransferState::Active;
    let left = row.size.saturating_sub(row.bytes);
    TransferView {
        id: row.id.clone(),
        direction: match row.direction {
            Direction::In => api::Direction::In,
            Direction::Out => api::Direction::Out,
        },
        conversation: row.conversation.clone(),
        from: Author {
            id: row.from_id.clone(),
            name: legible::name(&row.from_name, &row.from_id),
        },
        name: legible::legible(&row.name),
        state: match row.state {
            TransferState::Offered => api::TransferState::Offered,
            TransferState::Active => api::TransferState::Active,
            TransferState::Paused => api::TransferState::Paused,
            TransferState::Verifying => api::TransferState::Verifying,
            TransferState::Done => api::TransferState::Done,
            TransferState::Failed => api::TransferState::Failed,
            TransferState::Cancelled => api::TransferState::Cancelled,
        },
        bytes: row.bytes,
        size: row.size,
        rate: if active { meter.rate() } else { 0 },
        eta: if active {
            meter.eta(now.mono, left)
        } else {
            None
        },
        path: row.path.clone(),
        sha256: row.sha256.clone(),
        reason: row.reason.as_deref().map(Reason::of),
        reached: row.reached,
        started_at: row.started_at,
        ended_at: row.ended_at,
        free,
    }
}
