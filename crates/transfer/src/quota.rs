//! How much is kept of files that nobody has accepted yet.

use std::collections::BTreeMap;

/// Bytes kept in all for offers that are not accepted.
pub const MAX_SPOOLED: u64 = 1 << 30;

/// Offers of one sender that wait at the same time.
pub const MAX_FILES_PER_PEER: usize = 8;

/// Offers of all senders that wait at the same time. Sender ids are claims: without this, making
/// up ids would get around the limit for one sender.
pub const MAX_FILES: usize = 256;

/// Nothing more is kept until offers are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// The sender has too many offers open.
    #[error("{MAX_FILES_PER_PEER} files from this sender already wait for an answer")]
    FilesOfPeer,
    /// All senders together have too many offers open.
    #[error("{MAX_FILES} files already wait for an answer")]
    Files,
    /// The offers hold too many bytes.
    #[error("unanswered files already take up 1 GiB")]
    Bytes,
}

/// The account of unaccepted offers. An offer leaves it when it is accepted, declined or over.
#[derive(Debug, Default)]
pub struct Quota {
    offers: BTreeMap<String, Offer>,
    spooled: u64,
}

#[derive(Debug)]
struct Offer {
    peer: String,
    bytes: u64,
}

impl Quota {
    /// Opens an offer. Opening one twice changes nothing.
    ///
    /// # Errors
    /// When there are too many; then it is not opened.
    pub fn open(&mut self, transfer: &str, peer: &str) -> Result<(), QuotaError> {
        if self.offers.contains_key(transfer) {
            return Ok(());
        }
        if self.offers.len() >= MAX_FILES {
            return Err(QuotaError::Files);
        }
        let of_peer = self.offers.values().filter(|offer| offer.peer == peer);
        if of_peer.count() >= MAX_FILES_PER_PEER {
            return Err(QuotaError::FilesOfPeer);
        }
        let offer = Offer {
            peer: peer.to_owned(),
            bytes: 0,
        };
        self.offers.insert(transfer.to_owned(), offer);
        Ok(())
    }

    /// Asks to keep `bytes` more of an offer; always granted for a transfer that is none.
    ///
    /// # Errors
    /// When they are too many; then they are not counted and must not be kept.
    pub fn grow(&mut self, transfer: &str, bytes: u64) -> Result<(), QuotaError> {
        let Some(offer) = self.offers.get_mut(transfer) else {
            return Ok(());
        };
        let spooled = self.spooled.saturating_add(bytes);
        if spooled > MAX_SPOOLED {
            return Err(QuotaError::Bytes);
        }
        self.spooled = spooled;
        offer.bytes = offer.bytes.saturating_add(bytes);
        Ok(())
    }

    /// Takes an offer out: it was accepted, declined, or is over.
    pub fn close(&mut self, transfer: &str) {
        if let Some(offer) = self.offers.remove(transfer) {
            self.spooled = self.spooled.saturating_sub(offer.bytes);
        }
    }

    /// Bytes kept for all offers.
    #[must_use]
    pub fn spooled(&self) -> u64 {
        self.spooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_cannot_open_more_than_eight_offers() {
        let mut quota = Quota::default();
        for number in 0..MAX_FILES_PER_PEER {
            quota.open(&number.to_string(), "ben").unwrap();
        }
        assert_eq!(quota.open("8", "ben"), Err(QuotaError::FilesOfPeer));
        assert_eq!(quota.open("0", "ben"), Ok(()), "it is open already");
        assert_eq!(quota.open("8", "cleo"), Ok(()));
        quota.close("0");
        assert_eq!(quota.open("9", "ben"), Ok(()));
    }

    #[test]
    fn made_up_senders_do_not_get_around_it() {
        let mut quota = Quota::default();
        for number in 0..MAX_FILES {
            let id = number.to_string();
            quota.open(&id, &id).unwrap();
        }
        assert_eq!(quota.open("another", "another"), Err(QuotaError::Files));
    }

    #[test]
    fn offers_share_one_gibibyte() {
        let mut quota = Quota::default();
        quota.open("a", "ben").unwrap();
        quota.open("b", "cleo").unwrap();
        quota.grow("a", MAX_SPOOLED - 10).unwrap();
        quota.grow("b", 10).unwrap();
        assert_eq!(quota.grow("b", 1), Err(QuotaError::Bytes));
        assert_eq!(quota.spooled(), MAX_SPOOLED);

        quota.close("a");
        assert_eq!(quota.spooled(), 10);
        assert_eq!(
            quota.grow("a", u64::MAX),
            Ok(()),
            "accepted: no longer counted"
        );
        assert_eq!(quota.spooled(), 10);
    }
}
