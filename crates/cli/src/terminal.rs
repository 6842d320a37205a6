//! A person's terminal: a line editor whose prompt stays below what arrives meanwhile.

use std::{
    io::{self, Write},
    thread,
};

use rustyline::{DefaultEditor, ExternalPrinter};
use tokio::sync::mpsc;

use crate::{
    ask::{self, Ask},
    lines::Line,
    wrap::wrap,
};

const PROMPT: &str = "> ";

/// A terminal in use. Dropped, it is as it was before, even when a signal ended the program in
/// the middle of a line.
pub(crate) struct Terminal {
    _mode: SavedMode,
}

/// Prints lines above the prompt.
pub(crate) type Print = Box<dyn FnMut(&str) -> io::Result<()>>;

impl Terminal {
    /// Starts to read lines; they end when the person presses Ctrl-C or Ctrl-D or asks to quit.
    pub(crate) fn open() -> io::Result<(Self, mpsc::Receiver<Line>, Print)> {
        let mode = SavedMode::save();
        let mut editor = DefaultEditor::new().map_err(io::Error::other)?;
        let mut printer = editor.create_external_printer().map_err(io::Error::other)?;
        let (sender, lines) = mpsc::channel(16);
        thread::spawn(move || edit(&mut editor, &sender));
        let print = Box::new(move |lines: &str| {
            printer
                .print(format!("{}\n", wrap(lines, width())))
                .map_err(io::Error::other)
        });
        Ok((Self { _mode: mode }, lines, print))
    }

    /// Gives the terminal back and prints a last line.
    pub(crate) fn close(self, last: &str) -> io::Result<()> {
        drop(self);
        let mut out = io::stdout();
        // A line nobody will finish may still be edited: end bracketed paste and erase it.
        writeln!(out, "\u{1b}[?2004l\r\u{1b}[K{last}")?;
        out.flush()
    }
}

fn edit(editor: &mut DefaultEditor, lines: &mpsc::Sender<Line>) {
    loop {
        let Ok(text) = editor.readline(PROMPT) else {
            return;
        };
        let _ = editor.add_history_entry(text.as_str());
        let last = ask::parse(&text) == Ask::Quit;
        if lines.blocking_send(Line::Text(text)).is_err() || last {
            return;
        }
    }
}

/// Where the width of a terminal is not known.
const USUAL_WIDTH: usize = 80;

/// How many columns there are now: people resize their windows.
#[cfg(unix)]
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { USUAL_WIDTH } else { columns }
}

#[cfg(not(unix))]
fn width() -> usize {
    USUAL_WIDTH
}

#[cfg(unix)]
struct SavedMode(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl SavedMode {
    fn save() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }
}

#[cfg(unix)]
impl Drop for SavedMode {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(mode) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, mode);
        }
    }
}

/// Consoles take their mode back by themselves here.
#[cfg(not(unix))]
struct SavedMode;

#[cfg(not(unix))]
impl SavedMode {
    fn save() -> Self {
        Self
    }
}
