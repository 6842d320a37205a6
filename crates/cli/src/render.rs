//! What a person reads: one function for each noun, each giving lines without a last line break.

use gossamer_node::api::{
    Dialect, Direction, MessageView, PeerStatus, PeerView, ReadyView, RefusalReason, TransferState,
    TransferView,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::safe::{many_lines, one_line};

/// How things look: colours or none, and the clock's zone.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) colour: bool,
    pub(crate) zone: TimeZone,
}

impl Look {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn name(&self, text: &str) -> String {
        self.paint("1;36", &one_line(text))
    }

    fn clock(&self, unix_ms: u64) -> String {
        self.moment(unix_ms, "%H:%M")
    }

    fn moment(&self, unix_ms: u64, format: &str) -> String {
        let instant = i64::try_from(unix_ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        instant.map_or_else(
            || "--:--".to_owned(),
            |instant| {
                instant
                    .to_zoned(self.zone.clone())
                    .strftime(format)
                    .to_string()
            },
        )
    }

    /// What the node says first.
    pub(crate) fn ready(&self, ready: &ReadyView) -> String {
        let secrecy = if ready.password {
            "messages are encrypted with the network's password"
        } else {
            "no password, so anyone near can read what is written"
        };
        format!(
            "You are {name} on network {network}, port {port}: {secrecy}.\n\
             {reach}\n\
             {note}",
            name = self.name(&ready.name),
            network = one_line(&ready.network),
            port = ready.port,
            reach = self.dim(&format!("Reachable at {}.", ready.addrs.join(", "))),
            note = self.dim(&format!(
                "Received files go to {}.",
                one_line(&ready.downloads)
            )),
        )
    }

    /// A message of somebody who goes by `name`. One that came late is printed below what follows it, and therefore says its own day
    /// and time.
    pub(crate) fn message(&self, message: &MessageView, name: &str) -> String {
        let text = if message.readable {
            many_lines(&message.text)
        } else {
            self.dim("(written under another password)")
        };
        let clock = if message.late {
            self.moment(message.place, "%a %d %b %Y %H:%M, late")
        } else {
            self.clock(message.received_at)
        };
        let clock = self.dim(&clock);
        let doubt = if message.is_misdated() && !message.own {
            self.dim(" (their clock, or this device's, seems wrong)")
        } else {
            String::new()
        };
        format!("{clock} {}{doubt}: {text}", self.name(name))
    }

    pub(crate) fn came(&self, peer: &PeerView) -> String {
        let (name, place) = (self.name(&peer.name), self.dim(&place(peer)));
        match peer.status {
            PeerStatus::Direct => format!("+ {name} is here {place}"),
            PeerStatus::Relayed => {
                format!("+ {name} is here, through others {place}")
            }
            PeerStatus::Unreachable => format!(
                "? {name} is near, but connections to it fail {place}: look for a firewall, or \
                 for a network that keeps devices apart"
            ),
            PeerStatus::Offline => self.went(peer),
        }
    }

    pub(crate) fn went(&self, peer: &PeerView) -> String {
        format!("- {} is away", self.name(&peer.name))
    }

    /// Somebody is a contact now, or none any more.
    pub(crate) fn chosen(&self, peer: &PeerView) -> String {
        let name = one_line(&peer.name);
        if peer.contact {
            format!("★ {name} is a contact")
        } else {
            format!("{name} is no contact any more")
        }
    }

    /// Why a device near and we do not come together, and what to do.
    pub(crate) fn refused(&self, addr: &str, reason: RefusalReason) -> String {
        let why = match reason {
            RefusalReason::OtherPassword => {
                "uses a different password. Check yours if that should not be so"
            }
            RefusalReason::NoPassword => {
                "has no password, and this network has one. Give it the password to bring it in"
            }
            RefusalReason::NeedsPassword => {
                "is in a network with a password. Start with the password to join it"
            }
            RefusalReason::TooManyGuesses => {
                "is kept waiting: too many wrong passwords were tried. It is tried again later"
            }
            RefusalReason::OtherVersion => "runs another version. Update the older of the two",
            RefusalReason::TooManyLinks => {
                "has as many links as it can hold. Messages reach it through others"
            }
        };
        format!("A device at {} {why}.", one_line(addr))
    }

    /// A row of `/peers`; `via` is the neighbour through whom the person is reached.
    pub(crate) fn peer(&self, peer: &PeerView, via: Option<&PeerView>) -> String {
        let status = match (peer.status, via) {
            (PeerStatus::Direct, _) => "here".to_owned(),
            (PeerStatus::Relayed, Some(via)) => format!("here, through {}", self.name(&via.name)),
            (PeerStatus::Relayed, None) => "here, through others".to_owned(),
            (PeerStatus::Unreachable, _) => "near, but connections fail".to_owned(),
            (PeerStatus::Offline, _) => {
                format!(
                    "away since {}",
                    self.moment(peer.last_seen, "%H:%M on %a %d %b")
                )
            }
        };
        let star = if peer.contact { "★ " } else { "" };
        format!(
            "  {star}{} {status} {}",
            self.name(&peer.name),
            self.dim(&place(peer))
        )
    }

    /// What there is to say when a transfer enters its state, if anything.
    pub(crate) fn transfer_news(&self, number: usize, transfer: &TransferView) -> Option<String> {
        let name = one_line(&transfer.name);
        let size = size(transfer.size);
        let reason = || {
            one_line(
                &transfer
                    .reason
                    .as_ref()
                    .map_or_else(|| "no reason was given".to_owned(), ToString::to_string),
            )
        };
        let news = match (transfer.state, transfer.direction) {
            (TransferState::Offered, Direction::In) => format!(
                "{} offers {name}, {size}: /accept {number} or /decline {number}",
                self.name(&transfer.from.name)
            ),
            (TransferState::Offered, Direction::Out) => {
                format!("{name}, {size}, leaves when a device is near")
            }
            (TransferState::Active, Direction::In) => format!("receiving {name}, {size}"),
            (TransferState::Active, Direction::Out) => format!("sending {name}, {size}"),
            (TransferState::Verifying, _) => return None,
            (TransferState::Paused, _) => format!("{name} waits: {}", reason()),
            (TransferState::Done, Direction::In) => {
                format!(
                    "saved as {}",
                    one_line(transfer.path.as_deref().unwrap_or(&name))
                )
            }
            (TransferState::Done, Direction::Out) => {
                format!("{name} reached {}", devices(transfer.reached))
            }
            (TransferState::Failed, _) => format!("{name} failed: {}", reason()),
            (TransferState::Cancelled, _) => format!("{name} was cancelled"),
        };
        Some(format!("[{number}] {news}"))
    }

    /// A row of `/files`.
    pub(crate) fn transfer(&self, number: usize, transfer: &TransferView) -> String {
        let direction = match transfer.direction {
            Direction::In => "from",
            Direction::Out => "to everyone, from",
        };
        let progress = if transfer.state == TransferState::Active {
            format!(
                "{} of {}, {}/s",
                size(transfer.bytes),
                size(transfer.size),
                size(transfer.rate)
            )
        } else {
            format!("{}, {}", state_word(transfer.state), size(transfer.size))
        };
        format!(
            "  [{number}] {} {} {}: {progress}",
            one_line(&transfer.name),
            self.dim(direction),
            self.name(&transfer.from.name),
        )
    }

    pub(crate) fn problem(&self, message: &str) -> String {
        format!("{} {}", self.paint("1;33", "!"), one_line(message))
    }

    /// A remark about what the person just did.
    pub(crate) fn remark(&self, text: &str) -> String {
        self.dim(&format!("  {}", one_line(text)))
    }
}

/// A size in decimal units, as file managers show it.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, rounded down so that a size never looks larger than the disk it fits on.
    let mut tenths = bytes / 100;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while tenths >= 10_000 {
        let Some(larger) = units.next() else { break };
        unit = Some(larger);
        tenths /= 1000;
    }
    format!(
        "{}.{} {}",
        tenths / 10,
        tenths % 10,
        unit.copied().unwrap_or_default()
    )
}

fn place(peer: &PeerView) -> String {
    let dialect = match peer.dialect {
        Dialect::V1 => ", classic",
        Dialect::V2 => "",
    };
    let mut known = Vec::new();
    if !peer.addr.is_empty() {
        known.push(format!("{}{dialect}", one_line(&peer.addr)));
    }
    if let Some(hops) = peer.hops.filter(|hops| *hops > 1) {
        known.push(format!("{hops} links away"));
    }
    if let Some(ms) = peer.rtt_ms {
        known.push(format!("{ms} ms"));
    }
    if let Some(rate) = peer.rate {
        let flows = [(rate.down, "down"), (rate.up, "up")];
        let flows = flows.iter().filter(|(rate, _)| *rate > 0);
        known.extend(flows.map(|(rate, way)| format!("{}/s {way}", size(*rate))));
    }
    if known.is_empty() {
        return String::new();
    }
    format!("({})", known.join(", "))
}

fn devices(count: u32) -> String {
    match count {
        1 => "1 device".to_owned(),
        count => format!("{count} devices"),
    }
}

fn state_word(state: TransferState) -> &'static str {
    match state {
        TransferState::Offered => "waiting",
        TransferState::Active => "moving",
        TransferState::Paused => "paused",
        TransferState::Verifying => "being checked",
        TransferState::Done => "done",
        TransferState::Failed => "failed",
        TransferState::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (8192, "8.1 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (2_560_000_000, "2.5 GB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn an_impossible_time_is_not_shown_as_another() {
        let look = Look {
            colour: false,
            zone: TimeZone::UTC,
        };
        assert_eq!(look.clock(0), "00:00");
        assert_eq!(look.clock(u64::MAX), "--:--");
    }
}
