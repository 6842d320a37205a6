//! No protection at all, for open networks.

use crate::{CryptoProvider, OpenError, SealError};

/// Leaves everything as it is: anyone near can read it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl CryptoProvider for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn is_confidential(&self) -> bool {
        false
    }

    fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(plaintext.to_vec())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        Ok(sealed.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_the_suite() {
        crate::suite::certify(&Plain, &Plain);
    }
}
