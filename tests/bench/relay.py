"""A file through a relay, against the same file without one.

Ana sends to ben, who is on her network, and to cleo, whom only a relay joins to it; in turns, on
hosts of their own over veth pairs, from the command until the receiver has the file verified and
synced. Needs root. `--runs N` (5), `--size MB` (500).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from people import Cast, a_file, can_build_towns, report, sha256_of  # noqa: E402


def main():
    options = read_options()
    if not can_build_towns():
        sys.exit("The bench builds network namespaces, which needs root.")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        cast = Cast(Path(folder), mtu=1500)
        try:
            measure(cast, options)
        finally:
            cast.leave()


def measure(cast, options):
    ana = cast.node("ana", on=("near",))
    ben = cast.node("ben", on=("near",))
    cast.node("relay", on=("near", "far"))
    cleo = cast.node("cleo", on=("far",))
    ana.sees("ben", "cleo", "relay")
    source = a_file(cast.folder / "film.bin", options.size * 1_000_000)
    direct, relayed = [], []
    for _ in range(options.runs):
        for person, speeds in ((ben, direct), (cleo, relayed)):
            speeds.append(send(ana, person, source))
    one = report(f"{options.size} MB to a neighbour", direct, "MB/s")
    other = report(f"{options.size} MB through a relay", relayed, "MB/s")
    print(f"  ratio of the medians: {other / one:.3f}")


def send(ana, person, source):
    """MB/s from accepting until the file is there; nobody else takes it."""
    mark = len(person.events)
    transfer = ana.sends_file(source)
    arriving = person.waits_for(
        lambda e: e["event"] == "transfer" and e["state"] == "offered", "an offer", 60, since=mark
    )["id"]
    begun = time.monotonic()
    person.asks("transfer", cmd="accept", transfer=arriving)
    path = person.has_file(arriving)
    took = time.monotonic() - begun
    assert sha256_of(path) == sha256_of(source)
    path.unlink()
    ana.asks("transfer", cmd="cancel", transfer=transfer)
    return source.stat().st_size / 1e6 / took


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=500)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
