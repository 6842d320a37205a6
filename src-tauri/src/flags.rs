//! The flags of `gossamer-desktop`.

use clap::Parser;
use gossamer_cli::flags::NodeFlags;

/// Messages and files between the devices around you, with no internet and no server. With a
/// name given, it joins without asking.
#[derive(Debug, Parser)]
#[command(name = "gossamer-desktop", version)]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(crate) node: NodeFlags,

    /// Draw without the graphics card, for windows that stay blank (Linux)
    #[arg(long)]
    pub(crate) safe_graphics: bool,
}
