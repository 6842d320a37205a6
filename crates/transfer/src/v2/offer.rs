//! What a sender says of a file, and what the two sides say about it later.

use std::fmt;

use gossamer_crypto::{FileId, FileKey};
use gossamer_wire::limits;

use super::{MAX_FILE, Plan};
use crate::{
    names::{NameError, safe_name},
    quota::QuotaError,
};

/// The longest media type that is read, in bytes: RFC 6838 ends at 127 on each side of the slash.
pub const MAX_MIME: usize = 255;

/// A file that someone wants to give (docs/protocol-v2.md 9.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// Names the transfer; random.
    pub file: FileId,
    /// What its chunks are sealed under.
    pub key: FileKey,
    /// As the sender calls it: hostile until it has been [checked](Self::check).
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// A media type, as the sender sees it. It only informs people.
    pub mime: Option<String>,
}

/// What an offer means here.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// A name that does no harm on any system.
    pub name: String,
    /// How the file comes.
    pub plan: Plan,
}

/// An offer that is not taken, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOffer {
    /// Its name is not honest.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Its size is too large.
    #[error("it is said to have {0} bytes, more than {MAX_FILE} are not accepted")]
    TooLarge(u64),
}

/// What ends a transfer, told by the side that ends it and kept by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The receiver has the file: verified, synced and in its place.
    Done,
    /// The receiver does not want it.
    Declined,
    /// Either side stops it.
    Cancelled,
}

/// Why the other side does not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too many offers wait for an answer.
    #[error("too many files already wait for an answer there")]
    Crowded,
    /// The name or the size of the offered file is not acceptable.
    #[error("the file's name or size is not acceptable there")]
    Unacceptable,
    /// The file is not offered to the device that asks, or not any more.
    #[error("the file is not offered any more")]
    NotOffered,
    /// The sender cannot read the file any more.
    #[error("the file is not there any more")]
    Gone,
    /// The file is not what it was when it was offered.
    #[error("the file has changed since it was offered")]
    Changed,
    /// What was sent cannot be.
    #[error("the other device did not understand this one")]
    Misbehaved,
    /// It cannot be done now, for a reason that may pass, such as a full disk.
    #[error("the other device cannot do it now")]
    Later,
    /// A reason that later versions know.
    #[error("the other device refused it for reason {0}")]
    Other(u64),
}

impl Offer {
    /// Judges the sender's claims.
    ///
    /// # Errors
    /// Says which of them is not acceptable.
    pub fn check(&self) -> Result<Checked, BadOffer> {
        let plan = Plan::new(self.size).map_err(|error| BadOffer::TooLarge(error.0))?;
        let name = safe_name(&self.name)?;
        Ok(Checked { name, plan })
    }

    /// Whether it can be sent: receivers read no name and no media type beyond these.
    #[must_use]
    pub fn fits(&self) -> bool {
        let mime = self.mime.as_ref().map_or(0, String::len);
        self.name.len() <= limits::FILE_NAME && mime <= MAX_MIME && self.size <= MAX_FILE
    }
}

impl Refusal {
    pub(super) fn code(self) -> u64 {
        match self {
            Self::Crowded => 1,
            Self::Unacceptable => 2,
            Self::NotOffered => 3,
            Self::Gone => 4,
            Self::Changed => 5,
            Self::Misbehaved => 6,
            Self::Later => 7,
            Self::Other(code) => code,
        }
    }

    pub(super) fn from_code(code: u64) -> Self {
        let known = [
            Self::Crowded,
            Self::Unacceptable,
            Self::NotOffered,
            Self::Gone,
            Self::Changed,
            Self::Misbehaved,
            Self::Later,
        ];
        let named = known.into_iter().find(|refusal| refusal.code() == code);
        named.unwrap_or(Self::Other(code))
    }
}

impl From<QuotaError> for Refusal {
    fn from(_: QuotaError) -> Self {
        Self::Crowded
    }
}

/// Without the name and the key.
impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("file", &self.file)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Without the name.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, size: u64) -> Offer {
        Offer {
            file: FileId::new([1; 16]),
            key: FileKey::new([0x4b; 32]),
            name: name.to_owned(),
            size,
            mime: None,
        }
    }

    #[test]
    fn a_hostile_name_or_size_is_refused() {
        let path = offer("../.bashrc", 1).check();
        assert_eq!(path.unwrap_err(), BadOffer::Name(NameError::Path));
        let huge = offer("a", MAX_FILE + 1).check();
        assert_eq!(huge.unwrap_err(), BadOffer::TooLarge(MAX_FILE + 1));
        let disguised = offer("photo\u{202e}gpj.exe", 1).check().unwrap();
        assert_eq!(disguised.name, "photogpj.exe");
    }

    #[test]
    fn neither_name_nor_key_is_ever_printed() {
        let offer = offer("secret-plan.pdf", 7);
        let printed = format!("{offer:?} {:?}", offer.check().unwrap());
        assert!(printed.contains("size: 7"));
        for secret in ["plan.pdf", "4b4b", "75, 75", "KK"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }

    #[test]
    fn every_reason_survives_its_number() {
        for code in 0..20 {
            assert_eq!(Refusal::from_code(code).code(), code);
        }
        assert_eq!(Refusal::from_code(5), Refusal::Changed);
    }
}
