"""A link on loopback, from the command to connect until the other device is admitted.

Two new nodes in each round, so that neither has met the other, a second after they started. No
datagram reaches them: the command alone brings them together. A password costs little here, since
its Argon2id is done once, when a node starts. Beside it, in the same rounds, a plain TCP connect.
Needs root. `--rounds N` (30).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from people import Cast, can_build_towns, report  # noqa: E402

PASSWORD = "blue heron at dawn"


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
    host = cast.town.host("desk")
    cast.town.loses_datagrams(host)
    plain, links, locked = [], [], []
    for number in range(rounds):
        plain.append(connect(host))
        links.append(link(cast, host, f"open-{number}"))
        locked.append(link(cast, host, f"locked-{number}", password=PASSWORD))
    report("a plain TCP connect", plain, "ms", digits=2)
    report("a link, open network", links, "ms", digits=2)
    report("a link, network with a password", locked, "ms", digits=2)


def link(cast, host, tag, **options):
    """Milliseconds from writing the command to reading that the other device is here."""
    ana = cast.node(f"ana-{tag}", host=host, port=9999, **options)
    ben = cast.node(f"ben-{tag}", host=host, port=10001, **options)
    for person in (ana, ben):
        person.waits_for(lambda e: e["event"] == "status", "the first second to be over")
    begun = time.monotonic()
    ana.tells(cmd="connect", addr=f"127.0.0.1:{ben.port}")
    ana.sees(ben.name)
    milliseconds = (time.monotonic() - begun) * 1000
    ana.leaves()
    ben.leaves()
    return milliseconds


def connect(host):
    """Milliseconds of a TCP connect to somebody who listens."""
    with host.socket() as listener, host.socket() as caller:
        listener.bind(("127.0.0.1", 7000))
        listener.listen(1)
        begun = time.monotonic()
        caller.connect(("127.0.0.1", 7000))
        return (time.monotonic() - begun) * 1000


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
