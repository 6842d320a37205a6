"""`--classic off`: old peers are neither shown nor spoken to."""

import pytest

from people import meet


@pytest.mark.needs_root  # old and new nodes are told apart by their addresses
def test_ana_and_ben_talk_and_an_old_peer_hears_nothing(cast):
    ana, ben = cast.node("ana", classic="off"), cast.node("ben", classic="off")
    cleo = cast.classic("cleo")
    meet(ana, ben)

    cleo.says("may I join?")
    ana.sends("only between us")
    ben.hears("only between us")
    ben.sends("yes")
    ana.hears("yes")

    assert cleo.received == []
    assert cleo.connections == 0
    assert [p["name"] for p in ana.peers()] == ["ben"]
    assert not ana.has_heard("may I join?")
