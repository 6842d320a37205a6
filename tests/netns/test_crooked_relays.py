"""Relays that do not do what they were asked to: nothing gets into wrong hands, nothing is lost."""

import contextlib

import pytest

from people import Sniffer, a_file, meet, sha256_of


@pytest.fixture
def ends(town):
    """Ana and cleo, who share no network."""
    return town.node("ana", on=["west"]), town.node("cleo", on=["east"])


@pytest.mark.parametrize("cheat", ["lies", "stalls", "dams"])
def test_what_ben_does_not_pass_on_comes_another_way(town, tmp_path, ends, cheat):
    ana, cleo = ends
    ben = town.crooked("ben", cheat, on=["west", "east"], meets=ends)

    with the_film_under_way(town, tmp_path, *ends, at=ben):
        ben.is_asked(by=ana, to_reach=cleo)


def test_whoever_ben_leads_to_is_not_taken_for_cleo(town, tmp_path, ends):
    """Dora says that she is cleo; her key says that she is not."""
    ana, cleo = ends
    dora = town.crooked("dora", "lies", on=["south"], meets=())
    ben = town.crooked("ben", "splices", on=["west", "east", "south"], meets=(*ends, dora))

    with the_film_under_way(town, tmp_path, *ends, at=dora):
        ben.is_asked(by=ana, to_reach=cleo)
        dora.is_asked(by=ben, to_reach=cleo)


@contextlib.contextmanager
def the_film_under_way(town, tmp_path, ana, cleo, at):
    """Ana sends cleo a film by way of people who cheat; then comes emil, who does not."""
    ana.sees("cleo")
    cleo.sees("ana")
    film = a_file(tmp_path / "holiday.mkv", 2_000_000)
    film.write_bytes(b"needle in a haystack" + film.read_bytes()[20:])
    with Sniffer(at.host) as sniffer:
        ana.sends_file(film)
        yield
        ana.sends("words come with anybody")
        cleo.hears("words come with anybody")
        assert not cleo.all("transfer")

        town.node("emil", on=["west", "east"])

        arriving = cleo.accepts("holiday.mkv", within=30)
        assert sha256_of(cleo.has_file(arriving)) == sha256_of(film)
    assert sniffer.found("needle in a haystack", "holiday.mkv") == []
    assert not at.all("fooled"), "whoever cheats was taken for cleo"


def test_a_file_goes_on_another_way_when_its_relay_lets_no_more_of_it_through(town, tmp_path):
    """All that is small goes on: by its links the relay is as well as ever."""
    ana, cleo = town.node("ana", on=["west"]), town.node("cleo", on=["east"])
    relays = [town.node(name, on=["west", "east"]) for name in ("ben", "dora")]
    meet(ana, cleo, *relays)
    town.town.narrows(ana.host, "west", megabits=200)
    film = a_file(tmp_path / "film.mkv", 60_000_000)
    ana.sends_file(film)
    arriving = cleo.accepts("film.mkv")
    begun = lambda e: e["event"] == "transfer" and e["id"] == arriving and e["bytes"] > 10_000_000
    cleo.waits_for(begun, "a part of the film", 30)
    way = [peer["via"] for peer in cleo.peers() if peer["id"] == ana.device][0]
    relay = next(relay for relay in relays if relay.device == way)

    town.town.keeps_large_packets(relay.host)

    assert sha256_of(cleo.has_file(arriving)) == sha256_of(film)
    for end in (ana, cleo):
        assert [peer["status"] for peer in end.peers() if peer["id"] == way] == ["direct"]
