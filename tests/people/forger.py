"""Datagrams from addresses that are not the sender's own."""

import hashlib
import json
import os
import socket
import struct
import time

UDP = 17


class Forger:
    """Somebody on a host who writes beacons in the name of addresses that he chooses."""

    def __init__(self, host, network):
        self._net = hashlib.sha256(network.encode()).hexdigest()[:8]
        self._socket = host.socket_of(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def leaves(self):
        """Ends it."""
        self._socket.close()

    def names(self, source, to, port=9999):
        """Tells a person, from a forged address, of a device that nobody has."""
        device = os.urandom(32).hex()
        beacon = {
            "type": "discovery",
            "node_id": device[:8],
            "node_name": f"nobody {device[:6]}",
            "ip": source,
            "port": port,
            "timestamp": time.time(),
            "net": self._net,
            "v": [1, 2],
            "device": device,
        }
        self._writes(json.dumps(beacon).encode(), source, to.host.ip, to.port + 1)

    def _writes(self, data, source, target, port):
        udp = struct.pack("!HHHH", 10000, port, 8 + len(data), 0) + data
        size = 20 + len(udp)
        ends = socket.inet_aton(source) + socket.inet_aton(target)
        head = struct.pack("!BBHHHBBH", 0x45, 0, size, 0, 0, 64, UDP, 0) + ends
        try:
            self._socket.sendto(head + udp, (target, 0))
        except BlockingIOError:
            pass  # more than the cable takes
