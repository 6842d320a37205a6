"""How soon a ring of five hosts that loses one finds the way round the other side.

The process in the way is killed; its system closes its connections. Needs root. `--rounds N` (10).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from people import Cast, can_build_towns, eventually, meet, report  # noqa: E402

RING = {
    "ana": ["n5", "n1"], "ben": ["n1", "n2"], "cleo": ["n2", "n3"],
    "dora": ["n3", "n4"], "emil": ["n4", "n5"],
}


def main():
    options = read_options()
    if not can_build_towns():
        print("Skipped: needs root.")
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        cast = Cast(Path(folder))
        try:
            measure(cast, options.rounds)
        finally:
            cast.leave()


def measure(cast, rounds):
    people = {name: cast.node(name, on=on) for name, on in RING.items()}
    ana, ben, cleo, emil = (people[name] for name in ("ana", "ben", "cleo", "emil"))
    times = []
    for _ in range(rounds):
        meet(*people.values())
        eventually(lambda: ways(ana)[cleo.device] == ben.device, "the way through ben", within=30)
        told = len(ana.events)
        begun = time.monotonic()
        ben.is_killed()
        ana.waits_for(news_of(cleo, emil), "the way through emil", within=30, since=told)
        times.append((time.monotonic() - begun) * 1000)
        ben.starts()
    report("the way round after a host is gone", times, "ms", digits=0)


def ways(person):
    """The neighbour through whom each device is reached now."""
    return {peer["id"]: peer["via"] for peer in person.peers()}


def news_of(someone, neighbour):
    """Whether an event says that this neighbour leads to someone."""

    def is_it(event):
        peer = event.get("peer", {})
        way = (peer.get("id"), peer.get("via"))
        return event["event"] == "peer_up" and way == (someone.device, neighbour.device)

    return is_it


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
