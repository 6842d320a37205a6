"""One person at our program in a terminal: `gossamer run --json`."""

import contextlib
import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ENDED = ("done", "failed", "cancelled")


def program():
    """The binary under test: GOSSAMER, or the debug build."""
    return Path(os.environ.get("GOSSAMER", REPOSITORY / "target/debug/gossamer")).absolute()


@dataclass(frozen=True)
class Timers:
    """The node's timers as the tests use them: shorter, in the same proportions."""

    announce: str = "300ms"
    stale: str = "3s"
    transfer_silence: str = "2s"

    def __str__(self):
        return (
            f"announce={self.announce},stale={self.stale},transfer_silence={self.transfer_silence}"
        )


class Node:
    """A person with a node. Verbs wait for what they say, with a deadline."""

    def __init__(self, name, host, folder, *, port=9999, network="town", password=None,
                 classic=None, accept=None, timers=Timers(), arguments=()):
        self.name = name
        self.host = host
        self.port = port
        self.folder = Path(folder)
        self.downloads = self.folder / "downloads"
        self.data_dir = self.folder / "data"
        self.events = []
        self.ready = None
        self._options = {"network": network, "classic": classic, "accept": accept}
        self._password = password
        self._timers = timers
        self._arguments = arguments
        self._process = None
        self._reader = None
        self.started_at = 0
        self._changed = threading.Condition()
        self._ended = False

    # Living and dying.

    def starts(self, within=20.0):
        """Starts the node and waits until it is ready."""
        self.launches()
        self.ready = self.waits_for(
            lambda e: e["event"] in ("ready", "error"), "ready", within, since=self.started_at
        )
        assert self.ready["event"] == "ready", f"{self.name} could not start: {self.ready}"
        return self

    def launches(self):
        """Starts the program without waiting for anything."""
        assert program().exists(), f"{program()} is missing: run `cargo build -p gossamer-cli`"
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = dict(os.environ, GOSSAMER_TIMERS=str(self._timers), RUST_BACKTRACE="1")
        self._ended = False
        self.started_at = len(self.events)
        with (self.folder / "stderr.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.host.argv(*self._command_line()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        return self

    def quits(self, within=10.0):
        """Asks the node to stop and waits; returns its exit code."""
        self.tells(cmd="quit")
        return self.exits(within)

    def exits(self, within=10.0):
        """Waits for the program to end and its last event to be read; returns its exit code."""
        code = self._process.wait(within)
        self._reader.join(within)
        return code

    def is_killed(self):
        """The power goes out."""
        self._process.kill()
        self.exits()

    def is_terminated(self, within=10.0):
        """The system asks the program to end; returns its exit code."""
        self._process.terminate()
        return self.exits(within)

    def is_running(self):
        """Whether the program is alive."""
        return self._process is not None and self._process.poll() is None

    def leaves(self):
        """For clearing up: ends the program in whatever state it is."""
        if self._process is None:
            return
        if self.is_running():
            self._process.kill()
        self.exits()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    @property
    def pid(self):
        """The process id."""
        return self._process.pid

    @property
    def id(self):
        """The node id that classic nodes see."""
        return self.ready["node_id"]

    @property
    def device(self):
        """The device id that nodes like it see."""
        return self.ready["device_id"]

    # Talking.

    def says_raw(self, line):
        """Writes one line as it is."""
        self._process.stdin.write(line if isinstance(line, bytes) else line.encode())
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def tells(self, **command):
        """Gives a command without waiting for its answer."""
        self.says_raw(json.dumps(command))

    def asks(self, answer, within=10.0, **command):
        """Gives a command and waits for its answer: an event of this kind, or an error."""
        since = len(self.events)
        self.tells(**command)
        event = self.waits_for(
            lambda e: e["event"] in (answer, "error"), f"an answer to {command}", within, since
        )
        assert event["event"] == answer, f"{self.name} was refused {command}: {event}"
        return event

    def is_refused(self, within=10.0, **command):
        """Gives a command that has to fail; returns the error's code."""
        since = len(self.events)
        self.tells(**command)
        return self.waits_for(
            lambda e: e["event"] == "error", f"a refusal of {command}", within, since
        )["code"]

    def sends(self, text):
        """Writes to everyone; returns the message's id."""
        known = {e["id"] for e in self.all("message_state")}
        since = len(self.events)
        self.tells(cmd="send", to="everyone", text=text)
        event = self.waits_for(
            lambda e: e["event"] == "error"
            or (e["event"] == "message_state" and e["id"] not in known),
            f"a state for {text[:40]!r}",
            since=since,
        )
        assert event["event"] == "message_state", f"{self.name} could not send: {event}"
        return event["id"]

    def hears(self, text, within=10.0, readable=True):
        """Waits until this text from somebody else is shown."""
        return self.waits_for(
            lambda e: e["event"] == "message"
            and e["text"] == text
            and not e["own"]
            and e["readable"] == readable,
            f"to hear {text[:60]!r}",
            within,
        )

    def has_heard(self, text):
        """How often this text from somebody else was shown."""
        return sum(1 for e in self.all("message") if e["text"] == text and not e["own"])

    def reached(self, message, state="sent", within=10.0):
        """Waits until a message of ours is in this state."""
        return self.waits_for(
            lambda e: e["event"] == "message_state" and e["id"] == message and e["state"] == state,
            f"message {message} to be {state}",
            within,
        )

    def history(self):
        """Everything said, oldest first."""
        answer = self.asks("history", cmd="history", conversation="everyone", limit=500)
        return answer["messages"]

    # Who is around.

    def peers(self):
        """The devices the node knows."""
        return self.asks("peers", cmd="peers")["peers"]

    def sees(self, *names, within=10.0):
        """Waits until all of these people are reachable."""
        self._waits_until(
            lambda: set(names) <= self._reachable().keys(), f"to see {', '.join(names)}", within
        )
        return [self._reachable()[name] for name in names]

    def loses(self, name, within=15.0):
        """Waits until this person is not reachable any more."""
        self._waits_until(lambda: name not in self._reachable(), f"to lose {name}", within)

    # Files.

    def sends_file(self, path):
        """Sends a file to everyone; returns the transfer's id."""
        known = {e["id"] for e in self.all("transfer")}
        since = len(self.events)
        self.tells(cmd="send_file", to="everyone", path=str(path))
        event = self.waits_for(
            lambda e: e["event"] == "error"
            or (e["event"] == "transfer" and e["id"] not in known and e["direction"] == "out"),
            f"a transfer of {path}",
            since=since,
        )
        assert event["event"] == "transfer", f"{self.name} could not send {path}: {event}"
        return event["id"]

    def is_offered(self, name, within=15.0):
        """Waits for somebody's file of this name; returns its transfer."""
        return self.waits_for(
            lambda e: e["event"] == "transfer"
            and e["direction"] == "in"
            and e["name"] == name
            and e["state"] != "failed",
            f"an offer of {name!r}",
            within,
        )

    def accepts(self, name, within=15.0):
        """Waits for an offer of this name and takes it; returns the transfer's id."""
        transfer = self.is_offered(name, within)["id"]
        self.asks("transfer", cmd="accept", transfer=transfer)
        return transfer

    def declines(self, name, within=15.0):
        """Waits for an offer of this name and refuses it; returns the transfer's id."""
        transfer = self.is_offered(name, within)["id"]
        self.asks("transfer", cmd="decline", transfer=transfer)
        return transfer

    def sees_end_of(self, transfer, within=60.0):
        """Waits until a transfer has ended, however; returns it."""
        return self.waits_for(
            lambda e: e["event"] == "transfer" and e["id"] == transfer and e["state"] in ENDED,
            f"the end of transfer {transfer}",
            within,
        )

    def has_file(self, transfer, within=60.0):
        """Waits until a transfer is done; returns where the file is."""
        end = self.sees_end_of(transfer, within)
        assert end["state"] == "done", f"{self.name}: {end}"
        return Path(end["path"])

    def receives_file(self, since, within=60.0):
        """Waits until a file that was not known before event `since` is here; returns where."""
        known = {e["id"] for e in self.events[:since] if e["event"] == "transfer"}
        transfer = self.waits_for(
            lambda e: e["event"] == "transfer" and e["direction"] == "in" and e["id"] not in known,
            "a file",
            within,
            since,
        )["id"]
        return self.has_file(transfer, within)

    def takes_file(self, name, within=60.0):
        """Accepts the file of this name, waits until it is here; returns where."""
        return self.has_file(self.accepts(name), within)

    # Events.

    def all(self, kind):
        """All events of one kind so far."""
        with self._changed:
            return [e for e in self.events if e["event"] == kind]

    def waits_for(self, wanted, what, within=10.0, since=0):
        """The first event from `since` on for which `wanted` holds."""
        position = since

        def look():
            nonlocal position
            while position < len(self.events):
                position += 1
                if wanted(self.events[position - 1]):
                    return self.events[position - 1]
            return None

        return self._waits_until(look, what, within)

    def story(self, lines=40):
        """What happened lately, for a failed test."""
        log = self.folder / "stderr.log"
        errors = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
        events = [json.dumps(e)[:400] for e in self.events[-lines:]]
        return "\n".join(["-- events", *events, "-- log", *errors])

    # Detail.

    def _command_line(self):
        command = [program(), "run", "--json", "--name", self.name, "--port", self.port]
        command += ["--data-dir", self.data_dir, "--downloads", self.downloads]
        for option, value in self._options.items():
            if value is not None:
                command += [f"--{option}", value]
        if self._password is not None:
            secret = self.folder / "password"
            secret.write_text(self._password)
            secret.chmod(0o600)
            command += ["--password-file", secret]
        return [*command, *self._arguments]

    def _read(self, process):
        for line in process.stdout:
            event = json.loads(line)
            with self._changed:
                self.events.append(event)
                self._changed.notify_all()
        process.stdout.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _reachable(self):
        """People by name, from the events of the current run."""
        people = {}
        for event in self.events[self.started_at :]:
            if event["event"] == "peer_up":
                people[event["peer"]["id"]] = event["peer"]
            elif event["event"] == "peer_down":
                people.pop(event["peer"]["id"], None)
        return {peer["name"]: peer for peer in people.values()}

    def _waits_until(self, check, what, within):
        deadline = time.monotonic() + within
        with self._changed:
            while not (result := check()):
                left = deadline - time.monotonic()
                assert left > 0, f"{self.name} waited {within:g} s in vain: {what}"
                assert not self._ended, f"{self.name} has ended, waiting: {what}"
                self._changed.wait(left)
            return result
