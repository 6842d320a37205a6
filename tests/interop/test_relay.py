"""Messages go on to those who have not seen them, and stop there."""

import json

from people import a_file, meet, sha256_of


def test_ana_passes_on_what_one_old_peer_says_to_another(cast):
    ben = cast.classic("ben", on=["west"])
    ana = cast.node("ana", on=["west", "east"])
    cleo = cast.classic("cleo", on=["east"])
    meet(ana, ben)
    meet(ana, cleo)

    said = ben.says("to the other side", mark="kept")

    assert cleo.hears("to the other side").sender_id == ben.id
    passed_on = next(m for m in cleo.received if m["message_id"] == said["message_id"])
    assert passed_on == said
    ana.hears("to the other side")


def test_nothing_comes_back_to_its_origin(cast):
    ben = cast.classic("ben", on=["west"])
    ana = cast.node("ana", on=["west", "east"])
    cleo = cast.classic("cleo", on=["east"])
    meet(ana, ben)
    meet(ana, cleo)

    said = ben.says("forth")
    cleo.hears("forth")
    cleo.says("and back")

    ben.hears("and back")
    assert ben.copies_of(said["message_id"]) == 0


def test_an_old_peer_joins_two_of_our_nodes(town):
    ana = town.node("ana", on=["west"])
    ben = town.classic("ben", on=["west", "east"])
    cleo = town.node("cleo", on=["east"])
    meet(ana, ben)
    meet(ben, cleo)

    ana.sends("through the old house")
    heard = cleo.hears("through the old house")
    assert heard["from"] == {"id": ana.id, "name": "ana"}
    cleo.sends("and back again")
    ana.hears("and back again")


def test_in_a_circle_of_friends_nothing_goes_round_and_round(cast):
    """Each of four may pass a message on once to each of the others, and then it rests."""
    ana = cast.node("ana")
    old = [cast.classic(name) for name in ("ben", "cleo", "dora")]
    ana.sees("ben", "cleo", "dora")
    for peer in old:
        peer.sees("ana", *({"ben", "cleo", "dora"} - {peer.name}))

    said = old[0].says("pass it on")
    for peer in old[1:]:
        peer.hears("pass it on")
    ana.hears("pass it on")
    ana.sends("enough")
    for peer in old:
        peer.hears("enough")

    assert ana.has_heard("pass it on") == 1
    for peer in old[1:]:
        assert 1 <= peer.copies_of(said["message_id"]) <= 3
    assert old[0].copies_of(said["message_id"]) == 0


def test_ana_remembers_more_than_the_old_program(cast):
    """Which forgets all ids when it holds over 1000, and would show the first again."""
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    first = ben.says("the first")
    ana.hears("the first")
    many = [ben.message("chat", content=f"number {number}") for number in range(1100)]
    last = ben.message("chat", content="the last")
    ben.pours("".join(map(json.dumps, [*many, first, last])).encode(), ben.peers[ana.id])

    ana.hears("the last", within=30)
    assert ana.has_heard("the first") == 1


def test_a_file_goes_on_too_even_when_ana_declines_it(cast, tmp_path):
    ben = cast.classic("ben", on=["west"])
    ana = cast.node("ana", on=["west", "east"])
    cleo = cast.classic("cleo", on=["east"])
    meet(ana, ben)
    meet(ana, cleo)
    score = a_file(tmp_path / "score.pdf", 200_000)
    chunks = ben.chunks_of(score.read_bytes(), score.name)

    ben.posts(chunks[0])
    ana.declines("score.pdf")
    for chunk in chunks[1:]:
        ben.posts(chunk)

    assert sha256_of(cleo.takes_file("score.pdf")) == sha256_of(score)
    assert not list(ana.downloads.glob("*"))


def test_a_peer_list_does_not_make_its_entries_known(cast):
    """Its entries are hearsay: somebody becomes known by being heard or reached."""
    ben = cast.classic("ben")
    ana = cast.node("ana")
    meet(ana, ben)
    entry = {"node_id": "00c0ffee", "node_name": "dora", "ip": "10.1.2.3", "port": 9999,
             "last_seen": 1.0}

    ben.posts(ben.message("peer_list", peers=[entry]))
    ben.says("do you know dora?")

    ana.hears("do you know dora?")
    assert [p["name"] for p in ana.peers()] == ["ben"]


def test_a_peer_list_of_ten_thousand_does_no_harm(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    entry = {"node_id": "00c0ffee", "node_name": "d", "ip": "10.1.2.3", "port": 80, "last_seen": 1}
    crowd = [entry | {"node_id": f"{number:08x}"} for number in range(10_000)]

    ben.posts(ben.message("peer_list", peers=crowd))
    ben.says("and now?")

    ana.hears("and now?")
    assert len(ana.peers()) <= 300
