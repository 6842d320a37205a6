//! `gossamer-desktop`: the thin desktop shell over the node.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod chosen;
mod commands;
mod controller;
mod desktop;
mod display;
mod feed;
mod file_drop;
mod flags;
mod instance;
mod link;
mod listener;
mod page_command;
mod question;
mod session;
mod settings;
mod surveys;
mod texts;
mod window;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use gossamer_cli::{flags::NodeFlags, logs, memory};
use gossamer_node::Config;

use crate::{flags::Flags, instance::Start, session::JoinForm, settings::Settings};

fn main() -> ExitCode {
    memory::leave_no_core();
    let flags = Flags::parse();
    logs::init(flags.node.debug);
    match start(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "Gossamer cannot start. {problem}");
            ExitCode::FAILURE
        }
    }
}

fn start(flags: &Flags) -> Result<(), String> {
    if flags.safe_graphics {
        display::draw_without_graphics_card()?;
    }
    let mut config = flags
        .node
        .to_config(personal_name)
        .map_err(|problem| problem.message)?;
    let profile = config
        .make_profile_dir()
        .map_err(|problem| problem.message)?;
    let instance = match instance::start(&profile) {
        Ok(Start::First(instance)) => instance,
        Ok(Start::HandedOver) => return Ok(()),
        Ok(Start::Deaf) => {
            return Err(format!(
                "It already runs with the profile \"{}\" but does not answer. Close it, or start \
                 another profile with --profile and another --port.",
                config.profile_name()
            ));
        }
        Err(error) => {
            return Err(format!(
                "The profile's folder {} cannot be used: {error}. Choose another with --data-dir.",
                profile.display()
            ));
        }
    };
    display::check()?;
    let first = first_settings(&flags.node, &config, &profile);
    config.relay = first.relay;
    window::run(window::Opening {
        join_at_once: flags.node.name.is_some(),
        config,
        profile,
        form: first.form,
        instance,
    })
}

/// What people call themselves on this computer.
fn personal_name() -> String {
    let names = [whoami::realname(), whoami::username()];
    let mut names = names
        .into_iter()
        .flatten()
        .map(|name| name.trim().to_owned());
    names.find(|name| !name.is_empty()).unwrap_or_default()
}

/// What the window begins with: the values used last, with those of the command line over them.
/// Joining without asking uses the command line alone, as `gossamer run` does.
fn first_settings(flags: &NodeFlags, config: &Config, profile: &std::path::Path) -> Settings {
    let told = Settings {
        form: JoinForm::of(config),
        relay: config.relay,
    };
    let Some(saved) = settings::load(profile).filter(|_| flags.name.is_none()) else {
        return told;
    };
    Settings {
        form: JoinForm {
            name: saved.form.name,
            port: flags.port.unwrap_or(saved.form.port),
            network: flags.network.clone().unwrap_or(saved.form.network),
            bind: told.form.bind.or(saved.form.bind),
        },
        relay: flags.relay.unwrap_or(saved.relay),
    }
}
