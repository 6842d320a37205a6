//! Whether a link answers: docs/protocol-v2.md 5.5.
//!
//! A cable that is pulled at the far end, or a neighbour who fell asleep, says nothing. Long before
//! such a link is given up others should go around it. So who is silent is asked, and a link that
//! does not answer in time is doubted until it has answered for a while.

use std::time::Duration;

use crate::limits;

/// What is thought of one link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    state: State,
    /// How long it has to answer before it counts again.
    hold: Duration,
    /// When it was doubted last.
    doubted_at: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It counts.
    Trusted,
    /// It does not answer.
    Silent,
    /// It answers again, since then.
    Back(Duration),
}

/// When a link was heard, and asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    /// When anything came over it last.
    pub(crate) heard_at: Duration,
    /// When the last PING went.
    pub(crate) asked_at: Duration,
    /// How long an answer takes.
    pub(crate) rtt: Option<Duration>,
}

/// What is to be done about a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing before this time.
    Wait(Duration),
    /// It is to be asked.
    Ask,
    /// It does not count any more.
    Doubt,
    /// It counts again.
    Trust,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            state: State::Trusted,
            hold: limits::RETURN_FIRST,
            doubted_at: None,
        }
    }
}

impl Doubt {
    /// Whether the link does not count.
    pub(crate) fn is_there(&self) -> bool {
        self.state != State::Trusted
    }

    /// Looks at a link. Again once it said something else than to wait.
    pub(crate) fn judge(&mut self, signs: Signs, now: Duration) -> Verdict {
        let Signs {
            heard_at, asked_at, ..
        } = signs;
        if asked_at <= heard_at {
            return self.judge_answering(heard_at, now);
        }
        let late_at = asked_at + limits::ANSWERS + signs.rtt.unwrap_or_default() * 2;
        match self.state {
            // A full queue may have dropped the question.
            State::Silent if now >= late_at + limits::ANSWERS => Verdict::Ask,
            State::Silent => Verdict::Wait(late_at + limits::ANSWERS),
            State::Trusted | State::Back(_) if now < late_at => Verdict::Wait(late_at),
            State::Back(_) => {
                self.state = State::Silent;
                Verdict::Wait(late_at + limits::ANSWERS)
            }
            State::Trusted => {
                self.hold = match self.doubted_at {
                    Some(at) if now.saturating_sub(at) < limits::RETURN_LAST * 2 => {
                        (self.hold * 2).min(limits::RETURN_LAST)
                    }
                    _ => limits::RETURN_FIRST,
                };
                self.doubted_at = Some(now);
                self.state = State::Silent;
                Verdict::Doubt
            }
        }
    }

    fn judge_answering(&mut self, heard_at: Duration, now: Duration) -> Verdict {
        if self.state == State::Silent {
            self.state = State::Back(heard_at);
        }
        if let State::Back(since) = self.state
            && now >= since + self.hold
        {
            self.state = State::Trusted;
            return Verdict::Trust;
        }
        let ask_at = heard_at + limits::ALIVE;
        if now >= ask_at {
            return Verdict::Ask;
        }
        match self.state {
            State::Back(since) => Verdict::Wait(ask_at.min(since + self.hold)),
            State::Trusted | State::Silent => Verdict::Wait(ask_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::pings::Pings, *};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Lets time pass in steps of 50 ms, for a link whose answer to what was asked at a time takes
    /// as long as `answers` says, as it did before. Returns when it was doubted and trusted.
    fn live(until: u64, answers: impl Fn(u64) -> u64) -> Vec<(u64, Verdict)> {
        let mut doubt = Doubt::default();
        let mut pings = Pings::new(Duration::ZERO);
        let (mut heard_at, mut rtt) = (Duration::ZERO, Some(ms(answers(0))));
        // When answers come, and to which questions.
        let mut due = BTreeSet::new();
        let mut turns = Vec::new();
        for now in (0..until).step_by(50) {
            while let Some((at, asked)) = due.pop_first() {
                if at > now {
                    due.insert((at, asked));
                    break;
                }
                rtt = pings.answer(asked, ms(now)).or(rtt);
                heard_at = ms(now);
            }
            let signs = Signs {
                heard_at,
                asked_at: pings.asked_at,
                rtt,
            };
            match doubt.judge(signs, ms(now)) {
                Verdict::Wait(_) => {}
                Verdict::Ask => {
                    pings.ask(now, ms(now));
                    due.insert((now + answers(now), now));
                }
                turn @ (Verdict::Doubt | Verdict::Trust) => turns.push((now, turn)),
            }
        }
        turns
    }

    #[test]
    fn a_link_that_answers_counts_however_slow_it_is() {
        for rtt in [0, 50, 700, 1_500] {
            assert_eq!(live(60_000, |_| rtt), [], "{rtt} ms");
        }
    }

    #[test]
    fn a_link_that_becomes_slow_is_doubted_for_a_moment_and_not_again() {
        for rtt in (1_000..=5_000).step_by(250) {
            let turns = live(120_000, |now| if now < 10_000 { 50 } else { rtt });
            let [(doubted, Verdict::Doubt), (trusted, Verdict::Trust)] = turns[..] else {
                panic!("{rtt} ms: {turns:?}");
            };
            assert!(trusted - doubted <= rtt + 3_000, "{rtt} ms: {turns:?}");
        }
    }

    #[test]
    fn silence_is_noticed_within_two_seconds_and_an_answer_for_two_is_believed() {
        // What was asked meanwhile is sent again, and arrives, once the cable is back.
        let turns = live(40_000, |now| match now {
            10_000..20_000 => 20_050 - now,
            _ => 50,
        });
        let [(doubted, Verdict::Doubt), (trusted, Verdict::Trust)] = turns[..] else {
            panic!("{turns:?}");
        };
        assert!((11_000..=12_000).contains(&doubted), "{doubted}");
        assert!((22_000..=22_200).contains(&trusted), "{trusted}");
    }

    #[test]
    fn who_falls_silent_again_and_again_is_believed_later_each_time() {
        let turns = live(400_000, |now| match now % 20_000 {
            awake if awake < 15_000 => 50,
            asleep => 20_050 - asleep,
        });
        let doubted = turns.iter().filter(|(_, turn)| *turn == Verdict::Doubt);
        assert!((2..=6).contains(&doubted.count()), "{turns:?}");
    }
}
