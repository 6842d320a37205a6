"""Whatever arrives on the port, the node goes on: it answers, and it talks to honest peers."""

import json
import socket
import struct
import uuid

import pytest

from people import meet

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def scene(cast):
    """Ana, mallory who does the harm, and ben who is honest."""
    ana, mallory, ben = cast.node("ana"), cast.classic("mallory"), cast.classic("ben")
    meet(ana, mallory, ben)
    return ana, mallory, ben


def hostile_streams():
    """Bytes that are no classic messages, by name."""
    return {
        "nothing at all": b"",
        "1 MiB of noise": bytes(range(256)) * (MIB // 256),
        "1 MiB of braces": b"{" * MIB,
        "1 MiB of brackets in an object": b'{"a":' + b"[" * MIB,
        "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "an object that never ends": b'{"type":"chat","content":"' + b"x" * 3 * MIB,
        "an object of 2 MiB": json.dumps({"type": "chat", "content": "x" * 2 * MIB}).encode(),
        "1 MiB of spaces": b" " * MIB,
        "a list": b"[1,2,3]",
        "a string": b'"hello"',
        "broken UTF-8": b'{"type":"chat","content":"\xff\xfe\x80"}',
        "a lone surrogate": b'{"type":"chat","content":"\\ud800"}',
        "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        "a web request": b"GET / HTTP/1.1\r\nHost: ana\r\n\r\n",
        "an unclosed object": b'{"type":"chat"',
        "ten thousand empty objects": b"{}" * 10_000,
        "one key, many times": b"{" + b",".join([b'"type":"chat"'] * 5000) + b"}",
    }


@pytest.mark.parametrize("data", hostile_streams().values(), ids=hostile_streams().keys())
def test_a_hostile_stream_changes_nothing(scene, data):
    ana, mallory, ben = scene

    mallory.pours(data, mallory.peers[ana.id])

    all_is_well(ana, ben)
    assert "mallory" not in [e["from"]["name"] for e in ana.all("message")]


LEFT_OUT = object()

WRONG_FIELDS = {
    "an unknown type": {"type": "surprise"},
    "no type": {"type": LEFT_OUT},
    "a number for a type": {"type": 7},
    "no id": {"message_id": LEFT_OUT},
    "an object for an id": {"message_id": {"a": 1}},
    "an empty id": {"message_id": ""},
    "an id of 100 KiB": {"message_id": "m" * 100 * KIB},
    "no sender": {"sender_id": LEFT_OUT},
    "null for a sender": {"sender_id": None},
    "no time": {"timestamp": LEFT_OUT},
    "a text for a time": {"timestamp": "yesterday"},
    "a list for content": {"content": ["wrong"]},
    "no content": {"content": LEFT_OUT},
    "null for content": {"content": None},
    "900 KiB of content": {"content": "wrong" * 180 * KIB},
}


@pytest.mark.parametrize("changes", WRONG_FIELDS.values(), ids=WRONG_FIELDS.keys())
def test_a_message_with_wrong_fields_is_dropped(scene, changes):
    ana, mallory, ben = scene
    message = mallory.message("chat", content="wrong") | changes
    message = {name: value for name, value in message.items() if value is not LEFT_OUT}

    mallory.pours(json.dumps(message).encode(), mallory.peers[ana.id])

    all_is_well(ana, ben)
    assert not [e for e in ana.all("message") if "wrong" in e["text"]]
    assert ben.copies_of(str(message.get("message_id"))) == 0


ODD_BUT_GOOD = {
    "the end of time": {"timestamp": 1e300},
    "before time": {"timestamp": -1e300},
    "a whole number for a time": {"timestamp": 1699123456},
    "a very long name": {"sender_name": "n" * 20_000},
    "an empty name": {"sender_name": ""},
    "a name that turns the writing round": {"sender_name": "ben\u202etxt.exe\x1b[2J\x07"},
    "markup": {"content": "<script>alert(1)</script>"},
    "control characters": {"content": "\x1b]0;title\x07\x1b[2J\u0000bye"},
    "16 KiB of content": {"content": "x" * 16 * KIB},
}


@pytest.mark.parametrize("changes", ODD_BUT_GOOD.values(), ids=ODD_BUT_GOOD.keys())
def test_an_odd_message_does_no_harm(scene, changes):
    """Shown or not: its fields fit the dialect, and showing it safely is a face's work."""
    ana, mallory, ben = scene
    message = mallory.message("chat", content="odd") | changes

    mallory.pours(json.dumps(message).encode(), mallory.peers[ana.id])

    all_is_well(ana, ben)
    for shown in ana.all("message"):
        assert len(shown["from"]["name"]) <= 256
    assert ana.history()


def test_silent_connections_do_not_keep_anybody_out(scene):
    ana, mallory, ben = scene
    held = [mallory.host.connect(ana.host.ip, ana.port) for _ in range(50)]

    all_is_well(ana, ben)

    for sock in held:
        assert _ends(sock, within=30), "a silent connection stayed open for 30 s"


def test_a_drip_of_bytes_does_not_keep_anybody_out(scene):
    ana, mallory, ben = scene
    held = [mallory.host.connect(ana.host.ip, ana.port) for _ in range(50)]

    for drop in b'{"type":':
        for sock in held:
            sock.send(bytes([drop]))
        all_is_well(ana, ben)

    for sock in held:
        sock.close()


@pytest.mark.needs_root  # to come from another address than honest peers
def test_a_thousand_connections_do_not_keep_anybody_out(scene):
    """As many as this process may open; some are refused, and honest peers still get through."""
    ana, mallory, ben = scene
    held = []
    try:
        for _ in range(800):
            held.append(mallory.host.connect(ana.host.ip, ana.port, timeout=1))
    except OSError:
        pass
    assert len(held) > 20

    all_is_well(ana, ben, within=30)

    for sock in held:
        sock.close()
    all_is_well(ana, ben)


def test_a_reset_in_the_middle_changes_nothing(scene):
    ana, mallory, ben = scene
    for _ in range(50):
        with mallory.host.connect(ana.host.ip, ana.port) as sock:
            sock.sendall(b'{"type":"chat","message_id":"')
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    all_is_well(ana, ben)


def test_a_flood_of_chat_does_not_drown_ben(scene):
    ana, mallory, ben = scene
    flood = "".join(json.dumps(mallory.message("chat", content=f"{n}")) for n in range(3000))

    mallory.pours(flood.encode(), mallory.peers[ana.id])

    all_is_well(ana, ben, within=20)


def test_a_peer_that_takes_no_connection_does_not_hold_up_ben(scene):
    ana, mallory, ben = scene
    mallory.stops_accepting()

    for number in range(300):
        ana.sends(f"number {number}")

    ben.hears("number 299", within=20)
    all_is_well(ana, ben)


def all_is_well(ana, ben, within=10.0):
    """Ana answers commands, and hears and is heard by ben."""
    greeting = f"are you well? {uuid.uuid4()}"
    assert ana.is_running()
    assert "ben" in [peer["name"] for peer in ana.peers()]
    ben.says(greeting)
    ana.hears(greeting, within)
    ana.sends(f"{greeting} I am")
    ben.hears(f"{greeting} I am", within)


def _ends(sock, within):
    """Whether the other side closes the connection in time."""
    sock.settimeout(within)
    with sock:
        try:
            return sock.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True
