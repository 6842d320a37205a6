"""Words between our nodes and old ones."""

import json
import time
import uuid

from people import eventually, meet

LONG = "ä" * 8000  # 16 000 bytes of UTF-8, close to the most a text may have


def test_ana_hears_an_old_peer(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    said = ben.says("good morning 🌅")
    heard = ana.hears("good morning 🌅")

    assert heard["conversation"] == "everyone"
    assert heard["from"] == {"id": ben.id, "name": "ben"}
    assert abs(heard["sent_at"] - said["timestamp"] * 1000) <= 1
    assert heard["hops"] is None


def test_an_old_peer_hears_ana(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    message = ana.sends("good morning")

    heard = ben.hears("good morning")
    assert (heard.sender_id, heard.sender_name) == (ana.id, "ana")
    assert ana.reached(message)["reached"] == 1
    raw = next(m for m in ben.received if m["content"] == "good morning")
    assert str(uuid.UUID(raw["message_id"])) == raw["message_id"]
    assert isinstance(raw["timestamp"], float) and abs(raw["timestamp"] - time.time()) < 60


def test_the_longest_text_arrives_whole_in_one_read(cast):
    """Here a read is one `recv` of the old program; classic.py notes it when more is needed."""
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    ana.sends(LONG)

    ben.hears(LONG)


def test_a_text_of_more_than_16_kib_is_refused(cast):
    ana = cast.node("ana")

    assert ana.is_refused(cmd="send", to="everyone", text="x" * 16385) == "bad_argument"
    assert ana.is_refused(cmd="send", to="everyone", text=" \n ") == "bad_argument"


def test_a_repeated_message_is_shown_once(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    said = ben.says("once")
    ana.hears("once")
    ben.pours(_in_a_row(said, said, ben.message("chat", content="that was all")), ben.peers[ana.id])

    ana.hears("that was all")
    assert ana.has_heard("once") == 1


def test_several_messages_in_one_connection_are_all_heard(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    one, two, three = (json.dumps(ben.message("chat", content=f"line {n}")) for n in "123")

    ben.pours(f" {one}\r\n{two}{three}\n\t ".encode(), ben.peers[ana.id])

    for n in "123":
        ana.hears(f"line {n}")


def test_a_message_in_small_pieces_is_heard(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    data = json.dumps(ben.message("chat", content="bit by bit"), ensure_ascii=True).encode()

    with ben.host.connect(ana.host.ip, ana.port) as sock:
        for at in range(0, len(data), 7):
            sock.sendall(data[at : at + 7])

    ana.hears("bit by bit")


def test_unknown_fields_are_passed_over(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    ben.says("with a hat", hat={"colour": "green"})

    ana.hears("with a hat")


def test_a_message_waits_for_the_first_listener(cast):
    ana = cast.node("ana")

    message = ana.sends("is anybody there?")
    assert ana.all("message_state")[-1]["state"] == "queued"
    ben = cast.classic("ben")

    ben.hears("is anybody there?")
    ana.reached(message)


def test_ana_reads_her_own_words_in_the_history(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    ana.sends("first")
    ben.hears("first")
    ben.says("second")
    ana.hears("second")

    assert [(m["text"], m["own"]) for m in ana.history()] == [("first", True), ("second", False)]


def test_ana_is_not_shown_her_own_words_coming_back(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    ana.sends("an echo")
    ben.hears("an echo")
    echo = next(m for m in ben.received if m["content"] == "an echo")
    ben.pours(_in_a_row(echo, ben.message("chat", content="done")), ben.peers[ana.id])

    ana.hears("done")
    assert not ana.has_heard("an echo")


def test_ana_writes_on_a_connection_for_each_message_and_no_other(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    for number in range(20):
        ana.sends(f"number {number}")
    for number in range(20):
        ben.hears(f"number {number}")

    eventually(lambda: ben.connections >= 20, "20 connections")
    assert len([m for m in ben.received if m["type"] == "chat"]) == 20


def _in_a_row(*messages):
    """Messages for one connection: they are read in this order, which several are not."""
    return "".join(map(json.dumps, messages)).encode()
