//! The window and the life of the program around it.

use std::path::{Path, PathBuf};

use gossamer_node::Config;
use tauri::{
    App, AppHandle, DragDropEvent, Manager, RunEvent, Url, WebviewWindowBuilder, WindowEvent,
    webview::NewWindowResponse,
};

use crate::{
    commands, controller::Controller, desktop::SystemDesktop, file_drop::Drag, instance::Instance,
    session::JoinForm,
};

/// The one window's label.
pub(crate) const MAIN: &str = "main";

/// What the window opens with.
pub(crate) struct Opening {
    pub(crate) config: Config,
    pub(crate) profile: PathBuf,
    pub(crate) form: JoinForm,
    pub(crate) join_at_once: bool,
    pub(crate) instance: Instance,
}

/// Shows the window until it is closed and the node has said goodbye.
///
/// # Errors
/// When the window cannot be made; says what to do instead.
pub(crate) fn run(opening: Opening) -> Result<(), String> {
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .invoke_handler(tauri::generate_handler![
            commands::session,
            commands::survey,
            commands::join,
            commands::leave,
            commands::run,
            commands::subscribe,
            commands::follow_drops,
            commands::pick_files,
            commands::text_as_file,
            commands::open_downloads,
            commands::reveal,
            commands::open_link,
        ])
        .setup(|app| Ok(set_up(app, opening)?))
        .build(tauri::generate_context!())
        .map_err(|error| {
            format!("The window cannot be made: {error}. Use the terminal instead: gossamer run")
        })?;
    app.run(|app, event| {
        // Asked for by the last window closing, not by us: the node goes first.
        if let RunEvent::ExitRequested {
            code: None, api, ..
        } = event
        {
            api.prevent_exit();
            quit(app.clone());
        }
    });
    Ok(())
}

fn set_up(app: &App, opening: Opening) -> tauri::Result<()> {
    let pages = opening.profile.join("webview");
    listen_for_second_starts(app.handle(), opening.instance);
    app.manage(Controller::new(
        SystemDesktop::new(app.handle().clone()),
        opening.config,
        opening.profile,
        opening.form,
        opening.join_at_once,
    ));
    // Joining need not wait for the page to load.
    let handle = app.handle().clone();
    tauri::async_runtime::spawn(async move {
        handle.state::<Controller<SystemDesktop>>().session().await;
    });
    quit_on_signals(app.handle().clone());
    open_window(app, &pages)
}

/// Opens the window. What its page stores belongs to the profile, so that windows of several
/// profiles do not mix what they prefer.
fn open_window(app: &App, pages: &Path) -> tauri::Result<()> {
    for config in &app.config().app.windows {
        let window = WebviewWindowBuilder::from_config(app.handle(), config)?
            .data_directory(pages.to_owned())
            .on_navigation(is_own_page)
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .build()?;
        let handle = app.handle().clone();
        window.on_window_event(move |event| {
            if let WindowEvent::DragDrop(event) = event {
                take_drop(&handle, event);
            }
        });
    }
    Ok(())
}

/// Files come to the controller from the system, and not by way of the page.
fn take_drop(app: &AppHandle, event: &DragDropEvent) {
    let Some(drag) = Drag::of(event) else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        app.state::<Controller<SystemDesktop>>().dragged(drag).await;
    });
}

/// The window never leaves its own pages; links go outside through `open_link`.
fn is_own_page(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) => true,
        ("http" | "https", Some("tauri.localhost")) => true,
        ("http", Some("localhost")) => tauri::is_dev(),
        _ => false,
    }
}

fn listen_for_second_starts(app: &AppHandle, instance: Instance) {
    let handle = app.clone();
    let listening = instance.on_second_start(move || {
        if let Some(window) = handle.get_webview_window(MAIN) {
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
    });
    if let Err(error) = listening {
        tracing::warn!(%error, "a second start of this profile will not be noticed");
    }
    // Tauri drops its state when the program ends.
    app.manage(instance);
}

/// Stops the node, then the program.
fn quit(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        app.state::<Controller<SystemDesktop>>().quit().await;
        app.exit(0);
    });
}

#[cfg(unix)]
fn quit_on_signals(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    tauri::async_runtime::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        quit(app);
    });
}

/// Windows asks the window instead.
#[cfg(not(unix))]
fn quit_on_signals(_app: AppHandle) {}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_page_may_call_our_commands_and_nothing_of_tauris() {
        let window = json(include_str!("../capabilities/window.json"));
        // Tauri's own events would tell it the paths of what is dragged over the window.
        assert_eq!(window["permissions"], serde_json::json!(["own-commands"]));
        let conf = json(include_str!("../tauri.conf.json"));
        let capabilities = &conf["app"]["security"]["capabilities"];
        assert_eq!(*capabilities, serde_json::json!(["window"]));
    }

    #[test]
    fn the_page_reaches_nothing_outside_by_itself() {
        let conf = json(include_str!("../tauri.conf.json"));
        let policy = conf["app"]["security"]["csp"].as_str().unwrap();
        let rules: Vec<_> = policy.split("; ").collect();
        for rule in [
            "default-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "connect-src ipc: http://ipc.localhost",
            "object-src 'none'",
            "frame-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(rules.contains(&rule), "{rule} is missing in {policy}");
        }
    }

    #[test]
    fn only_own_pages_are_shown() {
        let own = |url: &str| is_own_page(&Url::parse(url).unwrap());
        assert!(own("tauri://localhost/index.html"));
        assert!(own("http://tauri.localhost/"));
        for url in [
            "https://example.org/",
            "tauri://example.org/",
            "file:///etc/passwd",
        ] {
            assert!(!own(url), "{url}");
        }
    }
}
