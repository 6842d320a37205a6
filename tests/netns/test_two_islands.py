"""Two islands that never touch, and someone who walks between them with what was said."""

import pytest

from people import meet


@pytest.fixture
def islands(town):
    """Ana and ben in the west, cleo and dora in the east; wim is with ana and ben."""
    west = [town.node(name, on=["west"]) for name in ("ana", "ben")]
    east = [town.node(name, on=["east"]) for name in ("cleo", "dora")]
    wim = town.node("wim", on=["west"])
    meet(*west, wim)
    meet(*east)
    return west, wim, east


def goes(town, wim, lan, other, left, people):
    """Wim leaves some people, who are out of reach then, and meets others."""
    since = len(wim.events)
    town.town.moves(wim.host, lan, other)
    for person in people:
        wim.waits_for(
            lambda event, name=person.name: event["event"] == "peer_up"
            and (event["peer"]["name"], event["peer"]["status"]) == (name, "direct"),
            f"to meet {person.name}",
            within=20,
            since=since,
        )
    for person in left:
        wim.loses(person.name)
        person.loses("wim")


def say(islands):
    """Three things are said in turn, here and there; returns ana's first."""
    (ana, ben), wim, (cleo, dora) = islands
    first = ana.sends("one, in the west")
    for person in (ben, wim):
        person.hears("one, in the west")
    cleo.sends("two, in the east")
    dora.hears("two, in the east")
    ana.sends("three, in the west")
    for person in (ben, wim):
        person.hears("three, in the west")
    return first


def told(person):
    return [message["text"] for message in person.history()]


def late(person):
    return [message["text"] for message in person.history() if message["late"]]


def test_who_walks_between_two_islands_brings_each_what_the_other_said(town, islands):
    (ana, ben), wim, (cleo, dora) = islands
    first = say(islands)

    goes(town, wim, "west", "east", (ana, ben), (cleo, dora))
    for person in (cleo, dora):
        person.hears("one, in the west")
        person.hears("three, in the west")
        assert late(person) == ["one, in the west"]
    wim.hears("two, in the east")
    dora.sends("four, in the east")
    for person in (cleo, wim):
        person.hears("four, in the east")
    ben.sends("five, in the west")
    ana.hears("five, in the west")
    assert not ana.has_heard("two, in the east")

    goes(town, wim, "east", "west", (cleo, dora), (ana, ben))
    for person in (ana, ben):
        person.hears("two, in the east")
        person.hears("four, in the east")
        assert late(person) == ["two, in the east", "four, in the east"]
    wim.hears("five, in the west")
    goes(town, wim, "west", "east", (ana, ben), (cleo, dora))
    for person in (cleo, dora):
        person.hears("five, in the west")

    everything = [
        "one, in the west", "two, in the east", "three, in the west", "four, in the east",
        "five, in the west",
    ]
    for person in (ana, ben, wim, cleo, dora):
        assert told(person) == everything
        shown = [e["id"] for e in person.all("message")]
        assert len(set(shown)) == len(everything)
        assert all(person.has_heard(text) <= 1 for text in everything)
    states = [e for e in ana.all("message_state") if e["id"] == first]
    assert states[-1]["reached"] == 2, "ben and wim took it from her"


def test_what_is_carried_survives_that_the_walker_is_off_on_the_way(town, islands):
    (ana, _), wim, (cleo, dora) = islands
    say(islands)

    wim.is_killed()
    town.town.moves(wim.host, "west", "east")
    wim.starts()

    for person in (cleo, dora):
        for text in ("one, in the west", "three, in the west"):
            person.hears(text, within=20)
        assert told(person) == ["one, in the west", "two, in the east", "three, in the west"]
        assert person.has_heard("one, in the west") == 1
    assert not ana.has_heard("two, in the east")
