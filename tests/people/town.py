"""Real hosts and networks in network namespaces.

A `Town` keeps its bridges in a namespace of its own, so the machine's own network is untouched and
removing the namespaces removes everything. Names are unique to the process.
"""

import ctypes
import itertools
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CLONE_NEWNET = 0x4000_0000

# The first of a host's further addresses; those of hosts count from 2.
MANY = 200

_libc = ctypes.CDLL(None, use_errno=True)
_towns = itertools.count(1)


def can_build_towns():
    """Whether this process may create network namespaces; never with GOSSAMER_PLACE=loopback."""
    wanted = os.environ.get("GOSSAMER_PLACE") != "loopback"
    return wanted and os.geteuid() == 0 and shutil.which("ip") is not None


@dataclass
class Host:
    """A machine: a namespace with addresses, or the machine we are on."""

    name: str
    netns: str | None
    ips: dict = field(default_factory=dict)

    @classmethod
    def here(cls, name):
        """This machine, seen through its loopback only."""
        return cls(name, None, {"loopback": "127.0.0.1"})

    @property
    def ip(self):
        """The first address."""
        return next(iter(self.ips.values()), "127.0.0.1")

    def argv(self, *command):
        """A command line that runs on this host; the process id is the command's own."""
        prefix = ["ip", "netns", "exec", self.netns] if self.netns else []
        return [*prefix, *map(str, command)]

    def socket(self, kind=socket.SOCK_STREAM):
        """An IPv4 socket of this host. It stays there whichever thread uses it."""
        with self._inside():
            return socket.socket(socket.AF_INET, kind)

    def socket_of(self, *family_type_protocol):
        """A socket of any kind of this host."""
        with self._inside():
            return socket.socket(*family_type_protocol)

    def connect(self, ip, port, timeout=5.0):
        """A TCP connection from this host."""
        sock = self.socket()
        sock.settimeout(timeout)
        try:
            sock.connect((ip, port))
        except OSError:
            sock.close()
            raise
        return sock

    @contextmanager
    def _inside(self):
        """Moves the calling thread, and no other, into this host's namespace."""
        if self.netns is None:
            yield
            return
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.netns}", os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(home)
            os.close(there)
            os.close(home)


class Town:
    """Hosts and the networks (each a bridge, each its own /24) that join them."""

    def __init__(self, mtu=1500):
        """A town whose cables carry packets of `mtu` bytes."""
        self.mtu = mtu
        self.tag = f"gt{os.getpid()}n{next(_towns)}"
        self.hosts = []
        self._lans = []
        self._ports = itertools.count(1)
        self._switches = f"{self.tag}-switches"
        _run("ip", "netns", "add", self._switches)

    def host(self, name, *lans):
        """A new host with an interface on each of these networks, loopback included."""
        host = Host(name, f"{self.tag}-{name}-{len(self.hosts)}")
        _run("ip", "netns", "add", host.netns)
        self.hosts.append(host)
        _run("ip", "-n", host.netns, "link", "set", "lo", "up")
        for lan in lans:
            self.plug(host, lan)
        return host

    def plug(self, host, lan):
        """Gives a host an interface on a network; the network appears when first named."""
        number = self._lan(lan)
        port = next(self._ports)
        near, far = f"eth{len(host.ips)}", f"port{port}"
        ip = f"10.77.{number}.{port + 1}"
        _batch(
            None,
            f"link add {near} mtu {self.mtu} netns {host.netns} type veth"
            f" peer name {far} mtu {self.mtu} netns {self._switches}",
        )
        _batch(self._switches, f"link set {far} master lan{number}", f"link set {far} up")
        _batch(host.netns, f"addr add {ip}/24 brd + dev {near}", f"link set {near} up")
        host.ips[lan] = ip
        return ip

    def moves(self, host, lan, other):
        """Someone takes a host from one network to another: out of reach first, then there."""
        near, port = _interface(host, lan), _port(host, lan)
        ip = f"10.77.{self._lan(other)}.{port + 1}"
        _batch(self._switches, f"link set port{port} nomaster")
        _batch(
            host.netns,
            f"link set {near} down",
            f"addr flush dev {near}",
            f"addr add {ip}/24 brd + dev {near}",
            f"link set {near} up",
        )
        _batch(self._switches, f"link set port{port} master lan{self._lan(other)}")
        there = {lan: (other, ip)}
        host.ips = dict(there.get(at, (at, old)) for at, old in host.ips.items())
        return ip

    def cut(self, host, lan):
        """Takes the cable out: the interface stays, its carrier goes."""
        self._cable(host, lan, "down")

    def severs(self, lan, one, other):
        """Two hosts hear nothing of each other on a network any more. Nobody notices: no carrier goes."""
        for here, there in ((one, other), (other, one)):
            _drops(here, f"ip saddr {there.ips[lan]} counter")

    def loses_packets(self, host, percent):
        """From now on this share of what comes to a host gets lost, at random."""
        _drops(host, f'iifname != "lo" numgen random mod 100 < {percent} counter')

    def loses_datagrams(self, host):
        """From now on no UDP comes to a host, not even its own: nobody is discovered there."""
        _drops(host, "meta l4proto udp counter")

    def keeps_large_packets(self, host):
        """From now on what a host sends by TCP gets out in small packets only, and large ones never."""
        _drops(host, "meta l4proto tcp meta length > 600 counter", hook="output")

    def lets_nobody_in(self, host):
        """From now on a host's firewall drops every connection that others open to it."""
        _drops(host, 'iifname != "lo" tcp flags & (syn | ack) == syn counter')

    def has_many_addresses(self, host, lan, count):
        """From now on each connection that a host opens into a network comes from the next of so many."""
        number, interface = self._lan(lan), _interface(host, lan)
        ips = [f"10.77.{number}.{MANY + at}" for at in range(count)]
        _batch(host.netns, *(f"addr add {ip}/24 dev {interface}" for ip in ips))
        turns = ", ".join(f"{at} : {ip}" for at, ip in enumerate(ips))
        for line in (
            "add table ip faces",
            "add chain ip faces out { type nat hook postrouting priority 100 ; }",
            f"add rule ip faces out oifname {interface} meta l4proto tcp"
            f" snat to numgen inc mod {count} map {{ {turns} }}",
        ):
            _run(*host.argv("nft", line))
        return ips

    def leads_everywhere(self, host, gateway, lan):
        """From now on a host sends by way of another what is for no network of its own."""
        _batch(host.netns, f"route add default via {gateway.ips[lan]}")

    def swallows(self, host, destination):
        """From now on a host takes connections to these addresses away; `lost_packets` counts them."""
        packets = f"ip daddr {destination} tcp flags & (syn | ack) == syn counter"
        _drops(host, packets, hook="prerouting")

    def narrows(self, host, lan, megabits):
        """From now on a host sends this many megabits a second into a network at most."""
        shape = ("tbf", "rate", f"{megabits}mbit", "burst", "64kb", "latency", "50ms")
        _run(*host.argv("tc", "qdisc", "add", "dev", _interface(host, lan), "root", *shape))

    def widens(self, host, lan):
        """Takes that back."""
        _run(*host.argv("tc", "qdisc", "del", "dev", _interface(host, lan), "root"))

    def lost_packets(self, host):
        """How many got lost so far."""
        rules = subprocess.run(
            host.argv("nft", "list", "table", "ip", "weather"),
            check=True, capture_output=True, text=True,
        ).stdout
        return int(rules.split("packets ")[1].split()[0])

    def bytes_to(self, host, lan):
        """How many came to a host from a network so far, headers included."""
        counter = f"/sys/class/net/{_interface(host, lan)}/statistics/rx_bytes"
        read = subprocess.run(
            host.argv("cat", counter), check=True, capture_output=True, text=True
        )
        return int(read.stdout)

    def mend(self, host, lan):
        """Puts the cable back."""
        self._cable(host, lan, "up")

    def broadcast(self, lan):
        """The broadcast address of a network."""
        return f"10.77.{self._lan(lan)}.255"

    def demolish(self):
        """Removes everything; processes on the hosts have to be gone by then."""
        for netns in [*(host.netns for host in self.hosts), self._switches]:
            if Path("/run/netns", netns).exists():
                subprocess.run(["ip", "netns", "del", netns], check=False)

    def _lan(self, name):
        if name not in self._lans:
            self._lans.append(name)
            bridge = f"lan{len(self._lans)}"
            _batch(
                self._switches,
                f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
                f"link set {bridge} up",
            )
        return self._lans.index(name) + 1

    def _cable(self, host, lan, state):
        port = f"port{_port(host, lan)}"
        _run("ip", "-n", self._switches, "link", "set", port, state)


def _enter(namespace):
    if _libc.setns(namespace, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _interface(host, lan):
    return f"eth{list(host.ips).index(lan)}"


def _port(host, lan):
    return int(host.ips[lan].rsplit(".", 1)[1]) - 1


def _drops(host, packets, hook="input"):
    for line in (
        "add table ip weather",
        f"add chain ip weather storm {{ type filter hook {hook} priority 0 ; }}",
        f"add rule ip weather storm {packets} drop",
    ):
        _run(*host.argv("nft", line))


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def _batch(netns, *lines):
    where = ["-n", netns] if netns else []
    subprocess.run(
        ["ip", *where, "-batch", "-"],
        input="\n".join(lines) + "\n",
        check=True,
        capture_output=True,
        text=True,
    )
