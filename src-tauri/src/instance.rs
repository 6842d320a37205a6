//! One window per profile: a second start shows the first one's window.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name, Stream, prelude::*};
use sha2::{Digest, Sha256};

/// The first start of a profile may still be on its way to listening.
const PATIENCE: Duration = Duration::from_secs(3);
const RETRY: Duration = Duration::from_millis(50);
/// What the first start answers.
const SHOWN: u8 = b'!';

/// What a start of the program turned out to be.
pub(crate) enum Start {
    /// The only one with this profile.
    First(Instance),
    /// The other one has shown its window.
    HandedOver,
    /// The other one holds the profile and does not answer.
    Deaf,
}

/// The right to show this profile's window; the system takes it back when the program ends.
pub(crate) struct Instance {
    _lock: File,
    name: Name<'static>,
}

/// Finds out whether another window has the profile in directory `profile`, which exists.
///
/// # Errors
/// When the directory cannot be used.
pub(crate) fn start(profile: &Path) -> io::Result<Start> {
    let name = socket_name(profile)?;
    let lock = File::create(profile.join("window.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Start::First(Instance { _lock: lock, name })),
        Err(TryLockError::WouldBlock) if hand_over(&name) => Ok(Start::HandedOver),
        Err(TryLockError::WouldBlock) => Ok(Start::Deaf),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Instance {
    /// Calls `show` whenever somebody starts the profile again, as long as the program runs.
    ///
    /// # Errors
    /// When the name is taken by something else; second starts then cannot be answered.
    pub(crate) fn on_second_start(&self, show: impl Fn() + Send + 'static) -> io::Result<()> {
        let listener = ListenerOptions::new()
            .name(self.name.clone())
            .create_sync()?;
        thread::spawn(move || {
            for mut second in listener.incoming().filter_map(Result::ok) {
                show();
                let _ = second.write_all(&[SHOWN]);
            }
        });
        Ok(())
    }
}

/// Asks the first start to show its window; false when it does not answer in time.
fn hand_over(name: &Name<'_>) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        let mut answer = [0];
        let asked = Stream::connect(name.borrow());
        if asked.is_ok_and(|mut first| first.read_exact(&mut answer).is_ok()) {
            return answer == [SHOWN];
        }
        thread::sleep(RETRY);
    }
    false
}

/// A name that belongs to the directory, however it is written.
fn socket_name(profile: &Path) -> io::Result<Name<'static>> {
    let profile = profile.canonicalize()?;
    let hash = Sha256::digest(profile.as_os_str().as_encoded_bytes());
    let name = format!(
        "app.gossamer.desktop-{}",
        hex::encode(hash.get(..8).unwrap_or_default())
    );
    name.to_ns_name::<GenericNamespaced>()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_second_start_shows_the_first_ones_window() {
        let profile = tempfile::tempdir().unwrap();
        let Start::First(first) = start(profile.path()).unwrap() else {
            panic!("nobody else uses this profile");
        };
        let (sender, shown) = mpsc::channel();
        first
            .on_second_start(move || sender.send(()).unwrap())
            .unwrap();
        assert!(matches!(start(profile.path()).unwrap(), Start::HandedOver));
        assert_eq!(shown.try_iter().count(), 1);
    }

    #[test]
    fn other_profiles_run_side_by_side() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _first = start(one.path()).unwrap();
        assert!(matches!(start(other.path()).unwrap(), Start::First(_)));
    }

    #[test]
    fn the_profile_is_free_again_once_the_first_one_ended() {
        let profile = tempfile::tempdir().unwrap();
        drop(start(profile.path()).unwrap());
        assert!(matches!(start(profile.path()).unwrap(), Start::First(_)));
    }
}
