"""A classic peer in a terminal: lines typed are said to everyone, `/file PATH` sends a file, and
what is heard is printed as JSON.
"""

import argparse
import json
import os
import sys
import threading
import time

from .classic import Classic
from .town import Host


def main():
    """Runs until its input ends."""
    options = argparse.ArgumentParser(prog="people", description=__doc__)
    options.add_argument("--name", default=os.environ.get("USER", "classic"))
    options.add_argument("--port", type=int, default=9999)
    options.add_argument("--ip", default="127.0.0.1", help="the address it announces")
    options.add_argument("--broadcast", default="255.255.255.255")
    options.add_argument("--password")
    options.add_argument("--interval", type=float, default=5.0, help="seconds")
    options.add_argument("--folder", default=".")
    asked = options.parse_args()

    host = Host(asked.name, None, {"here": asked.ip})
    peer = Classic(asked.name, host, asked.folder, port=asked.port, password=asked.password,
                   interval=asked.interval).starts()
    peer.tell(asked.broadcast, asked.port + 1)
    threading.Thread(target=_print_what_is_heard, args=(peer,), daemon=True).start()
    for line in sys.stdin:
        if line.startswith("/file "):
            peer.sends_file(line[len("/file ") :].strip())
        elif line.strip():
            peer.says(line.rstrip("\n"))
    peer.leaves()


def _print_what_is_heard(peer):
    told = 0
    known = set()
    while True:
        for name in sorted({p.name for p in list(peer.peers.values())} - known):
            known.add(name)
            print(json.dumps({"peer": name}), flush=True)
        for heard in peer.heard[told:]:
            told += 1
            print(json.dumps({"heard": heard.text, "from": heard.sender_name}), flush=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
