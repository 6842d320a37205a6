//! Files dragged onto the window. The window takes them itself: Tauri's own events would give the
//! page their paths, so the page may not listen to those (capabilities/window.json).

use std::path::PathBuf;

use gossamer_node::api::ApiError;
use serde::Serialize;
use tauri::DragDropEvent;
use ts_rs::TS;

use crate::chosen::ChosenFile;

/// Files dragged over the window from outside, as the page sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub(crate) enum FileDrop {
    /// They are over the window.
    Over,
    /// They went away again.
    Leave,
    /// They were let go: the user chose them.
    Drop {
        /// At least one.
        files: Vec<ChosenFile>,
    },
    /// They were let go and cannot be taken.
    Refused {
        /// Why.
        problem: ApiError,
    },
}

/// What happens with files above the window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Drag {
    Over,
    Leave,
    Drop(Vec<PathBuf>),
}

impl Drag {
    /// What the system says, if it is worth telling: neither every step of the mouse nor something
    /// dragged that is no file.
    pub(crate) fn of(event: &DragDropEvent) -> Option<Self> {
        match event {
            DragDropEvent::Enter { paths, .. } if !paths.is_empty() => Some(Self::Over),
            DragDropEvent::Drop { paths, .. } if !paths.is_empty() => {
                Some(Self::Drop(paths.clone()))
            }
            DragDropEvent::Drop { .. } | DragDropEvent::Leave => Some(Self::Leave),
            DragDropEvent::Enter { .. } | DragDropEvent::Over { .. } | _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tauri::PhysicalPosition;

    use super::*;

    #[test]
    fn only_files_count() {
        let position = PhysicalPosition::new(1.0, 2.0);
        let drag = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
            let entered = Drag::of(&DragDropEvent::Enter {
                paths: paths.clone(),
                position,
            });
            (entered, Drag::of(&DragDropEvent::Drop { paths, position }))
        };
        assert_eq!(drag(&[]), (None, Some(Drag::Leave)), "a text");
        let files = vec![PathBuf::from("report.pdf")];
        assert_eq!(
            drag(&["report.pdf"]),
            (Some(Drag::Over), Some(Drag::Drop(files)))
        );
        assert_eq!(Drag::of(&DragDropEvent::Over { position }), None);
    }
}
