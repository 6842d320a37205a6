//! Keys and the strategy that protects what the Everyone channel carries. No I/O.

mod password;
mod provider;

pub use password::Password;
pub use provider::{CryptoProvider, OpenError, SealError};
