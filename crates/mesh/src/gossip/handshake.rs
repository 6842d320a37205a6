//! From a TLS connection to an admitted device: docs/protocol-v2.md 5.3.

use bytes::Bytes;
use gossamer_crypto::{
    Admission, Confirmation, DeviceId, Keyring, NetworkId, NetworkKey, PasswordKey, Role,
    Transcript,
};
use gossamer_wire::v2::{Hello, HelloFields, LinkFrame, Reason, VERSION};

use super::Misbehaviour;

/// What a node shows at the door, and asks to see.
#[derive(Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) device: DeviceId,
    pub(crate) network: NetworkId,
    /// The network's password, stretched; `None` in an open network.
    pub(crate) password: Option<&'a PasswordKey>,
    pub(crate) keyring: &'a Keyring,
    /// Whether a guess may be spent on the other side.
    pub(crate) may_guess: bool,
}

/// One side of one admission. Each step waits for exactly one kind of frame.
#[derive(Debug)]
pub(crate) struct Handshake {
    role: Role,
    device: DeviceId,
    exporter: [u8; 32],
    our_hello: Bytes,
    their_hello: Bytes,
    /// Where the other side listens, once it said so.
    port: u16,
    /// The keys that ADMIT showed to it.
    shown: Keyring,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Hello,
    Pake(Option<Admission>),
    Confirm(Confirmation),
    /// The next step is done once the guess is counted: the client sends its confirmation, the
    /// server looks at the one that came.
    Reveal(Confirmation, Option<[u8; 32]>, Vec<LinkFrame>),
    Admit,
}

/// What a frame led to.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Send these and wait for more.
    Going(Vec<LinkFrame>),
    /// The other side is admitted and has admitted us.
    Done(Admitted),
    /// Refuse it.
    Refused(Reason),
    /// Refuse it: its password is another one.
    WrongPassword,
    /// Refuse it: no honest device does that.
    Misbehaved(Misbehaviour),
    /// The other side may learn from what comes next whether a guess was right, or we from what
    /// it sent: count it, and go on with [`Handshake::reveal`] if that is allowed.
    Guess,
}

/// What is known of the other side once it is admitted.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The port it listens on.
    pub(crate) port: u16,
    /// Its keys.
    pub(crate) keys: Vec<NetworkKey>,
    /// Those that it was shown.
    pub(crate) shown: Keyring,
}

impl Handshake {
    /// Begins with a device that TLS has proven. Returns the HELLO to send; `nonce` is random.
    pub(crate) fn start(
        me: &Credentials<'_>,
        port: u16,
        nonce: [u8; 16],
        device: DeviceId,
        role: Role,
        exporter: [u8; 32],
    ) -> (Self, LinkFrame) {
        let hello = Hello::new(HelloFields {
            version: VERSION,
            device: me.device,
            network: me.network,
            locked: me.password.is_some(),
            port,
            nonce,
        });
        let this = Self {
            role,
            device,
            exporter,
            our_hello: hello.body().clone(),
            their_hello: Bytes::new(),
            port: 0,
            shown: Keyring::new(),
            step: Step::Hello,
        };
        (this, LinkFrame::Hello(hello))
    }

    /// Takes the next frame.
    pub(crate) fn frame(&mut self, frame: &LinkFrame, me: &Credentials<'_>) -> Progress {
        let step = std::mem::replace(&mut self.step, Step::Admit);
        match (step, frame) {
            (Step::Hello, LinkFrame::Hello(hello)) => {
                self.their_hello = hello.body().clone();
                self.port = hello.port;
                self.hello(hello, me)
            }
            (Step::Pake(state), LinkFrame::Pake(message)) => self.pake(state, message, me),
            (Step::Confirm(expected), LinkFrame::Confirm(mac)) if self.role == Role::Server => {
                self.step = Step::Reveal(expected, Some(*mac), Vec::new());
                Progress::Guess
            }
            (Step::Confirm(expected), LinkFrame::Confirm(mac)) => self.confirm(&expected, mac, me),
            (Step::Admit, LinkFrame::Admit(keys)) if me.password.is_some() || keys.is_empty() => {
                Progress::Done(Admitted {
                    port: self.port,
                    keys: keys.clone(),
                    shown: std::mem::take(&mut self.shown),
                })
            }
            (Step::Admit, LinkFrame::Admit(_)) => Progress::Misbehaved(Misbehaviour::KeysInOpen),
            _ => Progress::Misbehaved(Misbehaviour::OutOfTurn),
        }
    }

    fn hello(&mut self, hello: &Hello, me: &Credentials<'_>) -> Progress {
        if hello.device != self.device || hello.device == me.device {
            return Progress::Misbehaved(Misbehaviour::OthersName);
        }
        if hello.version != VERSION {
            return Progress::Refused(Reason::Version);
        }
        if hello.network != me.network {
            return Progress::Refused(Reason::Network);
        }
        if hello.locked != me.password.is_some() {
            return Progress::Refused(Reason::Locked);
        }
        let Some(password) = me.password else {
            return Progress::Going(vec![LinkFrame::Admit(Vec::new())]);
        };
        if !me.may_guess {
            return Progress::Refused(Reason::Guesses);
        }
        match self.role {
            Role::Client => {
                let (state, message) = self.start_pake(password, me);
                self.step = Step::Pake(Some(state));
                Progress::Going(vec![LinkFrame::Pake(message)])
            }
            Role::Server => {
                self.step = Step::Pake(None);
                Progress::Going(Vec::new())
            }
        }
    }

    fn pake(
        &mut self,
        state: Option<Admission>,
        theirs: &[u8; 33],
        me: &Credentials<'_>,
    ) -> Progress {
        let Some(password) = me.password else {
            return Progress::Misbehaved(Misbehaviour::OutOfTurn);
        };
        let mut answer = Vec::new();
        let state = state.unwrap_or_else(|| {
            let (state, message) = self.start_pake(password, me);
            answer.push(LinkFrame::Pake(message));
            state
        });
        let (client_hello, server_hello) = match self.role {
            Role::Client => (&self.our_hello, &self.their_hello),
            Role::Server => (&self.their_hello, &self.our_hello),
        };
        let transcript = Transcript {
            exporter: self.exporter,
            client_hello,
            server_hello,
        };
        let Ok(confirmation) = state.finish(theirs, &transcript) else {
            return Progress::Misbehaved(Misbehaviour::NoPake);
        };
        if self.role == Role::Client {
            self.step = Step::Reveal(confirmation, None, answer);
            return Progress::Guess;
        }
        self.step = Step::Confirm(confirmation);
        Progress::Going(answer)
    }

    /// Goes on after [`Progress::Guess`].
    pub(crate) fn reveal(&mut self, me: &Credentials<'_>) -> Progress {
        let step = std::mem::replace(&mut self.step, Step::Admit);
        let Step::Reveal(confirmation, theirs, mut answer) = step else {
            return Progress::Misbehaved(Misbehaviour::OutOfTurn);
        };
        match theirs {
            Some(mac) => self.confirm(&confirmation, &mac, me),
            None => {
                answer.push(LinkFrame::Confirm(confirmation.ours()));
                self.step = Step::Confirm(confirmation);
                Progress::Going(answer)
            }
        }
    }

    fn confirm(
        &mut self,
        expected: &Confirmation,
        mac: &[u8; 32],
        me: &Credentials<'_>,
    ) -> Progress {
        if !expected.check(mac) {
            return Progress::WrongPassword;
        }
        let mut answer = Vec::new();
        if self.role == Role::Server {
            answer.push(LinkFrame::Confirm(expected.ours()));
        }
        self.shown = me.keyring.clone();
        answer.push(LinkFrame::Admit(me.keyring.iter().cloned().collect()));
        self.step = Step::Admit;
        Progress::Going(answer)
    }

    fn start_pake(&self, password: &PasswordKey, me: &Credentials<'_>) -> (Admission, [u8; 33]) {
        let (client, server) = match self.role {
            Role::Client => (&me.device, &self.device),
            Role::Server => (&self.device, &me.device),
        };
        Admission::start(self.role, password, client, server)
    }
}
