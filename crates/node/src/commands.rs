//! What each command does.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use gossamer_store::{MessageRow, MessageState, NewMessage, Store, StoreError};
use gossamer_wire::{
    limits::{self, AFTER},
    v2::Envelope,
};
use tokio::sync::oneshot;

use crate::{
    Config,
    actor::{Actor, Report},
    api::{ApiError, Command, DraftView, ErrorCode, Event, PeerStatus},
    clock::wall_ms,
    convert::{self, EVERYONE},
    gossip::{Author, Content},
    handle::Request,
};

pub(crate) type Answer = oneshot::Sender<Result<Event, ApiError>>;

/// How many messages a page has when nobody says, and at most.
const PAGE: u32 = 100;
const PAGE_MOST: u32 = 500;

impl Actor {
    /// Starts a command. Its answer may come later; the next command does not wait for it.
    pub(crate) fn command(&mut self, request: Request) {
        let Request { command, answer } = request;
        match command {
            Command::Send { to, text } => self.send(&to, text, answer),
            Command::Peers => drop(answer.send(Ok(self.peers()))),
            Command::AddContact { peer } => self.choose(&peer, true, answer),
            Command::RemoveContact { peer } => self.choose(&peer, false, answer),
            Command::SetRelay { relay } => drop(answer.send(Ok(self.set_relay(relay)))),
            Command::Connect { addr } => self.connect(addr, answer),
            Command::History {
                conversation,
                before,
                limit,
            } => {
                self.history(conversation, before, limit, answer);
            }
            Command::MarkRead {
                conversation,
                message,
            } => {
                self.mark_read(conversation, message, answer);
            }
            Command::SetDraft { conversation, text } => {
                self.set_draft(DraftView { conversation, text }, answer);
            }
            Command::Drafts => self.drafts(answer),
            Command::Retry { message } => self.retry(message, answer),
            Command::SendFile { to, path } => {
                let started = check_conversation(&to)
                    .and_then(|()| self.with_files(|files, out| files.send(&path, out)));
                let _ = answer.send(started);
            }
            Command::Accept { transfer } => {
                let _ = answer.send(self.with_files(|files, out| files.accept(&transfer, out)));
            }
            Command::Decline { transfer } => {
                let _ = answer.send(self.with_files(|files, out| files.decline(&transfer, out)));
            }
            Command::Cancel { transfer } => {
                let _ = answer.send(self.with_files(|files, out| files.cancel(&transfer, out)));
            }
            Command::Transfers => drop(answer.send(Ok(self.files.all()))),
            Command::ClearTransfers => drop(answer.send(Ok(self.clear_transfers()))),
            Command::Quit => self.stop_after(answer),
        }
    }

    fn send(&mut self, to: &str, text: String, answer: Answer) {
        let full = self.v2.brain.unsent() >= gossamer_mesh::limits::OUTBOX;
        if let Err(error) = check_conversation(to)
            .and(check_text(&text))
            .and(check_outbox(full))
        {
            return drop(answer.send(Err(error)));
        }
        self.have_key();
        let (author, content) = (Arc::clone(&self.v2.author), self.v2.content.clone());
        let birth = self.v2.brain.uptime(self.clock.now());
        self.job(
            move |store| write(store, &author, &content, text, birth),
            |written| Some(Report::Written(written.and_then(|written| written), answer)),
        );
    }

    fn retry(&mut self, message: String, answer: Answer) {
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let found = archive
                .run(move |store| {
                    let row = store.messages().get(&message)?;
                    if row
                        .as_ref()
                        .is_some_and(|row| row.state == Some(MessageState::Failed))
                    {
                        store
                            .messages()
                            .set_state(&message, MessageState::Queued, None)?;
                    }
                    Ok(row)
                })
                .await;
            match found {
                Ok(Some(row)) if row.state == Some(MessageState::Failed) => {
                    let state = Some(MessageState::Queued);
                    let row = MessageRow {
                        state,
                        reason: None,
                        ..row
                    };
                    let _ = reports.send(Report::Requeued(row, answer)).await;
                }
                Ok(Some(row)) if row.own => {
                    let _ = answer.send(Ok(Event::MessageState(convert::state_view(&row))));
                }
                Ok(_) => drop(answer.send(Err(unknown_message()))),
                Err(error) => drop(answer.send(Err(error))),
            }
        });
    }

    fn peers(&self) -> Event {
        let classic = self.classic.mesh.peers().filter(|peer| !peer.v2);
        let mut peers: Vec<_> = classic.map(convert::peer_view).collect();
        peers.extend(self.v2.peers());
        for peer in &mut peers {
            peer.rate = self.files.rate(&peer.id);
        }
        peers.sort_by_key(|peer| peer.status == PeerStatus::Offline);
        Event::Peers { peers }
    }

    fn connect(&self, addr: String, answer: Answer) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            match resolve(&addr).await {
                Ok(addr) => {
                    let _ = reports.send(Report::Resolved(addr, answer)).await;
                }
                Err(error) => drop(answer.send(Err(error))),
            }
        });
    }

    fn history(
        &self,
        conversation: String,
        before: Option<String>,
        limit: Option<u32>,
        answer: Answer,
    ) {
        if let Err(error) = check_conversation(&conversation) {
            return drop(answer.send(Err(error)));
        }
        let archive = self.archive.clone();
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
        tokio::spawn(async move {
            let history = archive
                .run(move |store| {
                    let page = store
                        .messages()
                        .page(&conversation, before.as_deref(), limit)?;
                    let read_up_to = store.read_markers().get(&conversation)?;
                    let messages = page.rows.iter().map(convert::message_view).collect();
                    Ok(Event::History {
                        conversation,
                        messages,
                        more: page.more,
                        read_up_to,
                    })
                })
                .await;
            let _ = answer.send(history);
        });
    }

    fn mark_read(&self, conversation: String, message: String, answer: Answer) {
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let marked = archive
                .run(move |store| {
                    if !store.read_markers().advance(&conversation, &message)? {
                        return Ok(None);
                    }
                    // What was read before stays read: the marker may be further on already.
                    let newest = store.read_markers().get(&conversation)?;
                    Ok(Some(Event::ReadMarker {
                        conversation,
                        message: newest.unwrap_or(message),
                    }))
                })
                .await;
            match marked.and_then(|marker| marker.ok_or_else(unknown_message)) {
                Ok(marker) => drop(reports.send(Report::Noted(marker, answer)).await),
                Err(error) => drop(answer.send(Err(error))),
            }
        });
    }

    fn clear_transfers(&mut self) -> Event {
        let left = self.files.clear(&self.archive);
        self.sink.emit(left.clone());
        left
    }
}

/// Puts a message of ours and its envelope on disk.
fn write(
    store: &mut Store,
    author: &Author,
    content: &Content,
    text: String,
    birth: i64,
) -> Result<Result<(MessageRow, Envelope), ApiError>, StoreError> {
    let now = wall_ms();
    let after = store.messages().heads(EVERYONE, AFTER as u32)?;
    let seq = store.identity().next_seq(now)?;
    let envelope = match author.text(content, &text, &after, seq, now) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(Err(error)),
    };
    let mut row = MessageRow {
        id: envelope.id().to_string(),
        conversation: EVERYONE.to_owned(),
        from_id: author.device.id().to_string(),
        from_name: author.name.clone(),
        text,
        own: true,
        readable: true,
        sent_at: now,
        received_at: now,
        hops: None,
        state: Some(MessageState::Queued),
        reached: 0,
        reason: None,
        place: 0,
        late: false,
    };
    let message = NewMessage {
        row: row.clone(),
        after,
    };
    let Some(stored) = author.row(&envelope, birth) else {
        return Ok(Err(ApiError::new(
            ErrorCode::Internal,
            "The message cannot be written.",
        )));
    };
    let recorded = store.record(&[message], &[stored])?;
    if let Some(placed) = recorded.placed.into_iter().next().flatten() {
        (row.place, row.late) = (placed.place, placed.late);
    }
    Ok(Ok((row, envelope)))
}

fn unknown_message() -> ApiError {
    ApiError::new(
        ErrorCode::UnknownMessage,
        "There is no such message in this conversation.",
    )
}

/// Names by which the API calls conversations.
pub(crate) fn check_conversation(name: &str) -> Result<(), ApiError> {
    if name == EVERYONE {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::UnknownConversation,
        "There is no such conversation. Messages go to \"everyone\".",
    ))
}

fn check_text(text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() {
        return Err(ApiError::new(
            ErrorCode::BadArgument,
            "The message is empty. Write something.",
        ));
    }
    if text.len() > limits::TEXT {
        let message = format!(
            "The message has {} bytes; {} fit. Send it in parts, or as a file.",
            text.len(),
            limits::TEXT
        );
        return Err(ApiError::new(ErrorCode::BadArgument, message));
    }
    Ok(())
}

fn check_outbox(full: bool) -> Result<(), ApiError> {
    if !full {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::LimitReached,
        "Too many messages wait for a first device. Nothing was lost; go on once one was met.",
    ))
}

/// Reads `host:port`, or a host alone, which means the default port.
async fn resolve(addr: &str) -> Result<SocketAddr, ApiError> {
    let bad = |why: &str| {
        let message = format!("{why} An address looks like 192.168.1.20:9999.");
        ApiError::new(ErrorCode::BadArgument, message)
    };
    let addr = addr.trim();
    let target = match addr.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, Config::DEFAULT_PORT).to_string(),
        Err(_) if addr.contains(':') => addr.to_owned(),
        Err(_) => format!("{addr}:{}", Config::DEFAULT_PORT),
    };
    let mut found = tokio::net::lookup_host(target)
        .await
        .map_err(|_| bad("That address is not known on this network."))?;
    let addr = found
        .find(SocketAddr::is_ipv4)
        .ok_or_else(|| bad("Only IPv4 addresses can be reached for now."))?;
    if addr.port() < limits::MIN_PORT {
        return Err(bad("Gossamer never listens on a port below 1024."));
    }
    if addr.ip().is_unspecified() || addr.ip().is_multicast() {
        return Err(bad("That is not the address of one device."));
    }
    Ok(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_read_as_people_write_them() {
        for (typed, read) in [
            ("10.0.0.7:9999", "10.0.0.7:9999"),
            (" 10.0.0.7 ", "10.0.0.7:9999"),
            ("localhost:10001", "127.0.0.1:10001"),
        ] {
            assert_eq!(resolve(typed).await.unwrap().to_string(), read, "{typed}");
        }
    }

    #[tokio::test]
    async fn addresses_that_make_no_sense_are_refused_with_a_hint() {
        for typed in [
            "",
            "10.0.0.7:80",
            "0.0.0.0",
            "224.0.0.1:9999",
            "10.0.0.7:99999",
            ":9999:",
            "[::1]:10001",
        ] {
            let error = resolve(typed).await.unwrap_err();
            assert_eq!(error.code, ErrorCode::BadArgument, "{typed}");
            assert!(error.message.contains("192.168.1.20"), "{typed}");
        }
    }

    #[test]
    fn blank_and_overlong_texts_are_refused() {
        assert!(check_text("hello").is_ok());
        assert!(check_text(" \n").is_err());
        assert!(check_text(&"x".repeat(limits::TEXT)).is_ok());
        assert!(check_text(&"x".repeat(limits::TEXT + 1)).is_err());
    }
}
