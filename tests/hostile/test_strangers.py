"""Whoever does not know the password costs a network nothing, and closes nobody's door."""

import time

import pytest

RIGHT = "blue heron at dawn"


@pytest.fixture
def locked(town, figures):
    """Ana, ben and cleo in a locked network, and a host from which somebody bothers ana."""
    people = [town.node(name, password=RIGHT) for name in ("ana", "ben", "cleo")]
    return figures.begins(*people), people, town.town.host("mallory", "lan")


@pytest.mark.sample
def test_whoever_says_hello_and_falls_silent_takes_nobodys_place(town, figures):
    """All of ana's neighbours have many others, so that a node would rather give up one of them."""
    names = ("ana", "ben", "cleo", "dora", "emil", "fay")
    ana, *others = (town.node(name, password=RIGHT) for name in names)
    figures.begins(ana, *others)
    host = town.town.host("mallory", "lan")
    town.town.has_many_addresses(host, "lan", 16)

    mallory = town.stranger("silent", to=ana, host=host, rate=16, seconds=15)
    figures.during("silent strangers", while_=mallory.is_at_work)

    figures.says(f"mallory: {mallory.is_done()}")
    devices = {other.device for other in others}
    gone = [e for e in ana.all("peer_down") if e["peer"]["id"] in devices]
    figures.says(f"links lost {len(gone)}")
    figures.everybody_is_linked()
    assert not gone
    figures.everything_arrived()
    grown = figures.grew()
    assert grown.rss < 48
    assert grown.handles < 64


def test_a_newcomer_gets_in_while_somebody_guesses_at_full_rate(town, locked):
    figures, (ana, *_), host = locked
    town.town.has_many_addresses(host, "lan", 16)
    mallory = town.stranger("guesses", to=ana, host=host, rate=20, seconds=100)
    time.sleep(6)

    begun = time.monotonic()
    dora = town.node("dora", password=RIGHT)
    # Whom she came in by is the others' business: she is linked to ana, who is guessed at.
    dora.sees("ana", within=90)
    figures.says(f"newcomer linked after {time.monotonic() - begun:.1f} s")
    figures.during("guesses", seconds=10)

    assert mallory.is_at_work(), "the newcomer was to come in meanwhile"
    figures.everybody_is_linked()
    figures.everything_arrived()
    assert figures.grew().rss < 64
