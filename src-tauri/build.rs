//! Prepares what Tauri reads at compile time.

use std::{fs, path::Path};

fn main() {
    if let Err(error) = ensure_ui_exists() {
        println!("cargo::warning=the UI folder cannot be made: {error}");
    }
    tauri_build::build();
}

/// Tauri embeds `ui/dist`. In a clean clone it does not exist yet, and checking the Rust code
/// must not need Node.
fn ensure_ui_exists() -> std::io::Result<()> {
    let dist = Path::new("../ui/dist");
    fs::create_dir_all(dist)?;
    let index = dist.join("index.html");
    if !index.exists() {
        fs::write(
            index,
            "<!doctype html><title>Gossamer</title><p>Build the UI first: npm start</p>",
        )?;
    }
    Ok(())
}
