//! What is said to devices: offers, and the ends of transfers. To each device one at a time, since
//! it takes few connections of one address (docs/protocol-v2.md 5.1), until it was heard.

use gossamer_crypto::{DeviceId, FileId};
use gossamer_store::PartyState;
use gossamer_transfer::v2::{
    Ending, Offer, Refusal,
    pump::{self, StreamError, Timers},
};

use super::{Files, Motion, Outside, V2Report, report, share::Party};
use crate::streams::{FILE, Streams};

/// Devices that are told something at the same time: a file may be for a whole town, and each may
/// take a circuit through the same relay.
const AT_ONCE: usize = 16;

/// Something to say about a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Offer,
    End(Ending),
}

/// What became of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Heard {
    /// It is on the other side's disk.
    Noted,
    /// The other side says no.
    Refused(Refusal),
    /// Nobody knows.
    Lost,
}

impl Files {
    /// Says something to every device that is here, is not being told anything, and is owed it.
    pub(super) fn say(&mut self) {
        let idle = self.v2.here.difference(&self.v2.saying);
        let idle: Vec<DeviceId> = idle.copied().collect();
        for device in idle {
            if self.v2.saying.len() >= AT_ONCE {
                return;
            }
            if let Some((transfer, word, offer)) = self.next_word(&device) {
                self.v2.saying.insert(device);
                let (streams, timers) = (self.v2.streams.clone(), self.v2.timers);
                let reports = self.reports.clone();
                self.v2.tasks.spawn(async move {
                    let heard = say(&streams, device, word, &offer, timers).await;
                    let said = V2Report::Said {
                        transfer,
                        device,
                        word,
                        heard,
                    };
                    report(&reports, said).await;
                });
            }
        }
    }

    /// The oldest thing that a device is owed.
    fn next_word(&self, device: &DeviceId) -> Option<(String, Word, Offer)> {
        self.transfers.values().find_map(|transfer| {
            let share = transfer.share.as_ref()?;
            let party = share
                .parties
                .get(device)
                .filter(|party| party.pause.is_over())?;
            let goes = matches!(transfer.motion, Motion::Out(_));
            let word = word(party, goes)?;
            Some((transfer.row.id.clone(), word, share.offer(&transfer.row)))
        })
    }

    pub(super) fn said(
        &mut self,
        id: &str,
        device: &DeviceId,
        word: Word,
        heard: Heard,
        out: &mut Outside<'_>,
    ) {
        self.v2.saying.remove(device);
        let Ok(key) = self.find(id) else { return };
        let share = self
            .transfers
            .get_mut(&key)
            .and_then(|it| it.share.as_mut());
        let Some(party) = share.and_then(|share| share.parties.get_mut(device)) else {
            return;
        };
        match (word, heard) {
            (_, Heard::Lost | Heard::Refused(Refusal::Later | Refusal::Crowded)) => {
                return party.pause.lengthen();
            }
            (Word::Offer, Heard::Noted) if party.state == PartyState::Waiting => {
                party.state = PartyState::Offered;
                party.pause.end();
            }
            (Word::Offer, Heard::Refused(_)) if party.is_open() => {
                party.state = PartyState::Refused;
            }
            (Word::Offer, _) => {}
            (Word::End(_), _) => party.owed = false,
        }
        self.record(key, out);
        self.settle(key, out);
    }
}

fn word(party: &Party, goes: bool) -> Option<Word> {
    let ending = match party.state {
        PartyState::Done => Ending::Done,
        PartyState::Declined => Ending::Declined,
        PartyState::Cancelled => Ending::Cancelled,
        PartyState::Waiting => return goes.then_some(Word::Offer),
        PartyState::Offered | PartyState::Begun | PartyState::Refused => return None,
    };
    party.owed.then_some(Word::End(ending))
}

async fn say(
    streams: &Streams,
    device: DeviceId,
    word: Word,
    offer: &Offer,
    timers: Timers,
) -> Heard {
    let file: FileId = offer.file;
    let stream = match streams.open(FILE, device).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(?device, ?file, %error, "no stream to a device");
            return Heard::Lost;
        }
    };
    let said = match word {
        Word::Offer => pump::offer(stream, offer, timers).await,
        Word::End(ending) => pump::tell(stream, file, ending, timers).await,
    };
    match said {
        Ok(()) => Heard::Noted,
        Err(StreamError::Refused(refusal)) => Heard::Refused(refusal),
        Err(error) => {
            tracing::debug!(?device, ?file, %error, "a device did not hear");
            Heard::Lost
        }
    }
}
