//! Whether and how there is something to draw on.

/// Looks for a display before the window toolkit does, because that one cannot fail politely.
///
/// # Errors
/// Says what to do where there is none.
#[cfg(target_os = "linux")]
pub(crate) fn check() -> Result<(), String> {
    gtk::init().map_err(|_| {
        "There is no display to open a window on. Start it from a desktop session, or use the \
         terminal: gossamer run"
            .to_owned()
    })
}

/// Looks for the web view before the window toolkit does, because that one cannot fail politely.
///
/// # Errors
/// Says what to do where there is none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn check() -> Result<(), String> {
    tauri::webview_version().map(drop).map_err(|error| {
        format!(
            "The system's web view is missing ({error}). Install the WebView2 runtime, or use \
             the terminal: gossamer run"
        )
    })
}

/// Starts this program again with WebKitGTK's renderer that needs no graphics card. The
/// environment has to be set before the toolkit starts its first thread; a fresh process has it
/// from the start. Returns when it is set already, or on error.
#[cfg(target_os = "linux")]
pub(crate) fn draw_without_graphics_card() -> Result<(), String> {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if env::var_os(SWITCH).is_some() {
        return Ok(());
    }
    let program = env::current_exe().map_err(|error| format!("It cannot find itself: {error}."))?;
    let error = Command::new(program)
        .args(env::args_os().skip(1))
        .env(SWITCH, "1")
        .exec();
    Err(format!("It cannot start itself again: {error}."))
}

/// Other systems have no such trouble.
#[cfg(not(target_os = "linux"))]
pub(crate) fn draw_without_graphics_card() -> Result<(), String> {
    Ok(())
}
