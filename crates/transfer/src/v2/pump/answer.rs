//! The side that did not open the stream.

use std::sync::Arc;

use gossamer_crypto::{DeviceId, FileId};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    StreamError, Timers,
    channel::{FrameReader, FrameWriter, out_of_place},
    serve::{Served, serve},
};
use crate::v2::{Ending, Journal, Offer, Outgoing, Refusal, Want, frame::Frame};

/// What a stream that came in was about. The journal has been told whatever it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// A file was offered, and written down.
    Offered(FileId),
    /// A transfer was ended by the other side, and that was written down.
    Ended(FileId, Ending),
    /// A file was served, until the receiver left without a word; it may come again.
    Left(FileId),
    /// The other side was refused something; [`Refusal::Gone`] and [`Refusal::Changed`] say that
    /// the offer cannot be kept.
    Refused(FileId, Refusal),
}

/// Answers a `file` stream that `peer` has opened: its key is that of the TLS handshake, and
/// OPENED has been written.
///
/// # Errors
/// When the stream breaks, stalls, or `peer` does not keep to the protocol. No offer has changed.
pub async fn answer<S, J>(
    stream: S,
    peer: DeviceId,
    journal: &J,
    timers: Timers,
) -> Result<Answered, StreamError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    J: Journal,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut reader = FrameReader::new(reader);
    let mut writer = FrameWriter::new(writer, timers.silence);
    let answered = match reader.frame(timers.silence).await? {
        Frame::Offer(offer) => take_offer(&mut writer, peer, offer, journal).await,
        Frame::End(file, ending) => take_end(&mut writer, peer, file, ending, journal).await,
        Frame::Want(want) => match outgoing(peer, &want, journal).await {
            Ok(outgoing) => {
                let file = want.file;
                match serve(&mut reader, &mut writer, want, &outgoing, timers).await? {
                    Served::Left => Ok(Answered::Left(file)),
                    Served::Ended(ending) => {
                        take_end(&mut writer, peer, file, ending, journal).await
                    }
                    Served::Cut(ending) => {
                        // Chunks were under way: the end of the stream is all that can be said.
                        let _ = journal.ended(peer, file, ending).await;
                        Ok(Answered::Ended(file, ending))
                    }
                    Served::Refused(refusal) => refuse(&mut writer, file, refusal).await,
                }
            }
            Err(refusal) => refuse(&mut writer, want.file, refusal).await,
        },
        other @ (Frame::Noted(_)
        | Frame::Hashes { .. }
        | Frame::Close(_)
        | Frame::Refuse(..)
        | Frame::Busy(_)) => Err(out_of_place(other.kind())),
    }?;
    // What was said has been said: how the stream ends does not matter.
    let _ = writer.finish().await;
    Ok(answered)
}

async fn take_offer<W: AsyncWrite + Unpin>(
    writer: &mut FrameWriter<W>,
    peer: DeviceId,
    offer: Offer,
    journal: &impl Journal,
) -> Result<Answered, StreamError> {
    let file = offer.file;
    if offer.check().is_err() {
        return refuse(writer, file, Refusal::Unacceptable).await;
    }
    if let Err(refusal) = journal.offered(peer, offer).await {
        return refuse(writer, file, refusal).await;
    }
    writer.frame(&Frame::Noted(file)).await?;
    Ok(Answered::Offered(file))
}

async fn take_end<W: AsyncWrite + Unpin>(
    writer: &mut FrameWriter<W>,
    peer: DeviceId,
    file: FileId,
    ending: Ending,
    journal: &impl Journal,
) -> Result<Answered, StreamError> {
    if journal.ended(peer, file, ending).await.is_err() {
        return refuse(writer, file, Refusal::Later).await;
    }
    writer.frame(&Frame::Noted(file)).await?;
    Ok(Answered::Ended(file, ending))
}

async fn outgoing(
    peer: DeviceId,
    want: &Want,
    journal: &impl Journal,
) -> Result<Arc<Outgoing>, Refusal> {
    let outgoing = journal.outgoing(peer, want.file).await;
    outgoing.ok_or(Refusal::NotOffered)
}

async fn refuse<W: AsyncWrite + Unpin>(
    writer: &mut FrameWriter<W>,
    file: FileId,
    refusal: Refusal,
) -> Result<Answered, StreamError> {
    writer.frame(&Frame::Refuse(file, refusal)).await?;
    Ok(Answered::Refused(file, refusal))
}
