"""Honest people, somebody who bothers them, and what it did to them."""

import itertools
import statistics
import time

import pytest

from people import Vitals, eventually, idle_cpu, meet

# A message that takes this long, and this many times as long as on the same machine in peace, was held up.
HELD_UP = 1.0
HELD_UP_TIMES = 20

LINES = []
TEXTS = itertools.count(1)


@pytest.fixture
def figures(request):
    """Tells one line of figures at the end of the run, whether the test held or not."""
    watch = Watch(request.node.name)
    yield watch
    watch.tells()


def pytest_terminal_summary(terminalreporter):
    """The figures of all scenarios."""
    if LINES:
        terminalreporter.section("figures")
        for line in LINES:
            terminalreporter.write_line(line)


class Watch:
    """What honest people notice of each other, before an attack and while it goes on."""

    def __init__(self, scenario):
        self._scenario = scenario
        self._words = []
        self._said = []
        self._people = ()
        self.before = self.after = None
        self.idle_before = self.quiet = 0.0

    def begins(self, victim, *others):
        """Looks at everybody while nothing happens."""
        self.victim, self._people = victim, (victim, *others)
        meet(*self._people)
        self.quiet = p95(self.chats(seconds=4))
        self.notes("quiet", self.quiet)
        self.before = Vitals.of(victim)
        self.idle_before = idle_cpu(victim)
        self._words += [f"before: {self.before}", f"idle {self.idle_before:.1f} %"]
        return self

    def chats(self, seconds=None, while_=lambda: True, patience=3.0):
        """People talk in turn, as long as is said; how long each message took to all, seconds.

        What takes longer than their patience counts as that; whether it comes at all is for
        `everything_arrived` to say.
        """
        ends = time.monotonic() + (seconds or 60)
        took = []
        for speaker in itertools.cycle(self._people):
            if time.monotonic() > ends or not while_():
                return took
            text, begun = f"honest words, number {next(TEXTS)}", time.monotonic()
            speaker.tells(cmd="send", to="everyone", text=text)
            self._said.append((speaker, text))
            for listener in self._people:
                if listener is not speaker:
                    left = max(0.01, begun + patience - time.monotonic())
                    _hears(listener, text, left)
            took.append(time.monotonic() - begun)
            time.sleep(0.2)

    def during(self, attack, seconds=None, while_=lambda: True):
        """People talk while something goes on."""
        took = self.chats(seconds, while_)
        self.notes(attack, p95(took))
        return took

    def notes(self, what, p95):
        """Keeps a figure."""
        self._words.append(f"{what}: chat p95 {1000 * p95:.0f} ms")

    def says(self, words):
        """Keeps what else there is to tell."""
        self._words.append(words)

    def everything_arrived(self, within=60.0):
        """Whatever an honest person said has come to all others."""
        ends = time.monotonic() + within
        lost = [
            text
            for speaker, text in self._said
            for listener in self._people
            if listener is not speaker
            and not _hears(listener, text, max(0.01, ends - time.monotonic()))
        ]
        self.says(f"lost {len(lost)} of {len(self._said)} messages")
        assert not lost, f"did not arrive everywhere: {lost[:5]}"

    def nobody_waited(self, took):
        """Nearly all messages came at once, in proportion to the same machine in peace."""
        assert p95(took) < max(HELD_UP, HELD_UP_TIMES * self.quiet), "messages were held up"

    def everybody_is_linked(self):
        """No honest link was lost."""
        for person in self._people:
            names = {other.device for other in self._people if other is not person}
            direct = {p["id"] for p in person.peers() if p["status"] == "direct"}
            assert names <= direct, f"{person.name} has lost somebody"

    def grew(self):
        """What the victim holds more of than before."""
        self.after = Vitals.of(self.victim)
        self.says(f"after: {self.after}")
        before = self.before
        return Vitals(
            self.after.rss - before.rss,
            self.after.handles - before.handles,
            self.after.disk - before.disk,
        )

    def is_idle_again(self, more=4.0, within=75.0):
        """Waits until the victim costs nearly nothing again: percent of a core more than before."""
        costs = []

        def look():
            costs.append(idle_cpu(self.victim))
            return costs[-1] <= self.idle_before + more

        try:
            eventually(look, f"{self.victim.name} to be idle again", within)
        finally:
            self.says(f"idle {costs[-1]:.1f} % after {3 * len(costs)} s")

    def tells(self):
        """Leaves the line of figures."""
        LINES.append(f"{self._scenario}: {'; '.join(self._words)}")


def p95(values):
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else max(values, default=0.0)


def _hears(listener, text, within):
    try:
        listener.hears(text, within)
    except AssertionError:
        return False
    return True
