//! The controller with a real node on loopback and a desktop that takes notes.

use std::sync::Mutex as StdMutex;

use tokio::sync::oneshot;

use super::*;
use crate::page_command::ChosenCommand;

#[derive(Default)]
struct Notes {
    notes: StdMutex<Vec<String>>,
    /// What is chosen in the dialog.
    picks: StdMutex<Vec<PathBuf>>,
    /// Where the question waits for its answer; without one it is answered with "no".
    asked: StdMutex<Option<oneshot::Receiver<bool>>>,
}

impl Notes {
    fn note(&self, text: String) -> Result<(), String> {
        self.notes.lock().unwrap().push(text);
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    /// The next question waits for what is sent here.
    fn answers(&self) -> oneshot::Sender<bool> {
        let (answer, asked) = oneshot::channel();
        *self.asked.lock().unwrap() = Some(asked);
        answer
    }
}

impl Desktop for Notes {
    async fn pick_files(&self) -> Vec<PathBuf> {
        self.picks.lock().unwrap().clone()
    }

    async fn ask(&self, _: Question) -> bool {
        let asked = self.asked.lock().unwrap().take();
        match asked {
            Some(asked) => asked.await.unwrap(),
            None => false,
        }
    }

    fn open_folder(&self, folder: &Path) -> Result<(), String> {
        self.note(format!("folder {}", folder.is_dir()))
    }

    fn reveal(&self, file: &Path) -> Result<(), String> {
        self.note(format!("file {}", display(file)))
    }

    fn browse(&self, url: &str) -> Result<(), String> {
        self.note(format!("page {url}"))
    }
}

/// A profile in a folder of its own, on a port nobody uses.
struct Place {
    dir: tempfile::TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        // Free now, and not taken again soon: the system gives out ports in turn.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            dir: tempfile::tempdir().unwrap(),
            port: port.min(65534),
        }
    }

    fn form(&self) -> JoinForm {
        JoinForm {
            name: "ana".to_owned(),
            port: self.port,
            network: "mesh".to_owned(),
            bind: Some("127.0.0.1".to_owned()),
        }
    }

    fn controller(&self, join_at_once: bool) -> Controller<Notes> {
        let profile = self.dir.path().join("profile");
        fs::create_dir_all(&profile).unwrap();
        let mut config = Config::new("ana");
        config.data_dir = Some(profile.clone());
        config.downloads = Some(self.dir.path().join("downloads"));
        Controller::new(Notes::default(), config, profile, self.form(), join_at_once)
    }

    fn file(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, b"hello").unwrap();
        path
    }
}

fn send_file(file: &ChosenFile) -> PageCommand {
    PageCommand::Chosen(ChosenCommand::SendFile {
        to: "everyone".to_owned(),
        token: file.token.clone(),
    })
}

#[tokio::test]
async fn with_a_name_given_the_session_is_joined_from_the_start() {
    let place = Place::new();
    let controller = place.controller(true);
    let session = controller.session().await;
    assert_eq!(session.problem, None);
    assert_eq!(session.joined.unwrap().port, place.port);
    controller.leave().await;
    assert_eq!(
        controller.session().await.joined,
        None,
        "leaving is not undone by looking"
    );
}

#[tokio::test]
async fn for_whom_to_pass_on_is_remembered() {
    let place = Place::new();
    let controller = place.controller(false);
    let first = controller.join(place.form(), None, None).await.unwrap();
    assert_eq!(first.relay, RelayMode::Everyone);

    let relay = RelayMode::Nobody;
    let answer = controller
        .run(PageCommand::Node(Command::SetRelay { relay }))
        .await
        .unwrap();

    assert_eq!(answer, Event::Relay { relay });
    let reopened = controller.session().await.joined.unwrap();
    assert_eq!(reopened.relay, relay, "a window that is opened again");
    assert_eq!(settings::load(&controller.profile).unwrap().relay, relay);
    controller.leave().await;
    let again = controller.join(place.form(), None, None).await.unwrap();
    assert_eq!(again.relay, relay);
    controller.leave().await;
}

#[tokio::test]
async fn without_one_the_form_waits_and_is_remembered_once_used() {
    let place = Place::new();
    let controller = place.controller(false);
    assert_eq!(controller.session().await.joined, None);
    assert_eq!(settings::load(&controller.profile), None);

    let ready = controller
        .join(place.form(), Some("a secret".to_owned()), None)
        .await
        .unwrap();
    assert!(ready.password);
    let again = controller.join(place.form(), None, None).await.unwrap();
    assert_eq!(again, ready, "joining twice is joining once");

    let saved = settings::load(&controller.profile).unwrap();
    assert_eq!(saved.form, place.form());
    let saved = fs::read_to_string(controller.profile.join("settings.json")).unwrap();
    assert!(!saved.contains("secret"), "{saved}");
    controller.leave().await;
}

#[tokio::test]
async fn a_locked_history_opens_with_its_passphrase_only() {
    let place = Place::new();
    let controller = place.controller(false);
    let join = async |passphrase: Option<&str>| {
        let ready = controller
            .join(place.form(), None, passphrase.map(str::to_owned))
            .await;
        controller.leave().await;
        ready.map(|ready| ready.at_rest).map_err(|error| error.code)
    };
    assert_eq!(join(Some("maple otter")).await, Ok("passphrase".to_owned()));
    assert_eq!(join(None).await, Err(ErrorCode::PassphraseNeeded));
    assert_eq!(join(Some("maple")).await, Err(ErrorCode::PassphraseWrong));
    assert_eq!(join(Some("maple otter")).await, Ok("passphrase".to_owned()));
}

#[tokio::test]
async fn a_port_in_use_is_told_and_the_next_try_may_work() {
    let place = Place::new();
    let other = std::net::TcpListener::bind(("127.0.0.1", place.port)).unwrap();
    let controller = place.controller(true);
    let session = controller.session().await;
    assert_eq!(session.joined, None);
    assert_eq!(session.problem.unwrap().code, ErrorCode::PortInUse);

    drop(other);
    controller.join(place.form(), None, None).await.unwrap();
    assert_eq!(controller.session().await.problem, None);
    controller.leave().await;
}

#[tokio::test]
async fn events_reach_the_window_up_to_the_last() {
    let place = Place::new();
    let controller = place.controller(false);
    let (sender, batches) = std::sync::mpsc::channel();
    controller.subscribe(Box::new(move |batch| sender.send(batch).is_ok()));
    controller.join(place.form(), None, None).await.unwrap();
    let send = PageCommand::Node(Command::Send {
        to: "everyone".to_owned(),
        text: "hello".to_owned(),
    });
    let answer = controller.run(send).await.unwrap();
    assert!(matches!(answer, Event::MessageState(_)), "{answer:?}");
    controller.leave().await;
    let events: Vec<Event> = batches.try_iter().flatten().collect();
    let said = |event: &Event| matches!(event, Event::Message(message) if message.text == "hello");
    assert!(events.iter().any(said), "{events:?}");
    assert_eq!(events.last(), Some(&Event::Stopped));
}

#[tokio::test]
async fn nothing_runs_before_joining_or_after_leaving() {
    let place = Place::new();
    let controller = place.controller(false);
    let before = controller
        .run(PageCommand::Node(Command::Peers))
        .await
        .unwrap_err();
    assert_eq!(before.code, ErrorCode::Stopped);
    controller.join(place.form(), None, None).await.unwrap();
    controller.leave().await;
    controller.leave().await;
    assert_eq!(
        controller
            .run(PageCommand::Node(Command::Peers))
            .await
            .unwrap_err()
            .code,
        ErrorCode::Stopped
    );
}

#[tokio::test]
async fn a_node_that_stopped_by_itself_can_be_started_again() {
    let place = Place::new();
    let controller = place.controller(false);
    controller.join(place.form(), None, None).await.unwrap();
    controller.execute(Command::Quit).await.unwrap();
    let pump = controller.state.lock().await.node.take().unwrap().pump;
    pump.await.unwrap();
    controller.join(place.form(), None, None).await.unwrap();
    controller.leave().await;
}

#[tokio::test]
async fn a_survey_is_for_those_who_have_not_joined() {
    let place = Place::new();
    let controller = place.controller(false);
    let view = controller
        .survey(place.port, "mesh".to_owned())
        .await
        .unwrap();
    assert!(view.port_free);
    controller.join(place.form(), None, None).await.unwrap();
    let refused = controller
        .survey(place.port, "mesh".to_owned())
        .await
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::WrongState);
    controller.leave().await;
}

#[tokio::test]
async fn only_files_the_node_knows_are_shown() {
    let place = Place::new();
    let controller = place.controller(false);
    let source = place.file("report.pdf");
    controller.join(place.form(), None, None).await.unwrap();

    *controller.desktop.picks.lock().unwrap() = vec![source.clone()];
    let files = controller.pick_files().await.unwrap();
    let Event::Transfer(transfer) = controller.run(send_file(&files[0])).await.unwrap() else {
        panic!("send_file is answered with its transfer");
    };
    controller.reveal(&transfer.id).await.unwrap();
    let unknown = controller.reveal(&display(&source)).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::UnknownTransfer);
    assert_eq!(
        controller.desktop.notes(),
        [format!("file {}", display(&source))]
    );
    controller.leave().await;
}

#[tokio::test]
async fn a_file_is_sent_once_for_each_time_it_is_chosen() {
    let place = Place::new();
    let controller = place.controller(false);
    controller.join(place.form(), None, None).await.unwrap();
    let folder = place.dir.path().to_owned();
    *controller.desktop.picks.lock().unwrap() = vec![place.file("report.pdf"), folder];
    let files = controller.pick_files().await.unwrap();
    let code = async |file| {
        controller
            .run(send_file(file))
            .await
            .map_err(|error| error.code)
    };

    assert!(matches!(code(&files[0]).await, Ok(Event::Transfer(_))));
    assert_eq!(
        code(&files[0]).await,
        Err(ErrorCode::FileUnreadable),
        "a second time"
    );
    // What the node refuses can be tried again.
    let refused = controller.run(send_file(&files[1])).await.unwrap_err();
    assert_eq!(
        controller.run(send_file(&files[1])).await.unwrap_err(),
        refused
    );
    controller.leave().await;

    controller.join(place.form(), None, None).await.unwrap();
    let forgotten = controller.run(send_file(&files[1])).await.unwrap_err();
    assert_ne!(
        forgotten, refused,
        "another session does not know what was chosen in this one"
    );
    controller.leave().await;
}

#[tokio::test]
async fn a_text_that_became_a_file_stays_while_it_may_be_sent_or_is_listed() {
    let place = Place::new();
    let controller = place.controller(false);
    let write = async |text: &str| {
        let written = "2026-12-01 14.05".to_owned();
        controller.text_as_file(text.to_owned(), written).await
    };
    let early = write("early").await.unwrap_err();
    assert_eq!(early.code, ErrorCode::Stopped);
    controller.join(place.form(), None, None).await.unwrap();

    let file = write("sent").await.unwrap();
    let seen = (file.name.as_str(), file.size);
    assert_eq!(seen, ("Message 2026-12-01 14.05.txt", Some(4)));
    let Event::Transfer(transfer) = controller.run(send_file(&file)).await.unwrap() else {
        panic!("send_file is answered with its transfer");
    };
    let sent = PathBuf::from(transfer.path.unwrap());
    let token = write("not sent").await.unwrap().token;
    let unsent = controller.chosen.path(&token).unwrap();
    write("another one").await.unwrap();
    assert!(sent.exists() && unsent.exists());

    controller.leave().await;
    assert!(sent.exists() && !unsent.exists());
    controller.join(place.form(), None, None).await.unwrap();
    assert_eq!(fs::read_to_string(&sent).unwrap(), "sent");
    let cancel = Command::Cancel {
        transfer: transfer.id,
    };
    for command in [cancel, Command::ClearTransfers] {
        controller.run(PageCommand::Node(command)).await.unwrap();
    }
    controller.leave().await;
    assert!(!sent.exists(), "nothing names it any more");
}

#[tokio::test]
async fn what_is_dropped_on_the_window_is_told_without_its_path() {
    let place = Place::new();
    let controller = place.controller(false);
    let (sender, drops) = std::sync::mpsc::channel();
    controller.follow_drops(Box::new(move |drop| sender.send(drop).is_ok()));
    let path = place.file("report.pdf");
    controller.dragged(Drag::Over).await;
    controller.dragged(Drag::Leave).await;
    controller.dragged(Drag::Drop(vec![path.clone()])).await;
    controller
        .dragged(Drag::Drop(vec![path.clone(); 501]))
        .await;

    let told: Vec<_> = drops.try_iter().collect();
    let json = serde_json::to_string(&told).unwrap();
    assert!(!json.contains(&display(place.dir.path())), "{json}");
    let [
        FileDrop::Over,
        FileDrop::Leave,
        FileDrop::Drop { files },
        FileDrop::Refused { problem },
    ] = told.as_slice()
    else {
        panic!("{told:?}");
    };
    assert_eq!(problem.code, ErrorCode::LimitReached);
    assert_eq!(controller.chosen.path(&files[0].token).unwrap(), path);
}

#[tokio::test]
async fn the_desktop_is_asked_to_open_the_folder_of_received_files() {
    let controller = Place::new().controller(false);
    controller.open_downloads().unwrap();
    assert_eq!(controller.desktop.notes(), ["folder true"]);
}

#[tokio::test]
async fn a_link_is_opened_by_whoever_was_asked_and_said_yes() {
    let controller = Place::new().controller(false);
    let page = "https://example.org/";
    controller.open_link(page).await.unwrap();
    controller
        .open_link("file:///etc/passwd")
        .await
        .unwrap_err();
    assert_eq!(controller.desktop.notes(), [""; 0], "no answer is no");
    controller.desktop.answers().send(true).unwrap();
    controller.open_link(page).await.unwrap();
    assert_eq!(controller.desktop.notes(), ["page https://example.org/"]);
}

#[tokio::test]
async fn the_page_shows_one_dialog_at_a_time() {
    let controller = Place::new().controller(false);
    let answer = controller.desktop.answers();
    let second = async {
        // The first one is asked by now.
        let link = controller.open_link("https://example.org/b").await;
        let files = controller.pick_files().await;
        answer.send(true).unwrap();
        (link.unwrap_err().code, files.unwrap_err().code)
    };
    let (first, second) = tokio::join!(controller.open_link("https://example.org/a"), second);
    first.unwrap();
    assert_eq!(second, (ErrorCode::WrongState, ErrorCode::WrongState));
    assert_eq!(controller.desktop.notes(), ["page https://example.org/a"]);
    controller.pick_files().await.unwrap();
}
