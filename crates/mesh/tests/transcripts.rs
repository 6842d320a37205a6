//! What nodes say to each other, frame by frame: the protocol as a story, for whoever writes another
//! node. The transcripts are in `transcripts/`; the numbers of sections are those of
//! docs/protocol-v2.md.
//!
//! Everything but SPAKE2 is seeded, and of what is random only its name is shown. A transcript that
//! changed is accepted with `INSTA_UPDATE=always`, and the difference is part of the review.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod street;

use std::fmt::Write;

use gossamer_crypto::{DeviceId, EnvelopeId, NetworkKey};
use gossamer_wire::v2::{Frame, LinkFrame, LinkState};

use street::{ANA, BEN, CLEO, DORA, Seen, Street};

const NAMES: [&str; 4] = ["ana", "ben", "cleo", "dora"];

#[test]
fn a_link_in_an_open_network() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(1);
    tell(
        "1-an-open-network",
        "Ana and ben are in the network `street`, whose NetworkId begins with cc34e97e, and hear \
         each other's beacons. His DeviceId is the smaller one, so he dials (4). \
         Without a password there is nothing to prove: after the HELLOs both send ADMIT with no \
         keys (5.3). The link is up for whoever has sent and received one. Each measures it with a \
         PING (5.5) and says what it knows (6.5): nothing yet.",
        &street,
    );
}

#[test]
fn a_link_in_a_locked_network() {
    let mut street = Street::with(&[Some("open sesame"), Some("open sesame")]);
    street.meet(ANA, BEN);
    street.wait(1);
    tell(
        "2-a-locked-network",
        "The same with a password, which both know. Ben dialled and is the TLS client, so he \
         begins with PAKE and is the first to show, in CONFIRM, that his key is right; ana does \
         so only then, with her network keys at once (5.3). Each minted a key while alone: both \
         end up with both, and who learned of one says so on their other links (5.4).",
        &street,
    );
}

#[test]
fn a_wrong_password() {
    let mut street = Street::with(&[Some("open sesame"), Some("open barley")]);
    street.meet(ANA, BEN);
    street.wait(1);
    tell(
        "3-a-wrong-password",
        "Ben has another password. His PAKE does not tell, and neither does ana's; his CONFIRM \
         does. She answers it with REFUSE and nothing else, closes, and both count a guess. Both \
         people are told, and neither dials the other for ten minutes (4, 5.3).",
        &street,
    );
}

#[test]
fn a_message_over_two_links() {
    let mut street = chain();
    street.says(ANA, b"hello");
    tell(
        "4-a-message-over-two-links",
        "Ana has a link to ben, ben to cleo, and ana and cleo cannot hear each other. A small \
         envelope is pushed as it is (6.4): `ttl` and `hops` are 8 and 0 at ana, and change with \
         each link. Ben passes it on before it is on his disk, and says STORED once it is; he \
         shows it no earlier (6.3). Ana's message counts one device: her only neighbour.",
        &street,
    );
}

#[test]
fn a_large_message_over_two_links() {
    let mut street = chain();
    street.says(ANA, &[b'.'; 20_000]);
    tell(
        "5-a-large-message-over-two-links",
        "An envelope of more than 4096 bytes is announced, and sent to whoever lacks it (6.4). Ben \
         announces it in turn when he has it.",
        &street,
    );
}

#[test]
fn what_was_said_apart() {
    let mut street = Street::open(4);
    street.meet(ANA, BEN);
    street.meet(CLEO, DORA);
    street.wait(3);
    street.says(ANA, b"from one side");
    street.says(CLEO, b"from the other");
    street.says(CLEO, &[b'.'; 9_000]);
    street.seen.clear();
    street.meet(BEN, CLEO);
    street.wait(2);
    tell(
        "6-what-was-said-apart",
        "Ana and ben are on one side of town, cleo and dora on the other; ana wrote one message, \
         cleo two, and their neighbours have them. Then ben and cleo hear each other. Their \
         digests differ, so ben, whose DeviceId is the smaller one, opens a session of negentropy \
         (6.5). It tells him alone what each lacks: he announces what cleo lacks, and asks for \
         what he lacks himself. Both travel on like new, to \
         ana and dora: what RECON_WANT asked for comes with a `ttl` of 8, and what WANT asked for \
         with 7, as from its author.",
        &street,
    );
}

/// Ana, ben and cleo in a row, with links that are up.
fn chain() -> Street {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.wait(3);
    street.seen.clear();
    street
}

/// Compares a transcript with the one that is kept.
fn tell(name: &str, about: &str, street: &Street) {
    let mut page = format!("{}\n", wrapped(about));
    let mut at = None;
    for (now, seen) in &street.seen {
        if at.replace(*now) != Some(*now) {
            writeln!(page, "\nat {} s", now.as_secs()).unwrap();
        }
        let (who, what) = line(street, seen);
        writeln!(page, "  {who:<13} {what}").unwrap();
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("transcripts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, page));
}

fn line(street: &Street, seen: &Seen) -> (String, String) {
    let person = |device: &DeviceId| {
        let number = (0..street.people.len()).find(|n| street.id(*n) == *device);
        number.map_or("a stranger", |n| NAMES[n])
    };
    let who = |n: &usize| NAMES[*n].to_owned();
    match seen {
        Seen::Wrote(n, id, size) => (who(n), format!("writes {}, {size} bytes", short(id))),
        Seen::Dialled(from, to) => (who(from), format!("dials {}", NAMES[*to])),
        Seen::Up(n, device) => (who(n), format!("is linked with {}", person(device))),
        Seen::OnDisk(n, id) => (who(n), format!("has {} on disk", short(id))),
        Seen::Shown(n, id) => (who(n), format!("is shown {}", short(id))),
        Seen::Reached(n, id, count) => {
            let devices = counted(*count as usize, "device");
            (who(n), format!("knows: {} is on {devices}", short(id)))
        }
        Seen::Refused(n, device, reason) => (
            who(n),
            format!("is told: no link with {}, {reason:?}", person(device)),
        ),
        Seen::Frame(from, to, Frame { kind, body }) => {
            let frame = LinkFrame::decode(*kind, body).unwrap().unwrap();
            let (name, said) = told(&frame, person);
            let size = body.len();
            (
                format!("{} -> {}", NAMES[*from], NAMES[*to]),
                format!("{name:<10} {size:>5} B  {said}"),
            )
        }
    }
}

/// The name of a frame, and what it says.
fn told(frame: &LinkFrame, person: impl Fn(&DeviceId) -> &'static str) -> (&'static str, String) {
    match frame {
        LinkFrame::Hello(hello) => (
            "HELLO",
            format!(
                "version {}, device {}, network {}, {}, port {}, nonce",
                hello.version,
                person(&hello.device),
                &hello.network.to_string()[..8],
                if hello.locked { "locked" } else { "open" },
                hello.port
            ),
        ),
        LinkFrame::Pake(_) => ("PAKE", "message of SPAKE2".to_owned()),
        LinkFrame::Confirm(_) => ("CONFIRM", "mac".to_owned()),
        LinkFrame::Admit(keys) => ("ADMIT", key_ids(keys)),
        LinkFrame::Keyring(keys) => ("KEYRING", key_ids(keys)),
        LinkFrame::Refuse(reason) => ("REFUSE", format!("{}: {reason:?}", reason.number())),
        LinkFrame::Ping(_) => ("PING", "token".to_owned()),
        LinkFrame::Pong(_) => ("PONG", "token".to_owned()),
        LinkFrame::Neighbours(devices) => {
            let devices: Vec<&str> = devices.iter().map(person).collect();
            ("NEIGHBOURS", devices.join(" and "))
        }
        LinkFrame::DialBack(_) => ("DIALBACK", "token".to_owned()),
        LinkFrame::Envelope(frame) => {
            let body = frame.envelope.parse().unwrap();
            let said = format!(
                "{}, {:?} of {}, seq {}, age {}, ttl {}, hops {}",
                short(&frame.envelope.id()),
                body.kind,
                body.origin.as_ref().map_or("a bridge", &person),
                body.seq,
                frame.age,
                frame.ttl,
                frame.hops
            );
            ("ENVELOPE", said)
        }
        LinkFrame::Inv(ids) => ("INV", listed(ids)),
        LinkFrame::Want(ids) => ("WANT", listed(ids)),
        LinkFrame::Stored(ids) => ("STORED", listed(ids)),
        LinkFrame::Lack(ids) => ("LACK", listed(ids)),
        LinkFrame::LinkStates(states) => {
            let each = states.iter().map(|state| {
                let body = state.envelope.parse().unwrap();
                let links = LinkState::decode(&body.payload).unwrap();
                let to = links.edges.iter().map(|edge| person(&edge.device));
                let to = to.collect::<Vec<_>>().join(" and ");
                let by = body.origin.as_ref().map_or("a bridge", &person);
                format!("{by} has links to {to}, age {}", state.age)
            });
            ("LINK_STATES", or("nothing", each))
        }
        LinkFrame::Digest(digests) => {
            let each = digests.iter().map(|one| {
                format!(
                    "{:?}: {}, sum",
                    one.bucket,
                    counted(one.count as usize, "id")
                )
            });
            ("DIGEST", or("nothing is known", each))
        }
        LinkFrame::Recon(recon) => (
            "RECON",
            format!(
                "session, {:?}, salt, {} bytes of negentropy",
                recon.bucket,
                recon.message.len()
            ),
        ),
        LinkFrame::ReconWant { ids, .. } if ids.is_empty() => {
            ("RECON_WANT", "session, no ids: it is over".to_owned())
        }
        LinkFrame::ReconWant { ids, .. } => (
            "RECON_WANT",
            format!("session, {}", counted(ids.len(), "salted id")),
        ),
    }
}

/// The first four bytes of an id: enough to follow it.
fn short(id: &EnvelopeId) -> String {
    id.to_string()[..8].to_owned()
}

fn listed(ids: &[EnvelopeId]) -> String {
    or("nothing", ids.iter().map(short))
}

fn key_ids(keys: &[NetworkKey]) -> String {
    let id = |key: &NetworkKey| {
        let [a, b, c, d, ..] = key.id();
        format!("key {:08x}", u32::from_be_bytes([a, b, c, d]))
    };
    or("no keys", keys.iter().map(id))
}

fn or(none: &str, each: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = each.collect();
    if all.is_empty() {
        return none.to_owned();
    }
    all.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Words in lines of at most 90 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= 90 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
