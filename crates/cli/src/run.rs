//! `gossamer run`.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use gossamer_cli::{
    flags::{self, NodeFlags},
    logs,
};
use gossamer_crypto::Password;
use gossamer_node::{
    Config, Node,
    api::{ApiError, ErrorCode, Event},
};
use jiff::tz::TimeZone;

use crate::{
    face::{AtEnd, Face, Running, converse},
    human::Human,
    json::Json,
    lines,
    render::Look,
    stop,
    terminal::Terminal,
};

/// Flags of `gossamer run`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("name", |name| name.help(
    "The name others see [default: your user name and this computer's name]"
)))]
pub(crate) struct Flags {
    #[command(flatten)]
    node: NodeFlags,

    /// Ask for the network's password
    #[arg(long, conflicts_with = "password_file")]
    ask_password: bool,

    /// Speak JSON: one command per line in, one event per line out
    #[arg(long)]
    json: bool,
}

/// Runs a node until it is told to quit: success, or failure when it could not start.
pub(crate) async fn run(flags: Flags) -> ExitCode {
    logs::init(flags.node.debug);
    let signals = stop::signals();
    let started = match config(&flags) {
        Ok(config) => Node::start(config).await,
        Err(problem) => Err(problem),
    };
    let mut node = match started {
        Ok(node) => node,
        Err(problem) => return fail(&flags, problem),
    };
    let ended = if flags.json {
        let mut face = Json::new(io::stdout());
        converse(
            &mut node,
            &mut face,
            lines::of_stdin(),
            AtEnd::Stay,
            signals,
        )
        .await
    } else if io::stdin().is_terminal() && io::stdout().is_terminal() {
        talk(&mut node, signals).await
    } else {
        let mut face = Human::new(print, look(false), true);
        converse(
            &mut node,
            &mut face,
            lines::of_stdin(),
            AtEnd::Stay,
            signals,
        )
        .await
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has left, as in `gossamer run | head`.
        Err(gone) if gone.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "The output cannot be written: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn config(flags: &Flags) -> Result<Config, ApiError> {
    let mut config = flags.node.to_config(flags::default_name)?;
    if flags.ask_password {
        let text = rpassword::prompt_password("Network password: ").map_err(|error| {
            ApiError::new(
                ErrorCode::BadArgument,
                format!(
                    "The password cannot be asked for: {error}. Use --password-file where there \
                     is no terminal."
                ),
            )
        })?;
        config.password = (!text.is_empty()).then(|| Password::new(text));
    }
    Ok(config)
}

async fn talk(node: &mut impl Running, signals: tokio::sync::mpsc::Receiver<()>) -> io::Result<()> {
    let (terminal, lines, print) = Terminal::open()?;
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let mut face = Human::new(print, look(colour), false);
    let ended = converse(node, &mut face, lines, AtEnd::Quit, signals).await;
    terminal.close("Stopped.").and(ended)
}

fn look(colour: bool) -> Look {
    Look {
        colour,
        zone: TimeZone::system(),
    }
}

fn print(lines: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{lines}")?;
    out.flush()
}

fn fail(flags: &Flags, problem: ApiError) -> ExitCode {
    let _ = if flags.json {
        let ApiError { code, message } = problem;
        Json::new(io::stdout()).event(Event::Error { code, message })
    } else {
        writeln!(io::stderr(), "Gossamer cannot start. {}", problem.message)
    };
    ExitCode::FAILURE
}
