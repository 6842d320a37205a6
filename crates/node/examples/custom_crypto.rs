//! A node as a library, with a provider of its own for what Everyone carries.
//!
//! ```text
//! cargo run -p gossamer-node --example custom_crypto -- "a password" "book club"
//! ```
//!
//! Two of these with the same password read each other only when they also name the same group.
//! It prints what it reads until Ctrl-C.

use std::{
    error::Error,
    io::{self, Write},
    sync::Arc,
};

use gossamer_crypto::{CryptoProvider, Fernet, OpenError, Password, SealError};
use gossamer_node::{
    Config, Node,
    api::{Command, Event},
};

/// Seals with another provider and binds what it seals to a group's name.
#[derive(Debug)]
struct Bound<P> {
    inner: P,
    /// The group's name, ended by a zero byte so that no name is the beginning of another.
    label: Vec<u8>,
}

impl<P> Bound<P> {
    fn new(inner: P, group: &str) -> Self {
        let mut label = group.as_bytes().to_vec();
        label.push(0);
        Self { inner, label }
    }
}

impl<P: CryptoProvider> CryptoProvider for Bound<P> {
    fn name(&self) -> &'static str {
        "bound"
    }

    fn is_confidential(&self) -> bool {
        self.inner.is_confidential()
    }

    fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.inner
            .seal(&[self.label.as_slice(), plaintext].concat())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let opened = self.inner.open(sealed)?;
        opened
            .strip_prefix(self.label.as_slice())
            .map(<[u8]>::to_vec)
            .ok_or(OpenError)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(password), Some(group)) = (words.next(), words.next()) else {
        return Err("give a password and the name of a group".into());
    };

    let mut config = Config::new("ana");
    config.profile = Some("custom-crypto-example".to_owned());
    let fernet = Fernet::from_password(&Password::new(password));
    config.crypto_provider = Some(Arc::new(Bound::new(fernet, &group)));

    let (node, mut events) = Node::start(config).await?;
    let mut out = io::stdout();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Event::Message(message)) if message.readable => {
                    writeln!(out, "{:?}: {:?}", message.from.name, message.text)?;
                }
                Some(Event::Message(_)) => writeln!(out, "(a message for another group)")?,
                Some(_) => {}
                None => return Ok(()),
            },
            result = tokio::signal::ctrl_c() => {
                result?;
                node.execute(Command::Quit).await?;
                return Ok(());
            }
        }
    }
}
