//! What a person sees, as a transcript.

use gossamer_node::api::{Author, Dialect, ErrorCode, PeerStatus, PeerView, RateView, ReadyView};
use jiff::tz::TimeZone;

use super::*;
use crate::terminal::Print;

/// 14:02 in UTC.
const TWO_PM: u64 = 1_699_106_520_000;

/// A face at a terminal, with everything it prints and what a person types written down.
struct Screen {
    face: Human<Print>,
    printed: std::sync::mpsc::Receiver<String>,
    transcript: String,
}

impl Screen {
    fn new(echo: bool) -> Self {
        let (sender, printed) = std::sync::mpsc::channel();
        let print: Print = Box::new(move |lines| {
            sender.send(lines.to_owned()).unwrap();
            Ok(())
        });
        let look = Look {
            colour: false,
            zone: TimeZone::UTC,
        };
        Self {
            face: Human::new(print, look, echo),
            printed,
            transcript: String::new(),
        }
    }

    fn write_down(&mut self) {
        for lines in self.printed.try_iter() {
            self.transcript.push_str(&lines);
            self.transcript.push('\n');
        }
    }

    fn happens(&mut self, event: Event) {
        self.face.event(event).unwrap();
        self.write_down();
    }

    /// Types a line and gives the commands it made.
    fn types(&mut self, line: &str) -> Vec<Command> {
        self.transcript.push_str(&format!("> {line}\n"));
        let commands = self.face.read(Line::Text(line.to_owned())).unwrap();
        self.write_down();
        commands
    }

    fn is_answered(&mut self, answer: Result<Event, ApiError>) {
        self.face.answer(answer).unwrap();
        self.write_down();
    }
}

fn ready() -> Event {
    Event::Ready(ReadyView {
        node_id: "1a2b3c4d".to_owned(),
        device_id: "1a2b3c4d".repeat(8),
        name: "ana".to_owned(),
        port: 9999,
        addrs: vec!["10.0.0.1:9999".to_owned(), "127.0.0.1:9999".to_owned()],
        network: "mesh".to_owned(),
        password: false,
        at_rest: "key-file".to_owned(),
        downloads: "/home/ana/Downloads/mesh_downloads".to_owned(),
        profile: "default".to_owned(),
        relay: RelayMode::Everyone,
    })
}

fn ben() -> PeerView {
    PeerView {
        via: None,
        hops: Some(1),
        rtt_ms: None,
        rate: None,
        contact: false,
        id: "5e6f7a8b".to_owned(),
        name: "ben".to_owned(),
        addr: "10.0.0.2:9999".to_owned(),
        dialect: Dialect::V1,
        status: PeerStatus::Direct,
        last_seen: TWO_PM,
    }
}

fn message(id: &str, from: &str, text: &str) -> MessageView {
    let own = from == "ana";
    MessageView {
        id: id.to_owned(),
        conversation: EVERYONE.to_owned(),
        from: Author {
            id: if from == "ben" {
                ben().id
            } else {
                from.to_owned()
            },
            name: from.to_owned(),
        },
        text: text.to_owned(),
        own,
        readable: true,
        sent_at: TWO_PM,
        received_at: TWO_PM,
        place: TWO_PM,
        late: false,
        hops: None,
        state: own.then_some(MessageState::Queued),
        reached: 0,
        reason: None,
    }
}

fn state(id: &str, state: MessageState, reached: u32) -> Event {
    Event::MessageState(MessageStateView {
        id: id.to_owned(),
        state,
        reason: None,
        reached,
    })
}

fn offer() -> TransferView {
    TransferView {
        id: "t1".to_owned(),
        direction: Direction::In,
        conversation: EVERYONE.to_owned(),
        from: Author {
            id: "5e6f7a8b".to_owned(),
            name: "ben".to_owned(),
        },
        name: "report.pdf".to_owned(),
        state: TransferState::Offered,
        bytes: 0,
        size: 1_250_000,
        rate: 0,
        eta: None,
        path: None,
        sha256: None,
        reason: None,
        reached: 0,
        started_at: TWO_PM,
        ended_at: None,
        free: None,
    }
}

#[test]
fn peers_are_listed_with_the_way_to_them_and_what_flows() {
    let mut ana = Screen::new(false);
    ana.types("/peers");
    let cleo = PeerView {
        id: "c1e0".to_owned(),
        name: "cleo".to_owned(),
        addr: String::new(),
        via: Some(ben().id),
        hops: Some(2),
        rtt_ms: Some(8),
        rate: Some(RateView {
            down: 12_400_000,
            up: 2000,
        }),
        dialect: Dialect::V2,
        status: PeerStatus::Relayed,
        ..ben()
    };
    let finn = PeerView {
        id: "f1aa".to_owned(),
        name: "finn".to_owned(),
        hops: None,
        status: PeerStatus::Offline,
        ..ben()
    };
    ana.is_answered(Ok(Event::Peers {
        peers: vec![ben(), cleo, finn],
    }));
    insta::assert_snapshot!(ana.transcript);
}

#[test]
fn a_contact_is_chosen_by_name_shown_with_a_star_and_forgotten_by_name() {
    let mut ana = Screen::new(false);
    let ben = PeerView {
        dialect: Dialect::V2,
        ..ben()
    };
    let add = Command::AddContact {
        peer: ben.id.clone(),
    };
    let remove = Command::RemoveContact {
        peer: ben.id.clone(),
    };
    assert_eq!(ana.types("/contact ben"), [], "nobody is here");
    ana.happens(Event::PeerUp { peer: ben.clone() });
    assert_eq!(ana.types("/contact ben"), std::slice::from_ref(&add));
    let starred = PeerView {
        contact: true,
        ..ben.clone()
    };
    ana.is_answered(Ok(Event::Contact {
        peer: starred.clone(),
    }));
    ana.types("/peers");
    ana.is_answered(Ok(Event::Peers {
        peers: vec![starred],
    }));
    assert_eq!(
        ana.types("/contact ben"),
        std::slice::from_ref(&add),
        "chosen twice is chosen"
    );
    assert_eq!(ana.types("/forget ben"), [remove]);
    ana.is_answered(Ok(Event::Contact { peer: ben.clone() }));

    let another = PeerView {
        id: "c1e0d2f8".to_owned(),
        ..ben
    };
    ana.happens(Event::PeerUp { peer: another });
    assert_eq!(ana.types("/contact ben"), [], "which one?");
    assert_eq!(ana.types("/contact 5e6f7a8b"), std::slice::from_ref(&add));
    assert_eq!(ana.types("/contact ben·5e6f"), [add]);
    insta::assert_snapshot!(ana.transcript);
}

#[test]
fn two_bens_are_told_apart_wherever_they_appear() {
    let mut ana = Screen::new(false);
    let mut other = ben();
    other.id = "5e6f7c11".to_owned();
    ana.happens(Event::PeerUp { peer: ben() });
    ana.happens(Event::PeerUp {
        peer: other.clone(),
    });
    ana.happens(Event::Message(message("m1", "ben", "hello")));
    ana.happens(Event::Transfer(offer()));
    ana.is_answered(Ok(Event::Peers {
        peers: vec![ben(), other.clone()],
    }));
    ana.happens(Event::PeerDown { peer: other });
    // Somebody who calls himself what ben is shown as.
    ana.happens(Event::PeerUp {
        peer: PeerView {
            id: "c1e0d2f8".to_owned(),
            name: "ben·5e6f7a".to_owned(),
            ..ben()
        },
    });
    assert_eq!(
        ana.types("/contact ben·5e6f7a"),
        [],
        "either could be meant"
    );
    assert_eq!(
        ana.transcript,
        "\
+ ben is here (10.0.0.2:9999, classic)
+ ben·5e6f7c is here (10.0.0.2:9999, classic)
14:02 ben·5e6f7a: hello
[1] ben·5e6f7a offers report.pdf, 1.2 MB: /accept 1 or /decline 1
  ben·5e6f7a here (10.0.0.2:9999, classic)
  ben·5e6f7c here (10.0.0.2:9999, classic)
- ben·5e6f7c is away
+ ben·5e6f7a·c1e0 is here (10.0.0.2:9999, classic)
> /contact ben·5e6f7a
! Several go by that name. Which one? ben·5e6f7a, ben·5e6f7a·c1e0
"
    );
}

#[test]
fn a_device_is_told_for_whom_it_passes_files_on() {
    let mut ana = Screen::new(false);
    let relay = RelayMode::Nobody;
    assert_eq!(ana.types("/relay"), []);
    assert_eq!(ana.types("/relay strangers"), []);
    assert_eq!(ana.types("/relay nobody"), [Command::SetRelay { relay }]);
    ana.happens(Event::Relay { relay });
    ana.is_answered(Ok(Event::Relay { relay }));
    insta::assert_snapshot!(ana.transcript);
}

#[test]
fn an_afternoon_of_ana_and_ben() {
    let mut ana = Screen::new(false);
    ana.happens(ready());
    ana.types("/peers");
    ana.is_answered(Ok(Event::Peers { peers: Vec::new() }));

    ana.types("is anybody there?");
    ana.is_answered(Ok(state("m1", MessageState::Queued, 0)));
    ana.happens(Event::Message(message("m1", "ana", "is anybody there?")));
    ana.happens(Event::PeerUp { peer: ben() });
    ana.happens(state("m1", MessageState::Sent, 1));
    ana.happens(Event::Message(message(
        "m2",
        "ben",
        "yes!\nand here is the report",
    )));

    ana.happens(Event::Transfer(offer()));
    let accepted = ana.types("/accept");
    assert_eq!(
        accepted,
        [Command::Accept {
            transfer: "t1".to_owned()
        }]
    );
    let moving = TransferView {
        state: TransferState::Active,
        bytes: 500_000,
        rate: 250_000,
        ..offer()
    };
    ana.is_answered(Ok(Event::Transfer(moving.clone())));
    ana.happens(Event::Transfer(TransferView {
        bytes: 800_000,
        ..moving.clone()
    }));
    ana.types("/files");
    ana.is_answered(Ok(Event::Transfers {
        transfers: vec![moving.clone()],
    }));
    ana.happens(Event::Transfer(TransferView {
        state: TransferState::Done,
        path: Some("/home/ana/Downloads/mesh_downloads/report.pdf".to_owned()),
        ..moving
    }));

    ana.types("thank you");
    ana.is_answered(Ok(state("m3", MessageState::Queued, 0)));
    ana.happens(Event::Message(message("m3", "ana", "thank you")));
    ana.happens(state("m3", MessageState::Sent, 1));
    ana.happens(state("m3", MessageState::Sent, 2));
    ana.happens(Event::PeerDown { peer: ben() });
    ana.types("/accept 9");
    ana.types("/dance");
    ana.types("/send missing.txt");
    ana.is_answered(Err(ApiError::new(
        ErrorCode::FileUnreadable,
        "missing.txt cannot be read: there is no such file. Check its name.",
    )));
    assert_eq!(ana.types("/quit"), [Command::Quit]);
    insta::assert_snapshot!(ana.transcript);
}

#[test]
fn an_offer_is_told_again_once_it_is_known_who_makes_it() {
    let mut ana = Screen::new(false);
    let mut nameless = offer();
    nameless.from.name = "7b3e91c4".to_owned();
    ana.happens(Event::Transfer(nameless));
    for _ in 0..2 {
        ana.happens(Event::Transfer(offer()));
    }
    assert_eq!(
        ana.transcript.matches(" offers report.pdf").count(),
        2,
        "{}",
        ana.transcript
    );
    assert!(ana.transcript.contains("ben offers report.pdf"));
}

#[test]
fn whose_clock_seems_wrong_is_said_beside_the_message() {
    let mut far = message("m1", "ben", "hello from 2106");
    far.sent_at = 4_291_747_200_000;
    let mut ana = Screen::new(false);
    ana.happens(Event::Message(far));
    assert_eq!(
        ana.transcript,
        "14:02 ben (their clock, or this device's, seems wrong): hello from 2106\n"
    );
}

#[test]
fn without_a_terminal_own_messages_are_printed_too() {
    let mut ana = Screen::new(true);
    ana.happens(Event::Message(message("m1", "ana", "hello")));
    assert_eq!(ana.transcript, "14:02 ana: hello\n");
}

#[test]
fn what_ben_wrote_days_ago_does_not_look_as_if_he_wrote_it_now() {
    const DAY: u64 = 86_400_000;
    let mut ana = Screen::new(false);
    ana.happens(Event::Message(message("m1", "cleo", "hello")));
    let late = MessageView {
        sent_at: TWO_PM - 2 * DAY - 60_000,
        place: TWO_PM - 2 * DAY - 60_000,
        late: true,
        ..message("m2", "ben", "where are you?")
    };
    ana.happens(Event::Message(late));
    assert_eq!(
        ana.transcript,
        "14:02 cleo: hello\nThu 02 Nov 2023 14:01, late ben: where are you?\n"
    );
}

#[test]
fn nothing_from_others_reaches_the_terminal_as_an_escape() {
    let evil = "\u{1b}]0;gotcha\u{7}\r\u{202e}";
    let mut ana = Screen::new(true);
    ana.happens(Event::PeerUp {
        peer: PeerView {
            name: evil.to_owned(),
            ..ben()
        },
    });
    ana.happens(Event::Message(message("m1", evil, evil)));
    ana.happens(Event::Transfer(TransferView {
        name: evil.to_owned(),
        from: Author {
            id: evil.to_owned(),
            name: evil.to_owned(),
        },
        ..offer()
    }));
    ana.happens(Event::Error {
        code: ErrorCode::Unreachable,
        message: evil.to_owned(),
    });
    ana.happens(Event::Peers {
        peers: vec![PeerView {
            name: evil.to_owned(),
            ..ben()
        }],
    });
    let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!ana.transcript.contains(bad), "{:?}", ana.transcript);
    assert_eq!(ana.transcript.lines().count(), 5, "{}", ana.transcript);
}
