"""The measure is measured first: classic peers understand each other as the old program does."""

from people import a_file, eventually, sha256_of


def test_ben_hears_cleo(cast):
    ben, cleo = cast.classic("ben"), cast.classic("cleo")
    ben.sees("cleo")
    cleo.sees("ben")

    cleo.says("hello ben")
    heard = ben.hears("hello ben")

    assert (heard.sender_id, heard.sender_name) == (cleo.id, "cleo")


def test_ben_passes_on_what_ana_says_to_cleo(cast):
    ana = cast.classic("ana", on=["west"])
    ben = cast.classic("ben", on=["west", "east"])
    cleo = cast.classic("cleo", on=["east"])
    ana.sees("ben")
    ben.sees("ana", "cleo")

    said = ana.says("to the other side")

    assert cleo.hears("to the other side").sender_id == ana.id
    assert ana.copies_of(said["message_id"]) == 0


def test_a_password_joins_and_separates(cast):
    ana = cast.classic("ana", password="blue heron")
    ben = cast.classic("ben", password="blue heron")
    cleo = cast.classic("cleo", password="grey heron")
    ana.sees("ben", "cleo")

    ana.says("between us")

    assert ben.hears("between us").readable
    assert not eventually(lambda: cleo.heard, "cleo to hear something")[0].readable


def test_ben_takes_a_file_from_cleo(cast, tmp_path):
    ben, cleo = cast.classic("ben"), cast.classic("cleo")
    cleo.sees("ben")
    picture = a_file(tmp_path / "picture.jpg", 100_000)

    cleo.sends_file(picture)

    assert sha256_of(ben.takes_file("picture.jpg")) == sha256_of(picture)
