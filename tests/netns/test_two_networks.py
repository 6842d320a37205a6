"""Two households, two people in each, joined by one computer with two network cards."""

import pytest

from people import a_file, sha256_of


@pytest.fixture
def households(town):
    """Ana and ben in the west, cleo and dora in the east, and mira's computer between them."""
    west = [town.node(name, on=["west"]) for name in ("ana", "ben")]
    mira = town.node("mira", on=["west", "east"])
    east = [town.node(name, on=["east"]) for name in ("cleo", "dora")]
    mira.sees("ana", "ben", "cleo", "dora")
    for person in west + east:
        person.sees("mira")
    west[0].sees("ben")
    east[0].sees("dora")
    return west, mira, east


def test_everybody_hears_everybody_once(households):
    west, mira, east = households
    everybody = [*west, mira, *east]

    for person in everybody:
        person.sends(f"this is {person.name}")

    for listener in everybody:
        for speaker in everybody:
            if listener is not speaker:
                listener.hears(f"this is {speaker.name}")
                assert listener.has_heard(f"this is {speaker.name}") == 1


def test_a_file_from_the_middle_reaches_everybody_and_one_from_the_west_its_neighbours(
    households, tmp_path
):
    (ana, ben), mira, (cleo, dora) = households
    album = a_file(tmp_path / "album.zip", 3_000_000)
    song = a_file(tmp_path / "song.mp3", 1_000_000, seed=1)

    mira.sends_file(album)
    ana.sends_file(song)

    for person in (ana, ben, cleo, dora):
        assert sha256_of(person.takes_file("album.zip")) == sha256_of(album)
    for person in (ben, mira):
        assert sha256_of(person.takes_file("song.mp3")) == sha256_of(song)


def test_when_the_bridge_is_gone_each_household_goes_on(households):
    (ana, ben), mira, (cleo, dora) = households

    mira.quits()
    ana.loses("mira")
    cleo.loses("mira")

    ana.sends("only in the west")
    ben.hears("only in the west")
    cleo.sends("only in the east")
    dora.hears("only in the east")
    assert not cleo.has_heard("only in the west")
    assert not ana.has_heard("only in the east")
