"""Somebody on the same network who writes down every byte that passes."""

import contextlib
import socket
import threading

ALL_PROTOCOLS = 0x0003


class Sniffer:
    """Listens on all interfaces of a host, from entering to leaving."""

    def __init__(self, host):
        self._socket = host.socket_of(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        self._socket.settimeout(0.2)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self._heard = bytearray()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._leaving.set()
        self._thread.join()
        self._socket.close()

    def found(self, *planted):
        """Which of these texts passed in the open."""
        heard = bytes(self._heard)
        return [text for text in planted if text.encode() in heard]

    @property
    def bytes(self):
        """How much was heard."""
        return len(self._heard)

    def _listen(self):
        while not self._leaving.is_set():
            with contextlib.suppress(TimeoutError):
                self._heard += self._socket.recv(1 << 16)
