"""Interfaces come late, people leave and die and come back; words wait and nothing is lost."""

import json

from people import Timers, a_file, eventually, meet, sha256_of
from people.node import ENDED


def test_an_interface_that_comes_late_is_used(town):
    ana = town.node("ana", host=town.town.host("ana"))
    ben = town.node("ben")

    ip = town.town.plug(ana.host, "lan")

    ana.sees("ben")
    assert ben.sees("ana")[0]["addr"] == f"{ip}:9999"
    ana.sends("here I am")
    ben.hears("here I am")


def test_a_second_interface_that_comes_late_is_used_too(town):
    ana = town.node("ana", on=["west"])
    cleo = town.node("cleo", on=["east"])

    town.town.plug(ana.host, "east")

    ana.sees("cleo")
    cleo.sees("ana")


def test_words_wait_for_the_first_meeting(town):
    ana = town.node("ana")
    waiting = [ana.sends(f"into the quiet, {n}") for n in range(3)]

    ben = town.node("ben")

    for number in range(3):
        ben.hears(f"into the quiet, {number}")
    for message in waiting:
        ana.reached(message)
    assert [m["text"] for m in ben.history()] == [f"into the quiet, {n}" for n in range(3)]


def test_waiting_words_survive_a_restart(town):
    ana = town.node("ana")
    waiting = ana.sends("a message in a bottle")
    ana.quits()
    ana.starts()

    ben = town.node("ben")

    ben.hears("a message in a bottle")
    ana.reached(waiting)
    assert ben.has_heard("a message in a bottle") == 1


def test_waiting_words_survive_a_power_cut(town):
    ana = town.node("ana")
    waiting = ana.sends("a message in a bottle")
    ana.is_killed()
    ana.starts()

    ben = town.node("ben")

    ben.hears("a message in a bottle")
    ana.reached(waiting)


def test_after_a_power_cut_the_history_is_whole_and_nothing_is_shown_twice(town):
    ana, ben = town.node("ana"), town.node("ben")
    meet(ana, ben)
    for number in range(10):
        ben.sends(f"number {number}")
    ana.hears("number 9")
    ana.sends("noted")
    ben.hears("noted")

    ana.is_killed()
    ana.starts()
    ana.sees("ben")
    ben.sends("welcome back")
    ana.hears("welcome back")

    told = [m["text"] for m in ana.history()]
    assert told == [*(f"number {n}" for n in range(10)), "noted", "welcome back"]
    shown_again = [e["text"] for e in ana.events[ana.started_at :] if e["event"] == "message"]
    assert shown_again == ["welcome back"]


def test_a_word_spoken_again_after_a_restart_is_not_shown_twice(town):
    """An old peer repeats what ana has on disk; her memory of ids is gone, her history is not."""
    ana = town.node("ana")
    ben = town.classic("ben")
    meet(ana, ben)
    said = ben.says("once upon a time")
    ana.hears("once upon a time")

    ana.is_killed()
    ana.starts()
    ana.sees("ben")
    end = ben.message("chat", content="the end")
    ben.pours("".join(map(json.dumps, (said, end))).encode(), ben.peers[ana.id])
    ana.hears("the end")

    assert [m["text"] for m in ana.history()] == ["once upon a time", "the end"]


def test_ana_keeps_her_id_and_ben_knows_her_again(town):
    ana, ben = town.node("ana"), town.node("ben")
    ben.sees("ana")
    before = ana.id

    ana.quits()
    ben.loses("ana")
    ana.starts()

    assert ana.id == before
    ben.sees("ana")
    assert [p["name"] for p in ben.peers()] == ["ana"]


def test_a_killed_peer_is_missed_and_a_file_to_it_does_not_stop_the_others(town, tmp_path):
    patient = Timers(transfer_silence="60s")
    ana, ben, cleo = (town.node(name, timers=patient) for name in ("ana", "ben", "cleo"))
    ana.sees("ben", "cleo")
    film = a_file(tmp_path / "film.mkv", 20_000_000)

    ana.sends_file(film)
    cleo.accepts("film.mkv")
    ben.is_offered("film.mkv")
    ben.is_killed()

    transfer = cleo.is_offered("film.mkv")["id"]
    assert sha256_of(cleo.has_file(transfer)) == sha256_of(film)
    ana.loses("ben")


def test_a_file_to_a_node_that_is_killed_is_whole_or_has_failed(town, tmp_path):
    ana, ben = town.node("ana"), town.node("ben", accept="all")
    ana.sees("ben")
    film = a_file(tmp_path / "film.mkv", 50_000_000)
    sending = ana.sends_file(film)
    ben.is_offered("film.mkv")

    ben.is_killed()
    assert not (ben.downloads / "film.mkv").exists()
    ben.starts()

    ana.sees_end_of(sending)
    ends = eventually(lambda: _all_ended(ben), "every transfer of ben to end", within=30)
    saved = list(ben.downloads.glob("*"))
    assert len(saved) == ends.count("done")
    assert all(sha256_of(path) == sha256_of(film) for path in saved)


def _all_ended(person):
    """The states of all transfers, once each of them has ended."""
    transfers = person.asks("transfers", cmd="transfers")["transfers"]
    states = [transfer["state"] for transfer in transfers]
    return states if all(state in ENDED for state in states) else None
