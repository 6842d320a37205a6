//! What transfers need to outlive a crash, asked of whoever has a disk for it.

use std::{future::Future, path::Path, sync::Arc};

use gossamer_crypto::{DeviceId, FileId};

use super::{Ending, Offer, Outgoing, Refusal};
use crate::placing::Place;

/// It could not be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it could not be written down")]
pub struct Unwritten;

/// The memory of transfers. What a method says yes to is on disk when it returns: the other side
/// is told so. Each may be asked the same thing twice, and then gives the same answer.
pub trait Journal: Send + Sync {
    /// Keeps an offer from `peer`, which has been [checked](Offer::check), to be shown to the user.
    /// The book of open offers is [`Quota`](crate::quota::Quota).
    ///
    /// # Errors
    /// When it is not taken: the reason is told to the sender.
    fn offered(
        &self,
        peer: DeviceId,
        offer: Offer,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// What this node offers to `peer` under this id; `None` when it is offered to someone else,
    /// or not any more.
    fn outgoing(
        &self,
        peer: DeviceId,
        file: FileId,
    ) -> impl Future<Output = Option<Arc<Outgoing>>> + Send;

    /// `peer` ends a transfer. One that is unknown, over, or not with `peer`, or an ending that
    /// does not suit its direction, changes nothing and is no error.
    ///
    /// # Errors
    /// When it could not be written down.
    fn ended(
        &self,
        peer: DeviceId,
        file: FileId,
        ending: Ending,
    ) -> impl Future<Output = Result<(), Unwritten>> + Send;

    /// A file that is verified and synced is about to get a name. Whoever finds this noted after a
    /// crash, and the file [there](Place::holds), takes it for [kept](Self::kept).
    ///
    /// # Errors
    /// When that could not be written down; the file does not get the name then.
    fn placing(
        &self,
        file: FileId,
        place: &Place,
    ) -> impl Future<Output = Result<(), Unwritten>> + Send;

    /// A file is verified, synced and in its place.
    ///
    /// # Errors
    /// When that could not be written down; its sender is not told then.
    fn kept(&self, file: FileId, path: &Path)
    -> impl Future<Output = Result<(), Unwritten>> + Send;
}
