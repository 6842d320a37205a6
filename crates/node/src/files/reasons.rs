//! Why an offered file is refused, as faces are told.

use gossamer_transfer::{
    names::NameError,
    v1::ClaimError,
    v2::{BadOffer, TooLarge},
};

use crate::api::Reason;

impl From<NameError> for Reason {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Path => Self::NameIsPath,
            NameError::Nul => Self::NameHasNul,
        }
    }
}

impl From<ClaimError> for Reason {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::TooLarge(size) => Self::TooLarge { size },
            ClaimError::WrongCount { .. } | ClaimError::BadHash => Self::Contradictory,
        }
    }
}

impl From<BadOffer> for Reason {
    fn from(error: BadOffer) -> Self {
        match error {
            BadOffer::Name(error) => error.into(),
            BadOffer::TooLarge(size) => Self::TooLarge { size },
        }
    }
}

impl From<TooLarge> for Reason {
    fn from(TooLarge(size): TooLarge) -> Self {
        Self::TooLarge { size }
    }
}
