"""A peer of the old kind, written from docs/protocol-v1.md and from nothing else.

It behaves as the old program does where others notice: one `recv` is one message, it sends every
message on a connection of its own, passes on what it has not seen to everybody but the origin, and
forgets all ids when it holds too many. What it receives that the old program would not bear is
kept in `faults`.

`python -m people --name ben` is such a peer in a terminal.
"""

import base64
import contextlib
import hashlib
import json
import random
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from .wait import eventually

BEACON_LIMIT = 1024
TLS_HANDSHAKE = 0x16
ONE_READ = 65536
CHUNK = 8192
REMEMBERED = 1000
STALE = 30.0
TYPES = ("chat", "file_chunk", "peer_list", "file_request")
COMMON = ("type", "message_id", "sender_id", "sender_name", "timestamp", "content")
SALT = b"mesh_network_salt_2024"


@dataclass
class Peer:
    """Somebody heard."""

    id: str
    name: str
    ip: str
    port: int
    heard_at: float


@dataclass
class Heard:
    """A chat message that arrived."""

    id: str
    sender_id: str
    sender_name: str
    text: str
    readable: bool


@dataclass
class Arriving:
    """A file of which some chunks are here."""

    metadata: dict
    chunks: dict = field(default_factory=dict)


class Classic:
    """A classic peer. Start it, `tell` it where to announce itself, and talk.

    `fields` are further fields of its datagrams. With `many` it reads as many messages as come on
    a connection, which the old program cannot and nodes that announce `multi` can.
    """

    def __init__(self, name, host, folder, *, port=9999, password=None, interval=0.3,
                 fields=None, many=False):
        self.name = name
        self.host = host
        self.port = port
        self.id = f"{random.getrandbits(32):08x}"
        self.downloads = Path(folder) / "mesh_downloads"
        self.peers = {}
        self.heard = []
        self.received = []
        self.beacons = []
        self.connections = 0
        self.faults = []
        self.knocks = 0
        self._fields = fields or {}
        self._many = many
        self._accepts = True
        self._cipher = Fernet(key_of(password)) if password else None
        self._interval = interval
        self._audience = []
        self._seen = set()
        self._files = {}
        self._lock = threading.RLock()
        self._gone = threading.Event()
        self._tcp = self._udp = None

    # Living and dying.

    def starts(self):
        """Listens, and announces itself from now on."""
        self.downloads.mkdir(parents=True, exist_ok=True)
        self._udp = self.host.socket(socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._udp.bind(("", self.port + 1))
        self._tcp = self.host.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind(("", self.port))
        self._tcp.listen(128)
        for work in (self._announce, self._hear, self._accept):
            threading.Thread(target=work, daemon=True).start()
        return self

    def leaves(self):
        """Goes away without a word, as the old program does."""
        self._gone.set()
        for sock in (self._udp, self._tcp):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()

    def stops_accepting(self):
        """Stays announced, and leaves all further connections waiting."""
        self._accepts = False

    def tell(self, address, port, announced_ip=None):
        """Announces itself to this address (a broadcast address, as a rule) from now on."""
        self._audience.append((address, port, announced_ip or self.host.ip))
        self._beacon()

    def knows(self, id, name, ip, port):
        """Learns of a peer as if it had heard it just now."""
        with self._lock:
            self.peers[id] = Peer(id, name, ip, port, time.monotonic())

    def sees(self, *names, within=10.0):
        """Waits until these people have been heard; returns them."""

        def look():
            with self._lock:
                found = {peer.name: peer for peer in self.peers.values()}
            return [found[name] for name in names] if set(names) <= found.keys() else None

        return eventually(look, f"{self.name} to see {', '.join(names)}", within)

    # Talking.

    def says(self, text, **changes):
        """Sends a chat message to all peers; returns the message as sent."""
        message = self.message("chat", content=self._seal(text), **changes)
        self.posts(message)
        return message

    def hears(self, text, within=10.0):
        """Waits for a chat message with this text."""
        return eventually(
            lambda: next((h for h in list(self.heard) if h.text == text), None),
            f"{self.name} to hear {text[:60]!r}",
            within,
        )

    def copies_of(self, message_id):
        """How often a message arrived, over whatever way."""
        return sum(1 for m in list(self.received) if m["message_id"] == message_id)

    def message(self, type, **fields):
        """A message of ours, its fields in the order the old program writes them."""
        return {
            "type": type,
            "message_id": str(uuid.uuid4()),
            "sender_id": self.id,
            "sender_name": self.name,
            "timestamp": time.time(),
            "content": None,
        } | fields

    def posts(self, message):
        """Sends a message to every peer but its origin."""
        with self._lock:
            self._seen.add(message["message_id"])
            peers = [p for p in self.peers.values() if p.id != message["sender_id"]]
        data = json.dumps(message).encode()
        for peer in peers:
            self.pours(data, peer)

    def pours(self, data, peer):
        """Sends raw bytes over a connection of their own. Says whether all were taken."""
        try:
            with self.host.connect(peer.ip, peer.port) as sock:
                sock.sendall(data)
            return True
        except OSError:
            return False

    # Files.

    def chunks_of(self, data, name, **metadata):
        """The messages that carry a file, in order; `metadata` overrides what is said of it."""
        pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
        about = {
            "filename": name,
            "file_size": len(data),
            "file_hash": hashlib.sha256(data).hexdigest(),
            "total_chunks": len(pieces),
        } | metadata
        file_id = str(uuid.uuid4())
        return [
            self.message(
                "file_chunk",
                file_id=file_id,
                chunk_index=index,
                chunk_data=base64.b64encode(piece).decode(),
                file_metadata=about,
            )
            for index, piece in enumerate(pieces)
        ]

    def sends_file(self, path):
        """Sends a file to all peers."""
        path = Path(path)
        for chunk in self.chunks_of(path.read_bytes(), path.name):
            self.posts(chunk)

    def takes_file(self, name, within=60.0):
        """Waits until a file of this name has been saved; returns where."""
        path = self.downloads / name
        return eventually(
            lambda: path if path.exists() else None, f"{self.name} to have {name!r}", within
        )

    # Detail: discovery.

    def _announce(self):
        while not self._gone.wait(self._interval):
            self._beacon()

    def _beacon(self):
        for address, port, announced_ip in list(self._audience):
            datagram = {
                "type": "discovery",
                "node_id": self.id,
                "node_name": self.name,
                "ip": announced_ip,
                "port": self.port,
                "timestamp": time.time(),
            } | self._fields
            with contextlib.suppress(OSError):
                self._udp.sendto(json.dumps(datagram).encode(), (address, port))

    def _hear(self):
        while not self._gone.is_set():
            try:
                data, source = self._udp.recvfrom(65536)
            except OSError:
                return
            if not self._gone.is_set():
                self._notice(data, source[0])

    def _notice(self, data, source):
        if len(data) >= BEACON_LIMIT:
            self.faults.append(f"a datagram of {len(data)} bytes from {source}")
        try:
            beacon = json.loads(data)
            peer = Peer(
                beacon["node_id"], beacon["node_name"], beacon["ip"], beacon["port"],
                time.monotonic(),
            )
        except (ValueError, KeyError, TypeError) as error:
            self.faults.append(f"a datagram from {source} it cannot read: {error!r}")
            return
        if peer.id == self.id:
            return
        self.beacons.append(beacon)
        with self._lock:
            self.peers[peer.id] = peer
            for old in [p for p in self.peers.values() if peer.heard_at - p.heard_at > STALE]:
                del self.peers[old.id]

    # Detail: messages.

    def _accept(self):
        while self._accepts:
            try:
                sock, _ = self._tcp.accept()
            except OSError:
                return
            self.connections += 1
            receive = self._receive_many if self._many else self._receive
            threading.Thread(target=receive, args=(sock,), daemon=True).start()

    def _receive(self, sock):
        with sock:
            sock.settimeout(10)
            try:
                data = sock.recv(ONE_READ)
                sock.settimeout(0.3)
                rest = sock.recv(ONE_READ)
            except TimeoutError:
                rest = b""
            except OSError:
                return
        if not data:
            return
        if data[0] == TLS_HANDSHAKE:
            # Somebody named our address: whether we speak v2 shows only when asked.
            self.knocks += 1
            if self.knocks > 1:
                self.faults.append("asked again and again whether it speaks TLS")
            return
        if rest:
            self.faults.append(f"a connection with more than one read: {data[:60]!r} {rest[:60]!r}")
        try:
            message = json.loads(data)
        except ValueError as error:
            self.faults.append(f"a message it cannot read in one go: {error} in {data[:200]!r}")
            return
        self._handle(message, len(data))

    def _receive_many(self, sock):
        decoder, text = json.JSONDecoder(), ""
        with sock:
            while data := sock.recv(ONE_READ):
                text = (text + data.decode()).lstrip()
                while text:
                    try:
                        message, end = decoder.raw_decode(text)
                    except ValueError:
                        break  # the rest is still on its way
                    self._handle(message, end)
                    text = text[end:].lstrip()

    def _handle(self, message, size):
        missing = [name for name in COMMON if name not in message]
        if missing or message["type"] not in TYPES or size >= ONE_READ:
            about = str(message)[:200]
            self.faults.append(f"a message of {size} bytes, without {missing}: {about}")
            return
        with self._lock:
            self.received.append(message)
            if message["message_id"] in self._seen:
                return
            if len(self._seen) > REMEMBERED:
                self._seen.clear()
            self._seen.add(message["message_id"])
        if message["type"] == "chat":
            self._read(message)
        elif message["type"] == "file_chunk":
            self._collect(message)
        self.posts(message)

    def _read(self, message):
        text, readable = self._open(message["content"])
        self.heard.append(
            Heard(message["message_id"], message["sender_id"], message["sender_name"], text,
                  readable)
        )

    def _collect(self, message):
        with self._lock:
            about = message["file_metadata"]
            file = self._files.setdefault(message["file_id"], Arriving(about))
            file.chunks[message["chunk_index"]] = base64.b64decode(message["chunk_data"])
            if len(file.chunks) < about["total_chunks"]:
                return
            del self._files[message["file_id"]]
        data = b"".join(file.chunks[index] for index in sorted(file.chunks))
        if hashlib.sha256(data).hexdigest() == about["file_hash"]:
            path = free_name(self.downloads / about["filename"])
            part = path.with_name(path.name + ".part")
            part.write_bytes(data)
            part.rename(path)

    def _seal(self, text):
        if self._cipher is None:
            return text
        return base64.b64encode(self._cipher.encrypt(text.encode())).decode()

    def _open(self, content):
        if self._cipher is None:
            return content, True
        try:
            return self._cipher.decrypt(base64.b64decode(content)).decode(), True
        except (InvalidToken, ValueError, TypeError):
            return content, False


def key_of(password):
    """The Fernet key of a password."""
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=SALT, iterations=100_000)
    return base64.urlsafe_b64encode(kdf.derive(password.encode()))


def free_name(path):
    """The path, or the next of its kind that is free."""
    candidate, number = path, 0
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return candidate
