"""Who is here, and which way leads to them, in networks of any shape."""

import time

import pytest

from people import eventually, meet


def way_to(person, other):
    """How someone is reached now."""
    ways = [peer for peer in person.peers() if peer["id"] == other.device]
    return ways[0] if ways else {"status": "unheard of"}


def neighbours(person):
    return [peer for peer in person.peers() if peer["status"] == "direct"]


@pytest.fixture
def line_of_eight(town):
    """Eight hosts, each pair of neighbours on a network of its own."""
    names = ("ana", "ben", "cleo", "dora", "emil", "fay", "gil", "hana")
    networks = [f"n{n}" for n in range(7)]
    return [
        town.node(name, on=networks[max(0, at - 1):at + 1]) for at, name in enumerate(names)
    ]


def test_both_ends_of_a_line_of_eight_are_here_for_each_other(line_of_eight):
    ana, ben, *_, gil, hana = line_of_eight

    ana.sees("hana", within=20)
    hana.sees("ana", within=20)

    there, back = way_to(ana, hana), way_to(hana, ana)
    assert (there["status"], there["via"], there["hops"]) == ("relayed", ben.device, 7)
    assert (back["status"], back["via"], back["hops"]) == ("relayed", gil.device, 7)
    assert there["rtt_ms"] >= 7 and there["addr"] == ""


def test_who_goes_at_the_end_of_a_line_is_away_for_all(line_of_eight):
    ana, *_, hana = line_of_eight
    ana.sees("hana", within=20)

    hana.quits()

    ana.loses("hana")
    assert way_to(ana, hana)["status"] == "offline"


def test_a_ring_that_loses_a_host_goes_the_other_way_round(town):
    ring = {
        name: town.node(name, on=on)
        for name, on in {
            "ana": ["n5", "n1"], "ben": ["n1", "n2"], "cleo": ["n2", "n3"],
            "dora": ["n3", "n4"], "emil": ["n4", "n5"],
        }.items()
    }
    ana, ben, cleo, emil = (ring[name] for name in ("ana", "ben", "cleo", "emil"))
    meet(*ring.values())
    eventually(lambda: way_to(ana, cleo).get("via") == ben.device, "the way to cleo through ben")

    ben.is_killed()

    eventually(lambda: way_to(ana, cleo).get("via") == emil.device, "the way the other way round")
    assert way_to(ana, cleo)["hops"] == 3
    ana.loses("ben")
    ana.sends("which way?")
    cleo.hears("which way?")


def test_a_cable_that_is_pulled_where_nobody_notices_is_gone_around_within_three_seconds(town):
    ana, ben, cleo, dora, emil = (
        town.node(name, on=on)
        for name, on in {
            "ana": ["n5", "n1"], "ben": ["n1", "n2"], "cleo": ["n2", "n3"],
            "dora": ["n3", "n4"], "emil": ["n4", "n5"],
        }.items()
    )
    meet(ana, ben, cleo, dora, emil)
    eventually(lambda: way_to(ana, cleo).get("via") == ben.device, "the way to cleo through ben")
    eventually(lambda: way_to(ben, cleo)["status"] == "direct", "the link between ben and cleo")

    town.town.severs("n2", ben.host, cleo.host)

    others = (
        ("the way to cleo the other way round", ana, cleo, emil, 3),
        ("ben's way to cleo, around the ring", ben, cleo, ana, 4),
        ("cleo's way to ben, around the ring", cleo, ben, dora, 4),
    )
    end = time.monotonic() + 3
    for what, person, to, via, hops in others:
        eventually(
            lambda: (way_to(person, to).get("via"), way_to(person, to).get("hops"))
            == (via.device, hops),
            what,
            within=max(end - time.monotonic(), 0.1),
        )


def test_thirty_hosts_on_one_network_link_to_some_and_reach_all(town):
    people = [town.node_at_rest(f"p{n:02}") for n in range(30)]
    for person in people:
        person.launches()
    names = {person.name for person in people}
    for person in people:
        person.sees(*(names - {person.name}), within=60)

    people[0].sends("to all of you")
    for person in people[1:]:
        person.hears("to all of you")
    links = [len(neighbours(person)) for person in people]
    assert min(links) >= 4 and max(links) < 24, links
    assert sum(links) / len(links) < 12, links


def test_two_full_rooms_are_joined_by_whoever_is_in_both(town):
    west = [town.node(f"w{n:02}", on=["west"]) for n in range(14)]
    east = [town.node(f"e{n:02}", on=["east"]) for n in range(14)]
    between = town.node("between", on=["west", "east"])

    west[0].sees(*(person.name for person in east), within=30)
    east[0].sees(*(person.name for person in west), within=30)
    sides = {peer["name"][0] for peer in neighbours(between)}
    assert sides == {"w", "e"}
    between.quits()

    west[0].loses("e00")
    assert way_to(west[0], west[1])["status"] in ("direct", "relayed")
