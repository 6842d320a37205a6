//! The face for a person: lines in, readable lines out.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
};

use gossamer_node::{
    RelayMode,
    api::{
        ApiError, Command, Direction, Event, MessageState, MessageStateView, MessageView,
        PeerStatus, PeerView, RefusalReason, TransferState, TransferView,
    },
};

use crate::{
    apart,
    ask::{self, Ask, HELP},
    face::Face,
    lines::Line,
    render::Look,
};

const EVERYONE: &str = "everyone";
/// Enough to fill a screen.
const HISTORY_LINES: u32 = 40;
/// So many characters tell ids apart.
const SHORT_ID: usize = 8;

/// What a person sees, printed through `print`: whole lines, without the last line break.
pub(crate) struct Human<P> {
    print: P,
    look: Look,
    /// Whether own messages are printed; at a terminal they are on the screen already.
    echo: bool,
    /// Devices that were told of, by their ids.
    people: BTreeMap<String, PeerView>,
    /// Devices that are kept out, or keep us out.
    refused: HashSet<(String, RefusalReason)>,
    /// Transfers by their number, which is one more than their place.
    files: Vec<TransferView>,
    /// Own messages that have not left yet.
    waiting: HashMap<String, Waiting>,
    newest: Option<String>,
}

#[derive(Default)]
struct Waiting {
    text: String,
    told: bool,
}

impl<P: FnMut(&str) -> io::Result<()>> Human<P> {
    pub(crate) fn new(print: P, look: Look, echo: bool) -> Self {
        Self {
            print,
            look,
            echo,
            people: BTreeMap::new(),
            refused: HashSet::new(),
            files: Vec::new(),
            waiting: HashMap::new(),
            newest: None,
        }
    }

    fn show(&mut self, lines: &str) -> io::Result<()> {
        (self.print)(lines)
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        let remark = self.look.remark(text);
        self.show(&remark)
    }

    fn wrong(&mut self, text: &str) -> io::Result<Vec<Command>> {
        let problem = self.look.problem(text);
        self.show(&problem)?;
        Ok(Vec::new())
    }

    fn is_alone(&self) -> bool {
        let is_here =
            |peer: &PeerView| matches!(peer.status, PeerStatus::Direct | PeerStatus::Relayed);
        !self.people.values().any(is_here)
    }

    /// The transfer meant by a number, or by none: the latest that `fits`.
    fn pick(&self, number: Option<usize>, fits: fn(&TransferView) -> bool) -> Option<String> {
        let file = match number {
            Some(number) => self.files.get(number.checked_sub(1)?),
            None => self.files.iter().rev().find(|file| fits(file)),
        };
        file.map(|file| file.id.clone())
    }

    fn on_picked(
        &mut self,
        number: Option<usize>,
        fits: fn(&TransferView) -> bool,
        command: fn(String) -> Command,
    ) -> io::Result<Vec<Command>> {
        match self.pick(number, fits) {
            Some(transfer) => Ok(vec![command(transfer)]),
            None => self.wrong("There is no such file. /files lists them."),
        }
    }

    fn label(&self, id: &str, name: &str) -> String {
        apart::label(&self.people, id, name)
    }

    /// The device as it is to be shown.
    fn labelled(&self, peer: &PeerView) -> PeerView {
        PeerView {
            name: self.label(&peer.id, &peer.name),
            ..peer.clone()
        }
    }

    /// A row of a message.
    fn row(&self, message: &MessageView) -> String {
        let name = self.label(&message.from.id, &message.from.name);
        self.look.message(message, &name)
    }

    /// The file as it is to be shown.
    fn labelled_file(&self, transfer: &TransferView) -> TransferView {
        let mut shown = transfer.clone();
        shown.from.name = self.label(&transfer.from.id, &transfer.from.name);
        shown
    }

    /// Somebody goes by their name, or by the beginning of their id where others have that name too.
    fn choose(&mut self, who: &str, command: fn(String) -> Command) -> io::Result<Vec<Command>> {
        let is_meant = |peer: &&PeerView| {
            apart::is_meant(peer, who) || (who.len() >= SHORT_ID && peer.id.starts_with(who))
        };
        let meant: Vec<&PeerView> = self.people.values().filter(is_meant).collect();
        match meant.as_slice() {
            [] => self.wrong("Nobody is known by that name. /peers lists who is."),
            [one] => Ok(vec![command(one.id.clone())]),
            several => {
                let labels = several.iter().map(|peer| self.label(&peer.id, &peer.name));
                let labels = labels.collect::<Vec<_>>().join(", ");
                self.wrong(&format!("Several go by that name. Which one? {labels}"))
            }
        }
    }

    fn message(&mut self, message: &MessageView) -> io::Result<()> {
        if message.own {
            if message.state == Some(MessageState::Queued) {
                self.waiting.entry(message.id.clone()).or_default().text = excerpt(&message.text);
            }
            if !self.echo {
                return Ok(());
            }
        }
        let line = self.row(message);
        self.show(&line)
    }

    /// Says once that a message waits, if nobody is near, and once that it left.
    fn message_state(&mut self, state: &MessageStateView) -> io::Result<()> {
        match state.state {
            MessageState::Queued => {
                let alone = self.is_alone();
                let waiting = self.waiting.entry(state.id.clone()).or_default();
                if alone && !waiting.told {
                    waiting.told = true;
                    return self.remark("○ waits until a device is near");
                }
                Ok(())
            }
            MessageState::Failed => {
                self.waiting.remove(&state.id);
                let reason = state.reason.as_ref().map(ToString::to_string);
                let reason = reason.as_deref().unwrap_or("Send it again.");
                self.wrong(&format!("Not sent. {reason}")).map(drop)
            }
            MessageState::Sent
            | MessageState::Carried
            | MessageState::Delivered
            | MessageState::Read => {
                let Some(waiting) = self.waiting.remove(&state.id) else {
                    return Ok(());
                };
                if !waiting.told && self.newest.as_deref() == Some(&state.id) {
                    self.remark("✓ sent")
                } else {
                    self.remark(&format!("✓ sent: {}", waiting.text))
                }
            }
        }
    }

    /// Takes the transfer over and gives its number and whether its state, or the name of its
    /// sender, is news.
    fn file(&mut self, transfer: &TransferView) -> (usize, bool) {
        let known = self.files.iter().position(|file| file.id == transfer.id);
        let place = known.unwrap_or(self.files.len());
        match self.files.get_mut(place) {
            Some(file) => {
                let named = file.from.name != transfer.from.name;
                let news = file.state != transfer.state || named;
                file.clone_from(transfer);
                (place + 1, news)
            }
            None => {
                self.files.push(transfer.clone());
                (place + 1, true)
            }
        }
    }

    fn transfer(&mut self, transfer: &TransferView) -> io::Result<()> {
        let (number, news) = self.file(transfer);
        let leaves_at_once = transfer.state == TransferState::Offered
            && transfer.direction == Direction::Out
            && !self.is_alone();
        let shown = self.labelled_file(transfer);
        match self.look.transfer_news(number, &shown) {
            Some(line) if news && !leaves_at_once => self.show(&line),
            _ => Ok(()),
        }
    }

    fn list<T>(
        &mut self,
        items: &[T],
        none: &str,
        mut row: impl FnMut(&mut Self, &T) -> String,
    ) -> io::Result<()> {
        if items.is_empty() {
            return self.remark(none);
        }
        let rows: Vec<String> = items.iter().map(|item| row(self, item)).collect();
        self.show(&rows.join("\n"))
    }
}

impl<P: FnMut(&str) -> io::Result<()>> Face for Human<P> {
    fn read(&mut self, line: Line) -> io::Result<Vec<Command>> {
        let text = match line {
            Line::Text(text) => text,
            Line::TooLong => return self.wrong("That line is too long. Send less at once."),
            Line::NotText => return self.wrong("That line is not UTF-8 text. Send UTF-8."),
        };
        let command = match ask::parse(&text) {
            Ask::Nothing => return Ok(Vec::new()),
            Ask::Wrong(hint) => return self.wrong(&hint),
            Ask::Help => {
                self.show(HELP)?;
                return Ok(Vec::new());
            }
            Ask::Send(paths) => return Ok(paths.into_iter().map(send_file).collect()),
            Ask::Accept(number) => {
                return self.on_picked(number, is_offer, |transfer| Command::Accept { transfer });
            }
            Ask::Decline(number) => {
                return self.on_picked(number, is_offer, |transfer| Command::Decline { transfer });
            }
            Ask::Cancel(number) => {
                return self.on_picked(number, is_open, |transfer| Command::Cancel { transfer });
            }
            Ask::Say(text) => Command::Send {
                to: EVERYONE.to_owned(),
                text,
            },
            Ask::Peers => Command::Peers,
            Ask::Files => Command::Transfers,
            Ask::History => Command::History {
                conversation: EVERYONE.to_owned(),
                before: None,
                limit: Some(HISTORY_LINES),
            },
            Ask::Contact(name) => {
                return self.choose(&name, |peer| Command::AddContact { peer });
            }
            Ask::Forget(name) => {
                return self.choose(&name, |peer| Command::RemoveContact { peer });
            }
            Ask::Relay(relay) => Command::SetRelay { relay },
            Ask::Connect(addr) => Command::Connect { addr },
            Ask::Quit => Command::Quit,
        };
        Ok(vec![command])
    }

    fn answer(&mut self, answer: Result<Event, ApiError>) -> io::Result<()> {
        match answer {
            Ok(Event::MessageState(state)) => {
                self.newest = Some(state.id.clone());
                self.waiting.entry(state.id.clone()).or_default();
                self.message_state(&state)
            }
            Ok(Event::Contact { peer }) => {
                let line = self.look.chosen(&self.labelled(&peer));
                self.people.insert(peer.id.clone(), peer);
                self.remark(&line)
            }
            Ok(Event::Relay { relay }) => self.remark(relays_for(relay)),
            Ok(event) => self.event(event),
            Err(error) => self.wrong(&error.message).map(drop),
        }
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Ready(ready) => {
                let lines = self.look.ready(&ready);
                self.show(&lines)?;
                if self.echo {
                    return Ok(());
                }
                self.show("Write to everyone, or /help for more.")
            }
            Event::PeerUp { peer } => {
                let before = self.people.insert(peer.id.clone(), peer.clone());
                if before.is_some_and(|before| before.status == peer.status) {
                    return Ok(());
                }
                let line = self.look.came(&self.labelled(&peer));
                self.show(&line)
            }
            Event::PeerDown { peer } => {
                let line = self.look.went(&self.labelled(&peer));
                self.people.insert(peer.id.clone(), peer);
                self.show(&line)
            }
            Event::PeerRefused { id, addr, reason } => {
                // Each device is tried again and again; people hear of it once.
                if !self.refused.insert((id, reason)) {
                    return Ok(());
                }
                let line = self.look.refused(&addr, reason);
                self.remark(&line)
            }
            Event::Peers { peers } => {
                let known = peers.iter().map(|peer| (peer.id.clone(), peer.clone()));
                self.people.extend(known);
                self.list(&peers, "Nobody is around yet.", |face, peer| {
                    let via = peers
                        .iter()
                        .find(|other| peer.via.as_ref() == Some(&other.id));
                    let via = via.map(|via| face.labelled(via));
                    face.look.peer(&face.labelled(peer), via.as_ref())
                })
            }
            Event::Message(message) => self.message(&message),
            Event::MessageState(state) => self.message_state(&state),
            Event::History { messages, .. } => {
                self.list(&messages, "Nothing was written yet.", |face, message| {
                    face.row(message)
                })
            }
            Event::Transfer(transfer) => self.transfer(&transfer),
            Event::Transfers { transfers } => self.list(
                &transfers,
                "No files yet. /send PATH sends one.",
                |face, transfer| {
                    let (number, _) = face.file(transfer);
                    face.look.transfer(number, &face.labelled_file(transfer))
                },
            ),
            Event::Connecting { addr } => self.remark(&format!("… trying {addr}")),
            Event::Lagged => self
                .wrong("Too much happened at once. /history and /files show what was missed.")
                .map(drop),
            Event::Error { message, .. } => self.wrong(&message).map(drop),
            Event::WritesAgain => self.remark("The history can be written again."),
            // At a terminal it is said once the terminal is given back.
            Event::Stopped if !self.echo => Ok(()),
            Event::Stopped => self.show("Stopped."),
            Event::Contact { peer } => {
                self.people.insert(peer.id.clone(), peer);
                Ok(())
            }
            Event::Relay { .. }
            | Event::ReadMarker { .. }
            | Event::Draft(_)
            | Event::Drafts { .. }
            | Event::PeerRates { .. }
            | Event::Status(_) => Ok(()),
        }
    }
}

fn relays_for(relay: RelayMode) -> &'static str {
    match relay {
        RelayMode::Everyone => "Files of others are passed on, encrypted.",
        RelayMode::Contacts => "Files of others are passed on if contacts send or get them.",
        RelayMode::Nobody => "Files of others are not passed on.",
    }
}

fn send_file(path: std::path::PathBuf) -> Command {
    Command::SendFile {
        to: EVERYONE.to_owned(),
        path,
    }
}

fn is_offer(transfer: &TransferView) -> bool {
    transfer.direction == Direction::In && transfer.state == TransferState::Offered
}

fn is_open(transfer: &TransferView) -> bool {
    matches!(
        transfer.state,
        TransferState::Offered
            | TransferState::Active
            | TransferState::Paused
            | TransferState::Verifying
    )
}

/// The first words of a message, to tell it from others.
fn excerpt(text: &str) -> String {
    const LENGTH: usize = 40;
    let first = text.lines().next().unwrap_or_default();
    if first.chars().count() <= LENGTH && text.lines().count() <= 1 {
        return first.to_owned();
    }
    let mut excerpt: String = first.chars().take(LENGTH).collect();
    excerpt.push('…');
    excerpt
}

#[cfg(test)]
mod tests;
