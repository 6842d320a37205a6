"""`"multi": 1` in a datagram allows many messages on one connection; an old peer never says it."""

import hashlib

from people import a_file, meet, sha256_of

CHOIR = {"v": [1], "multi": 1, "net": hashlib.sha256(b"choir").hexdigest()[:8]}


def test_a_peer_that_announces_it_gets_a_file_over_few_connections(cast, tmp_path):
    ana = cast.node("ana", network="choir")
    ben = cast.classic("ben", fields=CHOIR, many=True)
    meet(ana, ben)
    song = a_file(tmp_path / "song.flac", 2_000_000)

    ana.sends_file(song)

    assert sha256_of(ben.takes_file("song.flac")) == sha256_of(song)
    assert ben.connections < len(_chunks(ben)) / 4


def test_an_old_peer_gets_a_connection_for_each_chunk(cast, tmp_path):
    ana = cast.node("ana")
    ben = cast.classic("ben")
    meet(ana, ben)

    ana.sends_file(a_file(tmp_path / "song.flac", 400_000))
    ben.takes_file("song.flac")

    assert ben.connections >= len(_chunks(ben)) == 49


def _chunks(peer):
    return [message for message in peer.received if message["type"] == "file_chunk"]
