"""Beacons are unsigned: whatever they say, they cost little and lead nowhere but to neighbours."""

import itertools
import time

import pytest

from people import Forger

ELSEWHERE = "198.18.0.0/15"


@pytest.fixture
def open_town(town, figures):
    """Ana and ben in an open network, and the host of somebody who forges."""
    ana, ben = town.node("ana"), town.node("ben")
    host = town.town.host("mallory", "lan")
    figures.begins(ana, ben)
    forger = Forger(host, town.network)
    yield figures, ana, host, forger
    forger.leaves()


@pytest.mark.sample
def test_a_forged_source_makes_nobody_knock_outside_the_own_networks(town, open_town):
    figures, ana, host, forger = open_town
    town.town.leads_everywhere(ana.host, gateway=host, lan="lan")
    town.town.swallows(host, ELSEWHERE)

    ends = time.monotonic() + 10
    for number in itertools.count(1):
        if time.monotonic() > ends:
            break
        forger.names(f"198.18.{number % 250}.{1 + number % 200}", to=ana)
        time.sleep(0.05)
    figures.during("forged sources", seconds=4)

    knocks = town.town.lost_packets(host)
    figures.says(f"{number} datagrams, {knocks} SYNs outside")
    assert knocks == 0
    figures.everybody_is_linked()
    figures.everything_arrived()


def test_a_flood_of_spoofed_beacons_is_forgotten(open_town):
    figures, ana, _, forger = open_town
    lan = ana.host.ip.rsplit(".", 1)[0]

    ends, number = time.monotonic() + 15, 0
    while number < 100_000 and time.monotonic() < ends:
        for _ in range(200):
            number += 1
            forger.names(f"{lan}.{20 + number % 230}", to=ana, port=2000 + number % 60_000)
        time.sleep(0.01)
    figures.during("after spoofed beacons", seconds=4)

    figures.says(f"{number} datagrams")
    figures.everybody_is_linked()
    figures.everything_arrived()
    grown = figures.grew()
    assert grown.rss < 16
    assert grown.handles < 64
    figures.is_idle_again()
