"""Ana and cleo share no network; ben, in the middle, has a foot in both."""

import pytest

from people import a_file, meet, sha256_of


@pytest.fixture
def line(town):
    """Ana - ben - cleo."""
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"])
    cleo = town.node("cleo", on=["east"])
    meet(ana, ben)
    meet(ben, cleo)
    return ana, ben, cleo


def test_ana_hears_cleo_two_hops_away(line):
    ana, _ben, cleo = line
    with pytest.raises(OSError, match="unreachable"):
        ana.host.connect(cleo.host.ip, 9999, timeout=1)

    cleo.sends("hello from the east")
    heard = ana.hears("hello from the east")
    assert heard["from"] == {"id": cleo.device, "name": "cleo"}

    ana.sends("hello from the west")
    cleo.hears("hello from the west")


def test_words_flow_again_after_ben_was_away(line):
    ana, ben, cleo = line
    ana.sends("before")
    cleo.hears("before")

    ben.quits()
    ana.loses("ben")
    cleo.loses("ben")
    waiting = ana.sends("while you were away")
    assert ana.all("message_state")[-1]["state"] == "queued"
    ben.starts()

    ben.hears("while you were away")
    ana.reached(waiting)
    ana.sees("ben")
    cleo.sees("ben")
    ben.sees("ana", "cleo")
    ana.sends("and now")
    cleo.hears("and now")
    cleo.sends("likewise")
    ana.hears("likewise")


def test_a_cable_pulled_and_put_back_loses_no_queued_word(line, town):
    ana, ben, cleo = line

    town.town.cut(ana.host, "west")
    ana.loses("ben")
    waiting = [ana.sends(f"from the island, {n}") for n in range(5)]
    town.town.mend(ana.host, "west")

    for number in range(5):
        ben.hears(f"from the island, {number}", within=20)
    for message in waiting:
        ana.reached(message)
    assert [ben.has_heard(f"from the island, {n}") for n in range(5)] == [1] * 5


def test_everything_is_shown_once_though_there_are_two_ways(town):
    """Ana and cleo are joined by ben and by dora, so that every message comes twice."""
    ana = town.node("ana", on=["west"])
    ben, dora = (town.node(name, on=["west", "east"]) for name in ("ben", "dora"))
    cleo = town.node("cleo", on=["east"])
    ana.sees("ben", "dora")
    cleo.sees("ben", "dora")
    ben.sees("ana", "cleo", "dora")
    dora.sees("ana", "cleo", "ben")

    for number in range(50):
        ana.sends(f"number {number}")
    cleo.sends("that is enough")
    for number in range(50):
        cleo.hears(f"number {number}")
    ana.hears("that is enough")

    assert [cleo.has_heard(f"number {n}") for n in range(50)] == [1] * 50
    shown = [m["text"] for m in cleo.history()]
    assert sorted(set(shown)) == sorted(shown)


def test_a_file_is_offered_once_though_there_are_two_ways(town, tmp_path):
    ana = town.node("ana", on=["west", "east"])
    cleo = town.node("cleo", on=["west", "east"], accept="all")
    meet(ana, cleo)
    film = a_file(tmp_path / "film.mkv", 3_000_000)

    ana.sends_file(film)

    transfer = cleo.is_offered("film.mkv")["id"]
    assert sha256_of(cleo.has_file(transfer)) == sha256_of(film)
    assert [p.name for p in cleo.downloads.iterdir()] == ["film.mkv"]
    assert {e["id"] for e in cleo.all("transfer")} == {transfer}


def test_the_words_on_bens_disk_are_not_in_the_open(line):
    """Ben's own record of what passed is in an encrypted database."""
    ana, ben, cleo = line
    ana.sends("a needle in a haystack")
    cleo.hears("a needle in a haystack")
    ben.hears("a needle in a haystack")
    ben.quits()

    for path in ben.data_dir.rglob("*"):
        if path.is_file():
            assert b"needle" not in path.read_bytes(), path
