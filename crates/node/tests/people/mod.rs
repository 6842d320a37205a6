//! A cast for tests: people on one machine, each with a node of their own.

#![allow(dead_code, reason = "each test binary uses its part of the cast")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use gossamer_node::{
    AcceptMode, Config, EventStream, Node, NodeHandle, Password, Timers,
    api::{ApiError, Command, Event, MessageState, MessageView, TransferState, TransferView},
};
use tempfile::TempDir;

/// Longer than anything here takes, short enough to wait for when something is broken.
const DEADLINE: Duration = Duration::from_secs(20);

/// Someone with a running node.
pub(crate) struct Person {
    pub(crate) node: NodeHandle,
    pub(crate) id: String,
    events: EventStream,
    /// What happened while something else was waited for.
    seen: Vec<Event>,
}

/// Where someone's node lives; survives the node.
pub(crate) struct Home {
    dir: TempDir,
    config: Config,
}

impl Home {
    /// A home on a free port in a network of its own name, so that tests do not meet.
    pub(crate) fn new(name: &str, network: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            port: free_port(),
            // Nor with those of another run on this machine.
            network: format!("{network}-{}", std::process::id()),
            data_dir: Some(dir.path().join("profile")),
            downloads: Some(dir.path().join("downloads")),
            timers: Timers {
                announce: Duration::from_millis(500),
                stale: Duration::from_secs(3),
                transfer_silence: Duration::from_secs(2),
            },
            ..Config::new(name)
        };
        Self { dir, config }
    }

    /// The profile as it is now, on another device. Its node does not run meanwhile.
    pub(crate) fn copied(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let profile = dir.path().join("profile");
        copy_all(self.config.data_dir.as_deref().unwrap(), &profile);
        let config = Config {
            port: free_port(),
            data_dir: Some(profile),
            downloads: Some(dir.path().join("downloads")),
            ..self.config.clone()
        };
        Self { dir, config }
    }

    pub(crate) fn with_password(mut self, password: &str) -> Self {
        self.config.password = Some(Password::new(password));
        self
    }

    pub(crate) fn accepting_all(mut self) -> Self {
        self.config.accept = AcceptMode::All;
        self
    }

    pub(crate) fn config(&mut self) -> &mut Config {
        &mut self.config
    }

    pub(crate) fn port(&self) -> u16 {
        self.config.port
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn try_start(&self) -> Result<Person, ApiError> {
        let (node, mut events) = Node::start(self.config.clone()).await?;
        let Some(Event::Ready(ready)) = events.next().await else {
            panic!("ready comes first")
        };
        Ok(Person {
            node,
            id: ready.device_id,
            events,
            seen: Vec::new(),
        })
    }

    pub(crate) async fn start(&self) -> Person {
        self.try_start().await.unwrap()
    }
}

impl Person {
    pub(crate) async fn does(&self, command: Command) -> Result<Event, ApiError> {
        self.node.execute(command).await
    }

    pub(crate) async fn sends(&self, text: &str) -> String {
        let command = Command::Send {
            to: "everyone".into(),
            text: text.into(),
        };
        match self.does(command).await.unwrap() {
            Event::MessageState(state) => state.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn sends_file(&self, path: PathBuf) -> String {
        let command = Command::SendFile {
            to: "everyone".into(),
            path,
        };
        match self.does(command).await.unwrap() {
            Event::Transfer(transfer) => transfer.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn accepts(&self, transfer: &str) {
        let transfer = transfer.to_owned();
        self.does(Command::Accept { transfer }).await.unwrap();
    }

    pub(crate) async fn meets(&mut self, name: &str) {
        self.sees(|event| matches!(event, Event::PeerUp { peer } if peer.name == name))
            .await;
    }

    pub(crate) async fn misses(&mut self, name: &str) {
        self.sees(|event| matches!(event, Event::PeerDown { peer } if peer.name == name))
            .await;
    }

    pub(crate) async fn hears(&mut self, text: &str) -> MessageView {
        let heard = |event: &Event| matches!(event, Event::Message(m) if !m.own && m.text == text);
        let Event::Message(message) = self.sees(heard).await else {
            unreachable!()
        };
        message
    }

    pub(crate) async fn learns_that(&mut self, id: &str, state: MessageState) {
        self.sees(
            |event| matches!(event, Event::MessageState(s) if s.id == id && s.state == state),
        )
        .await;
    }

    pub(crate) async fn sees_transfer(&mut self, state: TransferState) -> TransferView {
        let reached = |event: &Event| matches!(event, Event::Transfer(t) if t.state == state);
        let Event::Transfer(transfer) = self.sees(reached).await else {
            unreachable!()
        };
        transfer
    }

    /// Waits for an event, now or in what happened before.
    pub(crate) async fn sees(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        if let Some(at) = self.seen.iter().position(&wanted) {
            return self.seen.remove(at);
        }
        let waited = async {
            loop {
                let event = self.events.next().await.expect("the node runs");
                if wanted(&event) {
                    return event;
                }
                self.seen.push(event);
            }
        };
        match tokio::time::timeout(DEADLINE, waited).await {
            Ok(event) => event,
            Err(_) => panic!("not seen in time; what was: {:#?}", self.seen),
        }
    }

    /// What happened so far does not count for what is waited for next.
    pub(crate) fn forgets(&mut self) {
        self.seen.clear();
    }

    /// Whether nobody went since [`forgets`](Self::forgets), as far as was looked.
    pub(crate) fn saw_nobody_leave(&self) -> bool {
        let gone = |event: &Event| matches!(event, Event::PeerDown { .. });
        !self.seen.iter().any(gone)
    }

    pub(crate) async fn leaves(mut self) {
        self.does(Command::Quit).await.unwrap();
        self.sees(|event| *event == Event::Stopped).await;
    }
}

/// Below the range from which systems take ports for outgoing connections: a retry to a node that
/// is off could otherwise be given the very port it dials, and hold it when the node returns.
fn free_port() -> u16 {
    let candidates = std::iter::repeat_with(|| 20_000 + rand::random::<u16>() % 12_000);
    let free = |port: &u16| std::net::TcpListener::bind(("0.0.0.0", *port)).is_ok();
    candidates.take(100).find(free).expect("a free port")
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
