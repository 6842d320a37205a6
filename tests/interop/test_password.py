"""A password closes the envelope of chat, and nothing else."""

import base64

from people import a_file, eventually, meet, sha256_of

RIGHT, WRONG = "blue heron at dawn", "grey heron at dusk"


def test_the_right_password_opens_both_ways(cast):
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben", password=RIGHT)
    meet(ana, ben)
    assert ana.ready["password"]

    ana.sends("the key is under the mat")
    assert ben.hears("the key is under the mat").readable
    ben.says("thank you")
    ana.hears("thank you")


def test_the_words_are_sealed_on_the_wire(cast):
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben", password=RIGHT)
    meet(ana, ben)

    ana.sends("the key is under the mat")
    ben.hears("the key is under the mat")

    content = ben.received[-1]["content"]
    assert "key" not in content
    assert base64.b64decode(content, validate=True).startswith(b"gAAAA")


def test_a_message_under_another_password_is_shown_as_unreadable(cast):
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben", password=WRONG)
    meet(ana, ben)

    ben.says("not for ana")

    shown = ana.waits_for(lambda e: e["event"] == "message" and not e["own"], "ben's message")
    assert (shown["readable"], shown["text"], shown["from"]["name"]) == (False, "", "ben")


def test_plain_words_in_a_password_network_are_shown_as_unreadable(cast):
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben")
    meet(ana, ben)

    ben.says("no envelope at all")

    shown = ana.waits_for(lambda e: e["event"] == "message" and not e["own"], "ben's message")
    assert not shown["readable"]


def test_an_old_peer_with_another_password_gets_something_it_cannot_read(cast):
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben", password=WRONG)
    meet(ana, ben)

    ana.sends("not for ben")

    assert not eventually(lambda: ben.heard, "ben to hear something")[0].readable


def test_a_node_without_the_password_still_passes_the_message_on(cast):
    ana = cast.node("ana", on=["west", "east"])
    ben = cast.classic("ben", on=["west"], password=RIGHT)
    cleo = cast.classic("cleo", on=["east"], password=RIGHT)
    meet(ana, ben)
    meet(ana, cleo)

    ben.says("over ana's head")

    assert cleo.hears("over ana's head").readable
    assert not ana.has_heard("over ana's head")


def test_the_password_may_come_from_the_environment(cast, monkeypatch):
    monkeypatch.setenv("GOSSAMER_PASSWORD", RIGHT)
    ana = cast.node("ana", classic="allow")
    ben = cast.classic("ben", password=RIGHT)
    meet(ana, ben)

    ben.says("heard?")

    ana.hears("heard?")


def test_files_are_not_sealed(cast, tmp_path):
    """So an old peer with another password can read them; the window warns of that."""
    ana = cast.node("ana", password=RIGHT, classic="allow")
    ben = cast.classic("ben", password=WRONG)
    meet(ana, ben)
    note = a_file(tmp_path / "note.bin", 30_000)

    ana.sends_file(note)

    assert sha256_of(ben.takes_file("note.bin")) == sha256_of(note)
