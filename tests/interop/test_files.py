"""Files between our nodes and old ones: whole and right, or clearly not."""

import random

import pytest

from people import a_file, meet, sha256_of

SIZE = 300_000


def test_an_old_peer_gets_anas_file(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    picture = a_file(tmp_path / "picture of a cat.jpg", SIZE)

    transfer = ana.sends_file(picture)

    assert sha256_of(ben.takes_file("picture of a cat.jpg")) == sha256_of(picture)
    end = ana.sees_end_of(transfer)
    assert (end["state"], end["size"], end["bytes"], end["reached"]) == ("done", SIZE, SIZE, 1)
    for chunk in (m for m in ben.received if m["type"] == "file_chunk"):
        assert chunk["content"] is None
        assert len(chunk["chunk_data"]) <= 10924  # base64 of 8192 bytes


def test_ana_gets_an_old_peers_file_once_she_accepts(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    letter = a_file(tmp_path / "letter.odt", SIZE)

    ben.sends_file(letter)
    offer = ana.is_offered("letter.odt")
    assert (offer["state"], offer["size"], offer["from"]["name"]) == ("offered", SIZE, "ben")
    assert not (ana.downloads / "letter.odt").exists()
    path = ana.takes_file("letter.odt")

    assert path == ana.downloads / "letter.odt"
    assert sha256_of(path) == sha256_of(letter)
    assert ana.all("transfer")[-1]["sha256"] == sha256_of(letter)


def test_a_larger_file_of_an_old_peer_loses_no_chunk(cast, tmp_path):
    """An old peer waits for nothing: 1 221 connections as fast as it can make them."""
    ana = cast.node("ana", accept="all")
    ben = cast.classic("ben")
    meet(ana, ben)
    film = a_file(tmp_path / "film.mkv", 10_000_000)

    ben.sends_file(film)

    transfer = ana.is_offered("film.mkv")["id"]
    assert sha256_of(ana.has_file(transfer)) == sha256_of(film)


def test_an_old_peer_gets_a_larger_file_whole(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    film = a_file(tmp_path / "film.mkv", 10_000_000)

    ana.sends_file(film)

    assert sha256_of(ben.takes_file("film.mkv")) == sha256_of(film)


def test_a_node_that_accepts_all_is_not_asked(cast, tmp_path):
    ana = cast.node("ana", accept="all")
    ben = cast.classic("ben")
    meet(ana, ben)
    letter = a_file(tmp_path / "letter.odt", SIZE)

    ben.sends_file(letter)

    transfer = ana.is_offered("letter.odt")["id"]
    assert sha256_of(ana.has_file(transfer)) == sha256_of(letter)


def test_an_empty_file_arrives(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.node("ben", accept="all")
    meet(ana, ben)
    empty = a_file(tmp_path / "empty.txt", 0)

    ana.sends_file(empty)

    path = ben.has_file(ben.is_offered("empty.txt")["id"])
    assert path.read_bytes() == b""


def test_chunks_may_come_in_any_order_and_twice(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    data = a_file(tmp_path / "puzzle.png", SIZE).read_bytes()
    chunks = ben.chunks_of(data, "puzzle.png")
    again = [ben.message("file_chunk", **_body(chunk)) for chunk in chunks[::3]]
    mixed = chunks + again
    random.Random(7).shuffle(mixed)

    for chunk in mixed:
        ben.posts(chunk)

    assert ana.takes_file("puzzle.png").read_bytes() == data


@pytest.mark.parametrize("missing", [0, 17, -1], ids=["the first", "one inside", "the last"])
def test_a_file_that_never_completes_is_called_incomplete(cast, missing):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    chunks = ben.chunks_of(random.Random(1).randbytes(SIZE), "torn.txt")
    del chunks[missing]

    for chunk in chunks:
        ben.posts(chunk)
    transfer = ana.accepts("torn.txt")

    end = ana.sees_end_of(transfer)
    assert end["state"] == "failed"
    assert end["reason"] == {"code": "incomplete"}
    assert not list(ana.downloads.glob("*"))


def test_a_corrupted_chunk_is_never_called_done(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    data = random.Random(1).randbytes(SIZE)
    chunks = ben.chunks_of(data, "bent.txt")
    other = ben.chunks_of(bytes(SIZE), "other.txt")
    chunks[9]["chunk_data"] = other[9]["chunk_data"]

    for chunk in chunks:
        ben.posts(chunk)
    transfer = ana.accepts("bent.txt")

    end = ana.sees_end_of(transfer)
    assert (end["state"], end["path"]) == ("failed", None)
    assert not list(ana.downloads.glob("*"))


def test_a_declined_file_leaves_nothing_and_is_not_offered_again(cast):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)
    chunks = ben.chunks_of(random.Random(1).randbytes(SIZE), "advert.pdf")

    ben.posts(chunks[0])
    transfer = ana.declines("advert.pdf")
    for chunk in chunks[1:]:
        ben.posts(chunk)
    ben.says("did you get it?")
    ana.hears("did you get it?")

    mine = [t for t in ana.asks("transfers", cmd="transfers")["transfers"] if t["id"] == transfer]
    assert [t["state"] for t in mine] == ["cancelled"]
    assert len({t["id"] for t in ana.all("transfer")}) == 1
    assert not list(ana.downloads.glob("*"))


def test_a_second_file_of_the_same_name_does_not_replace_the_first(cast):
    ana = cast.node("ana", accept="all")
    ben = cast.classic("ben")
    meet(ana, ben)
    contents = [b"one", b"second", b"number three"]

    for content in contents:
        for chunk in ben.chunks_of(content, "notes.txt"):
            ben.posts(chunk)
        ana.waits_for(
            lambda e, size=len(content): e["event"] == "transfer"
            and e["state"] == "done"
            and e["size"] == size,
            "a file to be done",
        )

    assert sorted(p.read_bytes() for p in ana.downloads.iterdir()) == sorted(contents)
    assert (ana.downloads / "notes.txt").read_bytes() == contents[0]


def test_impossible_files_are_refused(cast, tmp_path):
    ana = cast.node("ana")

    def refusal(path):
        return ana.is_refused(cmd="send_file", to="everyone", path=str(path))

    assert refusal(tmp_path / "nowhere.txt") == "file_unreadable"
    assert refusal(tmp_path) == "file_unreadable"
    assert refusal("/dev/zero") == "file_unreadable"
    assert ana.is_refused(cmd="accept", transfer="never-heard-of") == "unknown_transfer"


def _body(chunk):
    """What makes it this chunk, without what makes it this message."""
    fields = ("file_id", "chunk_index", "chunk_data", "file_metadata")
    return {name: chunk[name] for name in fields}
