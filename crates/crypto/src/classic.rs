//! The form of chat `content` on the classic wire: text as it is, or standard base64 of what a
//! confidential provider sealed.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

use crate::{CryptoProvider, OpenError, SealError, fernet};

/// Version, time, IV and HMAC.
const FERNET_OVERHEAD: usize = 1 + 8 + 16 + 32;
const AES_BLOCK: usize = 16;

/// Writes `text` as classic content.
///
/// # Errors
/// When the provider cannot protect it; it must then not be sent.
pub fn content_seal(provider: &dyn CryptoProvider, text: &str) -> Result<String, SealError> {
    let sealed = provider.seal(text.as_bytes())?;
    if provider.is_confidential() {
        Ok(STANDARD.encode(sealed))
    } else {
        String::from_utf8(sealed).map_err(|_| SealError)
    }
}

/// Reads the text out of classic content.
///
/// # Errors
/// When the content is not what a node with our secret would have sent. It may still be worth
/// showing that there was a message.
pub fn content_open(provider: &dyn CryptoProvider, content: &str) -> Result<String, OpenError> {
    let opened = if provider.is_confidential() {
        let sealed = STANDARD.decode(content).map_err(|_| OpenError)?;
        provider.open(&sealed)?
    } else {
        provider.open(content.as_bytes())?
    };
    String::from_utf8(opened).map_err(|_| OpenError)
}

/// Whether content has the shape of a Fernet token, so that a node without a password can say
/// "encrypted" where it would otherwise show noise.
#[must_use]
pub fn looks_sealed(content: &str) -> bool {
    let Ok(token) = STANDARD.decode(content) else {
        return false;
    };
    let Ok(fields) = URL_SAFE.decode(token) else {
        return false;
    };
    let ciphertext = fields.len().saturating_sub(FERNET_OVERHEAD);
    fields.first() == Some(&fernet::VERSION)
        && ciphertext >= AES_BLOCK
        && ciphertext.is_multiple_of(AES_BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fernet, FernetKey, Plain};

    /// "Grüße an Ben" as a classic node in Python put it on the wire.
    const CONTENT: &str = "Z0FBQUFBQmxScEVBQUFFQ0F3UUZCZ2NJQ1FvTERBME9ENkJFai1xV1U4dWRXWDZPYlVUej\
                           hQdmxPb3I3UWZKUmNmdGlrdFA1MHRkQzFKTzFlTHh6VGw0d09vbWNsMXg4c1E9PQ==";

    #[test]
    fn an_open_network_carries_text_as_it_is() {
        assert_eq!(content_seal(&Plain, "hi, ben").as_deref(), Ok("hi, ben"));
    }

    #[test]
    fn sealed_content_of_a_classic_node_is_recognised() {
        assert!(looks_sealed(CONTENT));
    }

    #[test]
    fn ordinary_text_is_not_taken_for_sealed_content() {
        for text in [
            "",
            "hello",
            "aGVsbG8=",
            "Z0FBQUFB",
            "gAAAAABlRpEAAAECAwQFBg==",
        ] {
            assert!(!looks_sealed(text), "{text}");
        }
        let almost = STANDARD.encode(URL_SAFE.encode([0x81; 73]));
        assert!(!looks_sealed(&almost), "another version");
    }

    #[test]
    fn text_from_a_node_without_the_password_does_not_open() {
        let fernet = Fernet::new(&FernetKey::from([7; 32]));
        assert_eq!(content_open(&fernet, "hello"), Err(OpenError));
        assert_eq!(content_open(&fernet, CONTENT), Err(OpenError));
    }
}
