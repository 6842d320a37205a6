"""The classic dialect has no keys: whoever speaks it gets little for it."""

import contextlib
import hashlib
import json
import socket
import threading
import time
import uuid

import pytest

RIGHT = "blue heron at dawn"
KIB = 1 << 10


def test_a_flood_of_large_classic_chats_breaks_nothing_for_good(town, figures):
    ana, ben = town.node("ana"), town.node("ben")
    host = town.town.host("mallory", "lan")
    figures.begins(ana, ben)

    with Flood(host, ana, size=58 * KIB, connections=4, seconds=8) as flood:
        figures.during("58 KiB classic chats", while_=flood.is_at_work)

    figures.says(f"{flood.poured / KIB / KIB:.0f} MiB poured")
    held = figures.grew()
    ana.quits(within=30)
    ana.starts(within=60)
    ana.sees("ben", within=30)
    figures.during("after a restart", seconds=5)
    figures.everything_arrived()
    assert held.rss < 96
    assert held.disk < 48
    assert held.handles < 64


def test_a_flood_of_small_classic_chats_holds_up_nobody(town, figures):
    ana, ben = town.node("ana"), town.node("ben")
    host = town.town.host("mallory", "lan")
    figures.begins(ana, ben)

    with Flood(host, ana, size=40, connections=4, seconds=8) as flood:
        figures.during("small classic chats", while_=flood.is_at_work)

    figures.says(f"{flood.sent} poured")
    held = figures.grew()
    figures.everybody_is_linked()
    figures.everything_arrived()
    assert held.rss < 64
    assert held.disk < 48


@pytest.mark.parametrize("password", [RIGHT, None], ids=["locked", "open"])
def test_whom_a_classic_list_names_is_not_taken_for_present(town, figures, password):
    ana, ben = (town.node(name, password=password) for name in ("ana", "ben"))
    host = town.town.host("mallory", "lan")
    figures.begins(ana, ben)
    told = len(ana.all("peer_up"))

    answers = b""
    ends = time.monotonic() + 6
    while time.monotonic() < ends:
        answers += tells_a_list(host, ana, town.network)
    figures.during("lists", seconds=3)

    invented = [peer["name"] for peer in ana.peers() if peer["name"].startswith("invented")]
    ups = len(ana.all("peer_up")) - told
    figures.says(f"{ups} peer_up, {len(invented)} invented people, {len(answers)} bytes answered")
    held = figures.grew()
    assert not invented
    assert ups < 10
    assert held.handles < 64
    if password is not None:
        assert ben.id.encode() not in answers, "a stranger was told who is in a locked network"
    figures.everything_arrived()


def tells_a_list(host, to, network):
    """Tells a person of a hundred people nobody has seen; returns what comes back."""
    me = uuid.uuid4().hex[:8]

    def entry(id, name, ip):
        return {"node_id": id, "node_name": name, "ip": ip, "port": 9999, "last_seen": time.time()}

    lan = to.host.ip.rsplit(".", 1)[0]
    entries = [entry(me, "invented neighbour", host.ip)]
    for number in range(100):
        entries.append(
            entry(uuid.uuid4().hex[:8], f"invented {number}", f"{lan}.{100 + number}")
        )
    message = {
        **classic("peer_list", None, sender=me),
        "net": hashlib.sha256(network.encode()).hexdigest()[:8],
        "peers": entries,
    }
    answer = b""
    with contextlib.suppress(OSError), host.connect(to.host.ip, to.port) as sock:
        sock.sendall(json.dumps(message).encode())
        sock.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            while more := sock.recv(1 << 16):
                answer += more
    return answer


def classic(type, content, sender=None):
    """A classic message of nobody in particular."""
    return {
        "type": type,
        "message_id": str(uuid.uuid4()),
        "sender_id": sender or uuid.uuid4().hex[:8],
        "sender_name": "invented neighbour",
        "timestamp": time.time(),
        "content": content,
    }


class Flood:
    """Classic chats as fast as they are taken, for a while."""

    def __init__(self, host, to, *, size, connections, seconds, most=120 << 20):
        self._host, self._to = host, to
        self._size, self._most = size, most // connections
        self._ends = time.monotonic() + seconds
        self.poured = self.sent = 0
        self._threads = [threading.Thread(target=self._pour) for _ in range(connections)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self._threads:
            thread.join()

    def is_at_work(self):
        """Whether it goes on."""
        return any(thread.is_alive() for thread in self._threads)

    def _pour(self):
        words, poured = "x" * self._size, 0
        while time.monotonic() < self._ends and poured < self._most:
            try:
                sock = self._host.connect(self._to.host.ip, self._to.port, timeout=2.0)
            except OSError:
                time.sleep(0.1)
                continue
            with sock, contextlib.suppress(OSError, socket.timeout):
                while time.monotonic() < self._ends and poured < self._most:
                    data = json.dumps(classic("chat", words)).encode()
                    sock.sendall(data)
                    poured += len(data)
                    self.poured += len(data)
                    self.sent += 1
            time.sleep(0.02)
