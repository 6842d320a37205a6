"""Puts people into places, introduces them, and clears up.

As root every person gets a host of their own in a `Town`, on ports 9999 and 10000 as in real
life. Otherwise, and with GOSSAMER_PLACE=loopback, all share this machine's loopback on different
ports; classic peers, which cannot hear each other there, are introduced by hand.
"""

import contextlib
import random
import socket
import uuid

from .classic import Classic
from .crooked import Crooked
from .node import Node
from .stranger import Stranger
from .town import Host, Town, can_build_towns

PORTS = range(20001, 30001, 2)

# Bytes in a packet. What a node writes at once then also arrives at once, so that one `recv` of a
# classic peer shows one write; with smaller packets that depends on how busy the machine is.
WIDE = 65535


class Cast:
    """The people of one test."""

    def __init__(self, folder, mtu=WIDE):
        self.folder = folder
        self.town = Town(mtu) if can_build_towns() else None
        self.people = []
        self._network = f"test-{uuid.uuid4().hex[:8]}"
        self._neighbours = {}

    def node(self, name, on=("lan",), host=None, **options):
        """A person with our node, on a new host with these networks unless a host is given."""
        person = self.node_at_rest(name, on, host, **options)
        person.starts()
        if self.town is None:
            self._introduce(person, on)
        return person

    def node_at_rest(self, name, on=("lan",), host=None, **options):
        """The same, but not started."""
        host = host or self._host(name, on)
        options.setdefault("port", self._port())
        options.setdefault("network", self._network)
        return self._enters(Node(name, host, self.folder / name, **options))

    def crooked(self, name, cheat, *, on, meets):
        """A person whose node links to these people and cheats with circuits, on a new host."""
        place = self.folder / name
        options = {"network": self._network, "port": self._port()}
        crooked = Crooked(name, self._host(name, on), place, cheat=cheat, meets=meets, **options)
        return self._enters(crooked).starts()

    def stranger(self, attack, *, to, host, **pace):
        """Somebody on this host who begins to do that to a person."""
        place = self.folder / f"stranger-{len(self.people)}"
        options = {"to": to, "attack": attack, "network": self._network}
        return self._enters(Stranger("mallory", host, place, **options, **pace)).starts()

    def classic(self, name, on=("lan",), host=None, **options):
        """A person with the old program."""
        host = host or self._host(name, on)
        options.setdefault("port", self._port())
        person = self._enters(Classic(name, host, self.folder / name, **options)).starts()
        if self.town is None:
            self._introduce(person, on)
        else:
            for lan in on:
                person.tell(self.town.broadcast(lan), person.port + 1, host.ips[lan])
        return person

    def leave(self):
        """Everybody goes; the town is demolished. Returns what classic peers did not bear."""
        for person in reversed(self.people):
            person.leaves()
        if self.town is not None:
            self.town.demolish()
        return [
            f"{person.name} got {fault}"
            for person in self.people
            if isinstance(person, Classic)
            for fault in person.faults
        ]

    @property
    def network(self):
        """The name of the network that everybody is in unless told otherwise."""
        return self._network

    def story(self):
        """What happened to everybody lately."""
        return [(p.name, p.story()) for p in self.people if isinstance(p, Node)]

    def _enters(self, person):
        self.people.append(person)
        return person

    def _host(self, name, lans):
        return self.town.host(name, *lans) if self.town else Host.here(name)

    def _port(self):
        return 9999 if self.town else free_port()

    def _introduce(self, newcomer, lans):
        for lan in lans:
            neighbours = self._neighbours.setdefault(lan, [])
            for neighbour in neighbours:
                _meet(newcomer, neighbour)
                _meet(neighbour, newcomer)
            neighbours.append(newcomer)


def _meet(one, other):
    """On loopback: `one` learns of `other`, and tells it about itself from now on."""
    if isinstance(one, Classic):
        one.knows(other.id, other.name, other.host.ip, other.port)
        one.tell(other.host.ip, other.port + 1)


def free_port():
    """A TCP port on loopback that is free, with the UDP port above it."""
    while True:
        port = random.choice(PORTS)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", port + 1))
            return port
