//! Everything the window can ask for. It sees the desktop only through [`Desktop`], so that it is
//! tested without a window.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gossamer_crypto::Password;
use gossamer_node::{
    Config, Node, NodeHandle, Passphrase, RelayMode,
    api::{ApiError, Command, ErrorCode, Event, ReadyView, SurveyView, TransferView},
};
use tokio::{
    sync::{Mutex, MutexGuard, OnceCell},
    task::JoinHandle,
};

use crate::{
    chosen::{Chosen, ChosenFile},
    feed::Feed,
    file_drop::{Drag, FileDrop},
    link::Link,
    listener::{Listener, Sink},
    page_command::PageCommand,
    question::Question,
    session::{JoinForm, Session},
    settings::{self, Settings},
    surveys::Surveys,
    texts::Texts,
};

/// Leaving takes as long as saying goodbye and syncing a database; a window that closes does not
/// wait longer than this.
const GOODBYE: Duration = Duration::from_secs(5);

/// What only a desktop can do. Errors are the system's words.
pub(crate) trait Desktop: Send + Sync + 'static {
    /// Lets the user choose files; none when they change their mind.
    fn pick_files(&self) -> impl Future<Output = Vec<PathBuf>> + Send;

    /// Asks something outside the page; no answer is "no".
    fn ask(&self, question: Question) -> impl Future<Output = bool> + Send;

    /// Shows a folder in the file manager.
    fn open_folder(&self, folder: &Path) -> Result<(), String>;

    /// Shows a file in its folder, without opening it.
    fn reveal(&self, file: &Path) -> Result<(), String>;

    /// Opens an address in the program the user has for it.
    fn browse(&self, url: &str) -> Result<(), String>;
}

/// The window's side of one profile.
pub(crate) struct Controller<D> {
    desktop: D,
    /// As the command line has it; the form's values replace its name, port, network and address,
    /// and what was chosen since whom it passes streams on for.
    config: Config,
    profile: PathBuf,
    /// Whether to join without asking, and whether that was tried.
    join_at_once: bool,
    joined_at_once: OnceCell<()>,
    surveys: Surveys,
    feed: Arc<Feed>,
    drops: Listener<FileDrop>,
    chosen: Arc<Chosen>,
    texts: Arc<Mutex<Texts>>,
    /// Held while the desktop shows a dialog for the page.
    dialog: Mutex<()>,
    state: Mutex<State>,
}

struct State {
    form: JoinForm,
    relay: RelayMode,
    problem: Option<ApiError>,
    node: Option<Running>,
}

struct Running {
    handle: NodeHandle,
    ready: ReadyView,
    /// Ends with the node.
    pump: JoinHandle<()>,
}

impl<D: Desktop> Controller<D> {
    /// A controller for the profile in directory `profile`, which exists. With `join_at_once` it
    /// joins as `form` says without asking.
    pub(crate) fn new(
        desktop: D,
        config: Config,
        profile: PathBuf,
        form: JoinForm,
        join_at_once: bool,
    ) -> Self {
        let relay = config.relay;
        Self {
            desktop,
            config,
            texts: Arc::new(Mutex::new(Texts::of(&profile))),
            profile,
            join_at_once,
            joined_at_once: OnceCell::new(),
            surveys: Surveys::default(),
            feed: Arc::new(Feed::default()),
            drops: Listener::default(),
            chosen: Arc::default(),
            dialog: Mutex::default(),
            state: Mutex::new(State {
                form,
                relay,
                problem: None,
                node: None,
            }),
        }
    }

    /// Where things stand. Waits for the join that the command line asked for.
    pub(crate) async fn session(&self) -> Session {
        self.joined_at_once
            .get_or_init(|| self.join_as_told())
            .await;
        let state = self.state.lock().await;
        Session {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: std::env::consts::OS.to_owned(),
            joined: state.running().map(|node| node.ready.clone()),
            form: state.form.clone(),
            problem: state.problem.clone(),
            downloads: self
                .downloads()
                .map_or_else(|_| String::new(), |dir| display(&dir)),
        }
    }

    async fn join_as_told(&self) {
        if self.join_at_once {
            let form = self.state.lock().await.form.clone();
            // The problem is part of the session.
            let _ = self.join(form, None, None).await;
        }
    }

    /// What is known about a port before joining.
    pub(crate) async fn survey(&self, port: u16, network: String) -> Result<SurveyView, ApiError> {
        // Held until the answer, so that no survey starts while a node does.
        let state = self.state.lock().await;
        if state.running().is_some() {
            return Err(ApiError::new(
                ErrorCode::WrongState,
                "This device has joined already. Leave first to look at other networks.",
            ));
        }
        Ok(self.surveys.view(port, network).await)
    }

    /// Starts the node in the network that `password` opens, with the history that `passphrase`
    /// opens. Without one of them, that of the command line applies. Joining twice is joining once.
    pub(crate) async fn join(
        &self,
        form: JoinForm,
        password: Option<String>,
        passphrase: Option<String>,
    ) -> Result<ReadyView, ApiError> {
        let mut state = self.state.lock().await;
        if let Some(node) = state.running() {
            return Ok(node.ready.clone());
        }
        state.form = form;
        let config = self.config_for(&state, password, passphrase);
        let started = match config {
            Ok(config) => self.start(config).await,
            Err(error) => Err(error),
        };
        state.problem = started.as_ref().err().cloned();
        let node = started?;
        self.save(&state);
        let ready = node.ready.clone();
        state.node = Some(node);
        drop(state);
        self.clear_texts().await;
        Ok(ready)
    }

    async fn start(&self, config: Config) -> Result<Running, ApiError> {
        self.surveys.end().await;
        let (handle, mut events) = Node::start(config).await?;
        let Some(Event::Ready(ready)) = events.next().await else {
            return Err(ApiError::new(
                ErrorCode::Internal,
                "The node stopped as soon as it had started. Try again.",
            ));
        };
        let feed = Arc::clone(&self.feed);
        let pump = tokio::spawn(async move { feed.pump(events).await });
        Ok(Running {
            handle,
            ready,
            pump,
        })
    }

    fn config_for(
        &self,
        state: &State,
        password: Option<String>,
        passphrase: Option<String>,
    ) -> Result<Config, ApiError> {
        let form = &state.form;
        let mut config = self.config.clone();
        // Another port in the form is still the same person with the same history.
        config.profile = Some(self.config.profile_name());
        config.name.clone_from(&form.name);
        config.port = form.port;
        config.network.clone_from(&form.network);
        config.relay = state.relay;
        if let Some(bind) = &form.bind {
            let addr = bind.parse().map_err(|_| {
                ApiError::new(
                    ErrorCode::BadArgument,
                    "The network interface has no such address any more. Choose another one.",
                )
            })?;
            config.bind = vec![addr];
        } else {
            config.bind.clear();
        }
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            config.password = Some(Password::new(password));
        }
        if let Some(passphrase) = passphrase.filter(|passphrase| !passphrase.is_empty()) {
            config.passphrase = Some(Passphrase::new(passphrase));
        }
        Ok(config)
    }

    /// Stops the node; without one there is nothing to do. Files that were chosen and not sent are
    /// forgotten.
    pub(crate) async fn leave(&self) {
        self.chosen.forget();
        self.clear_texts().await;
        let mut state = self.state.lock().await;
        if let Some(node) = state.node.take() {
            // An error means that it has stopped already.
            let _ = node.handle.execute(Command::Quit).await;
            // What it says last still reaches the window.
            let _ = node.pump.await;
        }
    }

    /// Leaves because the program ends.
    pub(crate) async fn quit(&self) {
        if tokio::time::timeout(GOODBYE, self.leave()).await.is_err() {
            tracing::warn!("the node took too long to stop");
        }
    }

    /// Runs a command of the page on the node.
    pub(crate) async fn run(&self, command: PageCommand) -> Result<Event, ApiError> {
        let token = command.token().cloned();
        let command = command.for_node(|token| self.chosen.path(token))?;
        let answer = self.execute(command).await;
        if let (Ok(_), Some(token)) = (&answer, token) {
            self.chosen.sent(&token);
        }
        answer
    }

    async fn execute(&self, command: Command) -> Result<Event, ApiError> {
        let handle = self
            .state
            .lock()
            .await
            .running()
            .map(|node| node.handle.clone());
        let answer = handle.ok_or_else(not_joined)?.execute(command).await;
        if let Ok(Event::Relay { relay }) = &answer {
            self.remember_relay(*relay).await;
        }
        answer
    }

    /// It holds for the next join too.
    async fn remember_relay(&self, relay: RelayMode) {
        let mut state = self.state.lock().await;
        state.relay = relay;
        if let Some(node) = &mut state.node {
            node.ready.relay = relay;
        }
        self.save(&state);
    }

    fn save(&self, state: &State) {
        let settings = Settings {
            form: state.form.clone(),
            relay: state.relay,
        };
        if let Err(error) = settings::save(&self.profile, &settings) {
            tracing::warn!(%error, "the settings cannot be saved");
        }
    }

    /// Sends events to `sink` from now on.
    pub(crate) fn subscribe(&self, sink: Sink<Vec<Event>>) {
        self.feed.subscribe(sink);
    }

    /// Tells `sink` of files dragged onto the window from now on.
    pub(crate) fn follow_drops(&self, sink: Sink<FileDrop>) {
        self.drops.subscribe(sink);
    }

    /// Files are dragged onto the window.
    pub(crate) async fn dragged(&self, drag: Drag) {
        self.drops.tell(match drag {
            Drag::Over => FileDrop::Over,
            Drag::Leave => FileDrop::Leave,
            Drag::Drop(paths) => match self.keep(paths).await {
                Ok(files) => FileDrop::Drop { files },
                Err(problem) => FileDrop::Refused { problem },
            },
        });
    }

    /// Lets the user choose files to send.
    pub(crate) async fn pick_files(&self) -> Result<Vec<ChosenFile>, ApiError> {
        let _only = self.only_dialog()?;
        let paths = self.desktop.pick_files().await;
        self.keep(paths).await
    }

    async fn keep(&self, paths: Vec<PathBuf>) -> Result<Vec<ChosenFile>, ApiError> {
        let chosen = Arc::clone(&self.chosen);
        // Folders may be on a network that is slow to answer.
        blocking(move || chosen.keep(paths)).await
    }

    /// Makes a file of a text that the user wrote, as one that was chosen. `written` is when, for its
    /// name: `2026-12-01 14.05`.
    pub(crate) async fn text_as_file(
        &self,
        text: String,
        written: String,
    ) -> Result<ChosenFile, ApiError> {
        // Held until it is among the chosen files, so that nothing clears it away before.
        let texts = Arc::clone(&self.texts).lock_owned().await;
        let named = self.named_files().await?;
        let chosen = Arc::clone(&self.chosen);
        blocking(move || {
            texts.clear(&named);
            let path = texts.write(&text, &written)?;
            let kept = chosen.keep(vec![path])?.pop();
            kept.ok_or_else(|| ApiError::new(ErrorCode::Internal, "The file was not kept."))
        })
        .await
    }

    /// Removes the texts that were made files and that neither wait to be sent nor are in the list of
    /// files: whoever has sent one finds it there until the list is cleared.
    async fn clear_texts(&self) {
        let texts = Arc::clone(&self.texts).lock_owned().await;
        // Without a list nothing is known to be over.
        if let Ok(named) = self.named_files().await {
            let cleared = blocking(move || {
                texts.clear(&named);
                Ok(())
            });
            let _ = cleared.await;
        }
    }

    /// The files that were chosen and those that the node lists, by path.
    async fn named_files(&self) -> Result<HashSet<String>, ApiError> {
        // Looked at first: a file is in the node's list before it is no longer among the chosen ones.
        let chosen = self.chosen.paths();
        let mut named: HashSet<_> = chosen.iter().map(|path| display(path)).collect();
        let listed = self.transfers().await?;
        named.extend(listed.into_iter().filter_map(|transfer| transfer.path));
        Ok(named)
    }

    /// The right to show a dialog, so that the page cannot cover the screen with them.
    fn only_dialog(&self) -> Result<MutexGuard<'_, ()>, ApiError> {
        self.dialog.try_lock().map_err(|_| {
            ApiError::new(
                ErrorCode::WrongState,
                "Another window of Gossamer waits for your answer. Answer it first.",
            )
        })
    }

    /// Shows the folder of received files, which is made if nothing was received yet.
    pub(crate) fn open_downloads(&self) -> Result<(), ApiError> {
        let folder = self.downloads()?;
        fs::create_dir_all(&folder)
            .map_err(|error| error.to_string())
            .and_then(|()| self.desktop.open_folder(&folder))
            .map_err(|error| {
                ApiError::new(
                    ErrorCode::FileUnreadable,
                    format!("The folder {} cannot be opened: {error}.", folder.display()),
                )
            })
    }

    /// Shows the file of a transfer in its folder. The path comes from the node, never from the
    /// window.
    pub(crate) async fn reveal(&self, transfer: &str) -> Result<(), ApiError> {
        let file = file_of(&self.transfers().await?, transfer)?;
        self.desktop.reveal(&file).map_err(|error| {
            ApiError::new(
                ErrorCode::FileUnreadable,
                format!("The file cannot be shown: {error}. It may have been moved or deleted."),
            )
        })
    }

    /// Opens a link outside, if it is of a kind that links in messages may be and the user, who is
    /// shown all of it, wants to.
    pub(crate) async fn open_link(&self, url: &str) -> Result<(), ApiError> {
        let link = Link::read(url)?;
        let _only = self.only_dialog()?;
        if !self.desktop.ask(link.question()).await {
            return Ok(());
        }
        self.desktop.browse(link.address()).map_err(|error| {
            ApiError::new(
                ErrorCode::Internal,
                format!("No program opened the link: {error}. Copy it and open it yourself."),
            )
        })
    }

    async fn transfers(&self) -> Result<Vec<TransferView>, ApiError> {
        let Event::Transfers { transfers } = self.execute(Command::Transfers).await? else {
            return Err(ApiError::new(
                ErrorCode::Internal,
                "The node did not list its files.",
            ));
        };
        Ok(transfers)
    }

    fn downloads(&self) -> Result<PathBuf, ApiError> {
        self.config.downloads_dir()
    }
}

impl State {
    fn running(&self) -> Option<&Running> {
        self.node.as_ref().filter(|node| !node.pump.is_finished())
    }
}

/// Runs what waits for the file system, and would hold up others meanwhile.
async fn blocking<T: Send + 'static>(
    task: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(task).await;
    done.unwrap_or_else(|error| {
        let message = format!("Something in Gossamer failed: {error}.");
        Err(ApiError::new(ErrorCode::Internal, message))
    })
}

fn file_of(transfers: &[TransferView], id: &str) -> Result<PathBuf, ApiError> {
    let transfer = transfers
        .iter()
        .find(|transfer| transfer.id == id)
        .ok_or_else(|| {
            ApiError::new(
                ErrorCode::UnknownTransfer,
                "There is no such file in the list any more.",
            )
        })?;
    transfer
        .path
        .as_ref()
        .map(PathBuf::from)
        .ok_or_else(|| ApiError::new(ErrorCode::WrongState, "The file is not on this device yet."))
}

fn not_joined() -> ApiError {
    ApiError::new(
        ErrorCode::Stopped,
        "This device has not joined a network. Join first.",
    )
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
