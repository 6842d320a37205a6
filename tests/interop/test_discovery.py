"""Old and new nodes find each other by the same datagrams."""

import hashlib
import json
import socket
import time

import pytest

from people import Timers, eventually


def test_ana_sees_an_old_peer(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")

    (seen,) = ana.sees("ben")

    assert seen["addr"] == f"{ben.host.ip}:{ben.port}"
    assert (seen["dialect"], seen["status"]) == ("v1", "direct")


def test_an_old_peer_sees_ana_as_one_of_its_own(town):
    ben = town.classic("ben")
    ana = town.node("ana")

    (seen,) = ben.sees("ana")

    assert (seen.id, seen.ip, seen.port) == (ana.id, ana.host.ip, 9999)
    beacon = ben.beacons[-1]
    assert beacon["type"] == "discovery"
    assert len(ana.id) == 8 and int(ana.id, 16) >= 0
    assert abs(beacon["timestamp"] - time.time()) < 60


def test_anas_datagram_tells_new_nodes_more(town):
    ben = town.classic("ben")
    town.node("ana", network="allotment")
    ben.sees("ana")

    beacon = ben.beacons[-1]

    assert beacon["multi"] == 1
    assert beacon["v"] == [1, 2]
    assert beacon["device"][:8] == beacon["node_id"]
    assert beacon["net"] == hashlib.sha256(b"allotment").hexdigest()[:8]


def test_ana_is_announced_to_old_peers_on_all_her_networks(town):
    ben = town.classic("ben", on=["west"])
    cleo = town.classic("cleo", on=["east"])
    ana = town.node("ana", on=["west", "east"])

    assert ben.sees("ana")[0].ip == ana.host.ips["west"]
    assert cleo.sees("ana")[0].ip == ana.host.ips["east"]


def test_ana_dials_where_a_datagram_came_from_not_where_it_says(town):
    ben = town.classic("ben", on=[], host=town.town.host("ben", "lan"))
    ana = town.node("ana")
    ben.tell(town.town.broadcast("lan"), 10000, announced_ip="10.99.99.99")

    assert ana.sees("ben")[0]["addr"] == f"{ben.host.ip}:9999"

    ana.sends("the right door")
    ben.hears("the right door")


def test_ana_loses_an_old_peer_that_falls_silent(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    ana.sees("ben")

    ben.leaves()

    ana.loses("ben")
    assert [p["status"] for p in ana.peers() if p["name"] == "ben"] == ["offline"]


def test_ana_says_goodbye(town):
    ben = town.classic("ben")
    ana = town.node("ana")
    ben.sees("ana")

    assert ana.quits() == 0

    eventually(lambda: any(b.get("bye") for b in ben.beacons), "a goodbye")


def test_a_leaving_node_is_lost_at_once(cast):
    """Well before the silence of `stale`, which is set so long that the test would fail."""
    unhurried = Timers(stale="600s")
    ana = cast.node("ana", timers=unhurried)
    ben = cast.node("ben", timers=unhurried)
    ana.sees("ben")

    ben.quits()

    ana.loses("ben")


def test_ana_reaches_an_old_peer_at_a_known_address(town):
    """Ben announces himself to nobody. Ana tries again less often than she waits for an answer."""
    ana = town.node("ana", timers=Timers(announce="2s", stale="12s"))
    ben = town.classic("ben", on=[], host=town.town.host("ben", "lan"))

    answer = ana.asks("connecting", cmd="connect", addr=f"{ben.host.ip}:{ben.port}")
    assert answer["addr"] == f"{ben.host.ip}:{ben.port}"

    ana.waits_for(
        lambda e: e["event"] == "peer_up" and e["peer"]["addr"] == answer["addr"], "ben to be up"
    )
    ana.sends("found you")
    ben.hears("found you")


def test_an_address_where_nobody_answers_is_reported(cast):
    ana = cast.node("ana")

    assert ana.is_refused(cmd="connect", addr=f"{ana.host.ip}:1999") == "unreachable"


def test_nodes_of_another_network_name_are_strangers(cast):
    ana = cast.node("ana")
    ben = cast.node("ben")
    cleo = cast.node("cleo", network="another")
    ana.sees("ben")

    cleo.sends("into the void")
    ana.sends("to my own")

    ben.hears("to my own")
    assert "cleo" not in [p["name"] for p in ana.peers()]
    assert cleo.peers() == []
    assert not ben.has_heard("into the void")


HOSTILE_BEACONS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 4,
    "not an object": b"[1, 2, 3]",
    "another type": b'{"type":"hello","node_id":"aabbccdd","node_name":"x","ip":"1.2.3.4",'
    b'"port":9999,"timestamp":1}',
    "no id": b'{"type":"discovery","node_name":"x","ip":"1.2.3.4","port":9999,"timestamp":1}',
    "a name of 900 characters": json.dumps(
        {"type": "discovery", "node_id": "aabbccdd", "node_name": "n" * 900, "ip": "1.2.3.4",
         "port": 9999, "timestamp": 1.0}
    ).encode(),
    "an id that is an object": b'{"type":"discovery","node_id":{},"node_name":"x","ip":"1.2.3.4",'
    b'"port":9999,"timestamp":1}',
    "deeply nested": b"[" * 1000,
    "64 KiB": b"x" * 60_000,
} | {
    f"port {port}": json.dumps(
        {"type": "discovery", "node_id": f"{0xAA000000 + n:08x}", "node_name": "printer",
         "ip": "1.2.3.4", "port": port, "timestamp": 1.0}
    ).encode()
    for n, port in enumerate([0, -1, 22, 631, 1023, 65536, 1e308, "9999", None, True])
}


@pytest.mark.parametrize("datagram", HOSTILE_BEACONS.values(), ids=HOSTILE_BEACONS.keys())
def test_a_hostile_datagram_changes_nothing(cast, datagram):
    ana = cast.node("ana")
    with cast.classic("mallory").host.socket(socket.SOCK_DGRAM) as sock:
        sock.sendto(datagram, (ana.host.ip, ana.port + 1))

    ben = cast.classic("ben")

    ana.sees("ben")
    assert "printer" not in [p["name"] for p in ana.peers()]
    ana.sends("all well")
    ben.hears("all well")


def test_five_thousand_invented_peers_do_not_crowd_out_a_real_one(cast):
    ana = cast.node("ana")
    mallory = cast.classic("mallory")
    ana.sees("mallory")
    with mallory.host.socket(socket.SOCK_DGRAM) as sock:
        for number in range(5000):
            beacon = {"type": "discovery", "node_id": f"{number:08x}", "node_name": "ghost",
                      "ip": "1.2.3.4", "port": 9999, "timestamp": 1.0}
            sock.sendto(json.dumps(beacon).encode(), (ana.host.ip, ana.port + 1))

    ben = cast.classic("ben")
    ana.sees("ben")

    ana.sends("still here")
    ben.hears("still here", within=20)
    assert len(ana.peers()) <= 1000

