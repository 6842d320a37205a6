//! The controller with a real node on loopback and a desktop that takes notes.

use std::sync::Mutex as StdMutex;

use super::*;

#[derive(Default)]
struct Notes(StdMutex<Vec<String>>);

impl Notes {
    fn note(&self, text: String) -> Result<(), String> {
        self.0.lock().unwrap().push(text);
        Ok(())
    }
}

impl Desktop for Notes {
    async fn pick_files(&self) -> Vec<PathBuf> {
        vec!["a.txt".into()]
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
    let answer = controller.run(Command::SetRelay { relay }).await.unwrap();

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
    let send = Command::Send {
        to: "everyone".to_owned(),
        text: "hello".to_owned(),
    };
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
    let before = controller.run(Command::Peers).await.unwrap_err();
    assert_eq!(before.code, ErrorCode::Stopped);
    controller.join(place.form(), None, None).await.unwrap();
    controller.leave().await;
    controller.leave().await;
    assert_eq!(
        controller.run(Command::Peers).await.unwrap_err().code,
        ErrorCode::Stopped
    );
}

#[tokio::test]
async fn a_node_that_stopped_by_itself_can_be_started_again() {
    let place = Place::new();
    let controller = place.controller(false);
    controller.join(place.form(), None, None).await.unwrap();
    controller.run(Command::Quit).await.unwrap();
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
    let source = place.dir.path().join("report.pdf");
    fs::write(&source, b"hello").unwrap();
    controller.join(place.form(), None, None).await.unwrap();

    let path = source.clone();
    let send = Command::SendFile {
        to: "everyone".to_owned(),
        path,
    };
    let Event::Transfer(transfer) = controller.run(send).await.unwrap() else {
        panic!("send_file is answered with its transfer");
    };
    controller.reveal(&transfer.id).await.unwrap();
    let unknown = controller.reveal(&display(&source)).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::UnknownTransfer);
    assert_eq!(
        *controller.desktop.0.lock().unwrap(),
        [format!("file {}", display(&source))]
    );
    controller.leave().await;
}

#[tokio::test]
async fn the_desktop_is_asked_to_open_what_may_be_opened() {
    let controller = Place::new().controller(false);
    controller.open_downloads().unwrap();
    controller.open_link("https://example.org/").unwrap();
    controller.open_link("file:///etc/passwd").unwrap_err();
    assert_eq!(controller.pick_files().await, ["a.txt"]);
    let notes = controller.desktop.0.lock().unwrap();
    assert_eq!(*notes, ["folder true", "page https://example.org/"]);
}
