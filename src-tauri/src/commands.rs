//! The window's commands: each hands over to the [`Controller`], which says what it does.

use gossamer_node::api::{ApiError, Event, ReadyView, SurveyView};
use tauri::{State, ipc::Channel};

use crate::{
    chosen::ChosenFile,
    controller::Controller,
    desktop::SystemDesktop,
    file_drop::FileDrop,
    page_command::PageCommand,
    session::{JoinForm, Session},
};

/// The controller, as Tauri keeps it.
pub(crate) type App<'a> = State<'a, Controller<SystemDesktop>>;

#[tauri::command]
pub(crate) async fn session(app: App<'_>) -> Result<Session, ApiError> {
    Ok(app.session().await)
}

#[tauri::command]
pub(crate) async fn survey(
    app: App<'_>,
    port: u16,
    network: String,
) -> Result<SurveyView, ApiError> {
    app.survey(port, network).await
}

#[tauri::command]
pub(crate) async fn join(
    app: App<'_>,
    form: JoinForm,
    password: Option<String>,
    passphrase: Option<String>,
) -> Result<ReadyView, ApiError> {
    app.join(form, password, passphrase).await
}

#[tauri::command]
pub(crate) async fn leave(app: App<'_>) -> Result<(), ApiError> {
    app.leave().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn run(app: App<'_>, command: PageCommand) -> Result<Event, ApiError> {
    app.run(command).await
}

#[tauri::command]
pub(crate) async fn subscribe(app: App<'_>, channel: Channel<Vec<Event>>) -> Result<(), ApiError> {
    app.subscribe(Box::new(move |events| channel.send(events).is_ok()));
    Ok(())
}

#[tauri::command]
pub(crate) async fn follow_drops(app: App<'_>, channel: Channel<FileDrop>) -> Result<(), ApiError> {
    app.follow_drops(Box::new(move |drop| channel.send(drop).is_ok()));
    Ok(())
}

#[tauri::command]
pub(crate) async fn pick_files(app: App<'_>) -> Result<Vec<ChosenFile>, ApiError> {
    app.pick_files().await
}

#[tauri::command]
pub(crate) async fn text_as_file(
    app: App<'_>,
    text: String,
    written: String,
) -> Result<ChosenFile, ApiError> {
    app.text_as_file(text, written).await
}

#[tauri::command]
pub(crate) async fn open_downloads(app: App<'_>) -> Result<(), ApiError> {
    app.open_downloads()
}

#[tauri::command]
pub(crate) async fn reveal(app: App<'_>, transfer: String) -> Result<(), ApiError> {
    app.reveal(&transfer).await
}

#[tauri::command]
pub(crate) async fn open_link(app: App<'_>, url: String) -> Result<(), ApiError> {
    app.open_link(&url).await
}
