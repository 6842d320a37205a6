//! The loop between a node and whoever sits at the terminal.

use std::io;

use gossamer_node::{
    EventStream, NodeHandle,
    api::{ApiError, Command, Event},
};
use tokio::sync::mpsc;

use crate::lines::Line;

/// How lines become commands, and how answers and events are shown.
pub(crate) trait Face {
    /// The commands a line asks for. What is wrong with the line the face shows itself.
    fn read(&mut self, line: Line) -> io::Result<Vec<Command>>;

    /// Shows the answer to one command.
    fn answer(&mut self, answer: Result<Event, ApiError>) -> io::Result<()>;

    /// Shows something that happened.
    fn event(&mut self, event: Event) -> io::Result<()>;
}

/// A running node, as the loop needs it.
pub(crate) trait Running {
    /// Runs one command and waits for its answer.
    async fn execute(&mut self, command: Command) -> Result<Event, ApiError>;

    /// The next event; `None` once the node has stopped.
    async fn next(&mut self) -> Option<Event>;

    /// The next event if one waits already.
    fn try_next(&mut self) -> Option<Event>;
}

impl Running for (NodeHandle, EventStream) {
    async fn execute(&mut self, command: Command) -> Result<Event, ApiError> {
        self.0.execute(command).await
    }

    async fn next(&mut self) -> Option<Event> {
        self.1.next().await
    }

    fn try_next(&mut self) -> Option<Event> {
        self.1.try_next()
    }
}

/// What the end of the input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// The node goes on until a signal, so that it works as a service without input.
    Stay,
    /// The person at the terminal wants to leave.
    Quit,
}

/// Connects face and node until the node has stopped, which a `quit` command or a signal brings
/// about. A second signal does not wait for the node.
///
/// Answers and events are shown in the order in which they occurred: what waits before a command
/// is shown before it runs, and no event is shown between a command and its answer. So the answer
/// to `send` comes before every later state of that message.
///
/// # Errors
/// When the output is gone. The node has then been told to quit.
pub(crate) async fn converse(
    node: &mut impl Running,
    face: &mut impl Face,
    mut lines: mpsc::Receiver<Line>,
    at_end: AtEnd,
    mut stop: mpsc::Receiver<()>,
) -> io::Result<()> {
    let result = match exchange(node, face, &mut lines, at_end, &mut stop).await {
        Ok(Ended::Stopped) => return Ok(()),
        Ok(Ended::WantsToStop) => Ok(()),
        Err(gone) => Err(gone),
    };
    tokio::select! {
        last = finish(node, face) => result.and(last),
        Some(()) = stop.recv() => result,
    }
}

enum Ended {
    WantsToStop,
    Stopped,
}

async fn exchange(
    node: &mut impl Running,
    face: &mut impl Face,
    lines: &mut mpsc::Receiver<Line>,
    at_end: AtEnd,
    stop: &mut mpsc::Receiver<()>,
) -> io::Result<Ended> {
    let mut reading = true;
    loop {
        tokio::select! {
            biased;
            Some(()) = stop.recv() => return Ok(Ended::WantsToStop),
            line = lines.recv(), if reading => match line {
                Some(line) => {
                    for command in face.read(line)? {
                        if command == Command::Quit {
                            return Ok(Ended::WantsToStop);
                        }
                        while let Some(event) = node.try_next() {
                            face.event(event)?;
                        }
                        let answer = node.execute(command).await;
                        face.answer(answer)?;
                    }
                }
                None if at_end == AtEnd::Quit => return Ok(Ended::WantsToStop),
                None => reading = false,
            },
            event = node.next() => match event {
                Some(event) => face.event(event)?,
                None => return Ok(Ended::Stopped),
            },
        }
    }
}

/// Quits the node and shows what it says until it has stopped; `stopped` comes last.
async fn finish(node: &mut impl Running, face: &mut impl Face) -> io::Result<()> {
    let answer = node.execute(Command::Quit).await;
    let mut shown = Ok(());
    while let Some(event) = node.next().await {
        shown = shown.and_then(|()| face.event(event));
    }
    shown?;
    match answer {
        Ok(_) => Ok(()),
        Err(error) => face.answer(Err(error)),
    }
}

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the fakes know few commands and events"
)]
mod tests {
    use std::{cell::RefCell, collections::VecDeque};

    use super::*;

    /// A node that reports a line as "sent" right after taking it.
    #[derive(Default)]
    struct Fake {
        events: VecDeque<Event>,
        stopped: bool,
    }

    impl Running for Fake {
        async fn execute(&mut self, command: Command) -> Result<Event, ApiError> {
            match command {
                Command::Quit => {
                    self.stopped = true;
                    self.events.push_back(Event::Stopped);
                    Ok(Event::Stopped)
                }
                Command::Connect { addr } => {
                    self.events.push_back(error(&format!("after {addr}")));
                    Ok(Event::Connecting { addr })
                }
                other => panic!("not asked for here: {other:?}"),
            }
        }

        async fn next(&mut self) -> Option<Event> {
            match self.events.pop_front() {
                Some(event) => Some(event),
                None if self.stopped => None,
                None => std::future::pending().await,
            }
        }

        fn try_next(&mut self) -> Option<Event> {
            self.events.pop_front()
        }
    }

    fn error(message: &str) -> Event {
        Event::Error {
            code: gossamer_node::api::ErrorCode::Internal,
            message: message.to_owned(),
        }
    }

    /// Connects to every line and writes down what it is shown.
    #[derive(Default)]
    struct Recorder {
        shown: RefCell<Vec<String>>,
        broken: bool,
    }

    impl Recorder {
        fn write(&self, what: &str, event: &Event) -> io::Result<()> {
            if self.broken {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let text = match event {
                Event::Error { message, .. } => message.clone(),
                Event::Connecting { addr } => addr.clone(),
                other => format!("{other:?}"),
            };
            self.shown.borrow_mut().push(format!("{what} {text}"));
            Ok(())
        }
    }

    impl Face for Recorder {
        fn read(&mut self, line: Line) -> io::Result<Vec<Command>> {
            Ok(match line {
                Line::Text(text) if text == "quit" => vec![Command::Quit],
                Line::Text(text) => vec![Command::Connect { addr: text }],
                Line::TooLong | Line::NotText => Vec::new(),
            })
        }

        fn answer(&mut self, answer: Result<Event, ApiError>) -> io::Result<()> {
            self.write("answer", &answer.unwrap())
        }

        fn event(&mut self, event: Event) -> io::Result<()> {
            self.write("event", &event)
        }
    }

    async fn lines(texts: &[&str]) -> mpsc::Receiver<Line> {
        let (sender, receiver) = mpsc::channel(16);
        for text in texts {
            sender.send(Line::Text((*text).to_owned())).await.unwrap();
        }
        receiver
    }

    #[tokio::test]
    async fn an_answer_comes_before_what_follows_from_it_and_after_what_preceded_it() {
        let mut node = Fake::default();
        node.events.push_back(error("before"));
        let mut face = Recorder::default();
        let (_stop, stop) = mpsc::channel(1);
        let lines = lines(&["a", "b", "quit"]).await;
        converse(&mut node, &mut face, lines, AtEnd::Stay, stop)
            .await
            .unwrap();
        assert_eq!(
            face.shown.into_inner(),
            [
                "event before",
                "answer a",
                "event after a",
                "answer b",
                "event after b",
                "event Stopped"
            ]
        );
    }

    #[tokio::test]
    async fn the_end_of_input_ends_a_conversation_but_not_a_service() {
        let mut face = Recorder::default();
        let (_stop, stop) = mpsc::channel(1);
        let input = lines(&[]).await;
        converse(&mut Fake::default(), &mut face, input, AtEnd::Quit, stop)
            .await
            .unwrap();
        assert_eq!(face.shown.take(), ["event Stopped"]);

        let (signal, stop) = mpsc::channel(1);
        let mut node = Fake::default();
        let input = lines(&["a"]).await;
        let mut service = Box::pin(converse(&mut node, &mut face, input, AtEnd::Stay, stop));
        tokio::select! {
            _ = service.as_mut() => panic!("a service does not end with its input"),
            () = async { for _ in 0..100 { tokio::task::yield_now().await } } => {}
        }
        signal.send(()).await.unwrap();
        service.await.unwrap();
        assert_eq!(face.shown.take().last().unwrap(), "event Stopped");
    }

    #[tokio::test]
    async fn when_nobody_reads_the_output_the_node_is_quit() {
        let mut node = Fake::default();
        node.events.push_back(error("unread"));
        let mut face = Recorder {
            broken: true,
            ..Recorder::default()
        };
        let (_stop, stop) = mpsc::channel(1);
        let lines = lines(&[]).await;
        let result = converse(&mut node, &mut face, lines, AtEnd::Stay, stop).await;
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(node.stopped);
    }
}
