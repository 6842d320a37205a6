//! Why a node cannot listen, and why a connection could not be made.

use std::io;

use rustls::{CertificateError, Error};

/// Why a node cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the TCP port.
    #[error("TCP port {port} is used by another program")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port or the address cannot be used.
    #[error("TCP port {port} cannot be listened on: {source}")]
    Unusable {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a TLS connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody answers at the address, or this machine has no way to it.
    #[error("nobody answers there: {0}")]
    Unreachable(io::Error),
    /// Somebody is there, and closed the connection or answered with something else. A classic
    /// node does so; a v2 node that ends just now looks the same, so this is a hint only.
    #[error("what answers there does not speak TLS")]
    NotTls,
    /// The device there is not the expected one.
    #[error("another device answers there")]
    WrongKey,
    /// Somebody is there, and the handshake took too long.
    #[error("the handshake was not finished in time")]
    TimedOut,
    /// TLS is spoken there, but not as this protocol wants it, or the other side is busy.
    #[error("no secure connection could be agreed on: {0}")]
    Refused(Error),
}

impl LinkError {
    /// Reads the result of a handshake that failed.
    pub(crate) fn of_handshake(error: io::Error) -> Self {
        let Ok(error) = error.downcast::<Error>() else {
            return Self::NotTls;
        };
        if error == CertificateError::ApplicationVerificationFailure.into() {
            Self::WrongKey
        } else if matches!(error, Error::InvalidMessage(_)) {
            Self::NotTls
        } else {
            Self::Refused(error)
        }
    }
}
