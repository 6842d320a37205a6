//! A question that the desktop asks, outside the page: nothing that runs in the page can answer it,
//! hide it or change its words. Not answering is "no", and so is the key that confirms.

use tauri::WebviewWindow;
use tokio::sync::oneshot;

/// What is asked.
pub(crate) struct Question {
    pub(crate) title: &'static str,
    pub(crate) text: String,
    /// The button that means yes. The other one says "Cancel".
    pub(crate) yes: &'static str,
}

const NO: &str = "Cancel";

impl Question {
    /// Asks in front of `window`, and waits for the answer.
    pub(crate) async fn ask(self, window: &WebviewWindow) -> bool {
        let (answer, answered) = oneshot::channel();
        let parent = window.clone();
        // Toolkits show windows from the main thread only.
        let shown = window.run_on_main_thread(move || show(self, &parent, answer));
        shown.is_ok() && answered.await.unwrap_or(false)
    }
}

#[cfg(target_os = "linux")]
fn show(question: Question, parent: &WebviewWindow, answer: oneshot::Sender<bool>) {
    use std::cell::Cell;

    use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, ResponseType, prelude::*};

    let Question { title, text, yes } = question;
    let parent = parent.gtk_window().ok();
    let dialog = MessageDialog::new(
        parent.as_ref(),
        DialogFlags::MODAL | DialogFlags::DESTROY_WITH_PARENT,
        MessageType::Question,
        ButtonsType::None,
        title,
    );
    dialog.set_title(title);
    dialog.set_secondary_text(Some(&text));
    // An address is one long word; it is broken where the line ends, and never cut.
    let area = dialog.message_area().downcast::<gtk::Box>();
    for child in area.iter().flat_map(ContainerExt::children) {
        if let Ok(label) = child.downcast::<gtk::Label>() {
            label.set_line_wrap_mode(gtk::pango::WrapMode::WordChar);
        }
    }
    let no = dialog.add_button(NO, ResponseType::Cancel);
    dialog.add_button(yes, ResponseType::Accept);
    dialog.set_default_response(ResponseType::Cancel);
    let answer = Cell::new(Some(answer));
    dialog.connect_response(move |dialog, response| {
        if let Some(answer) = answer.take() {
            let _ = answer.send(response == ResponseType::Accept);
        }
        // Closing it is a response too, and is under way then.
        if response != ResponseType::DeleteEvent {
            dialog.close();
        }
    });
    dialog.show_all();
    no.grab_focus();
}

/// The button that these systems take for the first one is the one that is chosen by Return.
#[cfg(not(target_os = "linux"))]
fn show(question: Question, parent: &WebviewWindow, answer: oneshot::Sender<bool>) {
    use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult};

    let Question { title, text, yes } = question;
    let buttons = MessageButtons::OkCancelCustom(NO.to_owned(), yes.to_owned());
    let asked = AsyncMessageDialog::new()
        .set_title(title)
        .set_description(text)
        .set_buttons(buttons)
        .set_parent(parent)
        .show();
    tauri::async_runtime::spawn(async move {
        // Closing it is `Cancel`, which is not the button of that place.
        let _ = answer.send(asked.await == MessageDialogResult::Custom(yes.to_owned()));
    });
}
