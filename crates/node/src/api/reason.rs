//! Why a message or a file is where it is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a message failed, or why a transfer waits, failed or was cancelled. Faces have words for each
/// code in their language; its `Display` has those of the terminal: what happened, and what to do
/// next. Codes are stable; new ones may be added.
///
/// `kept` says whether all of a file is still here, so that accepting it again is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[ts(export)]
pub enum Reason {
    /// Only classic nodes are near, and the message is too long for their protocol.
    #[error(
        "Too long: it takes {size} bytes on the wire, {limit} fit. Send it in parts, or as a \
         file."
    )]
    MessageTooLong {
        /// What it takes on the wire, in bytes.
        size: u32,
        /// What fits, in bytes.
        limit: u32,
    },
    /// The recipient was not met while the message was kept for them.
    #[error("The recipient was not met while the message was kept. Send it again.")]
    RecipientNotMet,

    /// There is no device to offer it to.
    #[error("Waits for a device to send it to.")]
    WaitsForDevice,
    /// It was offered, and nobody has answered.
    #[error("Waits for an answer.")]
    WaitsForAnswer,
    /// Whoever has a part of it is here and does not ask for the rest yet.
    #[error("Waits for the other device to go on with it.")]
    WaitsForReceiver,
    /// The device that sends it is away.
    #[error("Waits for the device that sends it to come back.")]
    WaitsForSender,
    /// Other files move first.
    #[error("Waits for other files.")]
    WaitsForTurn,
    /// The connection to its sender was lost; it goes on by itself.
    #[error(
        "The connection to the sender was lost. It goes on by itself once the sender is \
         there; accept it again to try at once."
    )]
    ConnectionLost,

    /// The disk has too little room for it.
    #[error(
        "The file needs {needed} more bytes and the disk has {free} free. Free some space, \
         then accept it again."
    )]
    NoRoom {
        /// What is missing of it, in bytes.
        #[ts(type = "number")]
        needed: u64,
        /// What is free, in bytes.
        #[ts(type = "number")]
        free: u64,
    },
    /// The disk got full while it was written.
    #[error("The disk is full. Free some space, then {}.", again(*kept))]
    DiskFull {
        /// Whether accepting it again is enough.
        kept: bool,
    },
    /// The system does not let it be written.
    #[error("{path} cannot be written: {error}. Check the folder, then {}.", again(*kept))]
    Unwritable {
        /// The file or folder.
        path: String,
        /// What the system says, in its words.
        error: String,
        /// Whether accepting it again is enough.
        kept: bool,
    },
    /// Where it goes could not be written down.
    #[error("Where the file goes could not be noted. Free some space, then {}.", again(*kept))]
    Unwritten {
        /// Whether accepting it again is enough.
        kept: bool,
    },
    /// Every name that it could have is taken.
    #[error("No free name is left in {path}. Move some files away, then {}.", again(*kept))]
    NoFreeName {
        /// In this folder.
        path: String,
        /// Whether accepting it again is enough.
        kept: bool,
    },

    /// Its user said no, here.
    #[error("You declined it.")]
    DeclinedHere,
    /// Its user stopped it, here.
    #[error("You cancelled it.")]
    CancelledHere,
    /// Nobody took it.
    #[error("It was declined.")]
    Declined,
    /// Whoever sends it stopped it.
    #[error("The sender cancelled it.")]
    SenderCancelled,
    /// Some did not get all of it.
    #[error("{devices} {} went away before having all of it.", if *devices == 1 { "device" } else { "devices" })]
    Missed {
        /// How many devices.
        devices: u32,
    },
    /// It ended without its bytes.
    #[error("It is over.")]
    Over,

    /// Too many files wait for an answer here.
    #[error(
        "Too many files already wait for your answer, so this one was not taken. Answer the \
         others, then ask for it again."
    )]
    Crowded,
    /// Unanswered files take all the room there is for them.
    #[error(
        "It is too large to hold before you answer: 1 GiB of unanswered files is here. Ask \
         for it again and accept it sooner."
    )]
    UnansweredTooLarge,
    /// Its name is a path.
    #[error(
        "The file was refused: its name is a path, which could place it anywhere on this \
         device."
    )]
    NameIsPath,
    /// Its name has a NUL in it.
    #[error(
        "The file was refused: its name has an invisible end in the middle, which hides what \
         it is."
    )]
    NameHasNul,
    /// It is larger than any file may be.
    #[error("The file was refused: it is said to have {size} bytes, more than are accepted.")]
    TooLarge {
        /// What its sender says, in bytes.
        #[ts(type = "number")]
        size: u64,
    },
    /// What its sender says of it contradicts itself.
    #[error("The file was refused: what its sender says of it contradicts itself.")]
    Contradictory,
    /// Its name or size is not accepted at the other side.
    #[error(
        "It was not taken: its name or size is not accepted there. Rename it, then send it \
         again."
    )]
    NotAccepted,
    /// The sender does not go on with it, for a reason that this version does not know.
    #[error("The sender does not go on with it. Ask for it again.")]
    SenderRefused,

    /// What arrived is not what was sent.
    #[error(
        "The file was damaged on the way: its SHA-256 is not the sender's. Nothing was kept. \
         Ask for it again."
    )]
    Damaged,
    /// What came does not follow from what was offered.
    #[error("What came was not the file that was offered. Nothing was kept. Ask for it again.")]
    NotAsOffered,
    /// Nothing more of it came.
    #[error("The file is incomplete: nothing more of it came. Ask for it again.")]
    Incomplete,
    /// It changed at its sender after it was offered.
    #[error("The file was changed at its sender after it was offered. Ask for it again.")]
    ChangedThere,
    /// It is not at its sender any more.
    #[error("The file is not at its sender any more. Ask for it again.")]
    GoneThere,
    /// It changed here after it was offered.
    #[error("The file changed after it was offered. Send it again.")]
    Changed,
    /// It is not here any more.
    #[error("The file is not there any more. Put it back, then send it again.")]
    Gone,
    /// It could not be read to its end.
    #[error("The file could not be read to its end. Check it, then send it again.")]
    Unreadable,
    /// This node stopped before all of it was here.
    #[error("Gossamer was closed before the file was complete. Ask for it again.")]
    ClosedBeforeArrival,
    /// This node stopped before all of it was sent.
    #[error("Gossamer was closed before the file was sent. Send it again.")]
    ClosedBeforeSent,

    /// What an earlier version wrote down.
    #[error("{text}")]
    Earlier {
        /// Its words, in English.
        text: String,
    },
}

impl Reason {
    /// As it is kept in the history.
    pub(crate) fn stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.to_string())
    }

    /// What [`Self::stored`] wrote, or an earlier version did.
    pub(crate) fn of(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_else(|_| Self::Earlier {
            text: stored.to_owned(),
        })
    }
}

fn again(kept: bool) -> &'static str {
    if kept {
        "accept it again"
    } else {
        "ask for the file again"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_so_does_what_an_earlier_version_wrote() {
        let full = Reason::NoRoom { needed: 3, free: 1 };
        assert_eq!(full.stored(), r#"{"code":"no_room","needed":3,"free":1}"#);
        for reason in [full, Reason::Declined, Reason::DiskFull { kept: true }] {
            assert_eq!(Reason::of(&reason.stored()), reason);
        }
        assert_eq!(
            Reason::of("It was declined.").to_string(),
            "It was declined."
        );
        let later = r#"{"code":"eaten_by_the_dog"}"#;
        assert_eq!(Reason::of(later).to_string(), later);
    }

    #[test]
    fn what_is_said_names_the_next_step_that_there_is() {
        let kept = Reason::DiskFull { kept: true }.to_string();
        assert_eq!(
            kept,
            "The disk is full. Free some space, then accept it again."
        );
        let lost = Reason::DiskFull { kept: false }.to_string();
        assert!(lost.ends_with("then ask for the file again."));
    }
}
