//! What is said over a stream of its own: offers, and the ends of transfers.

use gossamer_crypto::FileId;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    StreamError, Timers,
    channel::{FrameReader, FrameWriter, out_of_place},
};
use crate::v2::{Ending, Offer, frame::Frame};

/// Offers a file over a stream that was opened for it. When this returns, the offer is on the
/// receiver's disk.
///
/// # Errors
/// When that is not known; offering it again does no harm.
pub async fn offer<S>(stream: S, offer: &Offer, timers: Timers) -> Result<(), StreamError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    say(stream, offer.file, Frame::Offer(offer.clone()), timers).await
}

/// Ends a transfer over a stream that was opened for it. When this returns, that is on the other
/// side's disk.
///
/// # Errors
/// When that is not known; telling it again does no harm.
pub async fn tell<S>(
    stream: S,
    file: FileId,
    ending: Ending,
    timers: Timers,
) -> Result<(), StreamError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    say(stream, file, Frame::End(file, ending), timers).await
}

async fn say<S>(stream: S, file: FileId, frame: Frame, timers: Timers) -> Result<(), StreamError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut reader = FrameReader::new(reader);
    let mut writer = FrameWriter::new(writer, timers.silence);
    writer.frame(&frame).await?;
    noted(&reader.frame(timers.silence).await?, file)?;
    // It is on the other side's disk: how the stream ends does not matter.
    let _ = writer.finish().await;
    Ok(())
}

/// Whether a frame says that something about a file was noted.
pub(super) fn noted(frame: &Frame, file: FileId) -> Result<(), StreamError> {
    if let Frame::Refuse(_, refusal) = frame {
        return Err(StreamError::Refused(*refusal));
    }
    if *frame != Frame::Noted(file) {
        return Err(out_of_place(frame.kind()));
    }
    Ok(())
}
