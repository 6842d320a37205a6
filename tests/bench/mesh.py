"""Files and chat over veth pairs, on hosts of their own.

How fast a file goes from one node to another, against the same bytes over one plain TCP connection
in the same namespaces; how long a chat message takes to a neighbour, across a line of five hosts, and
through a relay while that file flows. Needs root. `--runs N` (5), `--sizes MB,MB` (50,500).
"""

import argparse
import os
import platform
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from people import Cast, a_file, can_build_towns, report, sha256_of  # noqa: E402


def main():
    options = read_options()
    if not can_build_towns():
        sys.exit("The bench builds network namespaces, which needs root.")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        cast = Cast(Path(folder), mtu=1500)
        try:
            measure(cast, options)
        finally:
            cast.leave()


def measure(cast, options):
    ana = cast.node("ana", on=("near",))
    ben = cast.node("ben", on=("near", "far"), accept="all")
    cleo = cast.node("cleo", on=("far",))
    dora = cast.node("dora", on=("far", "farther"))
    emil = cast.node("emil", on=("farther", "farthest"))
    fay = cast.node("fay", on=("farthest",))
    ana.sees("ben")
    ben.sees("ana", "cleo", "dora")
    dora.sees("emil")
    emil.sees("fay")
    report("chat to a neighbour", [chat(ana, ben, f"n{n}") for n in range(50)], "ms")
    report("chat through a relay", [chat(ana, cleo, f"r{n}") for n in range(50)], "ms")
    report("chat across five hosts", [chat(ana, fay, f"f{n}") for n in range(50)], "ms")
    for megabytes in options.sizes:
        source = a_file(cast.folder / f"{megabytes}.bin", megabytes * 1_000_000)
        files, copies, chats = [], [], []
        for run in range(options.runs):
            copies.append(copy(ana.host, ben.host, "near", source))
            speed, latencies = send_while_chatting(ana, ben, cleo, source, f"{megabytes}-{run}")
            files.append(speed)
            chats += latencies
        ours = report(f"{megabytes} MB file", files, "MB/s")
        plain = report(f"{megabytes} MB over plain TCP", copies, "MB/s")
        print(f"  ratio of the medians: {ours / plain:.3f}")
        report(f"chat through a relay while {megabytes} MB flow", chats, "ms")


def send_while_chatting(ana, ben, cleo, source, tag):
    """MB/s from the command until ben has the file verified and synced, and ms to cleo meanwhile."""
    begun = time.monotonic()
    mark = len(ben.events)
    ana.sends_file(source)
    ben.waits_for(lambda e: e["event"] == "transfer", "the file is offered", 60, since=mark)
    latencies = []
    done = threading.Event()

    def talk():
        while not done.is_set():
            latencies.append(chat(ana, cleo, f"{tag}-{len(latencies)}"))
            # Nobody types faster, and nodes slow down whoever floods.
            time.sleep(0.1)

    talker = threading.Thread(target=talk)
    talker.start()
    arrived = ben.receives_file(since=mark, within=600)
    seconds = time.monotonic() - begun
    done.set()
    talker.join()
    assert sha256_of(source) == sha256_of(arrived)
    arrived.unlink()
    return source.stat().st_size / 1e6 / seconds, latencies


def chat(ana, ben, tag):
    """Milliseconds from writing a command to reading the other's event."""
    begun = time.monotonic()
    ana.tells(cmd="send", to="everyone", text=f"message {tag}")
    ben.hears(f"message {tag}", within=30)
    return (time.monotonic() - begun) * 1000


def copy(near, far, lan, source):
    """MB/s of the same bytes over one plain TCP connection, file to file."""
    listener = far.socket()
    listener.bind((far.ips[lan], 7000))
    listener.listen(1)
    target = source.with_suffix(".copy")

    def receive():
        connection, _ = listener.accept()
        with connection, target.open("wb") as file:
            while block := connection.recv(1 << 18):
                file.write(block)

    receiver = threading.Thread(target=receive)
    receiver.start()
    begun = time.monotonic()
    with near.connect(far.ips[lan], 7000) as connection, source.open("rb") as file:
        connection.sendfile(file)
        connection.shutdown(socket.SHUT_WR)
        receiver.join()
    seconds = time.monotonic() - begun
    listener.close()
    target.unlink()
    return source.stat().st_size / 1e6 / seconds


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[50, 500]
    )
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
