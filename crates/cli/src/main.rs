//! `gossamer`: the node without a window.

mod apart;
mod ask;
mod face;
mod human;
mod json;
mod lines;
mod render;
mod run;
mod safe;
mod stop;
mod terminal;
mod wrap;

use std::process::ExitCode;

use clap::Parser;
use gossamer_cli::memory;

/// Messages and files between the devices around you, with no internet and no server.
#[derive(Debug, Parser)]
#[command(name = "gossamer", version, about)]
enum Program {
    /// Join the network and stay until told to quit
    Run(run::Flags),
}

#[tokio::main]
async fn main() -> ExitCode {
    memory::leave_no_core();
    memory::hide();
    match Program::parse() {
        Program::Run(flags) => run::run(flags).await,
    }
}
