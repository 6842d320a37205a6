"""Ana and cleo each at a window, on different networks; ben's headless node between them."""

import pytest

from desktop.display import Display
from people import a_file, sha256_of

pytestmark = pytest.mark.needs_root  # to build two networks


@pytest.fixture
def second_display():
    screen = Display()
    yield screen
    screen.closes()


def test_two_windows_talk_and_pass_files_through_a_relay(
    cast, window, second_display, tmp_path
):
    ben = cast.node("ben", on=["west", "east"], network="mesh")
    ana = window("ana", on=["west"]).opens()
    cleo = window("cleo", on=["east"], display=second_display).opens()
    ana.joins()
    cleo.joins()
    ben.sees("ana", "cleo")
    ana.sees_online(2)
    cleo.sees_online(2)

    ana.sends("is there anybody beyond ben?")
    cleo.hears("is there anybody beyond ben?")
    cleo.sends("yes, I am here")
    ana.hears("yes, I am here")
    ben.hears("yes, I am here")

    photograph = a_file(tmp_path / "photograph.jpg", 3_000_000)
    ana.chooses(photograph)
    cleo.accepts("photograph.jpg")
    assert sha256_of(cleo.has_file("photograph.jpg")) == sha256_of(photograph)
    assert sha256_of(ben.takes_file("photograph.jpg")) == sha256_of(photograph)
    postcard = a_file(tmp_path / "postcard.jpg", 2_000_000, seed=1)
    ben.sends_file(postcard)
    cleo.accepts("postcard.jpg")

    assert sha256_of(cleo.has_file("postcard.jpg")) == sha256_of(postcard)
    ana.is_photographed("line-ana")
    cleo.is_photographed("line-cleo")


def test_whoever_is_told_at_the_window_to_pass_nothing_on_remembers_it(cast, window):
    ana = cast.node("ana", on=["west"], network="mesh")
    cleo = cast.node("cleo", on=["east"], network="mesh")
    ben = window("ben", on=["west", "east"]).opens()
    ben.joins()
    ana.sees("ben", "cleo")

    ben.passes_files_on_for("nobody")
    ana.loses("cleo")
    ben.is_photographed("settings")

    ben.closes()
    ana.loses("ben")
    ben.opens()
    ben.joins()
    ana.sees("ben")
    ben.sees_online(2)
    ana.sends("words still come through ben")
    cleo.hears("words still come through ben")
    assert [peer["name"] for peer in ana.peers() if peer["status"] == "relayed"] == []
