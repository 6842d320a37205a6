//! Copying between the two hops of a circuit.

use std::{future::ready, io};

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::pace::Pace;
use crate::limits;

/// Copies both ways until both sides have ended, or one broke. `moved` hears of each step.
pub(super) async fn splice<A, B>(
    one: A,
    other: B,
    pace: &Pace,
    moved: impl Fn(usize),
) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (from_one, to_one) = tokio::io::split(one);
    let (from_other, to_other) = tokio::io::split(other);
    let there = copy(from_one, to_other, pace, &moved);
    let back = copy(from_other, to_one, pace, &moved);
    tokio::try_join!(there, back)?;
    Ok(())
}

/// What is there at once is written at once, up to a buffer; it leaves when no more comes.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    pace: &Pace,
    moved: &impl Fn(usize),
) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(limits::SPLICE);
    loop {
        buffer.clear();
        let mut has_ended = from.read_buf(&mut buffer).await? == 0;
        while !has_ended && buffer.len() < limits::SPLICE {
            let room = limits::SPLICE - buffer.len();
            let mut rest = (&mut buffer).limit(room);
            tokio::select! {
                biased;
                read = from.read_buf(&mut rest) => has_ended = read? == 0,
                () = ready(()) => break,
            }
        }
        pace.take(buffer.len()).await;
        to.write_all(&buffer).await?;
        if has_ended {
            return to.shutdown().await;
        }
        to.flush().await?;
        moved(buffer.len());
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn bytes_go_both_ways_and_each_end_is_passed_on() {
        let (mut ana, left) = duplex(1000);
        let (mut ben, right) = duplex(1000);
        let relay =
            tokio::spawn(async move { splice(left, right, &Pace::default(), |_| {}).await });
        let question = vec![7; 1_000_000];
        let asking = async {
            ana.write_all(&question).await.unwrap();
            ana.shutdown().await.unwrap();
            let mut answer = Vec::new();
            ana.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let answering = async {
            let mut heard = Vec::new();
            ben.read_to_end(&mut heard).await.unwrap();
            ben.write_all(b"yes").await.unwrap();
            ben.shutdown().await.unwrap();
            heard
        };
        let (answer, heard) = tokio::join!(asking, answering);
        assert_eq!((answer.as_slice(), heard), (b"yes".as_slice(), question));
        relay.await.unwrap().unwrap();
    }
}
