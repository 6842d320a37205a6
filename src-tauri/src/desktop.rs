//! The real desktop.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::{controller::Desktop, question::Question, window::MAIN};

/// Name and endings of each choice in the dialog, after "all files".
const KINDS: [(&str, &[&str]); 5] = [
    (
        "Documents",
        &[
            "pdf", "odt", "ods", "odp", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "md",
        ],
    ),
    (
        "Images",
        &["png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "heic"],
    ),
    ("Audio", &["mp3", "ogg", "opus", "flac", "wav", "m4a"]),
    ("Video", &["mp4", "webm", "mkv", "mov"]),
    ("Archives", &["zip", "7z", "tar", "gz", "xz", "zst"]),
];

/// Dialogs and other programs of the user's desktop.
pub(crate) struct SystemDesktop {
    app: AppHandle,
}

impl SystemDesktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }
}

impl Desktop for SystemDesktop {
    async fn pick_files(&self) -> Vec<PathBuf> {
        let (answer, answered) = oneshot::channel();
        let mut dialog = self.app.dialog().file().set_title("Send files");
        dialog = dialog.add_filter("All files", &["*"]);
        for (name, endings) in KINDS {
            dialog = dialog.add_filter(name, endings);
        }
        dialog.pick_files(move |files| {
            let _ = answer.send(files.unwrap_or_default());
        });
        let files = answered.await.unwrap_or_default();
        files
            .into_iter()
            .filter_map(|file| file.into_path().ok())
            .collect()
    }

    async fn ask(&self, question: Question) -> bool {
        match self.app.get_webview_window(MAIN) {
            Some(window) => question.ask(&window).await,
            None => false,
        }
    }

    fn open_folder(&self, folder: &Path) -> Result<(), String> {
        tauri_plugin_opener::open_path(folder, None::<&str>).map_err(|error| error.to_string())
    }

    fn reveal(&self, file: &Path) -> Result<(), String> {
        tauri_plugin_opener::reveal_item_in_dir(file).map_err(|error| error.to_string())
    }

    fn browse(&self, url: &str) -> Result<(), String> {
        tauri_plugin_opener::open_url(url, None::<&str>).map_err(|error| error.to_string())
    }
}
