//! Another device runs with this profile: one of the two steps back, and both users are told.

use std::net::SocketAddr;

use gossamer_mesh::Input as ClassicInput;

use crate::{
    actor::Actor,
    api::{ErrorCode, Event},
};

/// What the device that steps back says.
const SECOND: &str = "It was here first, so this device stays silent: nobody sees it, and it sends \
                      and receives nothing. Quit Gossamer on one of the two devices, then start it \
                      again on this one. The two cannot take turns for long: give one of them a \
                      profile of its own.";
/// What the other one says.
const FIRST: &str = "That device stays silent until it is started again, and this one goes on. Give \
                     that device a profile of its own.";

impl Actor {
    pub(super) fn met_twin(&mut self, addr: SocketAddr, second: bool) {
        if second {
            self.net.welcome_classic(false);
            self.v2.is_second = true;
            self.tell(ClassicInput::Silence);
        }
        let next = if second { SECOND } else { FIRST };
        self.sink.emit(Event::Error {
            code: ErrorCode::ProfileCopied,
            message: format!("Another device, at {addr}, uses this profile: it was copied. {next}"),
        });
    }
}
